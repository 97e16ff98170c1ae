//! The certificate files of agents.
//!
//! Sources: Microsoft's guide to the micro agent's authentication for the names of its two files;
//! `Azure/Azure-IoT-Security-Agent-C:src/agent/src/authentication_manager.c` for one file with both.

use super::{
    Finding, Observation, Passphrase,
    access::{self, Access},
    subject::Subject,
    text_file,
};
#[cfg(feature = "private-key")]
use crate::adapters::private_key::{Location, Opener};
use crate::{
    adapters::x509::{Chain, ClientIdentity, PrivateKey, Purpose, SIZE_LIMIT, Severity, check_names},
    base::secret::SecretBytes,
    credential::ClientCertificate,
    error::{CertificateError, CertificateProblem, Error},
    identity::DeviceId,
};
use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};
use std::path::Path;

/// The micro agent's certificate, then its intermediates.
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

/// A certificate and its key in a PEM file each, and the passphrase of a key that is encrypted. With the features `private-key`
/// and `tpm`, the key may be one of the default TPM (`TSS2 PRIVATE KEY`).
///
/// # Errors
/// Names the file and the cure, also for a certificate that the TLS stack of this library cannot use.
pub fn certificate_files(
    certificate: impl AsRef<Path>,
    key: impl AsRef<Path>,
    passphrase: Option<&Passphrase>,
) -> Result<(ClientCertificate, Vec<Finding>), Error> {
    pair(certificate.as_ref(), key.as_ref(), access::by(passphrase))
}

/// A certificate in a PEM file, and its key wherever it is.
///
/// # Errors
/// Names the file or the key and the cure, also for a certificate that the TLS stack of this library cannot use.
#[cfg(feature = "private-key")]
pub fn certificate_with_key(
    certificate: impl AsRef<Path>,
    key: &Location,
    opener: &Opener<'_>,
) -> Result<(ClientCertificate, Vec<Finding>), Error> {
    let certificate = certificate.as_ref();
    if let Location::File(key) = key {
        return pair(certificate, key, *opener);
    }
    let chain = chain_file(certificate)?;
    let joined = opener.open(key)?.certificate(&chain);
    Ok((joined.map_err(|error| of_pair(error.into(), certificate, &key.to_string()))?, Vec::new()))
}

fn pair(certificate: &Path, key: &Path, access: Access<'_>) -> Result<(ClientCertificate, Vec<Finding>), Error> {
    let chain = chain_file(certificate)?;
    let file = Material::open(key)?;
    let joined = access.certificate(&chain, &file.bytes);
    let joined = joined.map_err(|error| of_pair(error, certificate, &file.place))?;
    Ok((joined.clone(), file.findings_for(&joined)))
}

/// An error of the key, unless it is the certificate that TLS cannot use.
fn of_pair(error: Error, certificate: &Path, key: &str) -> Error {
    match &error {
        Error::Certificate(CertificateError { problem: CertificateProblem::UnusableByTls { .. }, .. }) => {
            error.at(certificate.display().to_string())
        }
        _ => error.at(key),
    }
}

/// The micro agent's certificate in this folder. `None` when neither of its files is there: it is held elsewhere.
pub(super) fn of_micro_agent(
    folder: &Path,
    device: &DeviceId,
    access: Access<'_>,
) -> Result<Option<(ClientCertificate, Vec<Finding>)>, Error> {
    let (certificate, key) = (folder.join(CERTIFICATE), folder.join(PRIVATE_KEY));
    if !certificate.exists() && !key.exists() {
        return Ok(None);
    }
    let (loaded, mut findings) = pair(&certificate, &key, access)?;
    findings.extend(findings_for(&loaded, &certificate, Subject::Device(device)));
    Ok(Some((loaded, findings)))
}

/// The certificate and key of a security agent.
pub(super) fn of_security_agent(path: &Path, access: Access<'_>) -> Result<(ClientCertificate, Vec<Finding>), Error> {
    let file = Material::open(path)?;
    let certificate = file.certificate(is_pkcs12(path), access).map_err(|error| error.at(file.place.as_str()))?;
    Ok((certificate.clone(), file.findings_for(&certificate)))
}

/// Warnings about the names in a certificate, before anything is sent: they are compared with the ID that it is for.
/// `place` is the file, as the findings name it. Nothing is found in a certificate that is held elsewhere.
#[must_use]
pub fn name_findings(certificate: &ClientCertificate, place: &str, purpose: Purpose<'_>) -> Vec<Finding> {
    let Some(chain) = Chain::of(certificate) else { return Vec::new() };
    let found = check_names(&chain, purpose);
    let warnings = found.iter().filter(|finding| finding.severity() >= Severity::Warning);
    warnings.map(|finding| Finding::new(place, Observation::Certificate(finding.to_string()))).collect()
}

/// The same for what an agent's configuration says.
pub(super) fn findings_for(certificate: &ClientCertificate, path: &Path, subject: Subject<'_>) -> Vec<Finding> {
    let purpose = match subject {
        Subject::Device(id) => Purpose::Hub(id),
        Subject::Registration(id) => Purpose::Provisioning(id),
    };
    name_findings(certificate, &path.display().to_string(), purpose)
}

/// Whether a file name has an extension of PKCS#12: `.pfx` or `.p12`.
#[must_use]
pub fn is_pkcs12(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["pfx", "p12"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// A certificate and its key in one file, as the C agent has them: PEM, or PKCS#12 by its extension. The passphrase is
/// that of an encrypted key, or of the PKCS#12 file.
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
    let read = if is_pkcs12(path) { ClientIdentity::from_pkcs12 } else { ClientIdentity::from_pem };
    let both = read(bytes, passphrase);
    Ok((both.map_err(|error| file.wrong(error))?, file.findings))
}

/// A file: its name, its content, and whether others may read it.
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

    /// The certificate and the key in it.
    fn certificate(&self, is_pkcs12: bool, access: Access<'_>) -> Result<ClientCertificate, Error> {
        if !is_pkcs12 {
            return access.certificate(&Chain::from_pem(self.bytes.expose())?, &self.bytes);
        }
        let both = ClientIdentity::from_pkcs12(self.bytes.expose(), access.passphrase())?;
        both.check_tls()?;
        Ok(both.into_client_certificate())
    }

    /// A key of a TPM is of no use to those who read its file.
    fn findings_for(self, certificate: &ClientCertificate) -> Vec<Finding> {
        if certificate.der().is_some() { self.findings } else { Vec::new() }
    }

    fn wrong(&self, error: CertificateError) -> Error {
        Error::from(error).at(self.place.as_str())
    }
}
