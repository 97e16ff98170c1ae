//! The result of the pending action.

use super::object::Authenticator;
use crate::{
    abi::{Header, ResultCode},
    certificate::Certificate,
    daemon,
    error::Error,
    failure::Failure,
    guard, input, misuse,
    object::{exclusive, shared},
    sas,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit, ptr::NonNull};
use defender_auth::{Action, Event, http::Response, mqtt};

/// SEND and ASK: a response arrived, whatever its status. Pass all of its headers (`Retry-After` and `Date` are read), or NULL
/// and 0 when they are not available. Wipe the body afterwards: it can hold keys.
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
        handle(authenticator, now, || {
            let response = Response::new(status, input::bytes("body", body, body_len)?);
            let headers = input::headers(headers, header_count)?;
            let response = headers.into_iter().fold(response, |response, (name, value)| response.header(name, value));
            Ok(Event::Answered(response))
        })
    })
}

/// SEND and ASK: no complete response arrived: the connection failed or was reset, or the request timed out. Do not report an
/// untrusted server this way: retrying does not help there.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_handle_no_response(
    authenticator: Option<&mut Authenticator>,
    now: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(authenticator, now, || Ok(Event::Unanswered)))
}

/// SEND over MQTT: a message of the provisioning service arrived that answers the request, by its number
/// (`defenderauth_authenticator_dps_topic_request_number`). One whose topic is not that of an answer is `DEFENDERAUTH_ARGUMENT`.
/// Wipe the payload afterwards.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_handle_dps_message(
    authenticator: Option<&mut Authenticator>,
    now: u64,
    topic: *const c_char,
    topic_len: usize,
    payload: *const u8,
    payload_len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let answer = dps_answer((topic, topic_len), (payload, payload_len));
        handle(authenticator, now, || Ok(Event::Answered(answer?)))
    })
}

/// ASK: the socket does not exist, this user may not connect to it, or it is none: one of `DEFENDERAUTH_OBSTACLE_`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_handle_not_reached(
    authenticator: Option<&mut Authenticator>,
    now: u64,
    obstacle: i32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(authenticator, now, || Ok(Event::NotReached(daemon::obstacle(obstacle)?))))
}

/// OPEN: the certificate of the identity, with a private key that signs where it is, for example one that
/// `defenderauth_certificate_with_key_uri` made with `keyd:id=…`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_handle_certificate(
    authenticator: Option<NonNull<Authenticator>>,
    now: u64,
    certificate: *const Certificate,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let certificate = shared(input::beside(certificate))?.client_certificate();
        handle(input::changed(authenticator), now, || Ok(Event::Opened(&certificate)))
    })
}

/// WAIT: the time has elapsed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_handle_elapsed(
    authenticator: Option<&mut Authenticator>,
    now: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(authenticator, now, || Ok(Event::Elapsed)))
}

/// ACTIVATE: the TPM has activated the key.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_handle_activated(
    authenticator: Option<&mut Authenticator>,
    now: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(authenticator, now, || Ok(Event::Activated)))
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
    guard::call(error, || handle(authenticator, now, || Ok(Event::Signed(sas::signature(signature, len)?))))
}

/// What the provisioning service has answered over MQTT.
pub(crate) fn dps_answer<'a>(
    topic: (*const c_char, usize),
    payload: (*const u8, usize),
) -> Result<Response<'a>, Failure> {
    let topic = input::text("topic", topic.0, topic.1)?;
    let answer = mqtt::provisioning_answer(topic, input::bytes("payload", payload.0, payload.1)?);
    let message =
        "it is not the topic of an answer, `$dps/registrations/res/…`; pass the answers to the pending request alone";
    answer.map(|(_, response)| response).ok_or_else(|| Failure::argument("topic", message))
}

/// Passes an event on. One that does not match the pending action changes nothing; a transition that ends in FAILED is a
/// failure of the call too.
fn handle<'a>(
    authenticator: Option<&mut Authenticator>,
    now: u64,
    event: impl FnOnce() -> Result<Event<'a>, Failure>,
) -> Result<(), Failure> {
    let mut authenticator = exclusive(authenticator)?;
    let now = input::time("now", now)?;
    let pending = authenticator.views.action;
    let handled = authenticator.stepper()?.handle(now, event()?);
    handled.map_err(|_| misuse::of_run(pending).is_not_answered("authenticator"))?;
    authenticator.refresh();
    match authenticator.stepper()?.poll() {
        Action::Failed(error) => Err(error.into()),
        _ => Ok(()),
    }
}
