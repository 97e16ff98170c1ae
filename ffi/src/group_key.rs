//! Keys of enrollment groups, for many devices.

use crate::{
    abi::ResultCode,
    error::Error,
    failure::Failure,
    guard, input,
    key::Key,
    object::{Poison, object, shared},
    output,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::{SharedAccessKey, identity::RegistrationId, key};

/// The key of an enrollment group, prepared so that each device's key takes one call. Immutable; wiped when freed. Free it
/// with `defenderauth_group_key_free`.
pub struct GroupKey {
    poison: Poison,
    group: key::GroupKey,
}

object!(GroupKey, "group_key");

impl GroupKey {
    fn derive(group_key: Option<&Self>, id: *const c_char, len: usize) -> Result<SharedAccessKey, Failure> {
        let id = RegistrationId::new(input::text("registration_id", id, len)?)?;
        Ok(shared(group_key)?.group.derive(&id))
    }
}

/// Prepares the key of an enrollment group. Keep it off the devices: it can sign for every device of the group.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_group_key_new(
    key: Option<&Key>,
    out: Option<&mut MaybeUninit<Option<Box<GroupKey>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || Ok(GroupKey { poison: Poison::new(), group: key::GroupKey::new(&shared(key)?.key) }))
}

/// Derives the key of one device.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_group_key_derive(
    group_key: Option<&GroupKey>,
    registration_id: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Key>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || Ok(GroupKey::derive(group_key, registration_id, len)?.into()))
}

/// Derives the key of one device and writes it as base64. Wipe the buffer when it is no longer needed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_group_key_derive_to_base64(
    group_key: Option<&GroupKey>,
    registration_id: *const c_char,
    len: usize,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text_apart(buf, cap, out_len, &[("registration_id", registration_id.cast(), len)])?;
        out.put(GroupKey::derive(group_key, registration_id, len)?.to_base64().expose().as_bytes())
    })
}

/// Frees a group key and wipes it. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_group_key_free(group_key: Option<Box<GroupKey>>) {
    guard::get((), || drop(group_key));
}
