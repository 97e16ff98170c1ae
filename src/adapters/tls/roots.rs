use super::AZURE_ROOTS;
use crate::error::TlsError;
use alloc::{string::ToString as _, vec::Vec};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// The longest PEM text of root certificates that is read, in bytes. A whole system's are 250 KB.
pub const ROOTS_LIMIT: usize = 4 * 1024 * 1024;

/// Trust anchors for server verification.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Roots<'a> {
    /// The system's root certificates.
    Platform,
    /// [`AZURE_ROOTS`], which are built in: for devices without a store of certificates.
    Azure,
    /// The certificates in this PEM text of at most [`ROOTS_LIMIT`] bytes, and no others.
    Pem(&'a [u8]),
}

/// The trust anchors, of which at least one can be used.
pub(super) fn store(roots: Roots<'_>) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(certificates(roots)?);
    Ok(store)
}

/// The root certificates in DER, of which at least one can be used.
fn certificates(roots: Roots<'_>) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    match roots {
        Roots::Platform => {
            let loaded = rustls_native_certs::load_native_certs();
            let found = loaded.certs;
            // A system's store contains certificates that no client can use. Its other clients ignore them, too.
            let (usable, _) = RootCertStore::empty().add_parsable_certificates(found.iter().cloned());
            match loaded.errors.first() {
                _ if usable > 0 => Ok(found),
                Some(error) => Err(TlsError::UnreadablePlatformRoots { reason: error.to_string() }),
                None => Err(TlsError::NoPlatformRoots),
            }
        }
        Roots::Azure => Ok(AZURE_ROOTS.into_iter().map(CertificateDer::from).collect()),
        Roots::Pem(text) if text.len() > ROOTS_LIMIT => Err(TlsError::RootsTooLong { limit: ROOTS_LIMIT }),
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
    use crate::adapters::tls::client_config;

    #[test]
    fn a_text_without_certificates_is_refused() {
        assert_eq!(client_config(Roots::Pem(b"")).err(), Some(TlsError::NoCertificate));
        let key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert_eq!(client_config(Roots::Pem(key)).err(), Some(TlsError::NoCertificate));
    }

    #[test]
    fn a_text_of_roots_has_a_limit() {
        let pem = rcgen::generate_simple_self_signed(["h.net".into()]).unwrap().cert.pem();
        let padded = |length: usize| [pem.as_bytes(), &b"\n".repeat(length - pem.len())].concat();
        assert!(client_config(Roots::Pem(&padded(ROOTS_LIMIT))).is_ok());
        let error = client_config(Roots::Pem(&padded(ROOTS_LIMIT + 1))).err();
        assert_eq!(error, Some(TlsError::RootsTooLong { limit: ROOTS_LIMIT }));
    }

    #[test]
    fn every_built_in_root_can_be_used() {
        let (usable, unusable) = RootCertStore::empty().add_parsable_certificates(certificates(Roots::Azure).unwrap());
        assert_eq!((usable, unusable), (AZURE_ROOTS.len(), 0));
    }

    #[test]
    fn a_broken_certificate_is_counted() {
        let pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(client_config(Roots::Pem(pem)).err(), Some(TlsError::Certificate { number: 1 }));
    }
}
