//! How private keys are opened.

#[cfg(not(feature = "private-key"))]
#[path = "absent.rs"]
mod access;
#[cfg(feature = "private-key")]
mod access;

use crate::{
    abi::ResultCode,
    error::Error,
    failure::Failure,
    guard, input,
    object::{Exclusive, Poison, Shared, exclusive, object, shared},
};
pub(crate) use access::Access;
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};

/// What private keys are opened with, apart from their names: names appear in logs and lists of processes, passwords must
/// not. Wiped when freed. Free it with `defenderauth_opener_free`.
pub struct Opener {
    poison: Poison,
    pub(crate) access: Access,
}

object!(Opener, "opener");

/// Creates an opener for keys without a passphrase, and for the default TPM: `device:/dev/tpmrm0`, or `tbs:` on Windows.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_opener_new(
    out: Option<&mut MaybeUninit<Option<Box<Opener>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || Ok(Opener { poison: Poison::new(), access: Access::new()? }))
}

/// Sets the passphrase of an encrypted file, the password of a key in a TPM, or the PIN of a token: any bytes. An empty one is
/// a password too: a key file of a TPM may declare one without saying that it is empty.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_opener_set_passphrase(
    opener: Option<&mut Opener>,
    passphrase: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        writable(opener)?.access.set_passphrase(input::bytes("passphrase", passphrase.cast(), len)?);
        Ok(())
    })
}

/// Sets the TPM of the keys whose names do not contain one, in the form of `defenderauth_tpm_open`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_opener_set_tpm(
    opener: Option<&mut Opener>,
    endpoint: *const c_char,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || writable(opener)?.access.set_tpm(input::text("endpoint", endpoint, len)?))
}

/// Sets the password of the TPM's owner hierarchy, any bytes, at most 64. Keys of a TPM's key files are usually below a key of
/// that hierarchy, which is created to load them.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_opener_set_owner_password(
    opener: Option<&mut Opener>,
    password: *const u8,
    len: usize,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || writable(opener)?.access.set_owner_password(input::bytes("password", password, len)?))
}

/// Frees an opener and wipes it. Keys that it opened remain usable. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_opener_free(opener: Option<Box<Opener>>) {
    guard::get((), || drop(opener));
}

fn writable(opener: Option<&mut Opener>) -> Result<Exclusive<'_, Opener>, Failure> {
    access::is_available()?;
    exclusive(opener)
}

/// A required opener.
pub(crate) fn given(opener: Option<&Opener>) -> Result<Shared<'_, Opener>, Failure> {
    access::is_available()?;
    shared(opener)
}
