//! What identityd knows about the agent.

use super::IdentityService;
use crate::{base::secret::SecretText, identity::Identity};
use alloc::{boxed::Box, string::String};
use core::fmt;

/// A key that keyd holds. Every user that can connect to keyd's socket can sign with it, so that it is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyHandle {
    /// With the escapes of the JSON string that it was, which is what it is sent as.
    json: SecretText,
}

impl KeyHandle {
    /// The content of a JSON string, as it is written between the quotation marks.
    pub(super) fn as_written(json: &str) -> Self {
        Self { json: SecretText::build(json.len(), |text| text.push_str(json)) }
    }

    /// As it is written in JSON, without the quotation marks.
    pub(super) fn json(&self) -> &str {
        self.json.expose()
    }
}

impl fmt::Debug for KeyHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHandle(..)")
    }
}

/// How an identity authenticates to the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authentication {
    /// With tokens that the key signs.
    Sas(KeyHandle),
    /// With a certificate that certd has, and its private key.
    X509 {
        /// The private key.
        key: KeyHandle,
        /// The certificate's ID, for [`certificate`](super::IdentityService::certificate).
        certificate_id: String,
    },
}

/// The identity of the agent, and what authenticates it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub(super) identity: Identity,
    pub(super) generation: Option<Box<str>>,
    pub(super) authentication: Authentication,
}

impl Account {
    /// The identity: a module of the device, or the device itself. Its gateway is set when it connects through one to the
    /// hub.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The generation of the module, which is another one after it was deleted and created again.
    #[must_use]
    pub fn generation(&self) -> Option<&str> {
        self.generation.as_deref()
    }

    /// How it authenticates to the hub.
    #[must_use]
    pub const fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// The key that signs tokens, if there is one.
    #[must_use]
    pub const fn signing_key(&self) -> Option<&KeyHandle> {
        match &self.authentication {
            Authentication::Sas(key) => Some(key),
            Authentication::X509 { .. } => None,
        }
    }
}

/// An identity that authenticates with a certificate, and the daemons that have it and its private key.
#[derive(Clone)]
pub struct CertifiedAccount {
    service: IdentityService,
    account: Account,
    key: KeyHandle,
    certificate_id: String,
}

impl CertifiedAccount {
    /// `None` for an account that authenticates with tokens.
    #[must_use]
    pub fn new(service: IdentityService, account: Account) -> Option<Self> {
        let Authentication::X509 { key, certificate_id } = account.authentication.clone() else { return None };
        Some(Self { service, account, key, certificate_id })
    }

    /// The daemons.
    #[must_use]
    pub const fn service(&self) -> &IdentityService {
        &self.service
    }

    /// The identity.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        self.account.identity()
    }

    /// The private key.
    #[must_use]
    pub const fn key(&self) -> &KeyHandle {
        &self.key
    }

    /// The ID of the certificate, for [`IdentityService::certificate`].
    #[must_use]
    pub fn certificate_id(&self) -> &str {
        &self.certificate_id
    }
}

impl fmt::Debug for CertifiedAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertifiedAccount({}, ..)", self.identity())
    }
}
