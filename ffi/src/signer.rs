//! The fast way to many tokens.

use crate::{
    ResultCode,
    error::Error,
    guard, input,
    key::Key,
    object::{Poison, object, shared},
    output, sas,
};
use defender_auth::sas::Signer as Prepared;
use std::{ffi::c_char, mem::MaybeUninit};

/// A key and a resource, prepared: a token a call, without allocation. Immutable. Free it with `defenderauth_signer_free`.
pub struct Signer {
    poison: Poison,
    signer: Prepared,
}

object!(Signer, "signer");

impl From<Prepared> for Signer {
    fn from(signer: Prepared) -> Self {
        Self { poison: Poison::new(), signer }
    }
}

/// Prepares a key for one resource, plain text such as `host/devices/id`. The policy's name may be empty.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_signer_new(
    key: Option<&Key>,
    resource: *const c_char,
    resource_len: usize,
    policy: *const c_char,
    policy_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<Signer>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        let resource = sas::resource(resource, resource_len, policy, policy_len)?;
        out.put(Prepared::new(&shared(key)?.key, &resource).into());
        Ok(())
    })
}

/// Writes a token that ends at `expiry`, in seconds since 1970.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_signer_token(
    signer: Option<&Signer>,
    expiry: u64,
    buf: *mut c_char,
    cap: usize,
    out_len: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text(buf, cap, out_len)?;
        let signer = shared(signer)?;
        let expiry = input::time("expiry", expiry)?;
        out.fill(|room| signer.signer.token_into(expiry, room).map_err(|small| small.needed))
    })
}

/// Frees a signer, and wipes its key. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_signer_free(signer: Option<Box<Signer>>) {
    guard::get((), || drop(signer));
}
