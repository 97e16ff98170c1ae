//! A TPM, through the library's client.

use super::password::Password;
use crate::failure::Failure;
#[cfg(feature = "https")]
use defender_auth::{
    Authenticator,
    https::{Client, HttpsError},
};
use defender_auth::{
    error::{Hierarchy, TpmError},
    key::{ActivationBlob, KeyUse, Signature},
    tpm::{self, Connection, Endpoint, Handles, Tpm as _, TpmClient},
};

#[expect(clippy::unnecessary_wraps, reason = "a build without TPM support returns an error")]
pub(super) const fn is_available() -> Result<(), Failure> {
    Ok(())
}

/// An open TPM.
pub(crate) struct Device(TpmClient<Connection>);

impl Device {
    pub(super) fn open(endpoint: &str) -> Result<Self, Failure> {
        let endpoint = match endpoint {
            "" => Endpoint::default(),
            text => text.parse().map_err(|error| Failure::from(TpmError::from(error)).field("endpoint"))?,
        };
        Ok(Self(tpm::open(&endpoint)?))
    }

    pub(super) fn set_identity_handle(&mut self, identity: u32) -> Result<(), Failure> {
        self.set_handles(Handles { identity, ..self.0.handles() })
    }

    pub(super) fn set_endorsement_handle(&mut self, endorsement: u32) -> Result<(), Failure> {
        self.set_handles(Handles { endorsement, ..self.0.handles() })
    }

    pub(super) fn set_storage_handle(&mut self, storage: u32) -> Result<(), Failure> {
        self.set_handles(Handles { storage, ..self.0.handles() })
    }

    fn set_handles(&mut self, handles: Handles) -> Result<(), Failure> {
        self.0.set_handles(handles).map_err(|error| Failure::from(error).field("handle"))
    }

    pub(super) fn set_password(&mut self, of: Password, password: &[u8]) -> Result<(), Failure> {
        let hierarchy = match of {
            Password::Owner => Hierarchy::Owner,
            Password::Endorsement => Hierarchy::Endorsement,
        };
        self.0.set_password(hierarchy, password).map_err(|error| Failure::from(error).field("password"))
    }

    pub(super) fn persist_keys(&mut self) -> Result<(), Failure> {
        Ok(self.0.persist_keys()?)
    }

    pub(super) fn endorsement_key(&mut self) -> Result<Vec<u8>, Failure> {
        Ok(self.0.endorsement_key()?)
    }

    pub(super) fn storage_root_key(&mut self) -> Result<Vec<u8>, Failure> {
        Ok(self.0.storage_root_key()?)
    }

    pub(super) fn registration_id(&mut self) -> Result<String, Failure> {
        Ok(self.0.registration_id()?.to_string())
    }

    pub(super) fn activate(&mut self, key_use: KeyUse, blob: &[u8]) -> Result<(), Failure> {
        Ok(self.0.activate(&ActivationBlob::parse(blob, key_use)?)?)
    }

    pub(super) fn sign(&mut self, key_use: KeyUse, data: &[u8]) -> Result<Signature, Failure> {
        Ok(self.0.sign(key_use, data)?)
    }

    #[cfg(feature = "mqtt")]
    pub(crate) fn sign_for_driver(&mut self, key_use: KeyUse, data: &[u8]) -> Result<Signature, defender_auth::Error> {
        Ok(self.0.sign(key_use, data)?)
    }

    #[cfg(feature = "mqtt")]
    pub(crate) fn activate_for_driver(&mut self, blob: &ActivationBlob) -> Result<(), defender_auth::Error> {
        Ok(self.0.activate(blob)?)
    }

    /// Runs an authenticator with this TPM.
    #[cfg(feature = "https")]
    pub(crate) fn run(&mut self, client: &Client, machine: &mut Authenticator) -> Result<(), HttpsError> {
        client.run_with(machine, &mut self.0)
    }
}
