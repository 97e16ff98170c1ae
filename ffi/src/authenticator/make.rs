//! Every way to create an authenticator.

use super::object::Authenticator;
use crate::{
    abi::ResultCode,
    agent_config::AgentConfig,
    certificate::Certificate,
    connection_string::{ConnectionString, Whose},
    error::Error,
    failure::Failure,
    guard, identity, input,
    key::Key,
    object::{given, shared},
    options::{Chosen, Options},
    profile::Profile,
    token::Token,
};
use alloc::{boxed::Box, vec::Vec};
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::{
    Device, Plan,
    connection_string::ConnectionStringError,
    credential::Credential,
    dps::Attestation,
    identity::{DeviceId, HostName, ModuleId},
};

/// Uses a connection string as it is, with no request: DONE immediately. A module's gives the module's identity. A device's gives
/// the identity of the device itself, without a module: no request for a module is made, `_module_id` is empty, and tokens and
/// logins are those of the device. For a module of that device use `defenderauth_authenticator_new_device_key`. A service's is
/// rejected. One with `x509=true` requires the certificate for the TLS handshake, or NULL when the program's TLS library has it.
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
    guard::make(out, error, || {
        let plan = known(connection_string, certificate_or_null)?;
        Authenticator::new(&plan, Chosen::of(options_or_null)?, input::time("now", now)?)
    })
}

/// Authenticates a device by its shared access key. With a module ID it continues in Device mode: it requests that
/// module's identity from the hub. Without one the outcome is the device, and no request is sent.
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
    guard::make(out, error, || {
        let key = shared(key)?.key.clone();
        let plan = device((host_name, host_name_len), (device_id, device_id_len), key)?;
        begin(plan, (module_id, module_id_len), options_or_null, now)
    })
}

/// Authenticates a device by its certificate. With a module ID it continues in Device mode, which requires a self-signed
/// certificate: one issued by a CA is `DEFENDERAUTH_CERTIFICATE_RULE`.
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
    guard::make(out, error, || {
        let certificate = shared(certificate)?.client_certificate();
        let plan = device((host_name, host_name_len), (device_id, device_id_len), certificate)?;
        begin(plan, (module_id, module_id_len), options_or_null, now)
    })
}

/// Authenticates a device whose key is held elsewhere: in the TPM since an earlier registration, in an HSM, or by another
/// process.
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
    guard::make(out, error, || {
        let plan = device((host_name, host_name_len), (device_id, device_id_len), Credential::ExternalSigner)?;
        begin(plan, (module_id, module_id_len), options_or_null, now)
    })
}

/// Uses an identity whose key is held elsewhere as it is, with no request: DONE immediately. Its tokens are signed by the holder of
/// the key (`defenderauth_authenticator_sas_string_to_sign`). Without a module ID it is the device's.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_module_tpm(
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
    guard::make(out, error, || {
        let identity =
            identity::of((host_name, host_name_len), (device_id, device_id_len), (module_id, module_id_len))?;
        let plan = Plan::known(identity, Credential::ExternalSigner);
        Authenticator::new(&plan, Chosen::of(options_or_null)?, input::time("now", now)?)
    })
}

/// Uses an identity with a token that was made elsewhere, with no request: DONE immediately, until the token expires. Without a
/// module ID the identity is the device. A token for another resource is `DEFENDERAUTH_ARGUMENT`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_new_module_token(
    host_name: *const c_char,
    host_name_len: usize,
    device_id: *const c_char,
    device_id_len: usize,
    module_id: *const c_char,
    module_id_len: usize,
    token: Option<&Token>,
    options_or_null: Option<&Options>,
    now: u64,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let identity =
            identity::of((host_name, host_name_len), (device_id, device_id_len), (module_id, module_id_len))?;
        let token = shared(token)?.read().clone();
        if !token.is_good_for(&identity) {
            let message = "its resource is neither this identity nor something that contains it; have one made for it";
            return Err(Failure::argument("token", message));
        }
        let plan = Plan::known(identity, token);
        Authenticator::new(&plan, Chosen::of(options_or_null)?, input::time("now", now)?)
    })
}

/// Registers with the provisioning service by a symmetric key: an individual enrollment's, or one derived from an
/// enrollment group's with `defenderauth_key_derive`.
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
    guard::make(out, error, || {
        let plan = Plan::provision(shared(profile)?.registrant(), shared(key)?.key.clone())?;
        begin(plan, (module_id, module_id_len), options_or_null, now)
    })
}

/// Registers with the provisioning service by a certificate, of an individual enrollment or of an enrollment group.
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
    guard::make(out, error, || {
        let plan = Plan::provision(shared(profile)?.registrant(), shared(certificate)?.client_certificate())?;
        begin(plan, (module_id, module_id_len), options_or_null, now)
    })
}

/// Registers with the provisioning service by a TPM, given its public endorsement key and storage root key. The identity
/// key in the TPM is replaced only when the hub's key has arrived.
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
    guard::make(out, error, || {
        let attestation = Attestation::Tpm {
            endorsement_key: public("endorsement_key", endorsement_key, endorsement_key_len)?,
            storage_root_key: public("storage_root_key", storage_root_key, storage_root_key_len)?,
        };
        let plan = Plan::provision(shared(profile)?.registrant(), attestation)?;
        begin(plan, (module_id, module_id_len), options_or_null, now)
    })
}

/// Authenticates with an agent's configuration.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_from_agent_config(
    config: Option<&AgentConfig>,
    options_or_null: Option<&Options>,
    now: u64,
    out: Option<&mut MaybeUninit<Option<Box<Authenticator>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let (plan, chosen) = (shared(config)?.plan(), Chosen::of(options_or_null)?);
        let plan = match plan.target().map(|target| target.module().clone()) {
            Some(module) => plan.in_device_mode(chosen.target(module))?,
            None => plan,
        };
        Authenticator::new(&plan, chosen, input::time("now", now)?)
    })
}

/// A text as C passes it.
type Given = (*const c_char, usize);

/// The plan of a connection string.
fn known(string: Option<&ConnectionString>, certificate: Option<&Certificate>) -> Result<Plan, Failure> {
    let string = shared(string)?;
    let Whose::Identity(string) = &string.whose else { return Err(ConnectionStringError::ServiceString.into()) };
    match given(certificate)? {
        None => Ok(string.clone().into()),
        Some(certificate) if string.credential().certificate().is_some() => {
            Ok(Plan::known(string.identity().clone(), certificate.client_certificate()))
        }
        Some(_) => {
            let message = "the connection string has a key and takes no certificate; pass NULL, or a connection string with x509=true";
            Err(Failure::argument("certificate_or_null", message))
        }
    }
}

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
        [] => Err(Failure::argument(parameter, "it is empty; pass the TPM's public key, a complete TPM2B_PUBLIC")),
        bytes => Ok(bytes.into()),
    }
}
