//! Connection strings of devices, modules and services.

use crate::{
    abi::{ResultCode, Str},
    code::{DEFENDERAUTH_KEY_ABSENT, DEFENDERAUTH_NOT_APPLICABLE},
    error::Error,
    failure::Failure,
    guard,
    identity::{self, Names},
    input,
    key::Key,
    object::{Poison, given, object, shared},
    output,
    view::View,
};
use alloc::{boxed::Box, vec::Vec};
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::{
    ConnectionString as Parsed, SharedAccessKey, UnixTime,
    connection_string::{ConnectionStringError, Finding, ServiceConnectionString},
    credential::{ClientCertificate, Credential},
    sas::{Audience, SasToken},
    secret::SecretText,
};

/// A connection string. Immutable; wiped when freed. Free it with `defenderauth_connection_string_free`.
pub struct ConnectionString {
    poison: Poison,
    pub(crate) whose: Whose,
    names: Names,
    policy: View,
    /// What was accepted and is unusual.
    findings: Vec<View>,
}

object!(ConnectionString, "connection_string");

/// Whose connection string it is.
pub(crate) enum Whose {
    Identity(Parsed),
    /// One with a shared access policy, for back ends.
    Service(ServiceConnectionString),
}

impl From<Parsed> for ConnectionString {
    fn from(parsed: Parsed) -> Self {
        let names = Names::of(parsed.identity());
        Self { poison: Poison::new(), whose: Whose::Identity(parsed), names, policy: View::EMPTY, findings: Vec::new() }
    }
}

impl From<ServiceConnectionString> for ConnectionString {
    fn from(service: ServiceConnectionString) -> Self {
        let names = Names { host_name: View::of(service.host_name()), ..Names::default() };
        let policy = View::of(service.policy_name());
        Self { poison: Poison::new(), whose: Whose::Service(service), names, policy, findings: Vec::new() }
    }
}

impl ConnectionString {
    fn read<T: Into<Self>>((parsed, findings): (T, Vec<Finding>)) -> Self {
        Self { findings: findings.iter().map(View::of).collect(), ..parsed.into() }
    }

    /// Its key, if it has one.
    fn key(&self) -> Option<&SharedAccessKey> {
        match &self.whose {
            Whose::Service(service) => service.key(),
            Whose::Identity(parsed) => match parsed.credential() {
                Credential::SymmetricKeys(keys) => Some(keys.current()),
                Credential::PolicyKey(policy) => Some(&policy.key),
                _ => None,
            },
        }
    }

    fn is_x509(&self) -> bool {
        matches!(&self.whose, Whose::Identity(parsed) if parsed.credential().certificate().is_some())
    }

    fn token(&self, expiry: UnixTime) -> Option<SasToken> {
        match &self.whose {
            Whose::Identity(parsed) => {
                parsed.credential().password(parsed.identity(), Audience::default(), expiry).into_token()
            }
            Whose::Service(service) => Some(service.token(expiry)),
        }
    }

    fn text(&self) -> SecretText {
        match &self.whose {
            Whose::Identity(parsed) => parsed.expose(),
            Whose::Service(service) => service.expose(),
        }
    }
}

/// Parses a connection string of a device, of a module, or of a service, which has a policy name.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_parse(
    s: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<ConnectionString>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let text = input::text("s", s, len)?;
        Ok(match Parsed::read(text) {
            Err(ConnectionStringError::ServiceString) => ConnectionString::read(ServiceConnectionString::read(text)?),
            parsed => ConnectionString::read(parsed?),
        })
    })
}

/// Creates a connection string. Without a key it has `x509=true`; an empty module ID makes it a device's.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_new(
    host_name: *const c_char,
    host_name_len: usize,
    device_id: *const c_char,
    device_id_len: usize,
    module_id: *const c_char,
    module_id_len: usize,
    key_or_null: Option<&Key>,
    out: Option<&mut MaybeUninit<Option<Box<ConnectionString>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let identity =
            identity::of((host_name, host_name_len), (device_id, device_id_len), (module_id, module_id_len))?;
        let credential = match given(key_or_null)? {
            Some(key) => Credential::from(key.key.clone()),
            None => ClientCertificate::held_elsewhere(None).into(),
        };
        Ok(Parsed::new(identity, credential)?.into())
    })
}

/// How many things were accepted and are unusual: names that were ignored, a key of unusual length, a host that is not for devices.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_finding_count(connection_string: Option<&ConnectionString>) -> usize {
    guard::look(connection_string, 0, |it| it.findings.len())
}

/// Such a finding, counted from 0, and what to do about it, in one line. Empty past the last one.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_finding(
    connection_string: Option<&ConnectionString>,
    index: usize,
) -> Str {
    guard::look(connection_string, Str::EMPTY, |it| it.findings.get(index).map_or(Str::EMPTY, View::as_str))
}

/// The hub's host name.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_host_name(connection_string: Option<&ConnectionString>) -> Str {
    guard::text(connection_string, |it| &it.names.host_name)
}

/// The host name of the gateway to the hub; empty without one.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_gateway_host_name(
    connection_string: Option<&ConnectionString>,
) -> Str {
    guard::text(connection_string, |it| &it.names.gateway)
}

/// The device ID; empty in a service's connection string.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_device_id(connection_string: Option<&ConnectionString>) -> Str {
    guard::text(connection_string, |it| &it.names.device_id)
}

/// The module ID; empty in a device's or a service's connection string.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_module_id(connection_string: Option<&ConnectionString>) -> Str {
    guard::text(connection_string, |it| &it.names.module_id)
}

/// The name of the shared access policy. Non-empty exactly in a service's connection string.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_policy_name(connection_string: Option<&ConnectionString>) -> Str {
    guard::text(connection_string, |it| &it.policy)
}

/// Whether the credential is a certificate (`x509=true`).
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_is_x509(connection_string: Option<&ConnectionString>) -> bool {
    guard::look(connection_string, false, ConnectionString::is_x509)
}

/// Whether it contains a key.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_has_key(connection_string: Option<&ConnectionString>) -> bool {
    guard::look(connection_string, false, |string| string.key().is_some())
}

/// Copies the key in it. Without one `DEFENDERAUTH_KEY_ABSENT`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_key(
    connection_string: Option<&ConnectionString>,
    out: Option<&mut MaybeUninit<Option<Box<Key>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let string = shared(connection_string)?;
        let key = string.key().ok_or_else(|| {
            let message = "this connection string has no key: its credential is a certificate or a ready-made token";
            Failure::new(DEFENDERAUTH_KEY_ABSENT, message).field("connection_string")
        })?;
        Ok(key.clone().into())
    })
}

/// Writes a token that expires at `expiry`, in seconds since 1970: for the device or the module, or for the service under its
/// policy. A ready-made token is written unchanged. With `x509=true` there is none: `DEFENDERAUTH_NOT_APPLICABLE`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_sas_token(
    connection_string: Option<&ConnectionString>,
    expiry: u64,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text(buf, cap, out_len)?;
        let token = shared(connection_string)?.token(input::time("expiry", expiry)?);
        let token = token.ok_or_else(|| {
            let message = "the credential is a certificate; present it in the TLS handshake";
            Failure::new(DEFENDERAUTH_NOT_APPLICABLE, message).field("connection_string")
        })?;
        out.put(token.expose().as_bytes())
    })
}

/// Writes it as text, including its key. Wipe the buffer when it is no longer needed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_to_text(
    connection_string: Option<&ConnectionString>,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || output::text(buf, cap, out_len)?.put(shared(connection_string)?.text().expose().as_bytes()))
}

/// Frees a connection string and wipes it. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_free(connection_string: Option<Box<ConnectionString>>) {
    guard::get((), || drop(connection_string));
}
