//! How an identity authenticates: one type from the first file read to the last token made.

mod certificate_request;
mod client_certificate;
mod issued_chain;
mod password;
mod request_fields;
mod symmetric_keys;

pub use certificate_request::{CertificateRequest, CertificateRequestError};
pub use client_certificate::{ClientCertificate, Issuer};
pub use issued_chain::IssuedChain;
pub use password::Password;
pub use request_fields::RequestFormatError;
pub use symmetric_keys::{PolicyKey, SymmetricKeys};

use crate::{
    base::time::UnixTime,
    identity::Identity,
    key::SharedAccessKey,
    sas::{Audience, Resource, SasToken, StringToSign},
};

/// What authenticates an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// Keys in memory: tokens can be made at any time.
    SymmetricKeys(SymmetricKeys),
    /// A policy's key in memory: the same, with tokens for the whole hub.
    PolicyKey(PolicyKey),
    /// A key in a TPM, an HSM or another process: tokens are made in two steps.
    ExternalSigner,
    /// A token that was made elsewhere. It cannot be renewed here.
    Token(SasToken),
    /// A client certificate: TLS authenticates, there is no token.
    Certificate(ClientCertificate),
}

impl Credential {
    /// The key in memory to sign with, and the resource to sign for this identity. `None` when there is no such key.
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

    /// Whether it contains a key or a token, which must be kept secret.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_key_signs_for_the_hub_in_its_name() {
        let identity = Identity::device("h.net".parse().unwrap(), "d".parse().unwrap());
        let credential = Credential::from(PolicyKey {
            policy: "device".parse().unwrap(),
            key: SharedAccessKey::from_bytes(&[1; 32]).unwrap(),
        });
        let password = credential.password(&identity, Audience::Encoded, UnixTime::from_secs(5));
        let token = password.into_token().unwrap();
        assert_eq!((token.resource(), token.policy().as_deref()), ("h.net", Some("device")));
    }
}
