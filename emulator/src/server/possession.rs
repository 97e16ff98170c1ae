//! Proof of possession: the owner of a CA's key signs a certificate for a verification code.

use super::listener::Emulator;
use crate::{
    base::random_hex,
    chain::Facts,
    config::{Authority, Certificate},
    journal::Refusal,
};
use rustls::pki_types::CertificateDer;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

/// Why a verification certificate does not prove possession of a CA's key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PossessionError {
    /// No hub has such a CA.
    #[error("no hub has a CA with the common name {0:?}")]
    Unknown(String),
    /// There is no verification code, or it was used.
    #[error("there is no verification code for {0:?}; generate one first")]
    NoCode(String),
    /// The certificate cannot be read.
    #[error("the verification certificate is not exactly one certificate in PEM")]
    Unreadable,
    /// The certificate was signed with another key.
    #[error("the verification certificate is not signed with the key of {0:?}")]
    NotSigned(String),
    /// The certificate is for another code, has expired or is not yet valid, or its issuer is not permitted to issue it.
    #[error("the verification certificate is rejected: {0}")]
    Refused(#[source] Refusal),
}

impl Emulator {
    /// The verification code for a CA, by its common name. A certificate with the code as common name, signed with the CA's
    /// key, proves possession of the key. The code is the same until it was used.
    #[must_use]
    pub fn verification_code(&self, authority: &str) -> String {
        let mut state = self.shared.state();
        let new = || [random_hex(), random_hex()].concat().to_uppercase().chars().take(48).collect();
        state.codes.entry(authority.into()).or_insert_with(new).clone()
    }

    /// Verifies a CA with the verification certificate in PEM. From then on its hubs trust it.
    ///
    /// # Errors
    /// When there is no such CA, or the certificate is for another code, has expired or is not yet valid, or was signed with
    /// another key, or the CA's certificate has a `keyUsage` without `keyCertSign`.
    pub fn verify_possession(&self, authority: &str, pem: &str) -> Result<(), PossessionError> {
        let now = self.shared.clock.now().seconds();
        let mut state = self.shared.state();
        let code = state.codes.get(authority).cloned();
        let is_named = |known: &Authority| known.name().as_deref() == Some(authority);
        let known = state.hubs.iter_mut().flat_map(|hub| &mut hub.authorities).filter(|known| is_named(known));
        let mut known: Vec<&mut Authority> = known.collect();
        if known.is_empty() {
            return Err(PossessionError::Unknown(authority.into()));
        }
        let code = code.ok_or_else(|| PossessionError::NoCode(authority.into()))?;
        let proof = Certificate::from(pem).der().ok_or(PossessionError::Unreadable)?;
        let facts = Facts::read(&proof).map_err(|_| PossessionError::Unreadable)?;
        facts.check_common_name(&code, |name, code| name == code).map_err(PossessionError::Refused)?;
        facts.check_dates(now).map_err(PossessionError::Refused)?;
        // Several CAs may have one name.
        known.retain(|known| known.certificate.der().is_some_and(|der| is_signed(&proof, &der)));
        if known.is_empty() {
            return Err(PossessionError::NotSigned(authority.into()));
        }
        let mut issuers = known.iter().filter_map(|known| known.certificate.facts());
        if let Some(issuer) = issuers.find(|issuer| !issuer.may_sign_certificates) {
            let fault = "its keyUsage does not include keyCertSign";
            return Err(PossessionError::Refused(Refusal::Issuer { subject: issuer.subject, fault }));
        }
        for known in known {
            known.verified = true;
        }
        state.codes.remove(authority);
        Ok(())
    }
}

fn is_signed(certificate: &CertificateDer<'_>, authority: &CertificateDer<'_>) -> bool {
    let (Ok((_, certificate)), Ok((_, authority))) =
        (X509Certificate::from_der(certificate), X509Certificate::from_der(authority))
    else {
        return false;
    };
    let is_named = certificate.issuer().as_raw() == authority.subject().as_raw();
    is_named && certificate.verify_signature(Some(authority.public_key())).is_ok()
}
