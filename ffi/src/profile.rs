//! Profiles: a registration with the provisioning service.

use crate::{
    abi::{Flag, ResultCode},
    error::Error,
    failure::{Failure, message},
    guard, input,
    object::{Poison, exclusive, object},
    options,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::{
    credential::CertificateRequest,
    dps::Profile as Registrant,
    http::{ApiVersion, OperationId},
    identity::{HostName, IdScope, RegistrationId},
    payload::Payload,
};

/// What to register: ID scope, registration ID, provisioning service and payload. Free it with
/// `defenderauth_profile_free`; authenticators keep a copy.
pub struct Profile {
    poison: Poison,
    registrant: Registrant,
    request: Option<CertificateRequest>,
    operation: Option<OperationId>,
    version: Option<ApiVersion>,
    lookup_only: bool,
    has_issued_certificate: bool,
}

object!(Profile, "profile");

impl Profile {
    pub(crate) fn registrant(&self) -> Registrant {
        let registrant = self.registrant.clone();
        let registrant = match &self.request {
            Some(request) => registrant.with_certificate_request(request.clone()),
            None => registrant,
        };
        let registrant = match &self.operation {
            Some(operation) => registrant.with_pending_operation(operation.clone()),
            None => registrant,
        };
        let registrant = match &self.version {
            Some(version) => registrant.with_api_version(version.clone()),
            None => registrant,
        };
        let registrant = if self.has_issued_certificate { registrant.with_issued_certificate() } else { registrant };
        if self.lookup_only { registrant.lookup_only(true) } else { registrant }
    }
}

/// Creates a profile for the global provisioning service.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_profile_new(
    id_scope: *const c_char,
    id_scope_len: usize,
    registration_id: *const c_char,
    registration_id_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Profile>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let scope = IdScope::new(input::text("id_scope", id_scope, id_scope_len)?)?;
        let id = RegistrationId::new(input::text("registration_id", registration_id, registration_id_len)?)?;
        Ok(Profile {
            poison: Poison::new(),
            registrant: Registrant::new(scope, id),
            request: None,
            operation: None,
            version: None,
            lookup_only: false,
            has_issued_certificate: false,
        })
    })
}

/// Sets the host name of the provisioning service, if it is not the global one.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_profile_set_endpoint(
    profile: Option<&mut Profile>,
    host_name: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut profile = exclusive(profile)?;
        let host = HostName::new(input::text("host_name", host_name, len)?)?;
        profile.registrant = profile.registrant.clone().with_endpoint(host);
        Ok(())
    })
}

/// Sets the version of the provisioning service's interface, such as `2021-06-01`. Empty: the oldest that has what the
/// profile uses. `2026-11-02-preview` tells the connection profile of the hub
/// (`defenderauth_authenticator_connection_profile`).
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_profile_set_api_version(
    profile: Option<&mut Profile>,
    text: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut profile = exclusive(profile)?;
        profile.version = options::api_version("text", text, len)?;
        Ok(())
    })
}

/// Sets the custom payload of the registration: any JSON value, sent unchanged.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_profile_set_payload(
    profile: Option<&mut Profile>,
    json: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut profile = exclusive(profile)?;
        let payload = self::payload(input::text("json", json, len)?)?;
        profile.registrant = profile.registrant.clone().with_payload(payload);
        Ok(())
    })
}

#[cfg(feature = "flows")]
fn payload(json: &str) -> Result<Payload, Failure> {
    Ok(Payload::parse(json)?)
}

/// Without the flows it is never sent, and no JSON parser needs to be linked.
#[cfg(not(feature = "flows"))]
fn payload(_: &str) -> Result<Payload, Failure> {
    Err(Failure::unsupported("a registration"))
}

/// Requests a certificate with the registration, by a certificate signing request (PKCS#10 in DER) whose common name is the
/// registration ID; empty requests none. Its private key must be where a restart finds it before the request is sent. What
/// came of it: `defenderauth_authenticator_issuance`. A lookup requests none.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_profile_set_certificate_request(
    profile: Option<&mut Profile>,
    request: *const u8,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut profile = exclusive(profile)?;
        profile.request = match input::bytes("request", request, len)? {
            [] => None,
            der => {
                let request = CertificateRequest::from_der(der);
                Some(request.map_err(|error| Failure::argument("request", message(&error)))?)
            }
        };
        Ok(())
    })
}

/// Continues a registration that an earlier run has begun, by the ID of its operation
/// (`defenderauth_authenticator_pending_operation`, `defenderauth_certificates_operation`); empty begins another one. Its status is
/// requested first, with the certificate that was issued meanwhile. The device is registered anew when the service does not know
/// the operation, or it has brought nothing.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_profile_set_pending_operation(
    profile: Option<&mut Profile>,
    operation: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut profile = exclusive(profile)?;
        profile.operation = match input::text("operation", operation, len)? {
            "" => None,
            text => Some(input::operation(text)?),
        };
        Ok(())
    })
}

/// Sets whether the device has a certificate from an earlier registration or renewal and registers with a key; off by default.
/// An assignment to a hub with the connection profile `mqttV5`, which accepts no key, is then no failure:
/// `defenderauth_authenticator_requires_certificate`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_profile_set_issued_certificate(
    profile: Option<&mut Profile>,
    has_issued_certificate: Flag,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        exclusive(profile)?.has_issued_certificate = has_issued_certificate != 0;
        Ok(())
    })
}

/// Sets whether the device is only looked up and not registered. A lookup is not possible with a TPM.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_profile_set_lookup_only(
    profile: Option<&mut Profile>,
    lookup_only: Flag,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        exclusive(profile)?.lookup_only = lookup_only != 0;
        Ok(())
    })
}

/// Frees a profile. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_profile_free(profile: Option<Box<Profile>>) {
    guard::get((), || drop(profile));
}
