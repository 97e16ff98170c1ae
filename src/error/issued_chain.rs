//! Why certificates that a service has issued are not used: plain data, so that the core can carry it.

use super::{chain::ChainError, code::Code, kind::ErrorKind};
use crate::base::{one_line::OneLine, time::UnixTime};
use alloc::string::String;

/// Why certificates that a service has issued are not used. Certificates are counted from 1, the leaf first.
///
/// None of these is mended by requesting another certificate at once.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuedChainError {
    /// More certificates than a peer takes.
    #[error(
        "the service issued a chain of {count} certificates, and a hub takes 6 at most; shorten the authority's chain"
    )]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// One is not exactly one certificate in DER.
    #[error("issued certificate {number} is not one X.509 certificate in DER; check the policy of the enrollment")]
    Unreadable {
        /// Which one.
        number: usize,
    },
    /// The next certificate is not the issuer's.
    #[error(
        "issued certificate {number} ({}) has the issuer {}, which is not the certificate after it; a chain has the leaf \
         first, then each issuer in turn",
        OneLine(subject),
        OneLine(issuer)
    )]
    Order {
        /// Which one.
        number: usize,
        /// Its subject.
        subject: String,
        /// Its issuer.
        issuer: String,
    },
    /// A signature does not verify with the key of the next certificate, or cannot be checked.
    #[error(
        "the signature of issued certificate {number} ({}) does not verify with the key of the certificate after it; check \
         the authority's certificates",
        OneLine(subject)
    )]
    Signature {
        /// Which one.
        number: usize,
        /// Its subject.
        subject: String,
    },
    /// The leaf is for another key than that of the request.
    #[error(
        "the issued certificate is for another key than that of the request, so it belongs to another request; use the \
         request and the key that were sent"
    )]
    Key,
    /// The leaf has another name than the request.
    #[error(
        "the common name of the issued certificate is {}, and that of the request {}; check the policy of the enrollment",
        name(found.as_deref()),
        name(expected.as_deref())
    )]
    CommonName {
        /// The name in the request.
        expected: Option<String>,
        /// The name in the certificate.
        found: Option<String>,
    },
    /// One is not valid yet.
    #[error(
        "issued certificate {number} ({}) is not valid before {at}; check the clock of this device",
        OneLine(subject)
    )]
    NotYetValid {
        /// Which one.
        number: usize,
        /// Its subject.
        subject: String,
        /// Its first second.
        at: UnixTime,
    },
    /// One has expired.
    #[error(
        "issued certificate {number} ({}) expired at {at}; check the clock of this device, then the authority's \
         certificates",
        OneLine(subject)
    )]
    Expired {
        /// Which one.
        number: usize,
        /// Its subject.
        subject: String,
        /// Its last second.
        at: UnixTime,
    },
    /// The chain breaks another rule, so that a hub or TLS rejects it.
    #[error("the issued certificates cannot be used: {rule}")]
    Rule {
        /// The rule, and what to do.
        rule: String,
    },
    /// The chain does not lead to the root that was given.
    #[error("the issued certificates do not lead to the given root: {0}")]
    Root(ChainError),
}

fn name(text: Option<&str>) -> alloc::borrow::Cow<'_, str> {
    text.map_or("absent".into(), |text| alloc::format!("`{}`", OneLine(text)).into())
}

impl IssuedChainError {
    pub(super) const fn kind(&self) -> ErrorKind {
        match self {
            Self::NotYetValid { .. } | Self::Expired { .. } => ErrorKind::Time,
            _ => ErrorKind::Peer,
        }
    }

    pub(super) const fn code(&self) -> Code {
        match self {
            Self::Key => Code::CertificateKey,
            Self::Unreadable { .. } => Code::CertificateFormat,
            Self::NotYetValid { .. } | Self::Expired { .. } => Code::Clock,
            _ => Code::CertificateRule,
        }
    }
}
