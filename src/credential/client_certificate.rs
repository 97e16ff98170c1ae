//! A client certificate: chain and private key as bytes, or the fact that the key is held elsewhere.

use crate::base::secret::SecretBytes;
use alloc::{sync::Arc, vec::Vec};
use core::fmt;

/// Who issued a certificate. Device mode is documented for self-signed certificates only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// It is self-signed; the hub identifies it by its thumbprint.
    SelfSigned,
    /// A certificate authority that is registered at the hub or enrolled.
    Authority,
}

/// A certificate chain and its private key, cheap to clone. The core does not parse it: it passes it on to the request
/// that needs it and to the outcome.
#[derive(Clone)]
pub struct ClientCertificate(Arc<Inner>);

enum Inner {
    Held {
        chain: Vec<Vec<u8>>,
        key: SecretBytes,
        issuer: Issuer,
    },
    /// The chain is empty when it is held elsewhere as well.
    Elsewhere {
        chain: Vec<Vec<u8>>,
        issuer: Option<Issuer>,
    },
}

impl ClientCertificate {
    /// A chain in DER, leaf first, and its key in PKCS#8. The caller wipes its copy of the key.
    #[must_use]
    pub fn from_der(chain: Vec<Vec<u8>>, key: &[u8], issuer: Issuer) -> Self {
        Self(Arc::new(Inner::Held { chain, key: SecretBytes::copy_of(key), issuer }))
    }

    /// Chain and key are held by the caller's TLS stack: an HSM, a C agent, a connection string with `x509=true`.
    #[must_use]
    pub fn held_elsewhere(issuer: Option<Issuer>) -> Self {
        Self(Arc::new(Inner::Elsewhere { chain: Vec::new(), issuer }))
    }

    /// A chain in DER, leaf first, whose key is held by the caller's TLS stack, for example in an HSM.
    #[must_use]
    pub fn with_key_elsewhere(chain: Vec<Vec<u8>>, issuer: Issuer) -> Self {
        Self(Arc::new(Inner::Elsewhere { chain, issuer: Some(issuer) }))
    }

    /// Chain and key, unless the key is held elsewhere.
    #[must_use]
    pub fn der(&self) -> Option<(&[Vec<u8>], &[u8])> {
        match &*self.0 {
            Inner::Held { chain, key, .. } => Some((chain, key.expose())),
            Inner::Elsewhere { .. } => None,
        }
    }

    /// The chain in DER, leaf first. Empty when it is held elsewhere.
    #[must_use]
    pub fn chain(&self) -> &[Vec<u8>] {
        match &*self.0 {
            Inner::Held { chain, .. } | Inner::Elsewhere { chain, .. } => chain,
        }
    }

    /// Who issued it, when that is known.
    #[must_use]
    pub fn issuer(&self) -> Option<Issuer> {
        match &*self.0 {
            Inner::Held { issuer, .. } => Some(*issuer),
            Inner::Elsewhere { issuer, .. } => *issuer,
        }
    }
}

/// Equal when the leaf is the same, wherever the key is held, or when both are held elsewhere.
impl PartialEq for ClientCertificate {
    fn eq(&self, other: &Self) -> bool {
        self.chain().first() == other.chain().first()
    }
}

impl Eq for ClientCertificate {}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientCertificate({} certificates, ..)", self.chain().len())
    }
}
