use crate::chain::Facts;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde::Deserialize;

/// One certificate, as PEM.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Certificate(String);

/// An authority whose certificates a hub takes.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authority {
    pub(crate) certificate: Certificate,
    /// Whether somebody has proved to have its key.
    #[serde(default = "yes")]
    pub(crate) verified: bool,
}

const fn yes() -> bool {
    true
}

impl Certificate {
    /// `None` unless it is one certificate.
    pub(crate) fn der(&self) -> Option<CertificateDer<'static>> {
        let mut all = CertificateDer::pem_slice_iter(self.0.as_bytes());
        let first = all.next()?.ok()?;
        all.next().is_none().then_some(first)
    }

    pub(crate) fn facts(&self) -> Option<Facts> {
        Facts::read(&self.der()?).ok()
    }
}

impl From<&str> for Certificate {
    fn from(pem: &str) -> Self {
        Self(pem.into())
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
