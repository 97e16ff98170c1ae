//! Shared access keys: read, generate, derive, sign; and the private key of a certificate, as a trait.

mod activation_blob;
mod error;
mod fleet;
mod group_key;
mod private_key;
mod public_key;
mod shared_access_key;
mod signature;

pub use activation_blob::{ActivationBlob, BlobError, KeyUse};
pub use error::{KEY_LIMIT, KEY_TEXT_LIMIT, KeyError};
pub use fleet::DerivedKey;
pub use group_key::GroupKey;
pub use private_key::{PrivateKey, PrivateKeyError, SignatureScheme, ecdsa_signature};
pub use public_key::PublicKey;
#[cfg(any(feature = "tls", all(feature = "local-signer", feature = "private-key")))]
pub(crate) use public_key::parts as public_key_parts;
#[cfg(all(feature = "local-signer", feature = "private-key"))]
pub(crate) use public_key::{P256 as P256_OID, P384 as P384_OID};
pub use shared_access_key::SharedAccessKey;
pub use signature::Signature;
