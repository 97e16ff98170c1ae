//! What came of the action of the run within. An event that does not match the action changes nothing.

use super::{event::handle, given::Given, machine, object::Session};
use crate::{
    abi::{Header, ResultCode},
    authenticator::dps_answer,
    certificate::Certificate,
    daemon,
    error::Error,
    guard, input,
    object::shared,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit, ptr::NonNull};
use defender_auth::http::Response;

/// AUTHENTICATE: a response arrived, whatever its status. Pass all of its headers (`Retry-After` and `Date` are read), or NULL
/// and 0 when they are not available. Wipe the body afterwards: it can hold keys.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_response(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    status: u16,
    headers: *const Header,
    header_count: usize,
    body: *const u8,
    body_len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        handle(session, wall, monotonic_milliseconds, || {
            let response = Response::new(status, input::bytes("body", body, body_len)?);
            let headers = input::headers(headers, header_count)?;
            let response = headers.into_iter().fold(response, |response, (name, value)| response.header(name, value));
            Ok(Given::Response(response))
        })
    })
}

/// AUTHENTICATE: no complete response arrived: the connection failed or was reset, or the request timed out.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_no_response(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::NoResponse)))
}

/// AUTHENTICATE: a message of the provisioning service arrived that answers the request of a registration over MQTT, as for
/// `defenderauth_authenticator_handle_dps_message`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_dps_message(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    topic: *const c_char,
    topic_len: usize,
    payload: *const u8,
    payload_len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let answer = dps_answer((topic, topic_len), (payload, payload_len));
        handle(session, wall, monotonic_milliseconds, || Ok(Given::Response(answer?)))
    })
}

/// AUTHENTICATE: a daemon of this device has no socket, or this user may not connect to it: one of `DEFENDERAUTH_OBSTACLE_`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_not_reached(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    obstacle: i32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        handle(session, wall, monotonic_milliseconds, || Ok(Given::NotReached(daemon::obstacle(obstacle)?)))
    })
}

/// AUTHENTICATE, while the run within has the action OPEN: the certificate of the identity, with a private key that signs where
/// it is.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_certificate(
    session: Option<NonNull<Session>>,
    wall: u64,
    monotonic_milliseconds: u64,
    certificate: *const Certificate,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        machine::is_available()?;
        let certificate = shared(input::beside(certificate))?.client_certificate();
        handle(input::changed(session), wall, monotonic_milliseconds, || Ok(Given::Certificate(&certificate)))
    })
}

/// AUTHENTICATE: the TPM has activated the key.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_activated(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::Activated)))
}
