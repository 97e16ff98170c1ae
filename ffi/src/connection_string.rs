//! Connection strings: a device's, a module's, and a service's.

use crate::{
    ResultCode, Str,
    code::DEFENDERAUTH_KEY_ABSENT,
    error::Error,
    failure::Failure,
    guard, input,
    key::Key,
    object::{Poison, given, look, object, shared},
    output,
    view::View,
};
use defender_auth::{
    ConnectionString as Parsed, SharedAccessKey,
    connection_string::{ConnectionStringError, ServiceConnectionString},
    credential::{ClientCertificate, Credential},
    identity::{DeviceId, HostName, Identity, ModuleId},
    secret::SecretText,
};
use std::{ffi::c_char, mem::MaybeUninit};

/// A connection string. Immutable; wiped when freed. Free it with `defenderauth_connection_string_free`.
pub struct ConnectionString {
    poison: Poison,
    pub(crate) whose: Whose,
    views: Views,
}

object!(ConnectionString, "connection_string");

/// Whose it is.
pub(crate) enum Whose {
    Identity(Parsed),
    /// A policy's, which no device has.
    Service(ServiceConnectionString),
}

#[derive(Default)]
struct Views {
    host_name: View,
    gateway: View,
    device_id: View,
    module_id: View,
    policy: View,
}

impl From<Parsed> for ConnectionString {
    fn from(parsed: Parsed) -> Self {
        let identity = parsed.identity();
        let views = Views {
            host_name: View::of(identity.hub()),
            gateway: identity.gateway().map(View::of).unwrap_or_default(),
            device_id: View::of(identity.device_id()),
            module_id: identity.module_id().map(View::of).unwrap_or_default(),
            policy: View::default(),
        };
        Self { poison: Poison::new(), whose: Whose::Identity(parsed), views }
    }
}

impl From<ServiceConnectionString> for ConnectionString {
    fn from(service: ServiceConnectionString) -> Self {
        let views = Views {
            host_name: View::of(service.host_name()),
            policy: View::of(service.policy_name()),
            ..Views::default()
        };
        Self { poison: Poison::new(), whose: Whose::Service(service), views }
    }
}

impl ConnectionString {
    /// The key in it, if it has one.
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

    fn text(&self) -> SecretText {
        match &self.whose {
            Whose::Identity(parsed) => parsed.expose(),
            Whose::Service(service) => service.expose(),
        }
    }
}

/// Reads a connection string: a device's, a module's, or a service's, which has a policy's name.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_parse(
    s: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<ConnectionString>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        let text = input::text("s", s, len)?;
        out.put(match Parsed::parse(text) {
            Err(ConnectionStringError::ServiceString) => ServiceConnectionString::parse(text)?.into(),
            parsed => parsed?.into(),
        });
        Ok(())
    })
}

/// Makes a connection string. Without a key it is `x509=true`; the module ID may be empty.
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
    guard::call(error, || {
        let out = output::object(out)?;
        let hub = HostName::new(input::text("host_name", host_name, host_name_len)?)?;
        let device = DeviceId::new(input::text("device_id", device_id, device_id_len)?)?;
        let identity = match input::text("module_id", module_id, module_id_len)? {
            "" => Identity::device(hub, device),
            module => Identity::module(hub, device, ModuleId::new(module)?),
        };
        let credential = match given(key_or_null)? {
            Some(key) => Credential::from(key.key.clone()),
            None => ClientCertificate::held_elsewhere(None).into(),
        };
        out.put(Parsed::new(identity, credential)?.into());
        Ok(())
    })
}

/// The hub.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_host_name(connection_string: Option<&ConnectionString>) -> Str {
    guard::get(Str::EMPTY, || view(connection_string, |views| &views.host_name))
}

/// The gateway through which the hub is reached.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_gateway_host_name(
    connection_string: Option<&ConnectionString>,
) -> Str {
    guard::get(Str::EMPTY, || view(connection_string, |views| &views.gateway))
}

/// The device.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_device_id(connection_string: Option<&ConnectionString>) -> Str {
    guard::get(Str::EMPTY, || view(connection_string, |views| &views.device_id))
}

/// The module.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_module_id(connection_string: Option<&ConnectionString>) -> Str {
    guard::get(Str::EMPTY, || view(connection_string, |views| &views.module_id))
}

/// The policy. When there is one, the string is a service's and not a device's.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_policy_name(connection_string: Option<&ConnectionString>) -> Str {
    guard::get(Str::EMPTY, || view(connection_string, |views| &views.policy))
}

/// Whether a certificate proves the identity (`x509=true`).
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_is_x509(connection_string: Option<&ConnectionString>) -> bool {
    guard::get(false, || look(connection_string, false, ConnectionString::is_x509))
}

/// Whether there is a key in it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_has_key(connection_string: Option<&ConnectionString>) -> bool {
    guard::get(false, || look(connection_string, false, |string| string.key().is_some()))
}

/// The key in it, or `DEFENDERAUTH_KEY_ABSENT`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_key(
    connection_string: Option<&ConnectionString>,
    out: Option<&mut MaybeUninit<Option<Box<Key>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        let string = shared(connection_string)?;
        let key = string.key().ok_or_else(|| {
            let message =
                "there is no key in this connection string: a certificate or a ready token proves the identity";
            Failure::new(DEFENDERAUTH_KEY_ABSENT, message).field("connection_string")
        })?;
        out.put(key.clone().into());
        Ok(())
    })
}

/// Writes it as text, with its key. Wipe the buffer when it is no longer needed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_to_text(
    connection_string: Option<&ConnectionString>,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text(buf, cap, out_len)?;
        out.put(shared(connection_string)?.text().expose().as_bytes())
    })
}

/// Frees a connection string, and wipes it. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_connection_string_free(connection_string: Option<Box<ConnectionString>>) {
    guard::get((), || drop(connection_string));
}

fn view(connection_string: Option<&ConnectionString>, which: fn(&Views) -> &View) -> Str {
    look(connection_string, Str::EMPTY, |string| which(&string.views).as_str())
}
