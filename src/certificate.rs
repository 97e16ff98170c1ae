//! A client certificate as the core sees it: bytes that it carries, or the fact that somebody else holds them.

use crate::secret::SecretBytes;
use alloc::{sync::Arc, vec::Vec};
use core::fmt;

/// Who vouches for a certificate. Device mode is documented for the first only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// It is self-signed; the hub knows its thumbprint.
    Itself,
    /// A certificate authority that the hub or the enrollment group knows.
    Authority,
}

/// A certificate chain and its private key, cheap to clone. The core does not look into it: it hands it on, to the
/// request that needs it and to the outcome.
#[derive(Clone)]
pub struct ClientCertificate(Arc<Inner>);

enum Inner {
    Held { chain: Vec<Vec<u8>>, key: SecretBytes, issuer: Issuer },
    Elsewhere { issuer: Option<Issuer> },
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
        Self(Arc::new(Inner::Elsewhere { issuer }))
    }

    /// Chain and key, unless they are held elsewhere.
    #[must_use]
    pub fn der(&self) -> Option<(&[Vec<u8>], &[u8])> {
        match &*self.0 {
            Inner::Held { chain, key, .. } => Some((chain, key.expose())),
            Inner::Elsewhere { .. } => None,
        }
    }

    /// Who issued it, where that is known.
    #[must_use]
    pub fn issuer(&self) -> Option<Issuer> {
        match &*self.0 {
            Inner::Held { issuer, .. } => Some(*issuer),
            Inner::Elsewhere { issuer } => *issuer,
        }
    }
}

/// The same leaf, or both held elsewhere.
impl PartialEq for ClientCertificate {
    fn eq(&self, other: &Self) -> bool {
        match (self.der(), other.der()) {
            (Some((a, _)), Some((b, _))) => a.first() == b.first(),
            (a, b) => a.is_none() && b.is_none(),
        }
    }
}

impl Eq for ClientCertificate {}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientCertificate({} certificates, ..)", self.der().map_or(0, |(chain, _)| chain.len()))
    }
}
