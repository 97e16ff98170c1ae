//! What is wrong with a TLS key of a TPM, or with the file of one.

use super::system::IMPORT;
use core::fmt;

/// Why a text or its bytes are not a TPM's key file that can be used (`TSS2 PRIVATE KEY`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// It has no block of the format.
    #[error(
        "there is no block `-----BEGIN TSS2 PRIVATE KEY-----` in it; give the key file that was written for the TPM"
    )]
    NoBlock,
    /// It has more than one block of the format.
    #[error("it has a second block TSS2 PRIVATE KEY; keep only the key of the certificate")]
    SecondBlock,
    /// The line that ends the block is missing.
    #[error("its line `-----END TSS2 PRIVATE KEY-----` is missing; the file was truncated, copy it again")]
    NoEnd,
    /// The body is not base64.
    #[error("the text between BEGIN and END is not base64; copy the file again")]
    NotBase64,
    /// It is larger than any key file.
    #[error("it is larger than {limit} bytes; give the key file of this device only")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The format that preceded it, with the label `TSS2 KEY BLOB`.
    #[error(
        "it is in the older format TSS2 KEY BLOB, which is not supported; create a key in the format TSS2 PRIVATE KEY"
    )]
    KeyBlob,
    /// A field is missing, or is not of its type.
    #[error("its {field} is missing or malformed; write the key file again")]
    Field {
        /// The field, as the format calls it.
        field: &'static str,
    },
    /// The length within a field is not that of the field.
    #[error("the two lengths of its {field} disagree; the file was truncated or changed, copy it again")]
    Length {
        /// The field, as the format calls it.
        field: &'static str,
    },
    /// A key that has to be imported before it can be loaded.
    #[error("it is an importable key (OID 2.23.133.10.1.4), which is not supported; {IMPORT}")]
    Importable,
    /// Sealed data.
    #[error("it is sealed data (OID 2.23.133.10.1.5), not a key that signs; give the file of a loadable key")]
    Sealed,
    /// Another type.
    #[error("its type is none that this format defines; give the file of a loadable key (OID 2.23.133.10.1.3)")]
    Type,
    /// A key with a policy.
    #[error("the key requires a policy, which is not supported; create one that is used with a password, or without")]
    Policy,
    /// A parent that is neither the owner's storage root key nor persistent.
    #[error(
        "the key's parent {handle:#010x} is not supported; create the key below 0x40000001 (the owner hierarchy) or \
         below a persistent key (0x81000000 to 0x81ffffff)"
    )]
    Parent {
        /// The handle of the parent.
        handle: u32,
    },
    /// Below an RSA key that is created from a template.
    #[error("the key's parent is an RSA primary key (rsaParent), which is not supported; create it below the ECC one")]
    RsaParent,
}

/// Why a key of a TPM cannot sign TLS handshakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// A kind of key that TLS, or this library, does not support.
    #[error("{0}, which is not supported; create a key with P-256, P-384, or RSA of 2048 to 4096 bits")]
    Kind(UnsupportedKey),
    /// The kind of key is one that this TPM does not have.
    #[error("this TPM does not support {kind}; create a key of another kind")]
    NotInThisTpm {
        /// The kind.
        kind: TpmKeyKind,
    },
    /// The attribute `sign` is not set.
    #[error("the key is not one that signs (its attribute `sign` is not set); create a signing key")]
    NotSigning,
    /// The attribute `restricted` is set: the key signs only what the TPM itself has made.
    #[error("the key is restricted: it signs only data that the TPM has made (an attestation key); create another one")]
    Restricted,
    /// The attribute `userWithAuth` is not set.
    #[error("the key is used with a policy only (its attribute `userWithAuth` is not set); create one without policy")]
    PolicyOnly,
    /// The file says that the key has a password, none was given, and a wrong one would be counted.
    #[error(
        "its file says that the key has a password (emptyAuth is FALSE), and the TPM would count an empty one as a \
         wrong attempt; give the password, or an empty one if the key has none (some tools write FALSE for those)"
    )]
    PasswordUnknown,
    /// No scheme of TLS can be used with the key.
    #[error(
        "the key signs with no scheme that TLS uses: its own scheme or hash is another, or the TPM does not support it; \
         create a key without a scheme of its own"
    )]
    NoScheme,
    /// The system gave no random numbers for a salt.
    #[error("the system gave no random numbers for a signature; try again later")]
    NoRandomness,
    /// A signature that the TPM has made does not verify with the public key.
    #[error(
        "the TPM's signature does not verify with the key's public key; check whether another key is at its handle now, \
         and whether the TPM works"
    )]
    Signature,
}

/// A kind of key that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsupportedKey {
    /// On another curve: its number in the TPM's registry of algorithms.
    Curve(u16),
    /// RSA of another length, in bits.
    RsaBits(u16),
    /// RSA with a public exponent that is not 65537.
    RsaExponent(u32),
    /// Neither on a curve nor RSA: an HMAC key, a symmetric one, or sealed data.
    Type(u16),
    /// Bytes that are no public area.
    Malformed,
}

impl fmt::Display for UnsupportedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Curve(5) => f.write_str("it is a key on the curve P-521"),
            Self::Curve(curve) => write!(f, "it is a key on the curve {curve:#06x} (TPM_ECC_CURVE)"),
            Self::RsaBits(bits) => write!(f, "it is an RSA key of {bits} bits"),
            Self::RsaExponent(exponent) => write!(f, "it is an RSA key with the public exponent {exponent}"),
            Self::Type(8) => f.write_str("it is an HMAC key or sealed data"),
            Self::Type(kind) => write!(f, "it is an object of the type {kind:#06x} (TPM_ALG_ID)"),
            Self::Malformed => f.write_str("its public area is malformed"),
        }
    }
}

/// A kind of key that a TPM creates for TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TpmKeyKind {
    /// ECDSA on NIST's curve P-256: the usual one.
    P256,
    /// ECDSA on NIST's curve P-384.
    P384,
    /// RSA with a modulus of so many bits: 2048, 3072 or 4096. Most TPMs have 2048 only.
    Rsa {
        /// The length of the modulus, in bits.
        bits: u16,
    },
}

impl fmt::Display for TpmKeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::P256 => f.write_str("EC P-256"),
            Self::P384 => f.write_str("EC P-384"),
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
        }
    }
}
