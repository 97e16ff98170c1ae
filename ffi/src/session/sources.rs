//! Credential sources, in the order of preference.

use super::machine::{self, SourceList};
use crate::{
    abi::ResultCode,
    authenticator::Authenticator,
    error::Error,
    failure::Failure,
    guard, input,
    object::{Exclusive, Poison, exclusive, given, object, shared},
    operational::{self, Certificates},
};
use alloc::boxed::Box;
use core::{ffi::c_char, mem::MaybeUninit};

/// The credential sources of a session, the preferred one first. Free it with `defenderauth_sources_free`; sessions keep a
/// copy.
pub struct Sources {
    poison: Poison,
    pub(crate) list: SourceList,
}

object!(Sources, "sources");

/// Creates an empty list of sources.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_sources_new(
    out: Option<&mut MaybeUninit<Option<Box<Sources>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || Ok(Sources { poison: Poison::new(), list: SourceList::new()? }))
}

/// Adds what an authenticator was created with, whether it has run or not: a key, a certificate, an external signer or a
/// ready-made token, or a way to get one from the provisioning service or the hub. The name is for logs and for the
/// snapshot: keep it from start to start. It contains no `/`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_sources_add(
    sources: Option<&mut Sources>,
    name: *const c_char,
    len: usize,
    authenticator: Option<&Authenticator>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut sources = open(sources)?;
        let name = input::text("name", name, len)?;
        if name.is_empty() || name.len() > 64 || name.contains(|c: char| c == '/' || c.is_control()) {
            let message = "it is not 1 to 64 bytes of text without `/` and control characters; choose a shorter word";
            return Err(Failure::argument("name", message));
        }
        sources.list.add(name, &*shared(authenticator)?)
    })
}

/// Sets when the certificate of the source that was added last is valid, in seconds since 1970: from its first to its last
/// second. A build that parses certificates reads it from those that it has.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_sources_set_validity(
    sources: Option<&mut Sources>,
    not_before: u64,
    not_after: u64,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut sources = open(sources)?;
        let (first, last) = (input::time("not_before", not_before)?, input::time("not_after", not_after)?);
        if last < first {
            return Err(Failure::argument("not_after", "it is before `not_before`; exchange the two"));
        }
        sources.list.set_validity(first, last)
    })
}

/// Lets the source that was added last, the registration of a device without a module, have operational certificates: a
/// registration requests one, the session connects with it and renews it. `certificates_or_null` is what the program has of
/// an earlier run; one in use for another common name than the registration ID is passed over. Drivers read it from
/// their folder. One source can have them.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_sources_request_certificates(
    sources: Option<&mut Sources>,
    certificates_or_null: Option<&Certificates>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut sources = open(sources)?;
        operational::is_available()?;
        let kept = given(certificates_or_null)?;
        sources.list.request_certificates(kept.and_then(|kept| kept.usable()))
    })
}

/// Frees sources. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_sources_free(sources: Option<Box<Sources>>) {
    guard::get((), || drop(sources));
}

fn open(sources: Option<&mut Sources>) -> Result<Exclusive<'_, Sources>, Failure> {
    machine::is_available()?;
    exclusive(sources)
}
