//! A client certificate: a chain and its private key as bytes, a chain and a key that signs where it is, or the fact that
//! the key is held elsewhere.

use crate::{base::secret::SecretBytes, key::PrivateKey};
// `Arc` counts its owners by compare-and-swap. Where a processor has none (Cortex-M0, RV32IMC) `Rc` takes its place, and a
// certificate stays where it was made.
#[cfg(not(target_has_atomic = "ptr"))]
use alloc::rc::Rc as Arc;
#[cfg(target_has_atomic = "ptr")]
use alloc::sync::Arc;
use alloc::vec::Vec;
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
    Signing {
        chain: Vec<Vec<u8>>,
        key: Arc<dyn PrivateKey>,
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

    /// A chain in DER, leaf first, and a key that signs where it is: in a TPM, a token, another process. TLS of this library
    /// uses it as it uses a key in memory, and compares the key with the leaf before it connects. The feature `x509` puts a
    /// chain in order: `x509::Chain::with_private_key`.
    ///
    /// On a processor without compare-and-swap (Cortex-M0, RV32IMC) the key is in an `Rc`, because there is no `Arc`; the
    /// certificate is neither `Send` nor `Sync` there.
    #[must_use]
    pub fn with_private_key(chain: Vec<Vec<u8>>, key: Arc<dyn PrivateKey>, issuer: Issuer) -> Self {
        Self(Arc::new(Inner::Signing { chain, key, issuer }))
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

    /// Chain and key, if the key's bytes are here.
    #[must_use]
    pub fn der(&self) -> Option<(&[Vec<u8>], &[u8])> {
        match &*self.0 {
            Inner::Held { chain, key, .. } => Some((chain, key.expose())),
            Inner::Signing { .. } | Inner::Elsewhere { .. } => None,
        }
    }

    /// The key that signs where it is, if it is one.
    #[must_use]
    pub fn private_key(&self) -> Option<&Arc<dyn PrivateKey>> {
        match &*self.0 {
            Inner::Signing { key, .. } => Some(key),
            Inner::Held { .. } | Inner::Elsewhere { .. } => None,
        }
    }

    /// Whether the TLS of this library can use it: its key is here, or one that signs where it is.
    #[must_use]
    pub fn has_key(&self) -> bool {
        !matches!(&*self.0, Inner::Elsewhere { .. })
    }

    /// The chain in DER, leaf first. Empty when it is held elsewhere.
    #[must_use]
    pub fn chain(&self) -> &[Vec<u8>] {
        match &*self.0 {
            Inner::Held { chain, .. } | Inner::Signing { chain, .. } | Inner::Elsewhere { chain, .. } => chain,
        }
    }

    /// Who issued it, when that is known.
    #[must_use]
    pub fn issuer(&self) -> Option<Issuer> {
        match &*self.0 {
            Inner::Held { issuer, .. } | Inner::Signing { issuer, .. } => Some(*issuer),
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
