//! Certificates in a build that cannot parse them.

use super::facts::Facts;
use crate::failure::Failure;
use defender_auth::{UnixTime, credential::ClientCertificate, secret::SecretText};

/// Has no value.
pub(super) enum Chain {}

pub(super) fn pem(_chain: &[u8], _key: &[u8], _passphrase: &str) -> Result<(Chain, ClientCertificate), Failure> {
    Err(unsupported())
}

pub(super) fn der(_chain: &[u8], _key: &[u8], _passphrase: &str) -> Result<(Chain, ClientCertificate), Failure> {
    Err(unsupported())
}

pub(super) fn pkcs12(_file: &[u8], _passphrase: &str) -> Result<(Chain, ClientCertificate), Failure> {
    Err(unsupported())
}

pub(super) fn key_pem(_certificate: &ClientCertificate) -> Result<SecretText, Failure> {
    Err(unsupported())
}

fn unsupported() -> Failure {
    Failure::unsupported("parsing certificates (feature `x509`)")
}

impl Chain {
    pub(super) const fn of(_certificate: &ClientCertificate) -> Option<Self> {
        None
    }

    pub(super) const fn facts(&self) -> Facts {
        match *self {}
    }

    pub(super) const fn common_name(&self) -> Option<&str> {
        match *self {}
    }

    pub(super) const fn findings(&self, _now: UnixTime) -> u32 {
        match *self {}
    }

    pub(super) const fn verify(&self, _enrolled: &Self, _now: UnixTime) -> Result<(), Failure> {
        match *self {}
    }
}
