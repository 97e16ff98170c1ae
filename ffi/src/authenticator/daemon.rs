//! Authenticators whose key a daemon of this device holds, and their tokens.

use super::object::Authenticator;
use crate::{
    abi::ResultCode,
    code::DEFENDERAUTH_NOT_APPLICABLE,
    daemon::{self, Daemon},
    error::Error,
    failure::Failure,
    guard, input,
    object::shared,
    options::{Chosen, Options},
    output,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::Password;

/// Authenticates as what a daemon of this device signs for. With the workload API it is DONE immediately; the identity service
/// is asked for the identity first (ASK). `DEFENDERAUTH_CREDENTIAL_TPM` then means that the daemon signs.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_daemon(
    daemon: Option<&Daemon>,
    options_or_null: Option<&Options>,
    now: u64,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let plan = shared(daemon)?.holder().plan();
        Authenticator::new(&plan, Chosen::of(options_or_null)?, input::time("now", now)?)
    })
}

/// Writes a token for the identity of an authenticator that is DONE, signed by this daemon. It combines
/// `defenderauth_authenticator_sas_string_to_sign`, `defenderauth_daemon_begin_signature`, `defenderauth_daemon_run` and
/// `defenderauth_authenticator_sas_assemble`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_daemon_sas_token(
    daemon: Option<&mut Daemon>,
    done: Option<&Authenticator>,
    now: u64,
    ttl_seconds: u64,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text(buf, cap, out_len)?;
        daemon::can_run()?;
        let mut daemon = daemon::open(daemon)?;
        let done = shared(done)?;
        let now = input::time("now", now)?;
        let expiry = input::after("ttl_seconds", now, ttl_seconds)?;
        let Password::Sign(string) = done.outcome()?.password(expiry) else {
            let message =
                "no daemon holds its key; use `defenderauth_authenticator_sas_token`, or present the certificate";
            return Err(Failure::new(DEFENDERAUTH_NOT_APPLICABLE, message).field("done"));
        };
        let token = daemon.token(&string, now)?;
        out.put(token.expose().as_bytes())
    })
}
