//! The beginning and the end of a session.

use super::{
    machine::{self, Machine},
    object::Session,
    policy::Policy,
    sources::Sources,
};
use crate::{
    abi::ResultCode,
    error::Error,
    failure::Failure,
    guard, input,
    object::{given, shared},
    options::{Chosen, Options},
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit, time::Duration};
use defender_auth::Now;

/// Begins a session. Of the options it uses the user agent, the model ID and the gateway; NULL for the policy means the
/// defaults. `saved` and `secret` are what `defenderauth_session_snapshot` and `defenderauth_session_snapshot_secret` gave
/// an earlier run, or empty; the secret is optional. When they cannot be used, the result is `DEFENDERAUTH_SNAPSHOT`: begin
/// without them. The clocks: seconds since 1970, and milliseconds since any fixed start, such as `CLOCK_BOOTTIME`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_new(
    sources: Option<&Sources>,
    policy_or_null: Option<&Policy>,
    options_or_null: Option<&Options>,
    saved: *const c_char,
    saved_len: usize,
    secret: *const c_char,
    secret_len: usize,
    wall: u64,
    monotonic_milliseconds: u64,
    out: Option<&mut MaybeUninit<Option<Box<Session>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        machine::is_available()?;
        let (sources, policy) = (shared(sources)?, given(policy_or_null)?);
        let chosen = Chosen::of(options_or_null)?;
        let (saved, secret) = (input::text("saved", saved, saved_len)?, input::text("secret", secret, secret_len)?);
        let (policy, now) = (policy.as_ref().map(|policy| &policy.values), now(wall, monotonic_milliseconds)?);
        Ok(Session::new(Machine::new(&sources.list, policy, saved, secret, now)?, chosen))
    })
}

/// Frees a session and wipes its secrets. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_free(session: Option<Box<Session>>) {
    guard::get((), || drop(session));
}

/// Both clocks.
pub(super) fn now(wall: u64, monotonic_milliseconds: u64) -> Result<Now, Failure> {
    Ok(Now { wall: input::time("wall", wall)?, monotonic: Duration::from_millis(monotonic_milliseconds) })
}
