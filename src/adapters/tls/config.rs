use super::{Roots, client_key, roots, verifier::Verifier};
use crate::{credential::ClientCertificate, error::TlsError};
use alloc::sync::Arc;
use rustls::{
    ClientConfig, DEFAULT_VERSIONS, RootCertStore, SupportedProtocolVersion,
    crypto::{CryptoProvider, ring},
    version::TLS12,
};

/// A client without a certificate: TLS 1.2 and 1.3, cryptography by ring, servers verified against `roots`.
///
/// Its clock is the system's. Set `time_provider` for another one.
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
    configured(roots::store(roots)?, None)
}

/// The same, for a client that authenticates with a certificate.
///
/// The configuration contains a copy of a private key that is in memory, in the form of the provider of cryptography, for
/// as long as it lives. A key that signs where it is ([`PrivateKey`](crate::key::PrivateKey)) is used in each handshake; with
/// one that signs with RSASSA-PKCS1-v1_5 only, the configuration is for TLS 1.2, because TLS 1.3 does not allow that scheme.
/// When a server accepts none of the key's schemes the handshake fails, with an error that lists both.
///
/// # Errors
/// Likewise; and when the certificate's key is held elsewhere, does not fit, or is of a kind that TLS cannot use.
pub fn client_config_with(roots: Roots<'_>, certificate: &ClientCertificate) -> Result<ClientConfig, TlsError> {
    configured(roots::store(roots)?, Some(certificate))
}

pub(super) fn configured(
    store: impl Into<Arc<RootCertStore>>,
    certificate: Option<&ClientCertificate>,
) -> Result<ClientConfig, TlsError> {
    let provider = provider();
    let verifier = Verifier::new(store.into(), &provider)?;
    let resolver = certificate.map(|certificate| client_key::resolver(certificate, &provider)).transpose()?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions(certificate))
        .map_err(|_| TlsError::Provider)?
        // It verifies as rustls does, and describes failures better.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    Ok(match resolver {
        Some(resolver) => builder.with_client_cert_resolver(resolver),
        None => builder.with_no_client_auth(),
    })
}

static TLS12_ONLY: &[&SupportedProtocolVersion] = &[&TLS12];

/// TLS 1.2 and 1.3, unless the key has no scheme for the latter.
fn versions(certificate: Option<&ClientCertificate>) -> &'static [&'static SupportedProtocolVersion] {
    if certificate.is_some_and(needs_tls12) { TLS12_ONLY } else { DEFAULT_VERSIONS }
}

/// Whether the certificate's key cannot sign for TLS 1.3.
pub(super) fn needs_tls12(certificate: &ClientCertificate) -> bool {
    certificate.private_key().is_some_and(|key| !key.schemes().iter().any(|scheme| scheme.is_in_tls13()))
}

/// Never the process's default, which another part of the program may have set.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
