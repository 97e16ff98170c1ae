//! What is wrong with a key of a TPM, or for one.

use core::fmt;

/// Which of the three keys that the provisioning protocol uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRole {
    /// The endorsement key: by it the provisioning service knows the TPM.
    Endorsement,
    /// The storage root key: the parent of the keys that are imported.
    StorageRoot,
    /// The identity key: the hub's key, with which the device signs.
    Identity,
}

impl fmt::Display for KeyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endorsement => "the endorsement key",
            Self::StorageRoot => "the storage root key",
            Self::Identity => "the identity key",
        })
    }
}

/// What a persistent handle holds in place of the expected key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// A key on an elliptic curve.
    EccKey,
    /// An RSA key of another template: size, attributes, policy, or symmetric algorithm differ.
    RsaKey,
    /// An object of another type.
    Other,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EccKey => "an ECC key",
            Self::RsaKey => "an RSA key of another template",
            Self::Other => "an object of another type",
        })
    }
}

/// What is wrong with a field of a key blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlobProblem {
    /// The field is empty, or ends before its length.
    #[error("is empty or truncated")]
    Cut,
    /// The length is not that of an RSA-2048 key's secret, or a length within the field is wrong.
    #[error("has a wrong length")]
    Length,
    /// The public area is not that of an HMAC key.
    #[error("is not the public area of an HMAC key with SHA-256")]
    NotAnHmacKey,
}
