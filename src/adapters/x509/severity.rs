//! How much a finding matters.

use core::fmt;

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
