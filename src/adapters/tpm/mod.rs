//! A TPM 2.0 that holds the keys of a device.
//!
//! The provisioning service wraps each key for one TPM: the TPM imports it, and never exports it.
//!
//! ```text
//! Registration                     Tpm                                   in the TPM
//! Plan::provision(.. Tpm{..})  <-- endorsement_key, storage_root_key     0x81010001, 0x81000001, or created from templates
//! Activate(registration key)   --> activate                              a transient object
//! Sign(registration key, ..)   --> sign                                  .. that is flushed after its one signature
//! Activate(hub's key)          --> activate                              0x81000100, persistent: it replaces the old one
//! .. months of tokens ..       --> sign(KeyUse::Hub, ..)                 one HMAC command for each
//! ```
//!
//! ```no_run
//! # #[cfg(feature = "std")] {
//! use defender_auth::{Plan, dps::{Attestation, Profile}, tpm::{self, Endpoint, Tpm}};
//!
//! let mut tpm = tpm::open(&Endpoint::default())?;
//! let id = tpm.registration_id()?; // or the registration ID of the enrollment
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
//! # Keys and handles
//!
//! Endorsement key and storage root key are RSA-2048 keys of the TCG's and the SDKs' templates. If the persistent handle
//! is empty, or holds another object (such as an ECC key of other software), the key is created from the template when it is
//! required; the other object is not changed. [`TpmClient::set_handles`] sets other handles for the three keys, and
//! [`KeyPlace`] reports where a key is.
//!
//! # Keys for TLS
//!
//! A TPM also holds the private key of a certificate: [`TpmClient::create_key`] creates one and gives its [`KeyFile`], which is
//! of use to this TPM only; [`TpmClient::persist_key`] makes it persistent. The files of tpm2-openssl and tpm2-tools are read
//! too. `private_key::TpmKey` (feature `private-key`) signs with such a key in TLS handshakes and certificate requests.
//!
//! ```no_run
//! # #[cfg(feature = "std")] {
//! use defender_auth::{error::TpmKeyKind, tpm::{self, Endpoint, Parent}};
//!
//! let mut tpm = tpm::open(&Endpoint::default())?;
//! let file = tpm.create_key(TpmKeyKind::P256, Parent::StorageRoot, None)?;
//! std::fs::write("key.pem", file.to_pem())?;
//! # }
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`SharedTpm`] serves registrations and handshakes at once. On a TPM without a resource manager, keys for TLS make room
//! for an activation, and are loaded again for the next signature. The TPM limits neither the time of a signature nor that of
//! other commands: over a socket [`Connection::open_within`] does, and a device has the limits of the kernel.
//!
//! # On Windows
//!
//! Windows shares its TPM by TPM Base Services ([`Endpoint::Tbs`], the default there), and permits some commands to administrators
//! alone: an activation, or to make a key persistent. Others receive [`CommandCause::Blocked`](crate::error::CommandCause::Blocked).
//!
//! # What it costs, and what it leaves
//!
//! A signature is one command. An activation is five to eleven; before the first one of a process, two RSA keys are created
//! unless they are persistent ([`TpmClient::persist_keys`]). Sessions and objects are flushed on every path: a TPM without a
//! resource manager has room for three of each. Objects of a process that was killed are recognised by their public area,
//! and flushed when the room is required; objects of other programs are not changed.
//!
//! Commands and responses are in memory that is wiped. The codec is this library's own, and checks every length. It
//! requires `alloc` only; `open` and its connections require `std`. Any other access to a TPM is a [`Transport`].

mod activate;
mod blob;
mod client;
mod command;
#[cfg(feature = "std")]
mod connection;
mod create_key;
mod der;
mod endpoint;
mod exchange;
mod facts;
mod handles;
mod key;
mod key_file;
mod key_text;
mod parent;
#[cfg(all(feature = "std", unix))]
mod path;
mod primary;
mod public_area;
mod rejection;
mod response;
mod room;
#[cfg(feature = "std")]
mod shared;
mod sign;
mod sign_digest;
mod signing_key;
#[cfg(feature = "std")]
mod stream;
#[cfg(feature = "std")]
mod system_error;
#[cfg(all(feature = "std", windows))]
mod tbs;
mod template;
mod transport;

use crate::{
    error::{KeyRole, TpmError},
    key::{ActivationBlob, KeyUse, Signature},
};
use alloc::vec::Vec;

pub use client::TpmClient;
#[cfg(feature = "std")]
pub use connection::Connection;
pub use endpoint::Endpoint;
pub use facts::{Facts, Firmware, SelfTest};
pub use handles::Handles;
pub use key::KeyPlace;
pub use key_file::KeyFile;
pub use parent::Parent;
pub use primary::registration_id;
pub use response::RESPONSE_LIMIT;
#[cfg(feature = "std")]
pub use shared::SharedTpm;
pub use signing_key::SigningKey;
pub use transport::Transport;

/// Opens a TPM, whose client implements [`Tpm`].
///
/// # Errors
/// Those of [`Connection::open`].
#[cfg(feature = "std")]
pub fn open(endpoint: &Endpoint) -> Result<TpmClient<Connection>, TpmError> {
    Ok(TpmClient::new(Connection::open(endpoint)?))
}

/// The operations with a TPM that a registration requires.
pub trait Tpm {
    /// The public endorsement key, a complete `TPM2B_PUBLIC`.
    ///
    /// # Errors
    /// When it cannot be read or created.
    fn endorsement_key(&mut self) -> Result<Vec<u8>, TpmError>;

    /// The public storage root key, a complete `TPM2B_PUBLIC`.
    ///
    /// # Errors
    /// Those of [`endorsement_key`](Self::endorsement_key).
    fn storage_root_key(&mut self) -> Result<Vec<u8>, TpmError>;

    /// Imports a wrapped key. A registration key stays loaded until it has signed once; the hub's key is made persistent and
    /// replaces the previous one, which is removed when the new one is loaded.
    ///
    /// # Errors
    /// When the blob is malformed or made for another TPM, when the TPM rejects a command or cannot be accessed. The
    /// previous key of the hub is kept unless the error is [`TpmError::IdentityLost`].
    fn activate(&mut self, blob: &ActivationBlob) -> Result<(), TpmError>;

    /// HMAC-SHA256 of data of any length with one of the two keys.
    ///
    /// # Errors
    /// When the TPM does not hold the key, when it rejects a command or cannot be accessed.
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
        let result = self.import_blob(blob);
        self.clear_away();
        match result {
            // The machine was suspended, or another program has flushed the keys.
            Err(TpmError::Command(error)) if error.code.is_of_a_lost_object() && self.forget_keys() => {
                let result = self.import_blob(blob);
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
