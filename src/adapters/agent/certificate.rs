//! The files with which agents show a certificate.
//!
//! Sources: Microsoft's guide to the micro agent's authentication for the names of its two files;
//! `Azure/Azure-IoT-Security-Agent-C:src/agent/src/authentication_manager.c` for one file with both.

use super::{Finding, Passphrase, text_file};
use crate::{
    adapters::x509::{Chain, ClientIdentity, PrivateKey, SIZE_LIMIT},
    base::secret::SecretBytes,
    credential::ClientCertificate,
    error::{CertificateError, Error},
};
use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};
use std::path::Path;

/// The micro agent's certificate, with those that stand behind it.
pub const CERTIFICATE: &str = "certificate_public.pem";
/// Its private key.
pub const PRIVATE_KEY: &str = "certificate_private.pem";

/// The certificates of a PEM file, in order.
///
/// # Errors
/// Names the file, the block and the cure.
pub fn chain_file(path: impl AsRef<Path>) -> Result<Chain, Error> {
    let file = Material::open(path.as_ref())?;
    Chain::from_pem(file.bytes.expose()).map_err(|error| file.wrong(error))
}

/// The private key of a PEM file, and whether others may read it.
///
/// # Errors
/// Names the file, the block and the cure.
pub fn private_key_file(
    path: impl AsRef<Path>,
    passphrase: Option<&Passphrase>,
) -> Result<(PrivateKey, Vec<Finding>), Error> {
    let file = Material::open(path.as_ref())?;
    let key = PrivateKey::from_pem(file.bytes.expose(), passphrase.map(Passphrase::expose));
    Ok((key.map_err(|error| file.wrong(error))?, file.findings))
}

/// A certificate and its key in a PEM file each, and the passphrase of a key that is encrypted.
///
/// # Errors
/// Names the file and the cure.
pub fn certificate_files(
    certificate: impl AsRef<Path>,
    key: impl AsRef<Path>,
    passphrase: Option<&Passphrase>,
) -> Result<(ClientCertificate, Vec<Finding>), Error> {
    let chain = chain_file(certificate)?;
    let (private, findings) = private_key_file(key.as_ref(), passphrase)?;
    let both = ClientIdentity::new(&chain, private);
    let both = both.map_err(|error| Error::from(error).at(key.as_ref().display().to_string()))?;
    Ok((both.into_client_certificate(), findings))
}

/// The micro agent's certificate in this folder. `None` when neither of its files is there: somebody else holds it.
pub(super) fn of_micro_agent(
    folder: &Path,
    passphrase: Option<&Passphrase>,
) -> Result<Option<(ClientCertificate, Vec<Finding>)>, Error> {
    let (certificate, key) = (folder.join(CERTIFICATE), folder.join(PRIVATE_KEY));
    if !certificate.exists() && !key.exists() {
        return Ok(None);
    }
    certificate_files(certificate, key, passphrase).map(Some)
}

/// The certificate and key of a security agent.
pub(super) fn of_security_agent(
    path: &Path,
    passphrase: Option<&Passphrase>,
) -> Result<(ClientCertificate, Vec<Finding>), Error> {
    identity_file(path, passphrase).map(|(both, findings)| (both.into_client_certificate(), findings))
}

/// Whether a name says PKCS#12: `.pfx` or `.p12`.
#[must_use]
pub fn is_pkcs12(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["pfx", "p12"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// A certificate and its key in one file, as the C agent has them: PEM, or by its name PKCS#12 without a password.
///
/// # Errors
/// Names the file and the cure.
pub fn identity_file(
    path: impl AsRef<Path>,
    passphrase: Option<&Passphrase>,
) -> Result<(ClientIdentity, Vec<Finding>), Error> {
    let path = path.as_ref();
    let file = Material::open(path)?;
    let (bytes, passphrase) = (file.bytes.expose(), passphrase.map(Passphrase::expose));
    let both =
        if is_pkcs12(path) { ClientIdentity::from_pkcs12(bytes) } else { ClientIdentity::from_pem(bytes, passphrase) };
    Ok((both.map_err(|error| file.wrong(error))?, file.findings))
}

/// A file, what is in it, and who may read it.
struct Material {
    place: String,
    bytes: SecretBytes,
    findings: Vec<Finding>,
}

impl Material {
    fn open(path: &Path) -> Result<Self, Error> {
        let (bytes, finding) = text_file::bytes(path, SIZE_LIMIT)?;
        Ok(Self { place: path.display().to_string(), bytes, findings: finding.into_iter().collect() })
    }

    fn wrong(&self, error: CertificateError) -> Error {
        Error::from(error).at(self.place.as_str())
    }
}
