//! What a service does for a device's TPM: it reads the TPM's public keys and wraps a key for it.
//!
//! The steps and their names are those of the TPM 2.0 library specification, part 1: "Credential Protection" and
//! "Protected Storage".

mod blob;
mod credential;
mod crypto;
mod duplicate;
mod kdf;
mod oaep;
mod public_area;
mod spoil;
#[cfg(test)]
pub(crate) mod vectors;

pub(crate) use blob::Tpm;
pub(crate) use oaep::{NoRandomness, random};
pub(crate) use public_area::{EndorsementKey, StorageRootKey};
pub(crate) use spoil::{Part, spoiled};
