//! Who the caller is, and how it proves it. Empty, NONE or STATE until DONE.

use super::{Authenticator, views::kind};
use crate::{
    ResultCode, Str,
    code::{DEFENDERAUTH_CREDENTIAL_NONE, DEFENDERAUTH_NOT_APPLICABLE, DEFENDERAUTH_STATE},
    error::Error,
    failure::Failure,
    guard, input,
    object::{look, shared},
    output, sas,
    signer::Signer,
};
use defender_auth::{
    Error as LibraryError, Outcome, Password, SharedAccessKey, UnixTime, credential::Credential, sas::StringToSign,
};
use std::{ffi::c_char, mem::MaybeUninit};

const NONE: i32 = DEFENDERAUTH_CREDENTIAL_NONE;

impl Authenticator {
    /// What it ended with.
    pub(crate) fn outcome(&self) -> Result<&Outcome, Failure> {
        self.outcome.as_ref().ok_or_else(|| {
            let message = "it is not done yet; poll, and answer what is pending";
            Failure::new(DEFENDERAUTH_STATE, message).field("authenticator")
        })
    }

    /// What a key that is held elsewhere has to sign.
    pub(crate) fn string_to_sign(&self, expiry: UnixTime) -> Result<StringToSign, Failure> {
        match self.outcome()?.password(expiry) {
            Password::Sign(string) => Ok(string),
            _ => Err(not_applicable("nobody else signs for this credential; take `_sas_token` or `_certificate`")),
        }
    }
}

/// A secondary key is another key, though the pair is the same.
fn key_in_use(outcome: &Outcome) -> Option<&SharedAccessKey> {
    match outcome.credential() {
        Credential::SymmetricKeys(keys) => Some(keys.current()),
        _ => None,
    }
}

fn not_applicable(message: &'static str) -> Failure {
    Failure::new(DEFENDERAUTH_NOT_APPLICABLE, message).field("authenticator")
}

/// What proves the identity: `DEFENDERAUTH_CREDENTIAL_`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_credential(authenticator: Option<&Authenticator>) -> i32 {
    guard::get(DEFENDERAUTH_CREDENTIAL_NONE, || {
        look(authenticator, NONE, |it| it.outcome.as_ref().map_or(NONE, |outcome| kind(outcome.credential())))
    })
}

/// The hub. Keep it and the device ID: with them the provisioning service need not be asked next time.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_host_name(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.me.host_name.as_str()))
}

/// The gateway through which the hub is reached.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_gateway_host_name(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.me.gateway.as_str()))
}

/// The device.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_device_id(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.me.device_id.as_str()))
}

/// The module.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_module_id(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.me.module_id.as_str()))
}

/// What tokens are good for, as it stands in `sr=`: the name in a put-token of AMQP.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_audience(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.me.audience.as_str()))
}

/// Whether both are DONE with the same host, IDs, and key or certificate. When they are not, connect anew.
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

/// Writes a connection string for other programs, with the key that is in use. Wipe the buffer when it is no longer needed.
/// A key in a TPM has none: `DEFENDERAUTH_NOT_APPLICABLE`.
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
        let string = string.ok_or_else(|| {
            not_applicable("no connection string can say it: the key is held elsewhere, or an ID has a `;`")
        })?;
        out.put(string.expose().expose().as_bytes())
    })
}

/// Writes a token that lives for `ttl_seconds` from `now` on. KEY only. A ready token is written as it is, or is
/// `DEFENDERAUTH_TOKEN_EXPIRED`.
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
        let expiry = input::after("ttl_seconds", now, ttl_seconds)?;
        match authenticator.outcome()?.password(expiry) {
            Password::Token(token) if token.expires_at() <= now => {
                Err(LibraryError::TokenExpired { at: token.expires_at() }.into())
            }
            Password::Token(token) => out.put(token.expose().as_bytes()),
            Password::Sign(_) => {
                Err(not_applicable("the key is held elsewhere; take `_tpm_sas_token`, or have it signed"))
            }
            _ => Err(not_applicable("a certificate proves the identity; present it in the TLS handshake")),
        }
    })
}

/// Writes what the key that is held elsewhere has to sign for a token that ends at `expiry`. TPM only.
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
        let authenticator = shared(authenticator)?;
        out.put(authenticator.string_to_sign(input::time("expiry", expiry)?)?.as_bytes())
    })
}

/// Writes the token that a signature of 32 bytes makes. TPM only.
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
        let out = output::text(buf, cap, out_len)?;
        let authenticator = shared(authenticator)?;
        let string = authenticator.string_to_sign(input::time("expiry", expiry)?)?;
        out.put(string.token(&sas::signature(signature, signature_len)?).expose().as_bytes())
    })
}

/// Makes a signer for many tokens of this identity. KEY only.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_signer(
    authenticator: Option<&Authenticator>,
    out: Option<&mut MaybeUninit<Option<Box<Signer>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        let signer = shared(authenticator)?.outcome()?.signer();
        out.put(signer.ok_or_else(|| not_applicable("there is no key here to sign with"))?.into());
        Ok(())
    })
}

/// The host to connect to over MQTT, port 8883: the gateway, else the hub. The server must bear this name.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_mqtt_host_name(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.me.mqtt_host.as_str()))
}

/// The MQTT client identifier.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_mqtt_client_id(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.me.client_id.as_str()))
}

/// The MQTT user name. The password is a token, or none with a certificate.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_mqtt_user_name(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.me.user_name.as_str()))
}

/// What the provisioning service sent for the device: JSON text.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_dps_payload(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.me.payload.as_str()))
}

/// How the assignment came about, such as `initialAssignment`.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_dps_substatus(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.me.substatus.as_str()))
}

/// When the assignment was made or changed. Opaque: another text is another assignment.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_dps_last_updated(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |it| it.views.me.last_updated.as_str()))
}
