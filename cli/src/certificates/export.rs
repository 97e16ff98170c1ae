//! The certificate in use as files for an agent.

use super::{kept::Kept, place::Place};
use crate::{
    files::{certificate_pair::Target, private_file},
    terminal::failure::Failure,
};
use defender_auth::{
    agent,
    error::CertificateError,
    x509::{Certificate, Chain, ClientIdentity, PrivateKey},
};
use std::path::Path;

impl Kept {
    /// Where the certificate and its key are written for an agent.
    fn pair(&self) -> Target {
        let folder = self.store.folder();
        Target { certificate: folder.join(agent::CERTIFICATE), key: Some(folder.join(agent::PRIVATE_KEY)) }
    }

    /// Whether they can be written, as far as that can be tested beforehand. `inputs` are never replaced.
    pub(crate) fn check_export(&self, inputs: &[&Path], place: &Place) -> Result<(), Failure> {
        if *place != Place::File {
            let what = "a key that stays in a TPM or a token cannot be written for an agent: use --keys-in file, or leave out \
                        --export-pem and remove certificate_public.pem and certificate_private.pem from the folder";
            return Err(Failure::Call(what.into()));
        }
        let pair = self.pair();
        pair.paths().try_for_each(|path| private_file::check_inputs(path, inputs.iter().copied()))?;
        pair.check(true, &[])
    }

    /// Whether they were written for an agent earlier.
    pub(crate) fn is_exported(&self) -> bool {
        self.pair().certificate.exists()
    }

    /// Writes the certificate in use and its key for an agent, as two files in PEM.
    pub(crate) fn export(&self) -> Result<(), Failure> {
        let Some(current) = self.current() else { return Ok(()) };
        let Some(key) = current.key.expose_pkcs8() else {
            return Err(Failure::Call("the certificate's key is elsewhere, and cannot be written to a file".into()));
        };
        let chain = current.chain.certificates().iter().map(|der| Certificate::from_der(der));
        let chain = chain.collect::<Result<Vec<_>, _>>().map_err(CertificateError::from)?;
        let text: String = chain.iter().map(Certificate::to_pem).collect();
        let key = PrivateKey::from_pkcs8(key)?;
        // Chain and key that do not belong together are not written.
        let chain = Chain::new(chain).ok_or(Failure::NotSupported("an empty chain"))?;
        let both = ClientIdentity::new(&chain, key)?;
        self.pair().write(text.as_bytes(), both.key().to_pem().expose().as_bytes(), true)
    }
}
