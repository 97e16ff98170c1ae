//! Private keys in a build without them.

use super::function::{SignFunction, UserData};
use crate::{failure::Failure, opener::Access};
use alloc::string::String;
use defender_auth::credential::{CertificateRequest, ClientCertificate};

pub(crate) fn is_available() -> Result<(), Failure> {
    Err(unsupported())
}

fn unsupported() -> Failure {
    Failure::unsupported("private keys that sign where they are (feature `private-key`)")
}

/// Has no value.
pub(crate) enum Held {}

impl Held {
    pub(super) fn open(_: &str, _: &[u8]) -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(super) const fn open_with(access: &Access, _: &str) -> Result<Self, Failure> {
        match *access {}
    }

    pub(super) fn from_pem(_: &str, _: &[u8]) -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(super) fn from_callback(_: &str, _: &[u16], _: SignFunction, user_data: UserData) -> Result<Self, Failure> {
        drop(user_data);
        Err(unsupported())
    }

    pub(super) const fn holder(&self) -> String {
        match *self {}
    }

    pub(super) const fn scheme(&self, _: usize) -> u16 {
        match *self {}
    }

    pub(crate) fn certificate_with_uri(_: &[u8], _: &str, _: &[u8]) -> Result<ClientCertificate, Failure> {
        Err(unsupported())
    }

    pub(crate) const fn certificate(&self, _: &[u8]) -> Result<ClientCertificate, Failure> {
        match *self {}
    }

    pub(crate) const fn request(&self, _: &str) -> Result<CertificateRequest, Failure> {
        match *self {}
    }
}
