//! The credential of a security agent, read from the file that its configuration names.

use super::{Finding, access::Access, key_file, subject::Subject};
use crate::{
    credential::{ClientCertificate, Credential},
    error::Error,
    flow::dps::Attestation,
    key::SharedAccessKey,
};
use alloc::vec::Vec;
use std::path::Path;

/// The kind of credential.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Key,
    Certificate,
}

/// The credential.
pub(super) enum Proof {
    Key(SharedAccessKey),
    Certificate(ClientCertificate),
}

impl Proof {
    /// Reads the file.
    pub(super) fn load(
        method: Method,
        path: &Path,
        access: Access<'_>,
        subject: Subject<'_>,
    ) -> Result<(Self, Vec<Finding>), Error> {
        match method {
            Method::Key => key_file(path).map(|(key, findings)| (Self::Key(key), findings)),
            Method::Certificate => {
                let (certificate, mut findings) = certificate(path, access)?;
                findings.extend(findings_for(&certificate, path, subject));
                Ok((Self::Certificate(certificate), findings))
            }
        }
    }
}

#[cfg(feature = "x509")]
use super::certificate_files::{findings_for, of_security_agent as certificate};

#[cfg(not(feature = "x509"))]
fn certificate(path: &Path, _access: Access<'_>) -> Result<(ClientCertificate, Vec<Finding>), Error> {
    use alloc::string::ToString as _;
    let what = "a certificate in an agent's configuration (feature `x509` is off)";
    Err(Error::NotSupported { what }.at(path.display().to_string()))
}

#[cfg(not(feature = "x509"))]
const fn findings_for(_certificate: &ClientCertificate, _path: &Path, _subject: Subject<'_>) -> Vec<Finding> {
    Vec::new()
}

impl From<Proof> for Credential {
    fn from(proof: Proof) -> Self {
        match proof {
            Proof::Key(key) => key.into(),
            Proof::Certificate(certificate) => certificate.into(),
        }
    }
}

impl From<Proof> for Attestation {
    fn from(proof: Proof) -> Self {
        match proof {
            Proof::Key(key) => key.into(),
            Proof::Certificate(certificate) => certificate.into(),
        }
    }
}
