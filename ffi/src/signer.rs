//! Signers, for many tokens of one resource.

use crate::{
    abi::ResultCode,
    code::DEFENDERAUTH_OK,
    error::Error,
    guard, input,
    key::Key,
    object::{Poison, object, shared},
    output, sas,
};
use defender_auth::{UnixTime, sas::Signer as Prepared};
use std::{ffi::c_char, mem::MaybeUninit};

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
    mut out_len: Option<&mut MaybeUninit<usize>>,
    mut error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    // A token takes little more than 100 ns, of which `guard::call` would be a tenth.
    if let Ok(prepared) = shared(signer)
        && expiry <= UnixTime::LATEST.as_secs()
        && output::text_at_once(buf, cap, &mut out_len, |room| {
            guard::attempt(|| prepared.signer.token_into(UnixTime::from_secs(expiry), room).ok())
        })
        .is_some()
    {
        if let Some(error) = &mut error {
            error.write(None);
        }
        return DEFENDERAUTH_OK;
    }
    token_with_details(signer, expiry, (buf, cap, out_len), error)
}

/// The same for every case in which something is wrong.
#[cold]
fn token_with_details(
    signer: Option<&Signer>,
    expiry: u64,
    (buf, cap, out_len): (*mut c_char, usize, Option<&mut MaybeUninit<usize>>),
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::text(buf, cap, out_len)?;
        let signer = shared(signer)?;
        let expiry = input::time("expiry", expiry)?;
        out.fill(|room| signer.signer.token_into(expiry, room).map_err(|small| small.needed))
    })
}

/// Frees a signer and wipes its key. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_signer_free(signer: Option<Box<Signer>>) {
    guard::get((), || drop(signer));
}
