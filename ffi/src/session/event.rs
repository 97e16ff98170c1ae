//! What came of the pending action, or happened by itself. An event that does not match the action changes nothing.

use super::{given::Given, machine, make::now, object::Session};
use crate::{
    abi::{Flag, ResultCode},
    error::Error,
    failure::Failure,
    guard, input,
    object::exclusive,
    sas,
};
use alloc::boxed::Box;
use core::{mem::MaybeUninit, time::Duration};
use defender_auth::UnixTime;

/// AUTHENTICATE and SIGN: the signature, 32 bytes.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_signature(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    signature: *const u8,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        handle(session, wall, monotonic_milliseconds, || Ok(Given::Signature(sas::signature(signature, len)?)))
    })
}

/// AUTHENTICATE and SIGN: the TPM, or any other holder of the key, could not load the key or sign.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_key_failed(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::KeyFailed)))
}

/// CONNECT and RENEW: the hub has accepted the connection. `date_or_0` is the time of the server where the protocol has one,
/// in seconds since 1970, if its certificate was verified.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_connected(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    date_or_0: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        handle(session, wall, monotonic_milliseconds, || Ok(Given::Connected { date: date(date_or_0)? }))
    })
}

/// CONNECT and RENEW: the hub has rejected the connection, with this code of one of `DEFENDERAUTH_REJECTION_`.
/// `retry_after_seconds_or_0` is how long it asks to wait; for `date_or_0` see `defenderauth_session_handle_connected`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_rejected(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    rejection: i32,
    code: u16,
    retry_after_seconds_or_0: u64,
    date_or_0: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        handle(session, wall, monotonic_milliseconds, || {
            let retry_after = Some(Duration::from_secs(retry_after_seconds_or_0)).filter(|wait| !wait.is_zero());
            Ok(Given::Rejected { rejection, code, retry_after, date: date(date_or_0)? })
        })
    })
}

/// AUTHENTICATE, CONNECT and RENEW: TLS has failed with one of `DEFENDERAUTH_TLS_FAILURE_`. `date_or_0` is when the server's
/// certificate expired, or when it becomes valid, in seconds since 1970.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_tls_failed(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    tls_failure: i32,
    date_or_0: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        handle(session, wall, monotonic_milliseconds, || Ok(Given::TlsFailed { tls_failure, date: date(date_or_0)? }))
    })
}

/// CONNECT and RENEW: no connection, or no answer to CONNECT before the deadline.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_unreachable(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::Unreachable)))
}

/// At any time: the connection has ended with one of `DEFENDERAUTH_LOSS_`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_disconnected(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    loss: i32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::Disconnected { loss })))
}

/// At any time: the hub has ended the connection and said why, with this code of one of `DEFENDERAUTH_REJECTION_`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_disconnected_by_server(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    rejection: i32,
    code: u16,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        handle(session, wall, monotonic_milliseconds, || Ok(Given::DisconnectedByServer { rejection, code }))
    })
}

/// AUTHENTICATE, WAIT and STAY: the time has passed. Too early it has no effect.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_elapsed(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::Elapsed)))
}

/// SAVE: whether the state was written. If not, the session goes on and saves again at the next occasion.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_saved(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    is_saved: Flag,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::Saved(is_saved != 0))))
}

/// At any time: the wall clock was set.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_clock_set(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::ClockSet)))
}

/// At any time: the network is back, or a person has corrected something; do not wait for the end of a wait.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_wake(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::Wake)))
}

/// Passes an event on.
pub(super) fn handle<'a>(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    event: impl FnOnce() -> Result<Given<'a>, Failure>,
) -> Result<(), Failure> {
    machine::is_available()?;
    let mut session = exclusive(session)?;
    let now = now(wall, monotonic_milliseconds)?;
    session.machine_mut()?.handle(now, event()?)?;
    session.refresh();
    Ok(())
}

/// A date of a server, unless there is none.
fn date(date_or_0: u64) -> Result<Option<UnixTime>, Failure> {
    let date = input::time("date_or_0", date_or_0)?;
    Ok(Some(date).filter(|date| date.as_secs() > 0))
}
