//! The files with which agents show a certificate.
//!
//! Sources: Microsoft's guide to the micro agent's authentication for the names of its two files;
//! `Azure/Azure-IoT-Security-Agent-C:src/agent/src/authentication_manager.c` for one file with both.

use super::{Finding, text_file};
use crate::{
    certificate::ClientCertificate,
    error::{CertificateError, Error},
    secret::SecretBytes,
    x509::{Chain, ClientIdentity, PrivateKey, SIZE_LIMIT},
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

/// A certificate and its key in a PEM file each.
///
/// # Errors
/// Names the file and the cure.
pub fn certificate_files(
    certificate: impl AsRef<Path>,
    key: impl AsRef<Path>,
) -> Result<(ClientCertificate, Vec<Finding>), Error> {
    let (public, private) = (Material::open(certificate.as_ref())?, Material::open(key.as_ref())?);
    let chain = Chain::from_pem(public.bytes.expose()).map_err(|error| public.wrong(error))?;
    let key = PrivateKey::from_pem(private.bytes.expose(), None).map_err(|error| private.wrong(error))?;
    let both = ClientIdentity::new(&chain, key).map_err(|error| private.wrong(error))?;
    Ok((both.into_client_certificate(), private.findings))
}

/// The micro agent's certificate in this folder. `None` when neither of its files is there: somebody else holds it.
pub(super) fn of_micro_agent(folder: &Path) -> Result<Option<(ClientCertificate, Vec<Finding>)>, Error> {
    let (certificate, key) = (folder.join(CERTIFICATE), folder.join(PRIVATE_KEY));
    if !certificate.exists() && !key.exists() {
        return Ok(None);
    }
    certificate_files(certificate, key).map(Some)
}

/// The certificate and key of a security agent: PEM, or PKCS#12 without a password.
pub(super) fn of_security_agent(path: &Path) -> Result<(ClientCertificate, Vec<Finding>), Error> {
    let file = Material::open(path)?;
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let is_pkcs12 = ["pfx", "p12"].iter().any(|known| extension.eq_ignore_ascii_case(known));
    let bytes = file.bytes.expose();
    let both = if is_pkcs12 { ClientIdentity::from_pkcs12(bytes) } else { ClientIdentity::from_pem(bytes, None) };
    let both = both.map_err(|error| file.wrong(error))?;
    Ok((both.into_client_certificate(), file.findings))
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
