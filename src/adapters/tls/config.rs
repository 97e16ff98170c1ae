use super::{Roots, roots, verifier::Verifier};
use crate::{credential::ClientCertificate, error::TlsError};
use alloc::{string::ToString as _, sync::Arc};
use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore,
    client::WantsClientCert,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
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
    Ok(trusting(roots::store(roots)?)?.with_no_client_auth())
}

/// The same, for a client that authenticates with a certificate.
///
/// The configuration contains a copy of the private key, in the form of the provider of cryptography, for as long as it
/// lives.
///
/// # Errors
/// Likewise; and when the certificate's key is held elsewhere, does not fit, or is of a kind that TLS cannot use.
pub fn client_config_with(roots: Roots<'_>, certificate: &ClientCertificate) -> Result<ClientConfig, TlsError> {
    authenticating(trusting(roots::store(roots)?)?, certificate)
}

pub(super) fn trusting(
    store: impl Into<Arc<RootCertStore>>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let provider = provider();
    let verifier = Verifier::new(store.into(), &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsError::Provider)?;
    // It verifies as rustls does, and describes failures better.
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)))
}

pub(super) fn authenticating(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    certificate: &ClientCertificate,
) -> Result<ClientConfig, TlsError> {
    let (chain, key) = certificate.der().ok_or(TlsError::KeyElsewhere)?;
    let chain = chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    // Zeroized by its own type when the provider has read it.
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_vec()));
    let config = builder.with_client_auth_cert(chain, key);
    config.map_err(|error| TlsError::ClientCertificate { reason: error.to_string() })
}

/// Never the process's default, which another part of the program may have set.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
