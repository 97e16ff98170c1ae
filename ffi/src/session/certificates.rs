//! Operational certificates of a session with a source that requests them: what it needs of the program, and what came of it.

use super::{event::handle, given::Given, object::Session};
use crate::{
    abi::{ResultCode, Str},
    error::Error,
    guard, input,
    object::shared,
    operational::{self, Certificates, Renewal, take_issued},
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};

/// `MAKE_REQUEST`: the common name of the request, which is the registration ID.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_request_common_name(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.request.common_name)
}

/// `MAKE_REQUEST`: the name of the source that requests.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_request_source(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.request.source)
}

/// `MAKE_REQUEST`: whether the pending request was rejected, so that another one with another key takes its place. Otherwise one
/// that is pending for the common name is taken again as it is: a certificate may have been issued for it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_request_is_new(session: Option<&Session>) -> bool {
    guard::look(session, false, |it| it.views.request.is_new)
}

/// `MAKE_REQUEST`: the pending request, which is saved, is taken. If certificates have come for it that are not accepted, because
/// they are not valid yet by the clock, the result is `DEFENDERAUTH_STATE`: call `defenderauth_session_handle_request_failed`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_request_made(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    certificates: Option<&Certificates>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        operational::is_available()?;
        let certificates = shared(certificates)?;
        handle(session, wall, monotonic_milliseconds, || {
            let pending = certificates.unanswered()?;
            Ok(Given::RequestMade(pending))
        })
    })
}

/// `MAKE_REQUEST`: no request could be made, or it could not be saved. The session tries again some hours later.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_request_failed(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::RequestFailed)))
}

/// AUTHENTICATE: the operation of a registration that has requested a certificate. When it is not empty and another one than
/// `defenderauth_certificates_operation`, note it with `defenderauth_certificates_sent_by` and save, before the action is
/// performed: a program that ends then gets the certificate in its next run.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_pending_operation(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.operation)
}

/// `RENEW_CERTIFICATE`: the renewal within. Read its action and the data of that as from any renewal, and report the result to
/// the session. NULL otherwise. The session owns it: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_renewal(session: Option<&Session>) -> Option<&Renewal> {
    guard::look(session, None, |it| it.views.renewal.as_ref())
}

/// `RENEW_CERTIFICATE`: the hub has granted the subscription.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_subscribed(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::Subscribed)))
}

/// `RENEW_CERTIFICATE`: the hub has refused the subscription (128 in the SUBACK).
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_subscription_refused(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::SubscriptionRefused)))
}

/// `RENEW_CERTIFICATE`: the message was handed to the MQTT client, whether it is acknowledged or not.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_published(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::Published)))
}

/// `RENEW_CERTIFICATE`, while any of its actions is pending: a message has arrived, on any topic. One that is not for the renewal
/// has no effect.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_message(
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
        handle(session, wall, monotonic_milliseconds, || {
            let topic = input::text("topic", topic, topic_len)?;
            Ok(Given::Message { topic, payload: input::bytes("payload", payload, payload_len)? })
        })
    })
}

/// Takes what was issued for a session, while its `KEEP_CERTIFICATE` is pending. The service does not repeat it: save at once.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_certificates_take_session(
    certificates: Option<&mut Certificates>,
    session: Option<&Session>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || take_issued(certificates, || Ok(shared(session)?.issued()?.clone())))
}

/// `KEEP_CERTIFICATE`: what was issued is accepted, and is the certificate in use of these certificates. The session connects
/// with it from the next connection on, which it makes soon.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_certificate_kept(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    certificates: Option<&Certificates>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        operational::is_available()?;
        let certificates = shared(certificates)?;
        handle(session, wall, monotonic_milliseconds, || Ok(Given::CertificateKept(certificates.in_use()?)))
    })
}

/// `KEEP_CERTIFICATE`: what was issued is not what was requested, or cannot be used, and is discarded. No other is requested
/// until the policy's rate allows it.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_certificate_refused(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::CertificateRefused)))
}

/// `KEEP_CERTIFICATE`: what was issued could not be saved, or is not valid yet by the clock. The session asks for it again
/// before it requests another.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_handle_certificate_not_kept(
    session: Option<&mut Session>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(session, wall, monotonic_milliseconds, || Ok(Given::CertificateNotKept)))
}
