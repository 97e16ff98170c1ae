//! What was made, and where it is.

use super::{issue::Made, issue::Term};
use crate::{
    certificates::described::Described,
    files::certificate_pair::Target,
    terminal::{failure::Failure, output, stderr},
};
use serde::Serialize;

/// Applies to everything that is made here.
pub(super) const NOTE: &str =
    "for testing only: the key of a production device is made on the device and never leaves it";

#[derive(Serialize)]
pub(super) struct Report<'a> {
    common_name: &'a str,
    cert_file: String,
    /// `null` where the key is not kept.
    key_file: Option<String>,
    #[serde(flatten)]
    described: &'a Described,
}

impl<'a> Report<'a> {
    pub(super) fn of(name: &'a str, target: &Target, described: &'a Described) -> Self {
        Self {
            common_name: name,
            cert_file: target.certificate.display().to_string(),
            key_file: target.key.as_ref().map(|path| path.display().to_string()),
            described,
        }
    }
}

pub(super) fn report(name: &str, target: &Target, term: Term, made: &Made, as_json: bool) -> Result<(), Failure> {
    let report = Report::of(name, target, &made.described);
    if as_json {
        stderr::note(NOTE);
        return output::json(&report);
    }
    output::table(&[
        ("common name", Some(name)),
        ("certificate", Some(&report.cert_file)),
        ("key", report.key_file.as_deref()),
        ("not before", Some(&term.not_before.to_string())),
        ("not after", Some(&term.not_after.to_string())),
        ("SHA-1", Some(&made.described.sha1)),
        ("SHA-256", Some(&made.described.sha256)),
        ("note", Some(NOTE)),
    ])
}
