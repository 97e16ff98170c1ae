//! Certificates.

use crate::object::{Poison, object};
use defender_auth::certificate::ClientCertificate;

/// A certificate.
pub struct Certificate {
    poison: Poison,
    certificate: ClientCertificate,
}

object!(Certificate, "certificate");

impl Certificate {
    pub(crate) fn client_certificate(&self) -> ClientCertificate {
        self.certificate.clone()
    }
}

impl From<ClientCertificate> for Certificate {
    fn from(certificate: ClientCertificate) -> Self {
        Self { poison: Poison::new(), certificate }
    }
}
