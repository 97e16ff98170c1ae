use super::{
    Authentication,
    builders::{key_builder, thumbprint_builder, twin_builder},
    credentials::Credentials,
};
use crate::twin::Twin;
use serde::Deserialize;

/// A module of a device.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) credentials: Credentials,
    #[serde(default, rename = "desired")]
    pub(crate) twin: Twin,
    /// How often it was changed. The etag is made of it.
    #[serde(skip)]
    pub(crate) revision: u64,
}

impl Module {
    /// A module with a primary key, in base64.
    #[must_use]
    pub fn new(id: &str, primary_key: &str) -> Self {
        Self::with(id, Credentials::with_key(primary_key))
    }

    /// A module with a self-signed certificate of this thumbprint: upper-case hex of SHA-1 or SHA-256.
    #[must_use]
    pub fn with_thumbprint(id: &str, thumbprint: &str) -> Self {
        Self::with(id, Credentials::with_thumbprint(thumbprint))
    }

    /// A module with a CA-signed certificate whose common name is `device/module`. The hub requires the CA.
    #[must_use]
    pub fn with_authority(id: &str) -> Self {
        Self::with(id, Credentials::of(Authentication::CertificateAuthority))
    }

    /// A module that cannot log in.
    #[must_use]
    pub fn without_authentication(id: &str) -> Self {
        Self::with(id, Credentials::of(Authentication::None))
    }

    pub(crate) fn with(id: &str, credentials: Credentials) -> Self {
        Self { id: id.into(), credentials, twin: Twin::default(), revision: 0 }
    }

    key_builder!(credentials);
    thumbprint_builder!(credentials);
    twin_builder!();
}
