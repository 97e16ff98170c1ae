//! TLS configurations for the hub, for whichever client carries them.
//!
//! The server is always verified, by name and by chain; there is no switch that turns that off.

mod azure;

pub use azure::AZURE_ROOTS;

use crate::{credential::ClientCertificate, error::TlsError};
#[cfg(feature = "https")]
use alloc::string::String;
use alloc::{string::ToString as _, sync::Arc, vec::Vec};
use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore,
    client::WantsClientCert,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _},
};

#[cfg(feature = "https")]
use std::io;

/// The longest PEM text of root certificates that is read, in bytes. A whole system's are 250 KB.
pub const ROOTS_LIMIT: usize = 4 * 1024 * 1024;

/// Whom to believe that a server is who it says it is.
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
    Ok(verifying(roots)?.with_no_client_auth())
}

/// The same, for a client that proves itself with a certificate.
///
/// The configuration holds a copy of the private key, in the form of the provider of cryptography, for as long as it
/// lives.
///
/// # Errors
/// Likewise; and when the certificate's key is held elsewhere, does not fit, or is of a kind that TLS cannot use.
pub fn client_config_with(roots: Roots<'_>, certificate: &ClientCertificate) -> Result<ClientConfig, TlsError> {
    proving(verifying(roots)?, certificate)
}

fn verifying(roots: Roots<'_>) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(certificates(roots)?);
    trusting(store)
}

fn trusting(store: impl Into<Arc<RootCertStore>>) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsError::Provider)?;
    Ok(builder.with_root_certificates(store))
}

fn proving(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    certificate: &ClientCertificate,
) -> Result<ClientConfig, TlsError> {
    let (chain, key) = certificate.der().ok_or(TlsError::KeyElsewhere)?;
    let chain = chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    // Wiped by its own type when the provider has read it.
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_vec()));
    let config = builder.with_client_auth_cert(chain, key);
    config.map_err(|error| TlsError::ClientCertificate { reason: error.to_string() })
}

/// A connection after its handshake.
#[cfg(feature = "https")]
pub(crate) type Stream<S> = rustls::StreamOwned<rustls::ClientConnection, S>;

/// Whom the library's own client trusts.
#[cfg(feature = "https")]
#[derive(Clone)]
pub(crate) struct Trust(Arc<RootCertStore>);

#[cfg(feature = "https")]
impl Trust {
    pub(crate) fn of(roots: Roots<'_>) -> Result<Self, TlsError> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(certificates(roots)?);
        Ok(Self(store.into()))
    }

    /// What it connects with: a certificate of its own, or none.
    pub(crate) fn settings(&self, certificate: Option<&ClientCertificate>) -> Result<Settings, TlsError> {
        let builder = trusting(Arc::clone(&self.0))?;
        let config = match certificate {
            Some(certificate) => proving(builder, certificate)?,
            None => builder.with_no_client_auth(),
        };
        Ok(Settings(config.into()))
    }
}

/// What the library's own client connects with.
#[cfg(feature = "https")]
#[derive(Clone)]
pub(crate) struct Settings(Arc<ClientConfig>);

#[cfg(feature = "https")]
impl Settings {
    /// Greets a server and verifies it.
    pub(crate) fn handshake<S: io::Read + io::Write>(&self, host: &str, mut socket: S) -> io::Result<Stream<S>> {
        let name = rustls::pki_types::ServerName::try_from(String::from(host)).map_err(untrusted)?;
        let mut tls = rustls::ClientConnection::new(Arc::clone(&self.0), name).map_err(untrusted)?;
        tls.complete_io(&mut socket)?;
        Ok(Stream::new(tls, socket))
    }
}

/// As a failed handshake comes, too.
#[cfg(feature = "https")]
fn untrusted(error: impl Into<alloc::boxed::Box<dyn core::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Whether it is the server that ended the connection, with its reason.
#[cfg(feature = "https")]
pub(crate) fn is_alert(error: &(dyn core::error::Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(rustls::Error::AlertReceived(_)))
}

/// Never the process's default, which somebody else may have set.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The root certificates in DER; at least one of them can be used.
pub(crate) fn certificates(roots: Roots<'_>) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    match roots {
        Roots::Platform => {
            let loaded = rustls_native_certs::load_native_certs();
            let found = loaded.certs;
            // A system's store holds what no client can use; that is passed over, as its other clients do.
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
