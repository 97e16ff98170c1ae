//! How an identity proves itself: one type from the first file read to the last token made.

mod client_certificate;

pub use client_certificate::{ClientCertificate, Issuer};

use crate::{
    base::time::UnixTime,
    identity::{Identity, PolicyName},
    key::SharedAccessKey,
    sas::{Audience, Resource, SasToken, StringToSign},
};

/// A primary key, and the secondary that takes its place once if the hub refuses it.
#[derive(Clone, Debug)]
pub struct SymmetricKeys {
    primary: SharedAccessKey,
    secondary: Option<SharedAccessKey>,
    on_secondary: bool,
}

impl SymmetricKeys {
    /// The keys of a device or a module.
    #[must_use]
    pub const fn new(primary: SharedAccessKey, secondary: Option<SharedAccessKey>) -> Self {
        Self { primary, secondary, on_secondary: false }
    }

    /// The key to sign with now.
    #[must_use]
    pub fn current(&self) -> &SharedAccessKey {
        self.secondary.as_ref().filter(|_| self.on_secondary).unwrap_or(&self.primary)
    }

    /// Goes over to the secondary key. False when there is none, or it is in use already.
    #[must_use = "false: there is no other key to try"]
    pub const fn fall_back(&mut self) -> bool {
        let can = self.secondary.is_some() && !self.on_secondary;
        self.on_secondary |= can;
        can
    }
}

/// The same two keys, whichever is in use.
impl PartialEq for SymmetricKeys {
    fn eq(&self, other: &Self) -> bool {
        self.primary == other.primary && self.secondary == other.secondary
    }
}

impl Eq for SymmetricKeys {}

/// The key of a hub's shared access policy that may connect devices: it signs for the whole hub, in the policy's name.
///
/// Source: the C# device client, which does this for a device string with `SharedAccessKeyName`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyKey {
    /// The policy.
    pub policy: PolicyName,
    /// Its key.
    pub key: SharedAccessKey,
}

/// What proves an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// Keys in memory: tokens can be made at any time.
    SymmetricKeys(SymmetricKeys),
    /// A policy's key in memory: the same, with tokens for the whole hub.
    PolicyKey(PolicyKey),
    /// A key that signs elsewhere (TPM, HSM, another process): tokens are made in two steps.
    ExternalSigner,
    /// A token that somebody else made. It cannot be renewed here.
    Token(SasToken),
    /// TLS proves it; there is no token.
    Certificate(ClientCertificate),
}

impl Credential {
    /// The key in memory to sign with, and what it signs for this identity. `None` when there is no such key.
    pub(crate) fn signing(&self, identity: &Identity, audience: Audience) -> Option<(&SharedAccessKey, Resource)> {
        match self {
            Self::SymmetricKeys(keys) => Some((keys.current(), Resource::with_audience(identity, audience))),
            Self::PolicyKey(policy) => Some((&policy.key, Resource::service(identity.hub(), &policy.policy))),
            Self::ExternalSigner | Self::Token(_) | Self::Certificate(_) => None,
        }
    }

    /// The certificate, if it is one.
    #[must_use]
    pub const fn certificate(&self) -> Option<&ClientCertificate> {
        match self {
            Self::Certificate(certificate) => Some(certificate),
            _ => None,
        }
    }

    /// Whether it holds a key or a token, which others must not see.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        matches!(self, Self::SymmetricKeys(_) | Self::PolicyKey(_) | Self::Token(_))
    }

    /// What to send as the password (MQTT) or in `Authorization` (HTTP) until `expiry`.
    #[must_use]
    pub fn password(&self, identity: &Identity, audience: Audience, expiry: UnixTime) -> Password {
        if let Some((key, resource)) = self.signing(identity, audience) {
            return Password::Token(SasToken::sign(key, &resource, expiry));
        }
        match self {
            Self::Token(token) => Password::Token(token.clone()),
            Self::Certificate(certificate) => Password::Certificate(certificate.clone()),
            _ => Password::Sign(StringToSign::new(Resource::with_audience(identity, audience), expiry)),
        }
    }
}

impl From<SharedAccessKey> for Credential {
    fn from(key: SharedAccessKey) -> Self {
        Self::SymmetricKeys(SymmetricKeys::new(key, None))
    }
}

impl From<SymmetricKeys> for Credential {
    fn from(keys: SymmetricKeys) -> Self {
        Self::SymmetricKeys(keys)
    }
}

impl From<PolicyKey> for Credential {
    fn from(key: PolicyKey) -> Self {
        Self::PolicyKey(key)
    }
}

impl From<SasToken> for Credential {
    fn from(token: SasToken) -> Self {
        Self::Token(token)
    }
}

impl From<ClientCertificate> for Credential {
    fn from(certificate: ClientCertificate) -> Self {
        Self::Certificate(certificate)
    }
}

/// What goes where a password goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Password {
    /// This token.
    Token(SasToken),
    /// Have this signed by whoever holds the key; then `string_to_sign.token(&signature)` is the token.
    Sign(StringToSign),
    /// Nothing: the certificate speaks in the TLS handshake.
    Certificate(ClientCertificate),
}

impl Password {
    /// The token, if there is one at once.
    #[must_use]
    pub fn into_token(self) -> Option<SasToken> {
        match self {
            Self::Token(token) => Some(token),
            Self::Sign(_) | Self::Certificate(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SharedAccessKey {
        SharedAccessKey::from_bytes(&[byte; 32]).unwrap()
    }

    #[test]
    fn the_secondary_key_is_tried_once() {
        let mut keys = SymmetricKeys::new(key(1), Some(key(2)));
        assert_eq!(keys.current(), &key(1));
        assert!(keys.fall_back());
        assert_eq!(keys.current(), &key(2));
        assert!(!keys.fall_back());
        assert!(!SymmetricKeys::new(key(1), None).fall_back());
    }

    #[test]
    fn falling_back_does_not_make_other_keys() {
        let keys = SymmetricKeys::new(key(1), Some(key(2)));
        let mut fallen = keys.clone();
        assert!(fallen.fall_back());
        assert_eq!(keys, fallen);
        assert_ne!(keys, SymmetricKeys::new(key(1), None));
    }

    #[test]
    fn a_policy_key_signs_for_the_hub_in_its_name() {
        let identity = Identity::device("h.net".parse().unwrap(), "d".parse().unwrap());
        let credential = Credential::from(PolicyKey { policy: "device".parse().unwrap(), key: key(1) });
        let password = credential.password(&identity, Audience::Encoded, UnixTime::from_secs(5));
        let token = password.into_token().unwrap();
        assert_eq!((token.resource(), token.policy().as_deref()), ("h.net", Some("device")));
    }
}
