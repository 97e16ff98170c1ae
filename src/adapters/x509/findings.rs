//! Everything that was found in a chain.

use super::{finding::Finding, severity::Severity};
use alloc::vec::Vec;
use core::{cmp::Reverse, slice};

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
