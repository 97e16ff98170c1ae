use super::certificate::Certificate;
use alloc::string::{String, ToString as _};
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;

/// Why the TLS stack of this library would not use the certificate of a client.
pub(super) fn tls_problem(leaf: &Certificate) -> Option<String> {
    EndEntityCert::try_from(&CertificateDer::from(leaf.der())).err().map(|reason| reason.to_string())
}
