//! Shared access keys.

use crate::{
    abi::ResultCode,
    error::Error,
    failure::Failure,
    guard, input,
    object::{Poison, object, shared},
    output,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::{SharedAccessKey, identity::RegistrationId};

/// A shared access key. Immutable; wiped when freed. Free it with `defenderauth_key_free`.
pub struct Key {
    poison: Poison,
    pub(crate) key: SharedAccessKey,
}

object!(Key, "key");

impl From<SharedAccessKey> for Key {
    fn from(key: SharedAccessKey) -> Self {
        Self { poison: Poison::new(), key }
    }
}

/// Decodes a key from base64. White space around it and a byte order mark before it are ignored.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_key_from_base64(
    s: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Key>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let key = SharedAccessKey::from_base64(input::text("s", s, len)?);
        Ok(key.map_err(|error| Failure::from(error).field("s"))?.into())
    })
}

/// Makes a key of its bytes. 32 or 64 bytes of the system's random generator make a new key.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_key_from_bytes(
    bytes: *const u8,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Key>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let key = SharedAccessKey::from_bytes(input::bytes("bytes", bytes, len)?);
        Ok(key.map_err(|error| Failure::from(error).field("bytes"))?.into())
    })
}

/// Derives the key of one device from the key of its enrollment group, as the provisioning service does.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_key_derive(
    group_key: Option<&Key>,
    registration_id: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Key>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let id = RegistrationId::new(input::text("registration_id", registration_id, len)?)?;
        Ok(shared(group_key)?.key.derive(&id).into())
    })
}

/// Encodes a key as base64. Wipe the buffer when it is no longer needed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_key_to_base64(
    key: Option<&Key>,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || output::text(buf, cap, out_len)?.put(shared(key)?.key.to_base64().expose().as_bytes()))
}

/// Signs bytes with HMAC-SHA256 and writes the signature, 32 bytes: for a program that holds a key for others, and answers
/// `DEFENDERAUTH_ACTION_SIGN` with it.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_key_sign(
    key: Option<&Key>,
    bytes: *const u8,
    len: usize,
    buf: *mut u8,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::bytes_apart(buf, cap, out_len, &[("bytes", bytes, len)])?;
        out.put(shared(key)?.key.sign(input::bytes("bytes", bytes, len)?).as_bytes())
    })
}

/// Frees a key and wipes it. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_key_free(key: Option<Box<Key>>) {
    guard::get((), || drop(key));
}
