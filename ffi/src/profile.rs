//! What to register with the provisioning service.

use crate::{
    ResultCode,
    error::Error,
    failure::Failure,
    guard, input,
    object::{Poison, exclusive, object},
    output,
};
use defender_auth::{
    dps::Profile as Registrant,
    identity::{HostName, IdScope, RegistrationId},
    payload::Payload,
};
use std::{ffi::c_char, mem::MaybeUninit};

/// Who registers, where, and with which payload. Free it with `defenderauth_profile_free`; authenticators that were made
/// with it keep what it said.
pub struct Profile {
    poison: Poison,
    registrant: Registrant,
    lookup_only: bool,
}

object!(Profile, "profile");

impl Profile {
    pub(crate) fn registrant(&self) -> Registrant {
        let registrant = self.registrant.clone();
        if self.lookup_only { registrant.lookup_only(true) } else { registrant }
    }
}

/// Makes a profile for the global provisioning service.
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
    guard::call(error, || {
        let out = output::object(out)?;
        let scope = IdScope::new(input::text("id_scope", id_scope, id_scope_len)?)?;
        let id = RegistrationId::new(input::text("registration_id", registration_id, registration_id_len)?)?;
        out.put(Profile { poison: Poison::new(), registrant: Registrant::new(scope, id), lookup_only: false });
        Ok(())
    })
}

/// Says which provisioning service, if it is not the global one.
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

/// Gives the service a payload: any JSON value, sent as it is.
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

/// Without the flows nobody would send it, and nothing that reads JSON need be there.
#[cfg(not(feature = "flows"))]
fn payload(_: &str) -> Result<Payload, Failure> {
    Err(Failure::unsupported("a registration"))
}

/// Only asks where the device is registered, and does not register it. A TPM cannot prove that question.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_profile_set_lookup_only(
    profile: Option<&mut Profile>,
    lookup_only: bool,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        exclusive(profile)?.lookup_only = lookup_only;
        Ok(())
    })
}

/// Frees a profile. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_profile_free(profile: Option<Box<Profile>>) {
    guard::get((), || drop(profile));
}
