//! Which action is pending, and its data. Whatever does not belong to it is empty, 0 or NULL.

use super::{machine, object::Session};
use crate::{
    abi::{ResultCode, Slice, Str},
    authenticator::Authenticator,
    certificate::Certificate,
    error::Error,
    guard,
    object::shared,
    output, view,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};

/// The next action, one of `DEFENDERAUTH_SESSION_ACTION_`. Polling changes nothing; poll as often as you like.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_poll(session: Option<&Session>) -> i32 {
    guard::look(session, 0, |it| it.views.action)
}

/// AUTHENTICATE: the run within. Read its action and the data of that as from any authenticator, and report the result to
/// the session. NULL otherwise. The session owns it: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_authenticator(session: Option<&Session>) -> Option<&Authenticator> {
    guard::look(session, None, |it| it.views.authenticator.as_ref())
}

/// SIGN: the bytes to sign with HMAC-SHA256.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_sign_input(session: Option<&Session>) -> Slice {
    guard::look(session, Slice::EMPTY, |it| view::slice(&it.views.sign_input))
}

/// SIGN: which key, one of `DEFENDERAUTH_KEY_USE_`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_key_use(session: Option<&Session>) -> i32 {
    guard::look(session, 0, |it| it.views.key_use)
}

/// CONNECT and RENEW: the host to connect to over MQTT, on port `DEFENDERAUTH_MQTT_PORT`: the gateway if there is one, else
/// the hub. The server's certificate must be valid for this name. An IPv6 address is in brackets, which resolvers and
/// certificates omit. Like the other names of the login it remains until the
/// next login.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_mqtt_host_name(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.login.mqtt_host)
}

/// CONNECT and RENEW: the MQTT client identifier.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_mqtt_client_id(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.login.client_id)
}

/// CONNECT and RENEW: the MQTT user name.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_mqtt_user_name(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.login.user_name)
}

/// CONNECT, RENEW and later: the topic to publish events to, as `defenderauth_authenticator_events_topic`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_events_topic(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.login.events_topic)
}

/// CONNECT and RENEW: the connection profile of the hub: `classic` (MQTT 3.1.1, by these names), or `mqttV5` (MQTT 5, by
/// `defenderauth_presence_new`; the session is told that it is connected when the birth is acknowledged).
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_connection_profile(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.login.profile)
}

/// CONNECT and RENEW: writes the MQTT password, a token. Wipe the buffer after the CONNECT. With a certificate there is none:
/// `DEFENDERAUTH_NOT_APPLICABLE`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_password(
    session: Option<&Session>,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text(buf, cap, out_len)?;
        machine::is_available()?;
        shared(session)?.machine()?.with_password(|token| out.put(token))
    })
}

/// CONNECT and RENEW: the client certificate for the TLS handshake. NULL when the credential is not a certificate. The
/// session owns it: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_certificate(session: Option<&Session>) -> Option<&Certificate> {
    guard::look(session, None, |it| it.views.login.certificate.as_ref())
}

/// CONNECT and RENEW: until then, by the monotonic clock, the hub has to have answered; else it is unreachable.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_deadline_milliseconds(session: Option<&Session>) -> u64 {
    guard::look(session, 0, |it| it.views.login.deadline)
}

/// CONNECT and RENEW: the hub's host name.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_host_name(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.login.names.host_name)
}

/// CONNECT and RENEW: the host name of the gateway to the hub; empty without one.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_gateway_host_name(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.login.names.gateway)
}

/// CONNECT and RENEW: the device ID.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_device_id(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.login.names.device_id)
}

/// CONNECT and RENEW: the module ID; empty when the identity is a device.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_module_id(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.login.names.module_id)
}

/// SAVE: the state to write to a file. It contains no secret.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_snapshot(session: Option<&Session>) -> Str {
    guard::text(session, |it| &it.views.snapshot)
}

/// SAVE: writes the keys that belong to the state, for a file that no other user can read, or sealed storage; an empty text
/// when there are none. Wipe the buffer when it is no longer needed. Without them a restart sends one request to the hub.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_snapshot_secret(
    session: Option<&Session>,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text(buf, cap, out_len)?;
        machine::is_available()?;
        let secret = shared(session)?.machine()?.secret()?;
        out.put(secret.as_ref().map_or(&[], |secret| secret.expose().as_bytes()))
    })
}

/// WAIT, and STAY if something falls due: the start of the window, in milliseconds of the monotonic clock.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_from_milliseconds(session: Option<&Session>) -> u64 {
    guard::look(session, 0, |it| it.views.window.map_or(0, |(from, _)| from))
}

/// WAIT, and STAY if something falls due: the end of the window, in milliseconds of the monotonic clock.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_until_milliseconds(session: Option<&Session>) -> u64 {
    guard::look(session, 0, |it| it.views.window.map_or(0, |(_, until)| until))
}

/// A time in the window, in milliseconds of the monotonic clock, from any random number; the largest number when there is no
/// window. Pick once for each window: who picks again at every poll reconnects together with the whole fleet.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_pick_milliseconds(session: Option<&Session>, random: u32) -> u64 {
    guard::look(session, 0, |it| it.machine().ok().and_then(|machine| machine.pick(random)).unwrap_or(u64::MAX))
}

/// WAIT and DISCONNECT: why, one of `DEFENDERAUTH_DIAGNOSIS_`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_diagnosis(session: Option<&Session>) -> i32 {
    guard::look(session, 0, |it| it.views.why)
}

/// STAY: what falls due in the window, one of `DEFENDERAUTH_DUE_`; 0 = nothing.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_session_due(session: Option<&Session>) -> i32 {
    guard::look(session, 0, |it| it.views.due)
}
