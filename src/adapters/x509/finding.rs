//! What the checks find, and what to do about it.

use crate::base::time::UnixTime;
use alloc::{string::String, vec::Vec};
use core::fmt;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Note,
    /// It works, or may; somebody should look at it.
    Warning,
    /// The service will refuse it.
    Refused,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Refused => "refused",
        })
    }
}

/// What an id is the id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compared {
    /// A device id at the hub.
    DeviceId,
    /// A registration id at the provisioning service.
    RegistrationId,
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DeviceId => "device id",
            Self::RegistrationId => "registration id",
        })
    }
}

/// One thing that was found. `number` counts the certificates from 1, the leaf first. `Display` says what it is and
/// what to do, on one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// The key is another certificate's.
    #[error("the private key does not belong to the certificate; give the key that the certificate was made with")]
    KeyMismatch,
    /// The certificates came in another order.
    #[error("the certificates were not in order, leaf first; they have been put in order here, other clients do not")]
    Reordered,
    /// A certificate that does not belong to the chain.
    #[error("certificate {number} ({subject}) does not belong to this chain and is not sent; remove it")]
    Unrelated {
        /// Its place.
        number: usize,
        /// Its subject.
        subject: String,
    },
    /// Its issuer is not there.
    #[error(
        "the issuer of certificate {number} ({issuer}) is not in the file; that is right when it is the certificate \
         that is registered or enrolled, else add the intermediates up to that one"
    )]
    IssuerAbsent {
        /// The last of the chain.
        number: usize,
        /// The issuer's name.
        issuer: String,
    },
    /// Names fit, and the signature does not.
    #[error(
        "certificate {number} ({subject}) was not signed by the certificate behind it; take the issuer's present one"
    )]
    BrokenLink {
        /// Its place.
        number: usize,
        /// Its subject.
        subject: String,
    },
    /// It has not begun.
    #[error("certificate {number} ({subject}) is not valid before {}; check this clock, or wait", date(*.at))]
    NotYetValid {
        /// Its place.
        number: usize,
        /// Its subject.
        subject: String,
        /// Its first second.
        at: UnixTime,
    },
    /// It is over.
    #[error("certificate {number} ({subject}) expired on {}; renew it, or check this clock", date(*.at))]
    Expired {
        /// Its place.
        number: usize,
        /// Its subject.
        subject: String,
        /// Its last second.
        at: UnixTime,
    },
    /// It will be over within [`Finding::SOON`] days.
    #[error("certificate {number} ({subject}) ends {}, on {}; renew it now", soon(*.days), date(*.at))]
    ExpiresSoon {
        /// Its place.
        number: usize,
        /// Its subject.
        subject: String,
        /// Whole days.
        days: u64,
        /// Its last second.
        at: UnixTime,
    },
    /// How long the chain is good for.
    #[error("the chain is valid for {days} more days, until {}; renew it before", date(*.at))]
    DaysLeft {
        /// Whole days.
        days: u64,
        /// The last second of whichever ends first.
        at: UnixTime,
    },
    /// The extended key usage has no `clientAuth`.
    #[error("the extended key usage does not allow client authentication; have the certificate made with `clientAuth`")]
    NotForClients,
    /// The key usage has no `digitalSignature`.
    #[error("the key usage does not allow signatures; have the certificate made with `digitalSignature`")]
    NotForSignatures,
    /// There is no common name.
    #[error("the subject has no common name (CN); have the certificate made with the {compared} {expected} as its CN")]
    CommonNameAbsent {
        /// What it has to be.
        compared: Compared,
        /// The id.
        expected: String,
    },
    /// The common name is not the id.
    #[error(
        "the common name (CN) is {found}, and the {compared} is {expected}; they have to be the same, letter by letter"
    )]
    CommonNameDiffers {
        /// What it has to be.
        compared: Compared,
        /// The id.
        expected: String,
        /// The CN.
        found: String,
        /// [`Severity::Warning`] where the service does not compare them, or not the case.
        severity: Severity,
    },
    /// IoT Central compares the issuer as well.
    #[error(
        "the issuer's common name (CN) is {found}, and IoT Central's individual enrollments want the device id \
         {expected} there too; make the certificate self-signed, or use a group"
    )]
    CentralIssuer {
        /// The device id.
        expected: String,
        /// The CN.
        found: String,
    },
    /// IoT Central takes fewer characters.
    #[error("the device id {id} has characters that IoT Central does not take; use letters, digits and `-` only")]
    CentralId {
        /// The id.
        id: String,
    },
    /// Its own key signed it.
    #[error("the certificate is self-signed; register its thumbprint, a group cannot take it")]
    SelfSigned,
    /// A certificate authority signed it.
    #[error("the certificate is signed by {issuer}; Device mode is documented for self-signed ones only")]
    CaSigned {
        /// The issuer's name.
        issuer: String,
    },
    /// The chain goes on to the root.
    #[error("the root certificate is in the chain; it is not needed there, the service has its own")]
    RootIncluded,
    /// The leaf is a CA's certificate.
    #[error("the first certificate is a CA's ({subject}); give the device's own certificate, made with CA:FALSE")]
    CaAsLeaf {
        /// Its subject.
        subject: String,
        /// [`Severity::Warning`] for a self-signed one, of which only the thumbprint counts.
        severity: Severity,
    },
    /// A certificate in the chain that is no CA's has issued another.
    #[error("certificate {number} ({subject}) issued another one and is not a CA's; have it made with CA:TRUE")]
    NotCa {
        /// Its place.
        number: usize,
        /// Its subject.
        subject: String,
    },
    /// A signature with a broken hash.
    #[error("certificate {number} ({subject}) is signed with {hash}, which is broken; have it made with SHA-256")]
    WeakSignature {
        /// Its place.
        number: usize,
        /// Its subject.
        subject: String,
        /// The hash.
        hash: &'static str,
        /// [`Severity::Warning`] for a self-signed one.
        severity: Severity,
    },
    /// A key of a kind that the services, or TLS here, do not take.
    #[error(
        "certificate {number} ({subject}) has a key of kind {kind}, which cannot be used; take P-256, P-384 or RSA"
    )]
    KeyKind {
        /// Its place.
        number: usize,
        /// Its subject.
        subject: String,
        /// `P-521`, or an object identifier.
        kind: String,
    },
    /// An RSA key of a size that is not used.
    #[error("certificate {number} ({subject}) has an RSA key of {bits} bits; have it made with 2048 to 4096, or P-256")]
    RsaSize {
        /// Its place.
        number: usize,
        /// Its subject.
        subject: String,
        /// Of the modulus.
        bits: usize,
    },
}

impl Finding {
    /// From this many days on, the end is a warning.
    pub const SOON: u64 = 30;

    /// How much it matters.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Reordered
            | Self::IssuerAbsent { .. }
            | Self::DaysLeft { .. }
            | Self::SelfSigned
            | Self::CaSigned { .. }
            | Self::RootIncluded => Severity::Note,
            Self::Unrelated { .. } | Self::ExpiresSoon { .. } => Severity::Warning,
            Self::CommonNameDiffers { severity, .. }
            | Self::CaAsLeaf { severity, .. }
            | Self::WeakSignature { severity, .. } => *severity,
            _ => Severity::Refused,
        }
    }
}

/// Everything that was found, the worst first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    pub(crate) fn new(mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| core::cmp::Reverse(finding.severity()));
        Self(findings)
    }

    /// One after the other, the worst first.
    pub fn iter(&self) -> core::slice::Iter<'_, Finding> {
        self.0.iter()
    }

    /// Whether nothing was found that a service refuses.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.iter().all(|finding| finding.severity() < Severity::Refused)
    }
}

impl<'a> IntoIterator for &'a Findings {
    type Item = &'a Finding;
    type IntoIter = core::slice::Iter<'a, Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// As people say it.
fn soon(days: u64) -> String {
    match days {
        0 => "within a day".into(),
        1 => "in 1 day".into(),
        _ => alloc::format!("in {days} days"),
    }
}

/// A date as people read it.
fn date(at: UnixTime) -> String {
    let time = i64::try_from(at.as_secs()).ok().and_then(|secs| x509_parser::time::ASN1Time::from_timestamp(secs).ok());
    time.and_then(|time| time.to_rfc2822().ok()).unwrap_or_else(|| alloc::format!("{at}"))
}
