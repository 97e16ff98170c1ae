//! Why a chain does not lead to an enrolled certificate: plain data, so that the core can carry it.

use crate::base::time::UnixTime;
use alloc::{format, string::String};

/// Why a chain does not lead to the enrolled certificate, or why that could not be checked.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} ({subject}): {problem}", place(*number))]
pub struct ChainError {
    /// Counted from 1, the leaf first; 0 is the enrolled certificate.
    pub number: usize,
    /// Its subject.
    pub subject: String,
    /// What is wrong with it.
    pub problem: ChainProblem,
}

fn place(number: usize) -> String {
    if number == 0 { "the enrolled certificate".into() } else { format!("certificate {number}") }
}

/// What is wrong with a certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainProblem {
    /// The issuer is missing.
    #[error(
        "its issuer {issuer} is neither in the chain nor the enrolled certificate; add the intermediates below the \
         enrolled certificate, or enroll the right one"
    )]
    UnknownIssuer {
        /// The issuer's name.
        issuer: String,
    },
    /// The signature does not verify with the issuer's key.
    #[error(
        "its signature does not verify with its issuer's key, although the names match; use the issuer's current \
         certificate"
    )]
    Signature,
    /// The certificate has expired.
    #[error("it expired at {at}; renew it")]
    Expired {
        /// Its last second.
        at: UnixTime,
    },
    /// The certificate is not yet valid.
    #[error("it is not valid before {at}; check the clock, or wait")]
    NotYetValid {
        /// Its first second.
        at: UnixTime,
    },
    /// The extended key usage excludes client authentication.
    #[error("its extended key usage does not allow client authentication; have it issued with `clientAuth`")]
    Usage,
    /// A CA whose key usage excludes signing certificates.
    #[error("its key usage does not allow it to sign certificates; have it issued with `keyCertSign`")]
    KeyCertSign,
    /// A name that a CA above it does not permit.
    #[error("a name in the chain below it violates its name constraints; use another CA or another name")]
    NameConstraints,
    /// A CA certificate as a leaf.
    #[error("it is a CA certificate and cannot authenticate a device; give the device's own certificate")]
    CaAsLeaf,
    /// An issuer that is not a CA.
    #[error("it is not a CA certificate and cannot issue others; enroll the certificate of the issuer")]
    NotCa,
    /// More intermediates than one of them allows.
    #[error("there are more certificates below it than its path length allows; have it issued with a larger one")]
    PathLength,
    /// A signature algorithm that is broken, which the services reject.
    #[error("its signature algorithm is not supported; use SHA-256 with P-256, P-384, or RSA of 2048 bits or more")]
    Algorithm,
    /// The verifier of this library cannot check it. A service may accept it.
    #[error(
        "it could not be checked here ({reason}), and a service may accept it; check it with `openssl verify`, or have \
         it issued with SHA-256 and P-256, P-384 or RSA"
    )]
    Unchecked {
        /// What the verifier does not support.
        reason: String,
    },
    /// Something else.
    #[error("it is not a valid certificate of a chain ({reason}); have it issued again")]
    Other {
        /// In the verifier's words.
        reason: String,
    },
}

impl ChainProblem {
    /// Whether this is a limit of this library's verifier, and no verdict about the certificate.
    #[must_use]
    pub const fn is_unchecked(&self) -> bool {
        matches!(self, Self::Unchecked { .. })
    }
}
