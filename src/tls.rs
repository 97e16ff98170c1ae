//! TLS configurations for the hub, for whichever client carries them.
//!
//! The server is always verified, by name and by chain; there is no switch that turns that off.

use crate::error::TlsError;
use alloc::{sync::Arc, vec::Vec};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// Whom to believe that a server is who it says it is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Roots<'a> {
    /// The system's root certificates.
    Platform,
    /// The certificates in this PEM text, and no others.
    Pem(&'a [u8]),
}

/// A client without a certificate: TLS 1.2 and 1.3, cryptography by ring, servers verified against `roots`.
///
/// ```no_run
/// use defender_auth::tls::{Roots, client_config};
///
/// let config = client_config(Roots::Platform)?;
/// # Ok::<_, defender_auth::error::TlsError>(())
/// ```
///
/// # Errors
/// When there are no roots, or one of a PEM text cannot be read.
pub fn client_config(roots: Roots<'_>) -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsError::Provider)?;
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(certificates(roots)?);
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}

/// Never the process's default, which somebody else may have set.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The root certificates in DER; at least one of them can be used.
pub(crate) fn certificates(roots: Roots<'_>) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    match roots {
        Roots::Platform => {
            let found = rustls_native_certs::load_native_certs().certs;
            // A system's store holds what no client can use; that is passed over, as its other clients do.
            let (usable, _) = RootCertStore::empty().add_parsable_certificates(found.iter().cloned());
            if usable == 0 { Err(TlsError::NoPlatformRoots) } else { Ok(found) }
        }
        Roots::Pem(text) => {
            let mut found = Vec::new();
            for (certificate, number) in CertificateDer::pem_slice_iter(text).zip(1..) {
                let unusable = TlsError::Certificate { number };
                let certificate = certificate.map_err(|_| unusable.clone())?;
                RootCertStore::empty().add(certificate.clone()).map_err(|_| unusable)?;
                found.push(certificate);
            }
            if found.is_empty() { Err(TlsError::NoCertificate) } else { Ok(found) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_certificates_is_refused() {
        assert_eq!(client_config(Roots::Pem(b"")).err(), Some(TlsError::NoCertificate));
        let key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert_eq!(client_config(Roots::Pem(key)).err(), Some(TlsError::NoCertificate));
    }

    #[test]
    fn a_broken_certificate_is_counted() {
        let pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(client_config(Roots::Pem(pem)).err(), Some(TlsError::Certificate { number: 1 }));
    }
}
