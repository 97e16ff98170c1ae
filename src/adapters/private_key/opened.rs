use super::MemoryKey;
#[cfg(feature = "tpm")]
use super::TpmKey;
#[cfg(feature = "tpm")]
use crate::adapters::tpm::Transport;
use crate::{
    adapters::x509::{self, Chain, ClientIdentity},
    credential::ClientCertificate,
    error::CertificateError,
    key::PrivateKey,
};
use alloc::sync::Arc;
use core::fmt;

/// A private key that was opened by its name.
pub struct OpenedKey {
    key: Key,
    is_open_to_others: bool,
    #[cfg_attr(not(feature = "tpm"), expect(dead_code, reason = "only keys in a TPM are padded in software"))]
    pads_in_software: bool,
}

enum Key {
    Memory(x509::PrivateKey),
    Elsewhere(Arc<dyn PrivateKey>),
}

impl OpenedKey {
    pub(super) const fn in_memory(key: x509::PrivateKey, is_open_to_others: bool) -> Self {
        Self { key: Key::Memory(key), is_open_to_others, pads_in_software: false }
    }

    #[cfg(feature = "tpm")]
    pub(super) fn in_tpm<T: Transport + Send + 'static>(key: TpmKey<T>) -> Self {
        let pads_in_software = key.pads_in_software();
        Self { pads_in_software, ..Self::elsewhere(Arc::new(key)) }
    }

    /// A key that was opened in another way, such as one in a token.
    #[must_use]
    pub fn elsewhere(key: Arc<dyn PrivateKey>) -> Self {
        Self { key: Key::Elsewhere(key), is_open_to_others: false, pads_in_software: false }
    }

    /// The key itself, if it is in the memory of this process.
    #[must_use]
    pub const fn in_memory_of_process(&self) -> Option<&x509::PrivateKey> {
        match &self.key {
            Key::Memory(key) => Some(key),
            Key::Elsewhere(_) => None,
        }
    }

    /// Whether every user of the system may read the key in its file. A TPM's key file is of no use to others.
    #[must_use]
    pub const fn is_open_to_others(&self) -> bool {
        self.is_open_to_others
    }

    /// Whether RSASSA-PSS is padded in software, because the TPM's own is not that of TLS.
    #[cfg(feature = "tpm")]
    #[must_use]
    pub const fn pads_in_software(&self) -> bool {
        self.pads_in_software
    }

    /// The certificate of the key, with the key, for a plan or an outcome.
    ///
    /// # Errors
    /// When the key belongs to none of the certificates, and when the TLS stack of this library cannot use its certificate.
    pub fn certificate(self, chain: &Chain) -> Result<ClientCertificate, CertificateError> {
        match self.key {
            Key::Memory(key) => {
                let both = ClientIdentity::new(chain, key)?;
                both.check_tls()?;
                Ok(both.into_client_certificate())
            }
            Key::Elsewhere(key) => {
                let certificate = chain.with_private_key(key)?;
                Chain::of(&certificate).map_or(Ok(()), |chain| chain.check_tls())?;
                Ok(certificate)
            }
        }
    }

    /// The key as one that signs, for a certificate request.
    ///
    /// # Errors
    /// [`CertificateProblem::KeyKind`](crate::error::CertificateProblem::KeyKind) for an Ed25519 key in memory.
    pub fn into_private_key(self) -> Result<Arc<dyn PrivateKey>, CertificateError> {
        match self.key {
            Key::Memory(key) => Ok(Arc::new(MemoryKey::new(&key)?)),
            Key::Elsewhere(key) => Ok(key),
        }
    }
}

impl fmt::Debug for OpenedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Key::Memory(key) => write!(f, "OpenedKey({key:?})"),
            Key::Elsewhere(key) => write!(f, "OpenedKey({key:?})"),
        }
    }
}
