//! The outcome: the identity, its credential and its logins. Empty, NONE or STATE until DONE.

use super::{object::Authenticator, views::kind};
use crate::{
    abi::{ResultCode, Str},
    code::{DEFENDERAUTH_CREDENTIAL_NONE, DEFENDERAUTH_NOT_APPLICABLE},
    error::Error,
    failure::Failure,
    guard, input,
    object::{look, shared},
    operational::code::{
        DEFENDERAUTH_ISSUANCE_ISSUED, DEFENDERAUTH_ISSUANCE_NONE, DEFENDERAUTH_ISSUANCE_UNREADABLE,
        DEFENDERAUTH_ISSUANCE_WITHHELD,
    },
    output, sas,
    signer::Signer,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::{
    Error as LibraryError, Outcome, Password, SharedAccessKey, UnixTime,
    credential::Credential,
    outcome::Issuance,
    sas::{SasToken, StringToSign},
};

const NONE: i32 = DEFENDERAUTH_CREDENTIAL_NONE;

impl Authenticator {
    /// What a key held elsewhere has to sign.
    fn string_to_sign(&self, expiry: u64) -> Result<StringToSign, Failure> {
        match self.outcome()?.password(input::time("expiry", expiry)?) {
            Password::Sign(string) => Ok(string),
            _ => Err(not_applicable("its key is not held elsewhere; use `_sas_token` or `_certificate`")),
        }
    }

    /// A token, or why this credential has none.
    fn token(&self, now: UnixTime, expiry: UnixTime) -> Result<SasToken, Failure> {
        match self.outcome()?.password(expiry) {
            Password::Token(token) if token.expires_at() <= now => {
                Err(LibraryError::TokenExpired { at: token.expires_at() }.into())
            }
            Password::Token(token) => Ok(token),
            Password::Sign(_) => {
                Err(not_applicable("the key is held elsewhere; use `_tpm_sas_token`, or `_sas_string_to_sign`"))
            }
            _ => Err(not_applicable("the credential is a certificate; present it in the TLS handshake")),
        }
    }
}

/// Two outcomes with the same pair of keys differ when one uses the secondary key.
fn key_in_use(outcome: &Outcome) -> Option<&SharedAccessKey> {
    match outcome.credential() {
        Credential::SymmetricKeys(keys) => Some(keys.current()),
        _ => None,
    }
}

fn not_applicable(message: &'static str) -> Failure {
    Failure::new(DEFENDERAUTH_NOT_APPLICABLE, message).field("authenticator")
}

/// The kind of credential, one of `DEFENDERAUTH_CREDENTIAL_`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_credential(authenticator: Option<&Authenticator>) -> i32 {
    guard::look(authenticator, NONE, |it| it.outcome.as_ref().map_or(NONE, |outcome| kind(outcome.credential())))
}

/// The hub's host name. Store it with the device ID: with them the next run needs no provisioning service.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_host_name(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.outcome.names.host_name)
}

/// The host name of the gateway to the hub; empty without one.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_gateway_host_name(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.outcome.names.gateway)
}

/// The device ID.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_device_id(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.outcome.names.device_id)
}

/// The module ID; empty when the identity is a device.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_module_id(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.outcome.names.module_id)
}

/// The resource of its tokens as it stands in `sr=`: the name for an AMQP put-token.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_audience(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.outcome.audience)
}

/// Whether both are DONE with the same host, IDs, and key or certificate. If not, reconnect.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_same_outcome(
    a: Option<&Authenticator>,
    b: Option<&Authenticator>,
) -> bool {
    guard::get(false, || {
        let outcome = |it| look(it, None, |it: &Authenticator| it.outcome.as_ref());
        outcome(a).zip(outcome(b)).is_some_and(|(a, b)| {
            let changes = a.changes_since(b);
            !(changes.hub || changes.identity || changes.credential) && key_in_use(a) == key_in_use(b)
        })
    })
}

/// Writes a connection string for other programs, with the key in use. Wipe the buffer when it is no longer needed. For a
/// key in a TPM there is none: `DEFENDERAUTH_NOT_APPLICABLE`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_connection_string(
    authenticator: Option<&Authenticator>,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text(buf, cap, out_len)?;
        let string = shared(authenticator)?.outcome()?.connection_string();
        let message = "a connection string cannot express it: the key is held elsewhere, or an ID contains `;`";
        out.put(string.ok_or_else(|| not_applicable(message))?.expose().expose().as_bytes())
    })
}

/// Writes a token that is valid for `ttl_seconds` from `now`. KEY only. A ready-made token is written unchanged; once
/// expired it is `DEFENDERAUTH_TOKEN_EXPIRED`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_sas_token(
    authenticator: Option<&Authenticator>,
    now: u64,
    ttl_seconds: u64,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text(buf, cap, out_len)?;
        let authenticator = shared(authenticator)?;
        let now = input::time("now", now)?;
        let token = authenticator.token(now, input::after("ttl_seconds", now, ttl_seconds)?)?;
        out.put(token.expose().as_bytes())
    })
}

/// Writes the bytes that the key has to sign for a token that expires at `expiry`. TPM only.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_sas_string_to_sign(
    authenticator: Option<&Authenticator>,
    expiry: u64,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text(buf, cap, out_len)?;
        out.put(shared(authenticator)?.string_to_sign(expiry)?.as_bytes())
    })
}

/// Writes the token for a signature of 32 bytes. TPM only.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_sas_assemble(
    authenticator: Option<&Authenticator>,
    expiry: u64,
    signature: *const u8,
    signature_len: usize,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text_apart(buf, cap, out_len, &[("signature", signature, signature_len)])?;
        let string = shared(authenticator)?.string_to_sign(expiry)?;
        out.put(string.token(&sas::signature(signature, signature_len)?).expose().as_bytes())
    })
}

/// Creates a signer for many tokens of this identity. KEY only.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_signer(
    authenticator: Option<&Authenticator>,
    out: Option<&mut MaybeUninit<Option<Box<Signer>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let signer = shared(authenticator)?.outcome()?.signer();
        Ok(signer.ok_or_else(|| not_applicable("there is no key here to sign with"))?.into())
    })
}

/// The host to connect to over MQTT, on port `DEFENDERAUTH_MQTT_PORT`: the gateway if there is one, else the hub. The
/// server's certificate must be valid for this name. An IPv6 address is in brackets, which resolvers and certificates omit.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_mqtt_host_name(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.outcome.mqtt_host)
}

/// The MQTT client identifier.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_mqtt_client_id(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.outcome.client_id)
}

/// The MQTT user name. The password is a token; with a certificate there is no password.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_mqtt_user_name(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.outcome.user_name)
}

/// The topic to publish events to, at a hub with the connection profile `classic`. The properties of a message, percent-encoded and
/// joined by `&`, are appended to it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_events_topic(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.outcome.events_topic)
}

/// The connection profile of the hub: `classic` (MQTT 3.1.1, the login above), or `mqttV5` (MQTT 5, by
/// `defenderauth_presence_new`). A registration tells it from the api-version 2026-11-02-preview on
/// (`defenderauth_profile_set_api_version`).
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_connection_profile(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.outcome.profile)
}

/// Whether its credential has no login at the hub, because the device has registered with a key, was assigned to a hub with the
/// connection profile `mqttV5`, and has a certificate: log in with that, by `defenderauth_authenticator_new_with_certificate`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_requires_certificate(authenticator: Option<&Authenticator>) -> bool {
    guard::look(authenticator, false, |it| it.outcome.as_ref().is_some_and(Outcome::requires_certificate))
}

/// The payload that the provisioning service returned for the device: JSON text.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_dps_payload(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.outcome.payload)
}

/// The substatus of the assignment, such as `initialAssignment`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_dps_substatus(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.outcome.substatus)
}

/// When the assignment was last updated. Treat it as opaque: another text is another assignment.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_dps_last_updated(authenticator: Option<&Authenticator>) -> Str {
    guard::text(authenticator, |it| &it.views.outcome.last_updated)
}

/// What came of the request for a certificate at a registration: one of `DEFENDERAUTH_ISSUANCE_`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_issuance(authenticator: Option<&Authenticator>) -> i32 {
    guard::look(authenticator, DEFENDERAUTH_ISSUANCE_NONE, |it| {
        let state = it.outcome().ok().and_then(|outcome| outcome.registration_state());
        match state.map(|state| &state.issuance) {
            Some(Issuance::Issued(_)) => DEFENDERAUTH_ISSUANCE_ISSUED,
            Some(Issuance::Withheld) => DEFENDERAUTH_ISSUANCE_WITHHELD,
            Some(Issuance::Unreadable(_)) => DEFENDERAUTH_ISSUANCE_UNREADABLE,
            _ => DEFENDERAUTH_ISSUANCE_NONE,
        }
    })
}

/// Frees an authenticator and wipes its secrets. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_free(authenticator: Option<Box<Authenticator>>) {
    guard::get((), || drop(authenticator));
}
