//! Daemons of the device that hold the agent's key: the workload API of IoT Edge, and the identity service.

mod answer;
#[cfg(not(feature = "flows"))]
#[path = "absent.rs"]
mod machine;
#[cfg(feature = "flows")]
mod machine;
mod poll;
mod views;

pub use answer::*;
pub use poll::*;

use crate::{
    abi::{Header, ResultCode},
    code::{
        DEFENDERAUTH_OBSTACLE_ABSENT, DEFENDERAUTH_OBSTACLE_DENIED, DEFENDERAUTH_OBSTACLE_NOT_A_SOCKET,
        DEFENDERAUTH_STATE,
    },
    error::Error,
    failure::Failure,
    guard, input,
    object::{Exclusive, Poison, exclusive, object},
};
use alloc::boxed::Box;
use core::{
    ffi::c_char,
    mem::MaybeUninit,
    ops::{Deref, DerefMut},
};
use defender_auth::{
    UnixTime,
    key::Signature,
    local::Obstacle,
    sas::{SasToken, StringToSign},
};
use machine::Machine;
pub(crate) use machine::{Holder, can_run};
use views::Views;

/// A daemon of this device that holds the agent's key and signs with it, and what it is asked at the moment. Free it with
/// `defenderauth_daemon_free`.
pub struct Daemon {
    poison: Poison,
    machine: Machine,
    views: Views,
}

object!(Daemon, "daemon");

/// Uses the workload API of IoT Edge, which signs for a module. The identity and the address of the daemon are in the
/// variables `IOTEDGE_` that the runtime sets; NULL and 0 means those of this process.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_new_workload(
    variables: *const Header,
    count: usize,
    out: Option<&mut MaybeUninit<Option<Box<Daemon>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        machine::is_available()?;
        Ok(Daemon::from(Holder::workload(&input::headers(variables, count)?)?))
    })
}

/// Uses the identity service of this host, whose sockets are in this folder; empty means `/run/aziot`. Nothing is asked yet.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_new_identity_service(
    folder: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Daemon>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        machine::is_available()?;
        Ok(Daemon::from(Holder::identity_service(input::text("folder", folder, len)?)?))
    })
}

/// Begins to have these bytes signed: what `_tpm_input`, `_sign_input` or `_sas_string_to_sign` returned. Perform the actions
/// until DONE, or call `defenderauth_daemon_run`; the answer is the signature, 32 bytes. It takes a minute at most. What was
/// begun before is dropped.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_begin_signature(
    daemon: Option<&mut Daemon>,
    now: u64,
    data: *const u8,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut daemon = open(daemon)?;
        let (now, data) = (input::time("now", now)?, input::bytes("data", data, len)?);
        daemon.machine.begin_signature(data, now)
    })
}

/// Begins to read the trust anchors for the connection to a gateway. The answer is a PEM text. The identity service has none:
/// `DEFENDERAUTH_NOT_APPLICABLE`. Otherwise as `defenderauth_daemon_begin_signature`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_begin_trust_bundle(
    daemon: Option<&mut Daemon>,
    now: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut daemon = open(daemon)?;
        let now = input::time("now", now)?;
        daemon.machine.begin_trust_bundle(now)
    })
}

/// Performs the actions of what was begun until it is DONE, with the built-in client. It takes a minute at most.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_run(
    daemon: Option<&mut Daemon>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        machine::can_run()?;
        open(daemon)?.machine.run()
    })
}

/// Frees a daemon, and what was begun is dropped. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_free(daemon: Option<Box<Daemon>>) {
    guard::get((), || drop(daemon));
}

impl Daemon {
    /// What it is, without what it is asked.
    pub(crate) const fn holder(&self) -> &Holder {
        self.machine.holder()
    }

    /// The token for these bytes, with the built-in client.
    pub(crate) fn token(&mut self, string: &StringToSign, now: UnixTime) -> Result<SasToken, Failure> {
        self.machine.begin_signature(string.as_bytes(), now)?;
        self.machine.run()?;
        let signature = Signature::try_from(self.machine.answer());
        let signature =
            signature.map_err(|_| Failure::new(DEFENDERAUTH_STATE, "the daemon has not signed").field("daemon"))?;
        Ok(string.token(&signature))
    }
}

impl From<Holder> for Daemon {
    fn from(holder: Holder) -> Self {
        Self { poison: Poison::new(), machine: Machine::new(holder), views: Views::default() }
    }
}

/// A daemon that is changed. Its views follow, also when the call fails.
pub(crate) struct Changing<'a>(Exclusive<'a, Daemon>);

impl Deref for Changing<'_> {
    type Target = Daemon;

    fn deref(&self) -> &Daemon {
        &self.0
    }
}

impl DerefMut for Changing<'_> {
    fn deref_mut(&mut self) -> &mut Daemon {
        &mut self.0
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        self.0.views = self.0.machine.views();
    }
}

pub(crate) fn open(daemon: Option<&mut Daemon>) -> Result<Changing<'_>, Failure> {
    machine::is_available()?;
    exclusive(daemon).map(Changing)
}

pub(crate) fn obstacle(number: i32) -> Result<Obstacle, Failure> {
    match number {
        DEFENDERAUTH_OBSTACLE_ABSENT => Ok(Obstacle::Absent),
        DEFENDERAUTH_OBSTACLE_DENIED => Ok(Obstacle::Denied),
        DEFENDERAUTH_OBSTACLE_NOT_A_SOCKET => Ok(Obstacle::NotASocket),
        _ => Err(Failure::argument("obstacle", "it is not one of DEFENDERAUTH_OBSTACLE_; pass one of these constants")),
    }
}
