//! A private key, through the library.

use super::{
    callback::Callback,
    function::{SignFunction, UserData},
    opened,
};
use crate::{code::DEFENDERAUTH_CERTIFICATE_KEY, failure::Failure, opener::Access};
use defender_auth::{
    credential::{CertificateRequest, ClientCertificate},
    key::PrivateKey,
    private_key::{MemoryKey, OpenedKey},
    x509::{self, Chain},
};
use std::sync::Arc;

#[expect(clippy::unnecessary_wraps, reason = "a build without private keys returns an error")]
pub(crate) const fn is_available() -> Result<(), Failure> {
    Ok(())
}

/// A key that signs, wherever it is.
pub(crate) struct Held(Arc<dyn PrivateKey>);

impl Held {
    pub(super) fn open(uri: &str, passphrase: &[u8]) -> Result<Self, Failure> {
        Self::of(opened::open(uri, passphrase)?)
    }

    pub(super) fn open_with(access: &Access, uri: &str) -> Result<Self, Failure> {
        Self::of(opened::open_with(access, uri)?)
    }

    fn of(opened: OpenedKey) -> Result<Self, Failure> {
        Ok(Self(opened.into_private_key().map_err(|error| Failure::from(error).field("uri"))?))
    }

    pub(super) fn from_pem(pem: &str, passphrase: &[u8]) -> Result<Self, Failure> {
        let passphrase = Some(passphrase).filter(|passphrase| !passphrase.is_empty());
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
    pub(crate) fn certificate(&self, chain: &[u8]) -> Result<ClientCertificate, Failure> {
        certificate(chain, OpenedKey::elsewhere(Arc::clone(&self.0)), "private_key")
    }

    /// The certificate of a key that is opened by its name. A key that is read from a file is part of it.
    pub(crate) fn certificate_with_uri(
        chain: &[u8],
        uri: &str,
        passphrase: &[u8],
    ) -> Result<ClientCertificate, Failure> {
        certificate(chain, opened::open(uri, passphrase)?, "uri")
    }

    pub(crate) fn request(&self, common_name: &str) -> Result<CertificateRequest, Failure> {
        Ok(CertificateRequest::sign(common_name, &*self.0)?)
    }
}

/// `key_parameter` is the parameter at fault when the key belongs to none of the certificates.
fn certificate(chain: &[u8], key: OpenedKey, key_parameter: &'static str) -> Result<ClientCertificate, Failure> {
    let chain = Chain::from_pem(chain).map_err(|error| Failure::from(error).field("chain"))?;
    key.certificate(&chain).map_err(|error| {
        let failure = Failure::from(error);
        let parameter = if failure.code() == DEFENDERAUTH_CERTIFICATE_KEY { key_parameter } else { "chain" };
        failure.field(parameter)
    })
}
