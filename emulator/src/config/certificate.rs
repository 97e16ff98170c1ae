use crate::chain::Facts;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde::Deserialize;

/// One certificate, in PEM.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Certificate(String);

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
