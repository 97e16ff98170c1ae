//! Authenticators: created, polled, driven and used.

pub(crate) mod look;
mod outcome;

use crate::{
    call::Call,
    held::Held,
    memory::{call, made, text},
};
use core::ptr::null;
use defenderauth::{
    Authenticator, DEFENDERAUTH_ACTION_ACTIVATE, DEFENDERAUTH_ACTION_FAILED, DEFENDERAUTH_ACTION_SEND,
    DEFENDERAUTH_ACTION_SIGN, DEFENDERAUTH_ACTION_WAIT, DEFENDERAUTH_OK, DEFENDERAUTH_STATE, Header, ResultCode, Str,
    authenticator::*, error::defenderauth_error_result,
};

impl Held {
    pub(crate) fn with_authenticators(&mut self, call: &Call<'_>) {
        match call.function {
            b's'..=b'z' => self.make(call),
            b'L' => {
                look::look(call.pick(&self.authenticators));
                outcome::outcome(call.pick(&self.authenticators), call);
                let (it, other) = (call.pick(&self.authenticators), self.authenticators.first().map(|it| &**it));
                let same = defenderauth_authenticator_same_outcome(it, other);
                assert_eq!(same, defenderauth_authenticator_same_outcome(other, it));
            }
            _ => answer(call.pick_mut(&mut self.authenticators), call),
        }
    }

    fn make(&mut self, it: &Call<'_>) {
        let (host, device, module, now) = (it.text(0), it.text(1), it.text(2), it.number(3));
        let (options, certificate) = (it.option(&self.options), it.pick(&self.certificates));
        let (key, profile) = (it.pick(&self.keys), it.pick(&self.profiles));
        let made = made(it.wants_error(), |out, error| match it.function {
            b's' => {
                let (string, certificate) = (it.pick(&self.strings), it.option(&self.certificates));
                defenderauth_authenticator_new_module(string, certificate, options, now, out, error)
            }
            b't' => defenderauth_authenticator_new_device_key(
                host.0, host.1, device.0, device.1, module.0, module.1, key, options, now, out, error,
            ),
            b'u' => defenderauth_authenticator_new_device_certificate(
                host.0,
                host.1,
                device.0,
                device.1,
                module.0,
                module.1,
                certificate,
                options,
                now,
                out,
                error,
            ),
            b'v' => defenderauth_authenticator_new_device_tpm(
                host.0, host.1, device.0, device.1, module.0, module.1, options, now, out, error,
            ),
            b'w' => defenderauth_authenticator_new_dps_key(profile, module.0, module.1, key, options, now, out, error),
            b'x' => defenderauth_authenticator_new_dps_certificate(
                profile,
                module.0,
                module.1,
                certificate,
                options,
                now,
                out,
                error,
            ),
            b'y' => {
                let (endorsement, storage) = ((host.0.cast(), host.1), (device.0.cast(), device.1));
                defenderauth_authenticator_new_dps_tpm(
                    profile,
                    module.0,
                    module.1,
                    endorsement.0,
                    endorsement.1,
                    storage.0,
                    storage.1,
                    options,
                    now,
                    out,
                    error,
                )
            }
            _ if it.number(0) == 1 => {
                defenderauth_authenticator_new_secondary(it.pick(&self.authenticators), out, error)
            }
            _ if it.number(0) == 2 => {
                defenderauth_authenticator_new_with_certificate(it.pick(&self.authenticators), certificate, out, error)
            }
            _ if it.number(0) == 3 => {
                defenderauth_authenticator_new_with_secondary_key(it.pick(&self.authenticators), key, out, error)
            }
            _ if it.number(0) == 4 => defenderauth_authenticator_new_module_tpm(
                host.0, host.1, device.0, device.1, module.0, module.1, options, now, out, error,
            ),
            _ => defenderauth_authenticator_from_agent_config(it.pick(&self.configs), options, now, out, error),
        });
        self.authenticators.extend(made);
    }
}

/// A result that matches the pending action is accepted, and no other.
fn answer(it: Option<&mut Authenticator>, event: &Call<'_>) {
    let Some(it) = it else { return without_object(event) };
    let (action, before) = (defenderauth_authenticator_poll(Some(it)), look::written(Some(it)));
    let now = event.number(0);
    let status = u16::try_from(event.number(1)).unwrap_or(200);
    let headers = [("Retry-After", event.text(2)), ("date", event.text(3))].map(|(name, value)| Header {
        name: Str { data: name.as_ptr().cast(), len: name.len() },
        value: Str { data: value.0, len: value.1 },
    });
    let (body, signature) = (event.text(4), event.text(1));
    let (headers, count) = if event.bytes(2).is_empty() { (null(), 0) } else { (headers.as_ptr(), headers.len()) };
    let code = call(event.wants_error(), |error| match event.function {
        b'A' if event.bytes(3).starts_with(b"$dps") => {
            let topic = event.text(3);
            let (data, length) = (body.0.cast(), body.1);
            defenderauth_authenticator_handle_dps_message(Some(it), now, topic.0, topic.1, data, length, error)
        }
        b'A' => {
            let (data, length) = (body.0.cast(), body.1);
            defenderauth_authenticator_handle_response(Some(it), now, status, headers, count, data, length, error)
        }
        b'U' => defenderauth_authenticator_handle_no_response(Some(it), now, error),
        b'E' => defenderauth_authenticator_handle_elapsed(Some(it), now, error),
        b'T' => defenderauth_authenticator_handle_activated(Some(it), now, error),
        _ => defenderauth_authenticator_handle_signature(Some(it), now, signature.0.cast(), signature.1, error),
    });
    let fits = match event.function {
        b'A' | b'U' => action == DEFENDERAUTH_ACTION_SEND,
        b'E' => action == DEFENDERAUTH_ACTION_WAIT,
        b'T' => action == DEFENDERAUTH_ACTION_ACTIVATE,
        _ => action == DEFENDERAUTH_ACTION_SIGN,
    };
    let after = defenderauth_authenticator_poll(Some(it));
    assert!(fits || code != DEFENDERAUTH_OK);
    if !fits || (after != DEFENDERAUTH_ACTION_FAILED && code != DEFENDERAUTH_OK) {
        assert_eq!(look::written(Some(it)), before, "a call that fails changes nothing, or ends the run");
    }
    if code == DEFENDERAUTH_STATE {
        assert!(!fits, "a result that matches the action is accepted");
    } else if fits && after == DEFENDERAUTH_ACTION_FAILED {
        let failure = defenderauth_authenticator_failure(Some(it));
        assert_eq!(defenderauth_error_result(failure), code, "a call that ends the run returns the failure");
    }
    look::look(Some(it));
}

/// NULL accepts nothing and returns nothing.
fn without_object(event: &Call<'_>) {
    let code: ResultCode = call(event.wants_error(), |error| defenderauth_authenticator_handle_elapsed(None, 0, error));
    assert_eq!(code, defenderauth::DEFENDERAUTH_NULL);
    assert_eq!(defenderauth_authenticator_poll(None), DEFENDERAUTH_ACTION_FAILED);
    assert!(defenderauth_authenticator_failure(None).is_some());
    assert_eq!(text(defenderauth_authenticator_state(None)), "");
}
