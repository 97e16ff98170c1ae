//! The login at a hub with the connection profile `mqttV5`.

use crate::{
    abi::{Flag, ResultCode, Slice, Str},
    code::DEFENDERAUTH_PROTOCOL_MESSAGE,
    error::Error,
    failure::Failure,
    guard, input,
    object::{Poison, exclusive, object, shared},
    output,
    view::{self, View},
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::{
    identity::{DeviceId, Identity},
    mqtt::presence::{Acknowledged, Announcing, Birth, Connecting, Correlation, Incoming},
};

/// One login of a device at a hub with the connection profile `mqttV5`. Free it with `defenderauth_presence_free`.
///
/// 1. CONNECT by MQTT 5 with the device ID as the client identifier, `defenderauth_presence_user_name`, a client certificate and no
///    password; clean start off, a session expiry interval of 3600 seconds.
/// 2. After the CONNACK, SUBSCRIBE to `defenderauth_presence_filter` at `QoS` 1, and wait 60 seconds at most for the SUBACK.
/// 3. PUBLISH at `QoS` 0 to `defenderauth_presence_birth_topic` with the user property `type` = `birth:1`, the correlation data of
///    `defenderauth_presence_correlation` and the payload of `defenderauth_presence_birth`.
/// 4. Hand every message to `defenderauth_presence_received`. The device is connected when
///    `defenderauth_presence_is_acknowledged`; after 60 seconds without that it connects again, with a new object.
pub struct Presence {
    poison: Poison,
    connecting: Connecting,
    correlation: Correlation,
    user_name: View,
    filter: View,
    birth_topic: View,
    acknowledged: Option<Acknowledged>,
}

object!(Presence, "presence");

impl Presence {
    fn announcing(&self, session_present: bool) -> Announcing {
        self.connecting.clone().accepted(session_present).granted()
    }
}

/// Begins a login. `entropy` is 16 bytes of the system's random generator, new for each login; `user_agent` is the agent's name, or
/// empty for the library's.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_presence_new(
    device_id: *const c_char,
    device_id_len: usize,
    user_agent: *const c_char,
    user_agent_len: usize,
    entropy: *const u8,
    entropy_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Presence>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let device = DeviceId::new(input::text("device_id", device_id, device_id_len)?)?;
        let agent = input::text("user_agent", user_agent, user_agent_len)?;
        let entropy = <[u8; 16]>::try_from(input::bytes("entropy", entropy, entropy_len)?);
        let entropy = entropy.map_err(|_| Failure::argument("entropy", "it must have 16 bytes"))?;
        let correlation = Correlation::from_entropy(entropy);
        // The host is the caller's: nothing else of the login depends on it.
        let host = "localhost".parse().map_err(|_| Failure::argument("device_id", "it cannot be used"))?;
        let me = Identity::device(host, device);
        let connecting = match agent {
            "" => Connecting::new(&me, correlation),
            agent => Connecting::new_as(&me, correlation, agent),
        };
        let connecting = connecting.ok_or_else(|| Failure::argument("device_id", "it is that of a module"))?;
        let subscribing = connecting.clone().accepted(false);
        Ok(Presence {
            poison: Poison::new(),
            user_name: View::new(&connecting.user_name),
            filter: View::new(&subscribing.topic()),
            birth_topic: View::new(&subscribing.granted().birth().topic),
            connecting,
            correlation,
            acknowledged: None,
        })
    })
}

/// The user name of the CONNECT.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_presence_user_name(presence: Option<&Presence>) -> Str {
    guard::text(presence, |it| &it.user_name)
}

/// The topic filter to subscribe to at `QoS` 1.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_presence_filter(presence: Option<&Presence>) -> Str {
    guard::text(presence, |it| &it.filter)
}

/// The topic of the birth.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_presence_birth_topic(presence: Option<&Presence>) -> Str {
    guard::text(presence, |it| &it.birth_topic)
}

/// The correlation data of the birth: 16 bytes.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_presence_correlation(presence: Option<&Presence>) -> Slice {
    guard::look(presence, Slice::EMPTY, |it| view::slice(it.correlation.as_bytes()))
}

/// Writes the payload of the birth: 0 to 6 bytes. `session_present` is that of the CONNACK; `push` has the hub send changes of the
/// twin and commands without further requests, and is off by default.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_presence_birth(
    presence: Option<&Presence>,
    session_present: Flag,
    push: Flag,
    buf: *mut u8,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::bytes(buf, cap, out_len)?;
        let Birth { payload, .. } = shared(presence)?.announcing(session_present != 0).birth_with(push != 0);
        out.put(&payload)
    })
}

/// Takes a message of the hub: its topic, its user property `type`, its correlation data and its payload. Any other message than
/// the acknowledgement changes nothing. `DEFENDERAUTH_PROTOCOL_MESSAGE`: the acknowledgement cannot be read.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_presence_received(
    presence: Option<&mut Presence>,
    topic: *const c_char,
    topic_len: usize,
    kind: *const c_char,
    kind_len: usize,
    correlation: *const u8,
    correlation_len: usize,
    payload: *const u8,
    payload_len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut presence = exclusive(presence)?;
        let message = Incoming {
            topic: input::text("topic", topic, topic_len)?,
            kind: Some(input::text("kind", kind, kind_len)?),
            correlation: Some(input::bytes("correlation", correlation, correlation_len)?),
            payload: input::bytes("payload", payload, payload_len)?,
        };
        match presence.announcing(false).received(&message) {
            Some(Ok(acknowledged)) => presence.acknowledged = Some(acknowledged),
            Some(Err(error)) => {
                let message = crate::failure::message(&error);
                return Err(Failure::new(DEFENDERAUTH_PROTOCOL_MESSAGE, message).field("payload"));
            }
            None => {}
        }
        Ok(())
    })
}

/// Whether the hub has acknowledged the birth: the device is connected.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_presence_is_acknowledged(presence: Option<&Presence>) -> bool {
    guard::look(presence, false, |it| it.acknowledged.is_some())
}

/// The version of the twin's desired properties in the acknowledgement; 0 if the hub has not said it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_presence_desired_version(presence: Option<&Presence>) -> u64 {
    guard::look(presence, 0, |it| it.acknowledged.and_then(|it| it.desired_version).unwrap_or(0))
}

/// The version of the twin's reported properties in the acknowledgement; 0 if the hub has not said it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_presence_reported_version(presence: Option<&Presence>) -> u64 {
    guard::look(presence, 0, |it| it.acknowledged.and_then(|it| it.reported_version).unwrap_or(0))
}

/// Frees a login. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_presence_free(presence: Option<Box<Presence>>) {
    guard::get((), || drop(presence));
}
