//! What the checks find, and what to do about it.

use super::{
    severity::Severity,
    times::{left, within},
};
use crate::{base::time::UnixTime, error::ChainError};
use alloc::string::String;
use core::fmt;

/// What the common name is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compared {
    /// A device ID at the hub.
    DeviceId,
    /// A device ID and a module ID at the hub, with a slash between them.
    ModuleId,
    /// A registration ID at the provisioning service.
    RegistrationId,
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DeviceId => "device ID",
            Self::ModuleId => "device ID and module ID",
            Self::RegistrationId => "registration ID",
        })
    }
}

/// One finding. `number` counts the certificates of the chain from 1, the leaf first; `subject` is the subject of that
/// one. `Display` says what was found and what to do, on one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "`number` and `subject` mean the same everywhere, and are explained above")]
pub enum Finding {
    /// The key belongs to another certificate.
    #[error("the private key does not belong to the certificate; give the key that the certificate was issued for")]
    KeyMismatch,
    /// The TLS stack of this library rejects the certificate of the device.
    #[error(
        "this library's TLS cannot use the certificate ({reason}); have an X.509 v3 certificate issued, without it"
    )]
    UnusableByTls {
        /// In the TLS stack's words.
        reason: String,
    },
    /// The chain does not lead to the enrolled certificate, a CA in it forbids what is below it, or this could not be
    /// checked.
    #[error(transparent)]
    Chain(ChainError),
    /// The certificates were given in another order.
    #[error("the certificates were not in order, leaf first; they have been put in order here, other clients do not")]
    Reordered,
    /// A certificate that does not belong to the chain.
    #[error("certificate {number} ({subject}) does not belong to this chain and is not sent; remove it")]
    Unrelated { number: usize, subject: String },
    /// A certificate on another way to a root.
    #[error("certificate {number} ({subject}) is sent too, but is not on the path that was checked here")]
    Alternative { number: usize, subject: String },
    /// Such a one that has expired or is not yet valid.
    #[error("certificate {number} ({subject}) is out of date, and another serves in its place; remove it")]
    Replaced { number: usize, subject: String },
    /// Its issuer is not in the chain.
    #[error(
        "the issuer of certificate {number} ({issuer}) is not in the file; that is correct when it is the certificate \
         that is registered or enrolled, otherwise add the intermediates up to that one"
    )]
    IssuerAbsent {
        number: usize,
        /// The issuer's name.
        issuer: String,
    },
    /// The names match, and the signature does not.
    #[error(
        "certificate {number} ({subject}) was not signed by its issuer in the file, although the names match; use the \
         issuer's current certificate"
    )]
    BrokenLink { number: usize, subject: String },
    /// The certificate is not yet valid.
    #[error("certificate {number} ({subject}) is not valid before {at}; check this clock, or wait")]
    NotYetValid {
        number: usize,
        subject: String,
        /// The first second of its validity.
        at: UnixTime,
    },
    /// The certificate has expired.
    #[error("certificate {number} ({subject}) expired at {at}; renew it, or check this clock")]
    Expired {
        number: usize,
        subject: String,
        /// The last second of its validity.
        at: UnixTime,
    },
    /// A root that is sent and has expired.
    #[error("certificate {number} ({subject}), a root, expired at {at}; remove it, the service has its own")]
    RootExpired {
        number: usize,
        subject: String,
        /// The last second of its validity.
        at: UnixTime,
    },
    /// Most of the certificate's lifetime has passed: less than a fifth of it is left, and less than [`Finding::SOON`]
    /// days.
    #[error("certificate {number} ({subject}) expires {}, at {at}; renew it now", within(*.days))]
    ExpiresSoon {
        number: usize,
        subject: String,
        /// Whole days.
        days: u64,
        /// The last second of its validity.
        at: UnixTime,
    },
    /// How long the chain is valid.
    #[error("the chain is valid for {}, until {at}; renew it before", left(*.days))]
    DaysLeft {
        /// Whole days.
        days: u64,
        /// The last second of the certificate that expires first.
        at: UnixTime,
    },
    /// The extended key usage has no `clientAuth`.
    #[error(
        "the extended key usage does not allow client authentication; have the certificate issued with `clientAuth`"
    )]
    NotForClients,
    /// The extended key usage of a CA has no `clientAuth`.
    #[error(
        "the extended key usage of certificate {number} ({subject}) does not allow client authentication below it; \
         have it issued with `clientAuth`, or without an extended key usage"
    )]
    IssuerNotForClients { number: usize, subject: String },
    /// The key usage has no `digitalSignature`.
    #[error("the key usage does not allow signatures; have the certificate issued with `digitalSignature`")]
    NotForSignatures,
    /// There is no common name.
    #[error(
        "the subject has no common name (CN); have the certificate issued with the {compared} {expected} as its CN"
    )]
    CommonNameAbsent {
        /// What it is compared with.
        compared: Compared,
        /// The ID.
        expected: String,
    },
    /// The common name is not the ID.
    #[error(
        "the common name (CN) is {found}, and the {compared} is {expected}; they have to be the same, letter by letter"
    )]
    CommonNameDiffers {
        /// What it is compared with.
        compared: Compared,
        /// The ID.
        expected: String,
        /// The CN.
        found: String,
        /// [`Severity::Warning`] where the service does not compare them, or ignores the case.
        severity: Severity,
    },
    /// The common name has characters that no registration ID has.
    #[error(
        "the common name (CN) is {found}, which cannot be a registration ID because of `{character}`; have the \
         certificate issued with the registration ID as its CN: letters, digits, `-`, `.`, `_` and `:`"
    )]
    CommonNameNoRegistrationId {
        /// The CN.
        found: String,
        /// The first character that no registration ID has.
        character: char,
        /// [`Severity::Note`] where it is not known that the certificate is for a registration.
        severity: Severity,
    },
    /// IoT Central compares the issuer as well.
    #[error(
        "the issuer's common name (CN) is {found}, and IoT Central's individual enrollments require the device ID \
         {expected} there too; create a self-signed certificate, or use a group"
    )]
    CentralIssuer {
        /// The device ID.
        expected: String,
        /// The CN.
        found: String,
    },
    /// IoT Central allows fewer characters.
    #[error("the device ID {id} has characters that IoT Central does not allow; use letters, digits and `-` only")]
    CentralId {
        /// The ID.
        id: String,
    },
    /// The certificate is self-signed.
    #[error("the certificate is self-signed; register its thumbprint, it cannot be used with a group")]
    SelfSigned,
    /// A certificate authority issued it.
    #[error("the certificate is signed by {issuer}; Device mode is documented for self-signed ones only")]
    CaSigned {
        /// The issuer's name.
        issuer: String,
    },
    /// The root is in the chain.
    #[error("the root certificate is in the chain; it is not needed there, the service has its own")]
    RootIncluded,
    /// The leaf is a CA certificate.
    #[error("the first certificate is a CA's ({subject}); give the device's own certificate, issued with CA:FALSE")]
    CaAsLeaf {
        subject: String,
        /// [`Severity::Warning`] for a self-signed one, of which only the thumbprint counts.
        severity: Severity,
    },
    /// A certificate that issued another is not a CA.
    #[error("certificate {number} ({subject}) issued another one and is not a CA's; have it issued with CA:TRUE")]
    NotCa { number: usize, subject: String },
    /// The key usage of a CA has no `keyCertSign`.
    #[error(
        "the key usage of certificate {number} ({subject}) does not allow it to sign certificates; have it issued with \
         `keyCertSign`"
    )]
    NoCertSign { number: usize, subject: String },
    /// More CAs below a CA than its path length allows.
    #[error(
        "there are more certificates below certificate {number} ({subject}) than its path length allows; have it \
         issued with a larger one"
    )]
    PathLength { number: usize, subject: String },
    /// A signature with a broken hash.
    #[error("certificate {number} ({subject}) is signed with {hash}, which is broken; have it issued with SHA-256")]
    WeakSignature {
        number: usize,
        subject: String,
        /// The hash.
        hash: &'static str,
        /// [`Severity::Warning`] for a self-signed one.
        severity: Severity,
    },
    /// A signature by an algorithm that cannot be checked here.
    #[error(
        "the signature of certificate {number} ({subject}) could not be checked here, and a service may accept it; \
         check it with `openssl verify`, or have it issued with SHA-256 and P-256, P-384 or RSA"
    )]
    UncheckedSignature { number: usize, subject: String },
    /// A key of a kind that the services, or TLS here, do not support.
    #[error(
        "certificate {number} ({subject}) has a key of kind {kind}, which is not supported; use P-256, P-384 or RSA"
    )]
    KeyKind {
        number: usize,
        subject: String,
        /// `P-521`, or an object identifier.
        kind: String,
        /// [`Severity::Unchecked`] for the key of a CA, with which TLS here has nothing to do.
        severity: Severity,
    },
    /// An RSA key of a size that is not supported.
    #[error(
        "certificate {number} ({subject}) has an RSA key of {bits} bits; have it issued with 2048 to 4096, or P-256"
    )]
    RsaSize {
        number: usize,
        subject: String,
        /// Length of the modulus.
        bits: usize,
    },
}

impl Finding {
    /// With this many days left, a certificate's expiry is no warning yet, however long its lifetime.
    pub const SOON: u64 = 30;

    /// How much it matters.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Reordered
            | Self::Alternative { .. }
            | Self::IssuerAbsent { .. }
            | Self::DaysLeft { .. }
            | Self::SelfSigned
            | Self::CaSigned { .. }
            | Self::RootIncluded => Severity::Note,
            Self::Unrelated { .. } | Self::Replaced { .. } | Self::RootExpired { .. } | Self::ExpiresSoon { .. } => {
                Severity::Warning
            }
            Self::CommonNameDiffers { severity, .. }
            | Self::CommonNameNoRegistrationId { severity, .. }
            | Self::CaAsLeaf { severity, .. }
            | Self::KeyKind { severity, .. }
            | Self::WeakSignature { severity, .. } => *severity,
            Self::UncheckedSignature { .. } => Severity::Unchecked,
            Self::Chain(error) if error.problem.is_unchecked() => Severity::Unchecked,
            _ => Severity::Refused,
        }
    }
}
