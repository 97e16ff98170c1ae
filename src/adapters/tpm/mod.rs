//! A TPM 2.0 as the place of a device's keys.
//!
//! The provisioning service wraps each key for one TPM: the key goes in, and never comes out again.
//!
//! ```text
//! Registration                     Tpm                                   in the TPM
//! Plan::provision(.. Tpm{..})  <-- endorsement_key, storage_root_key     0x81010001, 0x81000001, or made from templates
//! Activate(registration key)   --> activate                              a transient object
//! Sign(registration key, ..)   --> sign                                  .. that is flushed behind its one signature
//! Activate(hub's key)          --> activate                              0x81000100, persistent: the old one goes last
//! .. months of tokens ..       --> sign(KeyUse::Hub, ..)                 one HMAC command each
//! ```
//!
//! ```no_run
//! # #[cfg(all(feature = "std", unix))] {
//! use defender_auth::{Plan, dps::{Attestation, Profile}, tpm::{self, Endpoint, Tpm}};
//!
//! let mut tpm = tpm::open(&Endpoint::default())?;
//! let id = tpm.registration_id()?; // or the one that the enrollment was made with
//! let attestation = Attestation::Tpm {
//!     endorsement_key: tpm.endorsement_key()?,
//!     storage_root_key: tpm.storage_root_key()?,
//! };
//! let plan = Plan::provision(Profile::new("0ne00000A0A".parse()?, id), attestation)?;
//! // With the feature `https`: Client::new()?.authenticate_with(&plan, &mut tpm)?
//! # }
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it costs, and what it leaves
//!
//! A signature is one command. An activation is five to eleven; before the first of a process two RSA keys are made unless
//! they are persistent ([`TpmClient::persist_keys`]). Sessions and objects are flushed on every path: a TPM without a resource
//! manager has room for three of each. What a process that was killed has left there is recognised by its public area
//! and flushed when the room is needed; objects of other programs are never touched.
//!
//! Commands and answers are in memory that is wiped. The codec is our own and reads with every length checked. It needs
//! `alloc` only; `open` and its connections need `std` and Unix, and any other way is a [`Transport`].

mod activate;
mod blob;
mod client;
mod command;
#[cfg(all(feature = "std", unix))]
mod connection;
mod endpoint;
mod keys;
mod refusal;
mod response;
mod sign;
mod template;
mod transport;

use crate::{
    error::{KeyRole, TpmError},
    key::{ActivationBlob, KeyUse, Signature},
};
use alloc::vec::Vec;

pub use client::{Handles, TpmClient};
#[cfg(all(feature = "std", unix))]
pub use connection::Connection;
pub use endpoint::Endpoint;
pub use keys::{Facts, Firmware, registration_id};
pub use response::RESPONSE_LIMIT;
pub use transport::Transport;

/// Opens a TPM for [`Tpm`]'s work.
///
/// # Errors
/// When it is not there, may not be used, or is in use.
#[cfg(all(feature = "std", unix))]
pub fn open(endpoint: &Endpoint) -> Result<TpmClient<Connection>, TpmError> {
    Ok(TpmClient::new(Connection::open(endpoint)?))
}

/// What a registration needs of a TPM.
pub trait Tpm {
    /// The public endorsement key, a complete `TPM2B_PUBLIC`.
    ///
    /// # Errors
    /// When there is none and none can be made, or when another key is in its place.
    fn endorsement_key(&mut self) -> Result<Vec<u8>, TpmError>;

    /// The public storage root key, a complete `TPM2B_PUBLIC`.
    ///
    /// # Errors
    /// Those of [`endorsement_key`](Self::endorsement_key).
    fn storage_root_key(&mut self) -> Result<Vec<u8>, TpmError>;

    /// Takes a wrapped key in. A registration key stays until it has signed once; the hub's key is made persistent, and
    /// the one before it is removed when the new one is loaded.
    ///
    /// # Errors
    /// When the blob is broken or for another TPM, when the TPM says no or cannot be reached. The hub's key of before
    /// is there unless the error is [`TpmError::IdentityLost`].
    fn activate(&mut self, blob: &ActivationBlob) -> Result<(), TpmError>;

    /// HMAC-SHA256 of any data with one of the two keys.
    ///
    /// # Errors
    /// When that key is not there, when the TPM says no or cannot be reached.
    fn sign(&mut self, key_use: KeyUse, data: &[u8]) -> Result<Signature, TpmError>;
}

impl<T: Transport> Tpm for TpmClient<T> {
    fn endorsement_key(&mut self) -> Result<Vec<u8>, TpmError> {
        self.primary(KeyRole::Endorsement).map(|key| key.public.clone())
    }

    fn storage_root_key(&mut self) -> Result<Vec<u8>, TpmError> {
        self.primary(KeyRole::StorageRoot).map(|key| key.public.clone())
    }

    fn activate(&mut self, blob: &ActivationBlob) -> Result<(), TpmError> {
        let result = self.bring_in(blob);
        self.clear_away();
        match result {
            // A machine that slept, or somebody who flushed what is not theirs.
            Err(TpmError::Command(error)) if error.code.is_of_a_lost_object() && self.forget_keys() => {
                let result = self.bring_in(blob);
                self.clear_away();
                result
            }
            result => result,
        }
    }

    fn sign(&mut self, key_use: KeyUse, data: &[u8]) -> Result<Signature, TpmError> {
        self.sign_with(key_use, data)
    }
}
