//! What is wrong with a certificate, a key or a chain: plain data, so that the core can carry it.

use super::code::Code;
use crate::base::time::UnixTime;
use alloc::{format, string::String};
use core::fmt;

/// A block of a PEM text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PemBlock {
    /// Counted from 1.
    pub number: usize,
    /// What stands behind `BEGIN`, such as `CERTIFICATE`.
    pub label: String,
}

impl fmt::Display for PemBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block {} ({})", self.number, self.label)
    }
}

/// Why a certificate or a key cannot be loaded.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateError {
    /// The block, where it is about one.
    pub block: Option<PemBlock>,
    /// What is wrong with it.
    pub problem: CertificateProblem,
}

impl CertificateError {
    pub(super) const fn code(&self) -> Code {
        match self.problem {
            CertificateProblem::Mismatch => Code::CertificateKey,
            CertificateProblem::OtherGroups { .. } => Code::CertificateRule,
            CertificateProblem::Empty
            | CertificateProblem::NoPem
            | CertificateProblem::NoCertificate
            | CertificateProblem::NoKey
            | CertificateProblem::PassphraseEmpty
            | CertificateProblem::Request
            | CertificateProblem::PublicKey
            | CertificateProblem::KeyForCertificate
            | CertificateProblem::CertificateForKey => Code::CertificateAbsent,
            _ => Code::CertificateFormat,
        }
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(block) = &self.block {
            write!(f, "{block}: ")?;
        }
        self.problem.fmt(f)
    }
}

impl core::error::Error for CertificateError {}

impl From<CertificateProblem> for CertificateError {
    fn from(problem: CertificateProblem) -> Self {
        Self { block: None, problem }
    }
}

/// What is wrong with a certificate or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// There is nothing in it.
    #[error("it is empty; write the certificate or the key anew")]
    Empty,
    /// It has more bytes than any chain.
    #[error("it is larger than {limit} bytes; give this device's certificates and key only, not a store of roots")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// It has more blocks than any chain.
    #[error("it has more than {limit} blocks; give this device's certificates and key only, not a store of roots")]
    TooManyBlocks {
        /// The limit.
        limit: usize,
    },
    /// It is UTF-16.
    #[error("it is UTF-16 text; save it as UTF-8 or ASCII")]
    Utf16,
    /// It is binary where text must be.
    #[error(
        "it is binary (DER or PKCS#12), not PEM text; convert it: `openssl x509 -inform der` for a certificate, \
         `openssl pkey -inform der` for a key, `openssl pkcs12 -nodes` for a .pfx"
    )]
    Binary,
    /// It is text of another kind.
    #[error("there is no line `-----BEGIN …-----` in it; give the file in PEM form")]
    NoPem,
    /// The line `BEGIN` goes on.
    #[error(
        "the text stands on one line; put a line break behind `-----BEGIN …-----` and one before `-----END …-----` \
         (a real one, not `\\n`)"
    )]
    OneLine,
    /// A BEGIN or END with white space before it.
    #[error("its lines are indented; remove the white space before them")]
    Indented,
    /// The text or the next block begins before it ended.
    #[error("its line `-----END …-----` is missing; the file was cut, copy it again")]
    NoEnd,
    /// Two files put together of which the first had no line break at its end.
    #[error("the next block begins on the line of its `-----END …-----`; put a line break between the two")]
    Joined,
    /// It ends with another label.
    #[error("it ends with another label than it begins with; copy the file again")]
    OtherEnd,
    /// What stands between is not base64.
    #[error("what stands between BEGIN and END is not base64 in lines of one length; copy the file again")]
    NotBase64,
    /// No certificate, and nothing that explains it.
    #[error("there is no certificate in it; it must hold a block `-----BEGIN CERTIFICATE-----`")]
    NoCertificate,
    /// No key, and nothing that explains it.
    #[error("there is no private key in it; it must hold a block `-----BEGIN PRIVATE KEY-----`")]
    NoKey,
    /// A certificate signing request in the place of a certificate.
    #[error("this is a certificate signing request; have it signed, and give the certificate that comes back")]
    Request,
    /// A public key in the place of a certificate or of a private key.
    #[error("this is a public key; give the certificate, or the private key that belongs to it")]
    PublicKey,
    /// A private key in the place of a certificate.
    #[error("this is a private key in the place of a certificate; see whether the two files were exchanged")]
    KeyForCertificate,
    /// A certificate in the place of a private key.
    #[error("this is a certificate in the place of a private key; see whether the two files were exchanged")]
    CertificateForKey,
    /// The bytes are not a certificate.
    #[error("these bytes are not an X.509 certificate; export it again")]
    Certificate,
    /// The bytes are not a key of the kind that the label says.
    #[error("these bytes are not a private key of the kind that the label says; export it again")]
    Key,
    /// A key that no TLS stack of these services takes, or ours does not.
    #[error("a key of kind {kind} cannot be used here; make one with P-256, P-384, or RSA of 2048 to 4096 bits")]
    KeyKind {
        /// `P-521`, `DSA`, or an object identifier.
        kind: String,
    },
    /// An RSA key that is too short or too long.
    #[error("an RSA key of {bits} bits cannot be used; make one of 2048 to 4096 bits, or with P-256")]
    RsaSize {
        /// Of its modulus.
        bits: usize,
    },
    /// Encrypted as OpenSSL did it before PKCS#8.
    #[error(
        "the key is encrypted in the old way (`Proc-Type: 4,ENCRYPTED`), which is weak; convert it: \
         `openssl pkcs8 -topk8 -v2 aes256`"
    )]
    LegacyEncryption,
    /// Encrypted in a way that is not supported.
    #[error("the key is encrypted in a way that is not supported; convert it: `openssl pkcs8 -topk8 -v2 aes256`")]
    Encryption,
    /// Encrypted so that reading it takes minutes or gigabytes.
    #[error("the key is encrypted with a cost beyond reason; convert it: `openssl pkcs8 -topk8 -v2 aes256`")]
    EncryptionCost,
    /// Encrypted, and no passphrase was given.
    #[error("the key is encrypted; give its passphrase (in a file of its own), or decrypt it with `openssl pkey`")]
    PassphraseNeeded,
    /// Encrypted with another passphrase.
    #[error("the passphrase does not open the key; compare both, white space and upper case included")]
    Passphrase,
    /// A file for a passphrase with nothing in it.
    #[error("there is no passphrase in it; write it into the file, on one line")]
    PassphraseEmpty,
    /// A second key.
    #[error("this is a second private key; leave only the one that belongs to the certificate")]
    SecondKey,
    /// No certificate has this key.
    #[error("the private key belongs to none of the certificates; give the key that the certificate was made with")]
    Mismatch,
    /// A CA's certificate in two enrollment groups.
    #[error(
        "it is the certificate of group {group} already, and \"each enrollment group should use a unique X.509 \
         certificate\" (IoT Central, device authentication concepts); make an intermediate for each group"
    )]
    OtherGroups {
        /// The group that has it.
        group: String,
    },
    /// A .pfx that cannot be read.
    #[error("this is not a PKCS#12 file that can be read; export it again")]
    Pkcs12,
    /// A .pfx with a password.
    #[error("the .pfx has a password; export it again without one (`openssl pkcs12 -export -passout pass:`)")]
    Pkcs12Password,
    /// A .pfx that is protected in a way that is not supported: with PBMAC1, or another cipher.
    #[error(
        "the .pfx is encrypted in a way that is not supported, or has a MAC (such as PBMAC1) that is not; export it \
         again: `openssl pkcs12 -export -passout pass:`"
    )]
    Pkcs12Scheme,
    /// A .pfx that is encrypted so that reading all of it takes minutes or gigabytes.
    #[error(
        "the .pfx is encrypted with a cost beyond reason, all its parts together; export it again: \
         `openssl pkcs12 -export -passout pass:`"
    )]
    Pkcs12Cost,
    /// What was given is not a thumbprint.
    #[error("this is not a thumbprint; it is 40 (SHA-1) or 64 (SHA-256) hexadecimal digits")]
    Thumbprint,
}

impl CertificateProblem {
    /// Names the block that it is about.
    #[cfg(feature = "x509")]
    pub(crate) const fn in_block(self, block: PemBlock) -> CertificateError {
        CertificateError { block: Some(block), problem: self }
    }
}

/// Why a chain does not lead to the certificate that was enrolled.
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
    /// Nothing leads on from here.
    #[error(
        "its issuer {issuer} is neither in the chain nor the enrolled certificate; add the intermediates below the \
         enrolled certificate, or enrol the right one"
    )]
    UnknownIssuer {
        /// The issuer's name.
        issuer: String,
    },
    /// Its signature is not its issuer's.
    #[error(
        "it was not signed by the key of its issuer, although the names fit; take the issuer's present certificate"
    )]
    Signature,
    /// It is over.
    #[error("it expired at {at}; renew it")]
    Expired {
        /// Its last second.
        at: UnixTime,
    },
    /// It has not begun.
    #[error("it is not valid before {at}; check the clock, or wait")]
    NotYetValid {
        /// Its first second.
        at: UnixTime,
    },
    /// It is not for clients.
    #[error("its extended key usage does not allow client authentication; have it made with `clientAuth`")]
    Usage,
    /// A CA's certificate as a leaf.
    #[error("it is a CA's certificate and cannot authenticate a device; give the device's own certificate")]
    CaAsLeaf,
    /// Something else than a CA's certificate as an issuer.
    #[error("it is not a CA's certificate and cannot issue others; enrol the certificate of the issuer")]
    NotCa,
    /// More intermediates than one of them allows.
    #[error("there are more certificates below it than it allows (path length); have it made with a larger one")]
    PathLength,
    /// A signature or a key that is not supported.
    #[error("its signature algorithm or key is not supported; use SHA-256 with P-256, P-384, or RSA from 2048 bits")]
    Algorithm,
    /// Something else.
    #[error("it does not hold what a certificate in a chain must ({reason}); have it made anew")]
    Other {
        /// In the verifier's words.
        reason: String,
    },
}
