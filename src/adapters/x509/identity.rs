//! A chain together with the key of its leaf.

use super::{certificate::Certificate, chain::Chain, key::PrivateKey, pem::blocks, pkcs12};
use crate::{
    credential::{ClientCertificate, Issuer},
    error::{CertificateError, CertificateProblem as Problem},
};
use alloc::vec::Vec;

/// A certificate chain and the private key of its leaf, which belong together.
///
/// ```no_run
/// use defender_auth::x509::ClientIdentity;
///
/// let chain = std::fs::read("certificate_public.pem")?;
/// let key = std::fs::read("certificate_private.pem")?;
/// let me = ClientIdentity::from_pem_pair(&chain, &key, None)?;
/// println!("thumbprint {}", me.chain().certificates()[0].sha256());
/// let credential = me.into_client_certificate();
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientIdentity {
    chain: Chain,
    key: PrivateKey,
}

impl ClientIdentity {
    /// A chain and a key; the certificate of the key becomes the leaf.
    ///
    /// # Errors
    /// [`CertificateProblem::Mismatch`](Problem::Mismatch) when the key belongs to none of the certificates.
    pub fn new(chain: &Chain, key: PrivateKey) -> Result<Self, CertificateError> {
        let chain = chain.for_key(&key).ok_or(Problem::Mismatch)?;
        Ok(Self { chain, key })
    }

    /// From two files, as the micro agent has them: `certificate_public.pem` and `certificate_private.pem`.
    ///
    /// # Errors
    /// When one of them cannot be read, or they do not belong together. To learn which file it is, read them one by one
    /// with [`Chain::from_pem`] and [`PrivateKey::from_pem`].
    pub fn from_pem_pair(certificates: &[u8], key: &[u8], passphrase: Option<&[u8]>) -> Result<Self, CertificateError> {
        Self::new(&Chain::from_pem(certificates)?, PrivateKey::from_pem(key, passphrase)?)
    }

    /// From one PEM file with certificates and key, as the C agent has it.
    ///
    /// # Errors
    /// When certificate or key are missing, cannot be read, or do not belong together.
    pub fn from_pem(text: &[u8], passphrase: Option<&[u8]>) -> Result<Self, CertificateError> {
        let blocks = blocks(text)?;
        Self::new(&Chain::from_blocks(&blocks)?, PrivateKey::from_blocks(&blocks, passphrase)?)
    }

    /// From a PKCS#12 file (.pfx), with its password if it has one. A password that is not needed is ignored.
    ///
    /// # Errors
    /// When it cannot be read, has another password, needs more work than one encrypted key may, or does not hold one key
    /// and its certificate.
    pub fn from_pkcs12(bytes: &[u8], passphrase: Option<&[u8]>) -> Result<Self, CertificateError> {
        let (certificates, key) = pkcs12::read(bytes, passphrase)?;
        let certificates = certificates.iter().map(|der| Certificate::from_der(der)).collect::<Result<Vec<_>, _>>()?;
        let chain = Chain::new(certificates).ok_or(Problem::NoCertificate)?;
        Self::new(&chain, PrivateKey::from_pkcs8(key.expose())?)
    }

    /// Whether the TLS stack of this library can use the certificate.
    ///
    /// # Errors
    /// [`CertificateProblem::UnusableByTls`](Problem::UnusableByTls) with its reason.
    pub fn check_tls(&self) -> Result<(), CertificateError> {
        self.chain.check_tls()
    }

    /// The certificates, the leaf first.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The key of the leaf.
    #[must_use]
    pub const fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// Whether the leaf is self-signed or issued by a CA.
    #[must_use]
    pub fn issuer(&self) -> Issuer {
        self.chain.issuer()
    }

    /// For a plan or an outcome. Unrelated certificates are left out.
    #[must_use]
    pub fn into_client_certificate(self) -> ClientCertificate {
        ClientCertificate::from_der(self.chain.linked_der(), self.key.expose_pkcs8(), self.issuer())
    }
}
