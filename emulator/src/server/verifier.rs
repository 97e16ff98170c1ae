//! The client certificates that TLS accepts: all of them, so that the services can tell what is wrong with one. A fault
//! rejects them by an alert.

use crate::fault::Alert;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use std::sync::Arc;

/// Requests a certificate without requiring one, and only verifies that the client has the key of the one that it presents.
#[derive(Debug)]
pub(super) struct AnyCertificate {
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) verdict: Verdict,
}

/// What happens to a client's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accept,
    /// It is accepted, and required.
    Require,
    /// It is rejected with this alert.
    Reject(Alert),
}

/// The error that TLS answers with this alert.
fn error(alert: Alert) -> CertificateError {
    match alert {
        Alert::BadCertificate => CertificateError::BadEncoding,
        Alert::UnsupportedCertificate => CertificateError::InvalidPurpose,
        Alert::CertificateRevoked => CertificateError::Revoked,
        Alert::CertificateExpired => CertificateError::Expired,
        Alert::UnknownCa => CertificateError::UnknownIssuer,
        Alert::AccessDenied => CertificateError::ApplicationVerificationFailure,
        _ => CertificateError::Other(OtherError(Arc::new(Rejected))),
    }
}

/// A certificate that is rejected without a reason.
#[derive(Debug, thiserror::Error)]
#[error("the certificate is rejected on request")]
struct Rejected;

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        self.verdict == Verdict::Require
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match self.verdict {
            Verdict::Accept | Verdict::Require => Ok(ClientCertVerified::assertion()),
            Verdict::Reject(alert) => Err(Error::InvalidCertificate(error(alert))),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
