//! A client certificate as the core sees it: bytes that it carries, or the fact that somebody else holds the key.

use crate::base::secret::SecretBytes;
use alloc::{sync::Arc, vec::Vec};
use core::fmt;

/// Who vouches for a certificate. Device mode is documented for the first only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// It is self-signed; the hub knows its thumbprint.
    SelfSigned,
    /// A certificate authority that the hub or the enrollment group knows.
    Authority,
}

/// A certificate chain and its private key, cheap to clone. The core does not look into it: it hands it on, to the
/// request that needs it and to the outcome.
#[derive(Clone)]
pub struct ClientCertificate(Arc<Inner>);

enum Inner {
    Held {
        chain: Vec<Vec<u8>>,
        key: SecretBytes,
        issuer: Issuer,
    },
    /// The chain is empty when it is held elsewhere too.
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

    /// The caller's TLS stack has it: an HSM, a C agent, a connection string that says `x509=true`.
    #[must_use]
    pub fn held_elsewhere(issuer: Option<Issuer>) -> Self {
        Self(Arc::new(Inner::Elsewhere { chain: Vec::new(), issuer }))
    }

    /// A chain in DER, leaf first, whose key the caller's TLS stack has, in an HSM for one.
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

    /// Who issued it, where that is known.
    #[must_use]
    pub fn issuer(&self) -> Option<Issuer> {
        match &*self.0 {
            Inner::Held { issuer, .. } => Some(*issuer),
            Inner::Elsewhere { issuer, .. } => *issuer,
        }
    }
}

/// The same leaf, wherever the key is, or both held elsewhere.
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
