//! TPM 2.0.

#[cfg(not(feature = "tpm"))]
#[path = "absent.rs"]
mod device;
#[cfg(feature = "tpm")]
mod device;
mod password;

use crate::{
    abi::ResultCode,
    authenticator::Authenticator,
    code::{DEFENDERAUTH_KEY_USE_HUB, DEFENDERAUTH_KEY_USE_REGISTRATION, DEFENDERAUTH_NOT_APPLICABLE},
    error::Error,
    failure::Failure,
    guard, input,
    object::{Exclusive, Poison, exclusive, object, shared},
    output,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::{Password as Proof, key::KeyUse};
pub(crate) use device::Device;
use password::Password;

/// An open TPM 2.0. Loaded objects are flushed when it is freed. Free it with `defenderauth_tpm_free`.
pub struct Tpm {
    poison: Poison,
    pub(crate) device: Device,
}

object!(Tpm, "tpm");

/// Opens a TPM: `device:/dev/tpmrm0`, `swtpm:path=..` or `swtpm:host=..,port=..`; on Windows `tbs:`, the TPM of the machine by TPM
/// Base Services, or `swtpm:host=..,port=..`. Empty means the first of these.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_open(
    endpoint: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Tpm>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        device::is_available()?;
        let device = Device::open(input::text("endpoint", endpoint, len)?)?;
        Ok(Tpm { poison: Poison::new(), device })
    })
}

/// Sets the persistent handle of the hub's key. The default is 0x81000100; change it when other software uses that.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_set_identity_handle(
    tpm: Option<&mut Tpm>,
    handle: u32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(tpm)?.device.set_identity_handle(handle))
}

/// Sets the persistent handle of the endorsement key. The default is 0x81010001.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_set_endorsement_handle(
    tpm: Option<&mut Tpm>,
    handle: u32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(tpm)?.device.set_endorsement_handle(handle))
}

/// Sets the persistent handle of the storage root key. The default is 0x81000001.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_set_storage_handle(
    tpm: Option<&mut Tpm>,
    handle: u32,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(tpm)?.device.set_storage_handle(handle))
}

/// Sets the password of the owner hierarchy, any bytes. Empty: none. The copy is wiped when the TPM is freed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_set_owner_password(
    tpm: Option<&mut Tpm>,
    password: *const u8,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(tpm)?.device.set_password(Password::Owner, input::bytes("password", password, len)?))
}

/// Sets the password of the endorsement hierarchy, any bytes. Empty: none. The copy is wiped when the TPM is freed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_set_endorsement_password(
    tpm: Option<&mut Tpm>,
    password: *const u8,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        open(tpm)?.device.set_password(Password::Endorsement, input::bytes("password", password, len)?)
    })
}

/// Makes the endorsement key and the storage root key persistent unless they are: for TPMs that are slow to create them.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_persist_keys(
    tpm: Option<&mut Tpm>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(tpm)?.device.persist_keys())
}

/// Writes the public endorsement key, a `TPM2B_PUBLIC`. It is created if there is none.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_endorsement_key(
    tpm: Option<&mut Tpm>,
    buf: *mut u8,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || output::bytes(buf, cap, out_len)?.put(&open(tpm)?.device.endorsement_key()?))
}

/// Writes the public storage root key, a `TPM2B_PUBLIC`. It is created if there is none.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_storage_root_key(
    tpm: Option<&mut Tpm>,
    buf: *mut u8,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || output::bytes(buf, cap, out_len)?.put(&open(tpm)?.device.storage_root_key()?))
}

/// Writes the registration ID that is derived from the endorsement key.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_registration_id(
    tpm: Option<&mut Tpm>,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || output::text(buf, cap, out_len)?.put(open(tpm)?.device.registration_id()?.as_bytes()))
}

/// Activates a key that the service wrapped for this TPM: the blob that `defenderauth_authenticator_tpm_input` returns with
/// ACTIVATE.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_activate(
    tpm: Option<&mut Tpm>,
    key_use: i32,
    blob: *const u8,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || open(tpm)?.device.activate(self::key_use(key_use)?, input::bytes("blob", blob, len)?))
}

/// Writes the HMAC-SHA256 of the data, 32 bytes, under one of the two keys.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_sign(
    tpm: Option<&mut Tpm>,
    key_use: i32,
    data: *const u8,
    data_len: usize,
    buf: *mut u8,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::bytes_apart(buf, cap, out_len, &[("data", data, data_len)])?;
        let mut tpm = open(tpm)?;
        let data = input::bytes("data", data, data_len)?;
        out.put(tpm.device.sign(self::key_use(key_use)?, data)?.as_bytes())
    })
}

/// Writes a token for the identity of an authenticator that is DONE, signed with the hub's key. It combines
/// `defenderauth_authenticator_sas_string_to_sign`, `defenderauth_tpm_sign` and `defenderauth_authenticator_sas_assemble`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_sas_token(
    tpm: Option<&mut Tpm>,
    done: Option<&Authenticator>,
    now: u64,
    ttl_seconds: u64,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text(buf, cap, out_len)?;
        let mut tpm = open(tpm)?;
        let done = shared(done)?;
        let expiry = input::after("ttl_seconds", input::time("now", now)?, ttl_seconds)?;
        let Proof::Sign(string) = done.outcome()?.password(expiry) else {
            let message =
                "its key is not in a TPM; use `defenderauth_authenticator_sas_token`, or present the certificate";
            return Err(Failure::new(DEFENDERAUTH_NOT_APPLICABLE, message).field("done"));
        };
        let signature = tpm.device.sign(KeyUse::Hub, string.as_bytes())?;
        out.put(string.token(&signature).expose().as_bytes())
    })
}

/// Flushes what is still loaded and frees a TPM. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_tpm_free(tpm: Option<Box<Tpm>>) {
    guard::get((), || drop(tpm));
}

fn open(tpm: Option<&mut Tpm>) -> Result<Exclusive<'_, Tpm>, Failure> {
    device::is_available()?;
    exclusive(tpm)
}

fn key_use(number: i32) -> Result<KeyUse, Failure> {
    match number {
        DEFENDERAUTH_KEY_USE_REGISTRATION => Ok(KeyUse::Registration),
        DEFENDERAUTH_KEY_USE_HUB => Ok(KeyUse::Hub),
        _ => {
            let message = "it is not one of DEFENDERAUTH_KEY_USE_; pass what `_authenticator_key_use` returned";
            Err(Failure::argument("key_use", message))
        }
    }
}
