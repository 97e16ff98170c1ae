//! What is wrong with a certificate or a key: plain data, so that the core can carry it.

use super::{code::Code, foreign_format::ForeignFormat};
use crate::base::one_line::OneLine;
use alloc::string::String;
use core::fmt;

/// A block of a PEM text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PemBlock {
    /// Counted from 1.
    pub number: usize,
    /// The label after `BEGIN`, such as `CERTIFICATE`.
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
    /// The block, where the problem is in one.
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
    /// The file is empty.
    #[error("it is empty; write the certificate or the key again")]
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
    /// The format of another tool.
    #[error(transparent)]
    Foreign(#[from] ForeignFormat),
    /// Text without any PEM block.
    #[error("there is no line `-----BEGIN …-----` in it; give the file in PEM form")]
    NoPem,
    /// More text on the line of `BEGIN`.
    #[error(
        "the text is on one line; put a line break after `-----BEGIN …-----` and one before `-----END …-----` \
         (a real one, not `\\n`)"
    )]
    OneLine,
    /// A BEGIN or END with white space before it.
    #[error("its lines are indented; remove the white space before them")]
    Indented,
    /// The file or the next block starts before the line `END`.
    #[error("its line `-----END …-----` is missing; the file was truncated, copy it again")]
    NoEnd,
    /// Two concatenated files of which the first has no line break at its end.
    #[error("the next block begins on the line of its `-----END …-----`; put a line break between the two")]
    Joined,
    /// It ends with another label.
    #[error("it ends with another label than it begins with; copy the file again")]
    OtherEnd,
    /// The body is not base64.
    #[error("the text between BEGIN and END is not base64 in lines of one length; copy the file again")]
    NotBase64,
    /// No certificate, and nothing that explains why.
    #[error("there is no certificate in it; it must hold a block `-----BEGIN CERTIFICATE-----`")]
    NoCertificate,
    /// No key, and nothing that explains why.
    #[error("there is no private key in it; it must hold a block `-----BEGIN PRIVATE KEY-----`")]
    NoKey,
    /// A certificate signing request in the place of a certificate.
    #[error("this is a certificate signing request; have it signed, and give the issued certificate")]
    Request,
    /// A public key in the place of a certificate or of a private key.
    #[error("this is a public key; give the certificate, or the private key that belongs to it")]
    PublicKey,
    /// A private key in the place of a certificate.
    #[error("this is a private key in the place of a certificate; check whether the two files were exchanged")]
    KeyForCertificate,
    /// A certificate in the place of a private key.
    #[error("this is a certificate in the place of a private key; check whether the two files were exchanged")]
    CertificateForKey,
    /// The bytes are not a certificate.
    #[error("these bytes are not an X.509 certificate; export it again")]
    Certificate,
    /// The bytes are not a key of the kind that the label says.
    #[error("these bytes are not a private key of the kind that the label says; export it again")]
    Key,
    /// A kind of key that the services' TLS stacks, or this library's, do not support.
    #[error("a key of kind {kind} is not supported; create one with P-256, P-384, or RSA of 2048 to 4096 bits")]
    KeyKind {
        /// `P-521`, `DSA`, or an object identifier.
        kind: String,
    },
    /// An RSA key that is too short or too long.
    #[error("an RSA key of {bits} bits is not supported; create one of 2048, 3072 or 4096 bits, or with P-256")]
    RsaSize {
        /// Length of the modulus.
        bits: usize,
    },
    /// A valid RSA key of a form that the cryptography of this library cannot use.
    #[error(
        "an RSA key with {what} is valid, but this library's TLS cannot use it; create one of 2048, 3072 or 4096 bits \
         with two primes and the exponent 65537, or with P-256"
    )]
    RsaForm {
        /// What it is that cannot be used.
        what: &'static str,
    },
    /// An EC key that lists the parameters of its curve instead of the curve's name.
    #[error(
        "the key gives its curve as explicit parameters, not by name; convert it: `openssl ec -param_enc named_curve`, \
         and have the certificate issued again when it does the same"
    )]
    ExplicitCurve,
    /// A certificate that this library's TLS stack rejects.
    #[error(
        "this library's TLS cannot use the certificate ({reason}); have an X.509 v3 certificate issued, without it"
    )]
    UnusableByTls {
        /// In the TLS stack's words.
        reason: String,
    },
    /// Encrypted in OpenSSL's legacy PEM format.
    #[error(
        "the key is encrypted in the legacy PEM format (`Proc-Type: 4,ENCRYPTED`), which is weak; convert it: \
         `openssl pkcs8 -topk8 -v2 aes256`"
    )]
    LegacyEncryption,
    /// Encrypted in a way that is not supported.
    #[error("the key is encrypted in a way that is not supported; convert it: `openssl pkcs8 -topk8 -v2 aes256`")]
    Encryption,
    /// Encrypted with a derivation that takes minutes or gigabytes.
    #[error(
        "the key's encryption costs more iterations or memory than the limit; convert it: `openssl pkcs8 -topk8 -v2 aes256`"
    )]
    EncryptionCost,
    /// Encrypted, and no passphrase was given.
    #[error("the key is encrypted; give its passphrase (in a file of its own), or decrypt it with `openssl pkey`")]
    PassphraseNeeded,
    /// Encrypted with another passphrase.
    #[error("the passphrase does not decrypt the key; compare both, white space and case included")]
    Passphrase,
    /// An empty passphrase file.
    #[error("there is no passphrase in it; write it into the file, on one line")]
    PassphraseEmpty,
    /// A second key.
    #[error("this is a second private key; keep only the one that belongs to the certificate")]
    SecondKey,
    /// No certificate has this key.
    #[error("the private key belongs to none of the certificates; give the key that the certificate was issued for")]
    Mismatch,
    /// A CA's certificate in two enrollment groups.
    #[error(
        "it is the certificate of group {} already, and \"each enrollment group should use a unique X.509 \
         certificate\" (IoT Central, device authentication concepts); make an intermediate for each group",
        OneLine(group)
    )]
    OtherGroups {
        /// The group that has it.
        group: String,
    },
    /// A .pfx that cannot be read.
    #[error("this is not a PKCS#12 file that can be read; export it again")]
    Pkcs12,
    /// A .pfx with a password, and none was given.
    #[error(
        "the .pfx has a password; give it (in a file of its own), or convert the file: \
         `openssl pkcs12 -in FILE.pfx -nodes -out device.pem`"
    )]
    Pkcs12Password,
    /// A .pfx with another password than the one that was given.
    #[error("the password does not open the .pfx; compare both, white space and case included")]
    Pkcs12WrongPassword,
    /// A .pfx that is protected in a way that is not supported: with PBMAC1, or another cipher.
    #[error(
        "the .pfx is encrypted in a way that is not supported, or has a MAC (such as PBMAC1) that is not; convert it: \
         `openssl pkcs12 -in FILE.pfx -nodes -out device.pem` (with `-legacy` for RC2 and other old ciphers)"
    )]
    Pkcs12Scheme,
    /// A .pfx whose derivations together take minutes or gigabytes.
    #[error(
        "the .pfx's encryption, all parts together, costs more iterations or memory than the limit; convert it: \
         `openssl pkcs12 -in FILE.pfx -nodes -out device.pem`"
    )]
    Pkcs12Cost,
    /// No key can be made.
    #[error("the system gave no random numbers, so that no key can be made; try again later")]
    NoRandomness,
    /// Text that is not a thumbprint.
    #[error("this is not a thumbprint; it is 40 (SHA-1) or 64 (SHA-256) hexadecimal digits")]
    Thumbprint,
}

impl CertificateProblem {
    /// Adds the block that the problem is in.
    #[cfg(feature = "x509")]
    pub(crate) const fn in_block(self, block: PemBlock) -> CertificateError {
        CertificateError { block: Some(block), problem: self }
    }
}
