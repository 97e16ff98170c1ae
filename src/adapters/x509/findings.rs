//! A list of findings, and how much each of them matters.

use super::finding::Finding;
use alloc::vec::Vec;
use core::{cmp::Reverse, fmt, slice};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// For information.
    Note,
    /// It works, or may work; the certificate should be looked at.
    Warning,
    /// It could not be checked here. A service may accept it.
    Unchecked,
    /// The service, or TLS before it, rejects the certificate.
    Refused,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Unchecked => "unchecked",
            Self::Refused => "refused",
        })
    }
}

/// Everything that was found, the worst first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn new(mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| Reverse(finding.severity()));
        Self(findings)
    }

    /// One after the other, the worst first.
    pub fn iter(&self) -> slice::Iter<'_, Finding> {
        self.0.iter()
    }

    /// Whether nothing was found that is rejected. What could not be checked does not count.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.iter().all(|finding| finding.severity() < Severity::Refused)
    }
}

impl<'a> IntoIterator for &'a Findings {
    type Item = &'a Finding;
    type IntoIter = slice::Iter<'a, Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
