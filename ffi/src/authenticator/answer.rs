//! What came of the pending action.

use super::Authenticator;
use crate::{
    Header, ResultCode,
    error::Error,
    failure::Failure,
    guard, input,
    object::{Exclusive, exclusive},
    sas,
};
use defender_auth::{Action, Event, UnixTime, http::Response};
use std::mem::MaybeUninit;

/// SEND: an answer came, whatever its status. Pass all headers (`Retry-After` and `Date` are read), or NULL and 0 when they
/// are not known; wipe the body afterwards.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_handle_response(
    authenticator: Option<&mut Authenticator>,
    now: u64,
    status: u16,
    headers: *const Header,
    header_count: usize,
    body: *const u8,
    body_len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let (mut authenticator, now) = begin(authenticator, now)?;
        let response = Response::new(status, input::bytes("body", body, body_len)?);
        let headers = input::headers(headers, header_count)?;
        let response = headers.into_iter().fold(response, |response, (name, value)| response.header(name, value));
        handle(&mut authenticator, now, Event::Answered(response))?;
        settle(&authenticator)
    })
}

/// SEND: no complete answer came: no connection, a reset, a time-out.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_handle_no_response(
    authenticator: Option<&mut Authenticator>,
    now: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let (mut authenticator, now) = begin(authenticator, now)?;
        handle(&mut authenticator, now, Event::Unanswered)?;
        settle(&authenticator)
    })
}

/// WAIT: the time has passed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_handle_elapsed(
    authenticator: Option<&mut Authenticator>,
    now: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let (mut authenticator, now) = begin(authenticator, now)?;
        handle(&mut authenticator, now, Event::Elapsed)?;
        settle(&authenticator)
    })
}

/// ACTIVATE: the key is in the TPM.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_handle_activated(
    authenticator: Option<&mut Authenticator>,
    now: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let (mut authenticator, now) = begin(authenticator, now)?;
        handle(&mut authenticator, now, Event::Activated)?;
        settle(&authenticator)
    })
}

/// SIGN: the signature, 32 bytes.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_handle_signature(
    authenticator: Option<&mut Authenticator>,
    now: u64,
    signature: *const u8,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let (mut authenticator, now) = begin(authenticator, now)?;
        handle(&mut authenticator, now, Event::Signed(sas::signature(signature, len)?))?;
        settle(&authenticator)
    })
}

fn begin(
    authenticator: Option<&mut Authenticator>,
    now: u64,
) -> Result<(Exclusive<'_, Authenticator>, UnixTime), Failure> {
    Ok((exclusive(authenticator)?, input::time("now", now)?))
}

/// An event that does not answer the action changes nothing.
fn handle(authenticator: &mut Authenticator, now: UnixTime, event: Event<'_>) -> Result<(), Failure> {
    authenticator.machine.handle(now, event)?;
    authenticator.refresh();
    Ok(())
}

/// A step that ended the run is a failure of the call as well.
fn settle(authenticator: &Authenticator) -> Result<(), Failure> {
    match authenticator.machine.poll() {
        Action::Failed(error) => Err(error.into()),
        _ => Ok(()),
    }
}
