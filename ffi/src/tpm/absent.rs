//! A TPM in a build without TPM support.

use super::password::Password;
use crate::failure::Failure;
use alloc::{string::String, vec::Vec};
#[cfg(feature = "mqtt")]
use defender_auth::key::ActivationBlob;
use defender_auth::key::{KeyUse, Signature};
#[cfg(feature = "https")]
use defender_auth::{
    Authenticator,
    https::{Client, HttpsError},
};

pub(super) fn is_available() -> Result<(), Failure> {
    Err(unsupported())
}

fn unsupported() -> Failure {
    Failure::unsupported("TPM support (feature `tpm`)")
}

/// Has no value.
pub(crate) enum Device {}

impl Device {
    pub(super) fn open(_endpoint: &str) -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(super) const fn set_identity_handle(&mut self, _identity: u32) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_endorsement_handle(&mut self, _endorsement: u32) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_storage_handle(&mut self, _storage: u32) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_password(&mut self, _of: Password, _password: &[u8]) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn persist_keys(&mut self) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn endorsement_key(&mut self) -> Result<Vec<u8>, Failure> {
        match *self {}
    }

    pub(super) const fn storage_root_key(&mut self) -> Result<Vec<u8>, Failure> {
        match *self {}
    }

    pub(super) const fn registration_id(&mut self) -> Result<String, Failure> {
        match *self {}
    }

    pub(super) const fn activate(&mut self, _key_use: KeyUse, _blob: &[u8]) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn sign(&mut self, _key_use: KeyUse, _data: &[u8]) -> Result<Signature, Failure> {
        match *self {}
    }

    #[cfg(feature = "mqtt")]
    pub(crate) const fn sign_for_driver(&mut self, _: KeyUse, _: &[u8]) -> Result<Signature, defender_auth::Error> {
        match *self {}
    }

    #[cfg(feature = "mqtt")]
    pub(crate) const fn activate_for_driver(&mut self, _: &ActivationBlob) -> Result<(), defender_auth::Error> {
        match *self {}
    }

    #[cfg(feature = "https")]
    pub(crate) const fn run(&mut self, _client: &Client, _machine: &mut Authenticator) -> Result<(), HttpsError> {
        match *self {}
    }
}
