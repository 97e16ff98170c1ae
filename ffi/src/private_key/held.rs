//! A private key, through the library.

use super::{
    callback::Callback,
    function::{SignFunction, UserData},
};
use crate::failure::Failure;
use defender_auth::{
    credential::{CertificateRequest, ClientCertificate},
    key::PrivateKey,
    private_key::MemoryKey,
    x509::{self, Chain},
};
use std::sync::Arc;

#[expect(clippy::unnecessary_wraps, reason = "a build without private keys returns an error")]
pub(super) const fn is_available() -> Result<(), Failure> {
    Ok(())
}

/// A key that signs, wherever it is.
pub(crate) struct Held(Arc<dyn PrivateKey>);

impl Held {
    pub(super) fn from_pem(pem: &str, passphrase: &str) -> Result<Self, Failure> {
        let passphrase = Some(passphrase.as_bytes()).filter(|passphrase| !passphrase.is_empty());
        let key = x509::PrivateKey::from_pem(pem.as_bytes(), passphrase).and_then(|key| MemoryKey::new(&key));
        Ok(Self(Arc::new(key.map_err(|error| Failure::from(error).field("pem"))?)))
    }

    pub(super) fn from_callback(
        pem: &str,
        schemes: &[u16],
        sign: SignFunction,
        user_data: UserData,
    ) -> Result<Self, Failure> {
        Ok(Self(Arc::new(Callback::new(pem, schemes, sign, user_data)?)))
    }

    pub(super) fn holder(&self) -> String {
        format!("{:?}", self.0)
    }

    pub(super) fn scheme(&self, index: usize) -> u16 {
        self.0.schemes().get(index).map_or(0, |scheme| scheme.number())
    }

    /// The certificate of the key, of a chain in PEM.
    pub(crate) fn certificate(&self, chain: &str) -> Result<ClientCertificate, Failure> {
        let chain = Chain::from_pem(chain.as_bytes()).map_err(|error| Failure::from(error).field("chain"))?;
        chain.with_private_key(Arc::clone(&self.0)).map_err(|error| Failure::from(error).field("private_key"))
    }

    pub(crate) fn request(&self, common_name: &str) -> Result<CertificateRequest, Failure> {
        Ok(CertificateRequest::sign(common_name, &*self.0)?)
    }
}
