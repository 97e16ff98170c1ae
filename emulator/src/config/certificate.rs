use super::ConfigError;
use crate::chain::Facts;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde::Deserialize;
use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

/// One certificate: in PEM, or in a file with it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a certificate in PEM, or `{ file = \"...\" }`")]
pub(crate) enum Certificate {
    Pem(String),
    File(InFile),
}

/// A path, relative to the folder of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InFile {
    file: PathBuf,
}

/// The longest file, in bytes.
const LIMIT: u64 = 64 * 1024;

/// A CA that a hub trusts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authority {
    pub(crate) certificate: Certificate,
    /// Whether possession of its key was proved.
    #[serde(default = "yes")]
    pub(crate) verified: bool,
}

const fn yes() -> bool {
    true
}

impl Certificate {
    /// `None` unless the text is exactly one certificate.
    pub(crate) fn der(&self) -> Option<CertificateDer<'static>> {
        let Self::Pem(text) = self else { return None };
        let mut all = CertificateDer::pem_slice_iter(text.as_bytes());
        let first = all.next()?.ok()?;
        all.next().is_none().then_some(first)
    }

    /// Reads it, if it is in a file.
    pub(super) fn load(&mut self, folder: &Path) -> Result<(), ConfigError> {
        let Self::File(InFile { file }) = self else { return Ok(()) };
        let path = folder.join(file);
        let mut text = String::new();
        let read = File::open(&path).and_then(|opened| opened.take(LIMIT).read_to_string(&mut text));
        read.map_err(|error| ConfigError::File { path: path.display().to_string(), error: error.to_string() })?;
        *self = Self::Pem(text);
        Ok(())
    }

    pub(crate) fn facts(&self) -> Option<Facts> {
        Facts::read(&self.der()?).ok()
    }
}

impl From<&str> for Certificate {
    fn from(pem: &str) -> Self {
        Self::Pem(pem.into())
    }
}

impl Authority {
    pub(crate) fn new(pem: &str, verified: bool) -> Self {
        Self { certificate: pem.into(), verified }
    }

    /// Its common name.
    pub(crate) fn name(&self) -> Option<String> {
        self.certificate.facts()?.common_name
    }
}
