//! Registrations over MQTT: the login, the topics, and the numbers of requests.

use super::{carried::Carried, object::Authenticator};
use crate::{
    abi::{ResultCode, Str},
    code::{DEFENDERAUTH_ACTION_SEND, DEFENDERAUTH_NOT_APPLICABLE, DEFENDERAUTH_STATE},
    error::Error,
    failure::Failure,
    guard, input,
    object::shared,
    output,
    view::View,
};
use alloc::{boxed::Box, string::String};
use core::{
    ffi::{CStr, c_char},
    mem::MaybeUninit,
};
use defender_auth::mqtt;

/// What answers arrive at: `mqtt::PROVISIONING_ANSWERS`, with a NUL.
const ANSWERS: &CStr = c"$dps/registrations/res/#";

impl Authenticator {
    fn carried(&self, which: impl FnOnce(&Carried) -> Str) -> Str {
        self.views.carried.as_ref().map_or(Str::EMPTY, which)
    }

    fn dps_topic(&self, number: u32) -> Result<String, Failure> {
        if number == 0 {
            return Err(Failure::argument("request_number", "it is 0; count the requests from 1"));
        }
        if self.views.action != DEFENDERAUTH_ACTION_SEND {
            let message = "no request is pending; poll, and send while `DEFENDERAUTH_ACTION_SEND` is pending";
            return Err(Failure::new(DEFENDERAUTH_STATE, message).field("authenticator"));
        }
        let carried = self.views.carried.as_ref().ok_or_else(|| {
            let message = "MQTT cannot carry this request, which is a lookup, the first of a TPM, or for a hub; send it over HTTPS";
            Failure::new(DEFENDERAUTH_NOT_APPLICABLE, message).field("authenticator")
        })?;
        Ok(carried.topic(number))
    }
}

/// SEND, for a registration over MQTT in place of HTTPS: the MQTT client identifier. Empty when MQTT cannot carry the request: a
/// lookup, the first request of a TPM, and requests to a hub, which are sent over HTTPS.
///
/// Connect to `defenderauth_authenticator_request_host` on port `DEFENDERAUTH_MQTT_PORT` by MQTT 3.1.1 with this identifier and
/// `defenderauth_authenticator_dps_mqtt_user_name`. The password is `defenderauth_authenticator_request_authorization`; with
/// `defenderauth_authenticator_certificate` there is none. Subscribe to `defenderauth_authenticator_dps_mqtt_subscription`. Then,
/// for each SEND of the registration, over the same connection: publish `defenderauth_authenticator_request_body` to
/// `defenderauth_authenticator_dps_mqtt_topic` at `QoS` 1, and report the answer with
/// `defenderauth_authenticator_handle_dps_message`. Report a connection that is lost with `_handle_no_response`, and a CONNACK that
/// rejects the credential (4, 5) with `_handle_response` and the status 401.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_dps_mqtt_client_id(authenticator: Option<&Authenticator>) -> Str {
    guard::look(authenticator, Str::EMPTY, |it| it.carried(|carried| carried.client_id.as_str()))
}

/// SEND over MQTT: the MQTT user name.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_dps_mqtt_user_name(authenticator: Option<&Authenticator>) -> Str {
    guard::look(authenticator, Str::EMPTY, |it| it.carried(|carried| carried.user_name.as_str()))
}

/// SEND over MQTT: the one topic filter to subscribe to. Empty when MQTT cannot carry the request.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_dps_mqtt_subscription(authenticator: Option<&Authenticator>) -> Str {
    guard::look(authenticator, Str::EMPTY, |it| it.carried(|_| View::Static(ANSWERS).as_str()))
}

/// SEND over MQTT: writes the topic to publish the request's body to. `request_number` comes back with the answer: another one
/// for each request, from 1. `DEFENDERAUTH_NOT_APPLICABLE` when MQTT cannot carry the request.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_dps_mqtt_topic(
    authenticator: Option<&Authenticator>,
    request_number: u32,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text(buf, cap, out_len)?;
        out.put(shared(authenticator)?.dps_topic(request_number)?.as_bytes())
    })
}

/// The number of the request that a message with this topic answers; 0 when it is no answer of the provisioning service. Answers
/// to other requests than the latest are to be ignored.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_dps_topic_request_number(topic: *const c_char, len: usize) -> u32 {
    guard::get(0, || {
        let topic = input::text("topic", topic, len).unwrap_or_default();
        mqtt::provisioning_answer(topic, &[]).map_or(0, |(number, _)| number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subscription_is_the_librarys() {
        assert_eq!(ANSWERS.to_str(), Ok(mqtt::PROVISIONING_ANSWERS));
    }
}
