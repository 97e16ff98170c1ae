//! The enrollment groups of a service, by their certificates.

#[cfg(not(feature = "x509"))]
#[path = "absent.rs"]
mod table;
#[cfg(feature = "x509")]
mod table;

use crate::{
    abi::{ResultCode, Str},
    certificate::Certificate,
    error::Error,
    failure::Failure,
    guard, input,
    object::{Poison, exclusive, look, object, shared},
    view::View,
};
use alloc::{borrow::ToOwned, boxed::Box, string::String, vec::Vec};
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::UnixTime;
use table::Table;

/// The enrollment groups of a service, each with its root or intermediate certificates. Free it with
/// `defenderauth_enrollment_groups_free`.
pub struct EnrollmentGroups {
    poison: Poison,
    table: Table,
    /// Of the groups, in the order in which they were added.
    names: Vec<(String, View)>,
}

object!(EnrollmentGroups, "enrollment_groups");

/// Creates a service without any group.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_enrollment_groups_new(
    out: Option<&mut MaybeUninit<Option<Box<EnrollmentGroups>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || Ok(EnrollmentGroups { poison: Poison::new(), table: Table::new()?, names: Vec::new() }))
}

/// Adds a certificate to a group: its primary, or under the same name its secondary. Of a chain it is the first certificate. One
/// that another group has is `DEFENDERAUTH_CERTIFICATE_RULE`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_enrollment_groups_add(
    enrollment_groups: Option<&mut EnrollmentGroups>,
    name: *const c_char,
    len: usize,
    certificate: Option<&Certificate>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        table::is_available()?;
        let mut groups = exclusive(enrollment_groups)?;
        let name = match input::text("name", name, len)? {
            "" => return Err(Failure::argument("name", "it is empty; pass the name of the enrollment group")),
            name => name,
        };
        groups.table.add(name, &*shared(certificate)?)?;
        if !groups.names.iter().any(|(known, _)| known == name) {
            groups.names.push((name.to_owned(), View::new(name)));
        }
        Ok(())
    })
}

/// The name of the group of a device with this certificate at the time `now`: the one that its chain leads to, and of several the
/// one that is nearest to the leaf. Empty when it leads to none; `defenderauth_certificate_verify` says why.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_enrollment_groups_find(
    enrollment_groups: Option<&EnrollmentGroups>,
    certificate: Option<&Certificate>,
    now: u64,
) -> Str {
    guard::look(enrollment_groups, Str::EMPTY, |groups| {
        look(certificate, Str::EMPTY, |certificate: &Certificate| {
            let found = groups.table.find(certificate, UnixTime::from_secs(now));
            let known = found.and_then(|found| groups.names.iter().find(|(name, _)| name == found));
            known.map_or(Str::EMPTY, |(_, view)| view.as_str())
        })
    })
}

/// Frees enrollment groups. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_enrollment_groups_free(enrollment_groups: Option<Box<EnrollmentGroups>>) {
    guard::get((), || drop(enrollment_groups));
}
