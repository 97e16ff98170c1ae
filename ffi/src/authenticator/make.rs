//! Every way to begin.

use super::Authenticator;
use crate::{
    ResultCode,
    agent_config::AgentConfig,
    certificate::Certificate,
    code::DEFENDERAUTH_KEY_ABSENT,
    connection_string::{ConnectionString, Whose},
    error::Error,
    failure::Failure,
    guard, input,
    key::Key,
    object::{given, shared},
    options::{Chosen, Options},
    output,
    profile::Profile,
};
use defender_auth::{
    Device, Plan,
    connection_string::ConnectionStringError,
    credential::Credential,
    dps::Attestation,
    identity::{DeviceId, HostName, ModuleId},
};
use std::{ffi::c_char, mem::MaybeUninit};

/// Begins with a connection string, a module's or a device's: DONE at once. One that says `x509=true` takes a certificate;
/// without it somebody else has the key.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_module(
    connection_string: Option<&ConnectionString>,
    certificate_or_null: Option<&Certificate>,
    options_or_null: Option<&Options>,
    now: u64,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        let string = shared(connection_string)?;
        let Whose::Identity(string) = &string.whose else { return Err(ConnectionStringError::ServiceString.into()) };
        let plan = match given(certificate_or_null)? {
            None => string.clone().into(),
            Some(certificate) if string.credential().certificate().is_some() => {
                Plan::known(string.identity().clone(), certificate.client_certificate())
            }
            Some(_) => {
                let message =
                    "the connection string has a key and wants no certificate; give NULL, or one with x509=true";
                return Err(Failure::argument("certificate_or_null", message));
            }
        };
        out.put(Authenticator::new(&plan, Chosen::of(options_or_null)?, input::time("now", now)?)?);
        Ok(())
    })
}

/// Begins with a device and its key. With a module ID it goes on in Device mode and asks the hub for that module; without
/// one it ends as the device.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_device_key(
    host_name: *const c_char,
    host_name_len: usize,
    device_id: *const c_char,
    device_id_len: usize,
    module_id: *const c_char,
    module_id_len: usize,
    key: Option<&Key>,
    options_or_null: Option<&Options>,
    now: u64,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        let key = shared(key)?.key.clone();
        let plan = device((host_name, host_name_len), (device_id, device_id_len), key)?;
        out.put(begin(plan, (module_id, module_id_len), options_or_null, now)?);
        Ok(())
    })
}

/// Begins with a device and its certificate. With a module ID it goes on in Device mode, which takes no certificate that a
/// CA has signed: `DEFENDERAUTH_CERTIFICATE_RULE`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_device_certificate(
    host_name: *const c_char,
    host_name_len: usize,
    device_id: *const c_char,
    device_id_len: usize,
    module_id: *const c_char,
    module_id_len: usize,
    certificate: Option<&Certificate>,
    options_or_null: Option<&Options>,
    now: u64,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        let certificate = shared(certificate)?.client_certificate();
        let plan = device((host_name, host_name_len), (device_id, device_id_len), certificate)?;
        out.put(begin(plan, (module_id, module_id_len), options_or_null, now)?);
        Ok(())
    })
}

/// Begins with a device whose key is in the TPM from an earlier registration, or wherever else it signs.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_device_tpm(
    host_name: *const c_char,
    host_name_len: usize,
    device_id: *const c_char,
    device_id_len: usize,
    module_id: *const c_char,
    module_id_len: usize,
    options_or_null: Option<&Options>,
    now: u64,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        let plan = device((host_name, host_name_len), (device_id, device_id_len), Credential::ExternalSigner)?;
        out.put(begin(plan, (module_id, module_id_len), options_or_null, now)?);
        Ok(())
    })
}

/// Begins with the provisioning service and a key: of an individual enrollment, or derived from a group's.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_dps_key(
    profile: Option<&Profile>,
    module_id: *const c_char,
    module_id_len: usize,
    key: Option<&Key>,
    options_or_null: Option<&Options>,
    now: u64,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        let plan = Plan::provision(shared(profile)?.registrant(), shared(key)?.key.clone())?;
        out.put(begin(plan, (module_id, module_id_len), options_or_null, now)?);
        Ok(())
    })
}

/// Begins with the provisioning service and a certificate: of an individual enrollment or of a group.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_dps_certificate(
    profile: Option<&Profile>,
    module_id: *const c_char,
    module_id_len: usize,
    certificate: Option<&Certificate>,
    options_or_null: Option<&Options>,
    now: u64,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        let plan = Plan::provision(shared(profile)?.registrant(), shared(certificate)?.client_certificate())?;
        out.put(begin(plan, (module_id, module_id_len), options_or_null, now)?);
        Ok(())
    })
}

/// Begins with the provisioning service and a TPM, by its two public keys. The identity key in the TPM is replaced only
/// when the hub's key has arrived.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_dps_tpm(
    profile: Option<&Profile>,
    module_id: *const c_char,
    module_id_len: usize,
    endorsement_key: *const u8,
    endorsement_key_len: usize,
    storage_root_key: *const u8,
    storage_root_key_len: usize,
    options_or_null: Option<&Options>,
    now: u64,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        let attestation = Attestation::Tpm {
            endorsement_key: public("endorsement_key", endorsement_key, endorsement_key_len)?,
            storage_root_key: public("storage_root_key", storage_root_key, storage_root_key_len)?,
        };
        let plan = Plan::provision(shared(profile)?.registrant(), attestation)?;
        out.put(begin(plan, (module_id, module_id_len), options_or_null, now)?);
        Ok(())
    })
}

/// Begins with an agent's configuration.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_from_agent_config(
    config: Option<&AgentConfig>,
    options_or_null: Option<&Options>,
    now: u64,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        let (plan, chosen) = (shared(config)?.plan(), Chosen::of(options_or_null)?);
        let plan = match plan.target().cloned() {
            Some(module) => plan.in_device_mode(chosen.target(module))?,
            None => plan,
        };
        out.put(Authenticator::new(&plan, chosen, input::time("now", now)?)?);
        Ok(())
    })
}

/// The same outcome with the module's other key, after the hub refused the first: DONE at once, or
/// `DEFENDERAUTH_KEY_ABSENT`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_secondary(
    done: Option<&Authenticator>,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        let done = shared(done)?;
        let mut outcome = done.outcome()?.clone();
        if !outcome.fall_back() {
            let message = "there is no other key; authenticate again, the first may have been changed";
            return Err(Failure::new(DEFENDERAUTH_KEY_ABSENT, message).field("done"));
        }
        // It is done at once: no time passes.
        let now = defender_auth::UnixTime::from_secs(0);
        out.put(Authenticator::new(&Plan::from(outcome), done.chosen.clone(), now)?);
        Ok(())
    })
}

/// Text as C gives it.
type Given = (*const c_char, usize);

fn device(host_name: Given, device_id: Given, credential: impl Into<Credential>) -> Result<Plan, Failure> {
    let hub = HostName::new(input::text("host_name", host_name.0, host_name.1)?)?;
    let id = DeviceId::new(input::text("device_id", device_id.0, device_id.1)?)?;
    Ok(Plan::device(Device::new(hub, id, credential)))
}

/// In Device mode when there is a module ID.
fn begin(plan: Plan, module_id: Given, options: Option<&Options>, now: u64) -> Result<Authenticator, Failure> {
    let chosen = Chosen::of(options)?;
    let plan = match input::text("module_id", module_id.0, module_id.1)? {
        "" => plan,
        module => plan.in_device_mode(chosen.target(ModuleId::new(module)?))?,
    };
    Authenticator::new(&plan, chosen, input::time("now", now)?)
}

fn public(parameter: &'static str, key: *const u8, len: usize) -> Result<Vec<u8>, Failure> {
    match input::bytes(parameter, key, len)? {
        [] => Err(Failure::argument(parameter, "it is empty; give the TPM's key, a whole TPM2B_PUBLIC")),
        bytes => Ok(bytes.into()),
    }
}
