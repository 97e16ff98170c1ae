//! What was made, and where it is.

use super::{issue::Made, issue::Term};
use crate::{
    files::certificate_pair::Target,
    terminal::{failure::Failure, output},
};

/// Applies to everything that is made here.
pub(super) const NOTE: &str =
    "for testing only: the key of a production device is made on the device and never leaves it";

pub(super) fn print(name: &str, target: &Target, term: Term, made: &Made) -> Result<(), Failure> {
    let key = target.key.as_ref().map(|path| path.display().to_string());
    output::table(&[
        ("common name", Some(name)),
        ("certificate", Some(&target.certificate.display().to_string())),
        ("key", key.as_deref()),
        ("not before", Some(&term.not_before.to_string())),
        ("not after", Some(&term.not_after.to_string())),
        ("SHA-1", Some(&made.sha1)),
        ("SHA-256", Some(&made.sha256)),
        ("note", Some(NOTE)),
    ])
}
