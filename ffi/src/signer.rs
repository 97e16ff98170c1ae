//! Signers, for many tokens of one resource.

use crate::{
    abi::ResultCode,
    error::Error,
    guard, input,
    key::Key,
    object::{Poison, object, shared},
    output, sas,
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::sas::Signer as Prepared;

/// A key and a resource, prepared so that each token takes one call and no allocation. Immutable. Free it with
/// `defenderauth_signer_free`.
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

/// Prepares a key for one resource, plain text such as `host/devices/id`. The policy name may be empty.
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
    guard::make(out, error, || {
        let resource = sas::resource(resource, resource_len, policy, policy_len)?;
        Ok(Prepared::new(&shared(key)?.key, &resource).into())
    })
}

/// Writes a token that expires at `expiry`, in seconds since 1970.
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
    guard::at_once(
        error,
        out_len,
        |out_len| {
            let signer = shared(signer).ok()?;
            let expiry = input::time("expiry", expiry).ok()?;
            output::text_at_once(buf, cap, out_len, |room| signer.signer.token_into_uninit(expiry, room).ok())
        },
        |out_len| {
            let out = output::text(buf, cap, out_len)?;
            let signer = shared(signer)?;
            let expiry = input::time("expiry", expiry)?;
            out.fill(|room| signer.signer.token_into_uninit(expiry, room).map_err(|small| small.needed))
        },
    )
}

/// Frees a signer and wipes its key. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_signer_free(signer: Option<Box<Signer>>) {
    guard::get((), || drop(signer));
}
