//! A renewal of the certificate in use, through the hub.

use super::{
    given::Given,
    machine::{self, Machine},
    object::{Certificates, Renewal},
};
use crate::{
    abi::{ResultCode, Slice, Str},
    error::Error,
    failure::Failure,
    guard, input,
    object::{exclusive, shared},
    view,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit, time::Duration};
use defender_auth::{Now, identity::DeviceId};

/// Both clocks.
fn now(wall: u64, monotonic_milliseconds: u64) -> Result<Now, Failure> {
    Ok(Now { wall: input::time("wall", wall)?, monotonic: Duration::from_millis(monotonic_milliseconds) })
}

/// Begins the renewal of a device with the pending request, or continues the one that an earlier run has begun with it. It
/// lasts at most `limit_seconds`, an hour for example. The clocks: seconds since 1970, and milliseconds since any fixed start.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_new(
    certificates: Option<&Certificates>,
    device_id: *const c_char,
    len: usize,
    limit_seconds: u64,
    wall: u64,
    monotonic_milliseconds: u64,
    out: Option<&mut MaybeUninit<Option<Box<Renewal>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        machine::is_available()?;
        let certificates = shared(certificates)?;
        let device = DeviceId::new(input::text("device_id", device_id, len)?)?;
        let now = now(wall, monotonic_milliseconds)?;
        input::after("limit_seconds", now.wall, limit_seconds)?;
        let limit = Duration::from_secs(limit_seconds);
        Ok(Renewal::new(Machine::new(&certificates.record, &device, now, limit)?))
    })
}

/// The next action, one of `DEFENDERAUTH_RENEWAL_ACTION_`. Polling changes nothing.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_poll(renewal: Option<&Renewal>) -> i32 {
    guard::look(renewal, 0, |it| it.views.action)
}

/// SUBSCRIBE: the topic filter. PUBLISH: the topic.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_topic(renewal: Option<&Renewal>) -> Str {
    guard::text(renewal, |it| &it.views.topic)
}

/// PUBLISH: the payload.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_payload(renewal: Option<&Renewal>) -> Slice {
    guard::look(renewal, Slice::EMPTY, |it| view::slice(&it.views.payload))
}

/// LISTEN: until when, in milliseconds of the monotonic clock.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_until_milliseconds(renewal: Option<&Renewal>) -> u64 {
    guard::look(renewal, 0, |it| it.views.until)
}

/// WAIT: the shortest time to wait, in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_wait_at_least_milliseconds(renewal: Option<&Renewal>) -> u64 {
    guard::look(renewal, 0, |it| it.views.wait.0)
}

/// WAIT: the longest time to wait, in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_wait_at_most_milliseconds(renewal: Option<&Renewal>) -> u64 {
    guard::look(renewal, 0, |it| it.views.wait.1)
}

/// Whether the hub has accepted the request, so that only the certificates are missing. Always false for the renewal of a
/// session.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_is_accepted(renewal: Option<&Renewal>) -> bool {
    guard::look(renewal, false, |it| it.views.is_accepted)
}

/// FAILED: why. NULL otherwise. The request is still pending. The renewal owns the error: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_failure(renewal: Option<&Renewal>) -> Option<&Error> {
    guard::look(renewal, None, |it| it.views.failure.as_ref())
}

/// SUBSCRIBE: the hub has granted the subscription.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_handle_subscribed(
    renewal: Option<&mut Renewal>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(renewal, wall, monotonic_milliseconds, || Ok(Given::Subscribed)))
}

/// SUBSCRIBE: the hub has refused the subscription (128 in the SUBACK).
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_handle_subscription_refused(
    renewal: Option<&mut Renewal>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(renewal, wall, monotonic_milliseconds, || Ok(Given::SubscriptionRefused)))
}

/// PUBLISH: the message was handed to the MQTT client, whether it is acknowledged or not.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_handle_published(
    renewal: Option<&mut Renewal>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(renewal, wall, monotonic_milliseconds, || Ok(Given::Published)))
}

/// At any time: a message has arrived, on any topic. Messages that are not for this renewal have no effect.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_handle_message(
    renewal: Option<&mut Renewal>,
    wall: u64,
    monotonic_milliseconds: u64,
    topic: *const c_char,
    topic_len: usize,
    payload: *const u8,
    payload_len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        handle(renewal, wall, monotonic_milliseconds, || {
            let topic = input::text("topic", topic, topic_len)?;
            Ok(Given::Message { topic, payload: input::bytes("payload", payload, payload_len)? })
        })
    })
}

/// LISTEN and WAIT: the time has passed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_handle_elapsed(
    renewal: Option<&mut Renewal>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(renewal, wall, monotonic_milliseconds, || Ok(Given::Elapsed)))
}

/// At any time: the connection has ended. Connect again; the renewal then subscribes again.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_handle_disconnected(
    renewal: Option<&mut Renewal>,
    wall: u64,
    monotonic_milliseconds: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || handle(renewal, wall, monotonic_milliseconds, || Ok(Given::Disconnected)))
}

/// Frees a renewal. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_renewal_free(renewal: Option<Box<Renewal>>) {
    guard::get((), || drop(renewal));
}

/// Passes an event on. One that does not match the action changes nothing.
fn handle<'a>(
    renewal: Option<&mut Renewal>,
    wall: u64,
    monotonic_milliseconds: u64,
    event: impl FnOnce() -> Result<Given<'a>, Failure>,
) -> Result<(), Failure> {
    machine::is_available()?;
    let mut renewal = exclusive(renewal)?;
    let now = now(wall, monotonic_milliseconds)?;
    renewal.handle(now, event()?)
}
