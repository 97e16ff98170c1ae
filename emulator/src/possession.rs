//! Proof of possession: who has an authority's key signs a certificate for a code.

use crate::{
    Emulator, Refusal,
    chain::Facts,
    config::{Authority, Certificate},
    guid::random_hex,
};
use rustls::pki_types::CertificateDer;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

/// Why a verification certificate does not prove that somebody has the key of an authority.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PossessionError {
    /// No hub has such an authority.
    #[error("no hub has an authority of the name {0:?}")]
    Unknown(String),
    /// No code was handed out, or it was used.
    #[error("there is no verification code for {0:?}; ask for one first")]
    NoCode(String),
    /// It cannot be read.
    #[error("the verification certificate is not one certificate in PEM")]
    Unreadable,
    /// Somebody else signed it.
    #[error("the verification certificate is not signed with the key of {0:?}")]
    NotSigned(String),
    /// It is for another code, or not in force.
    #[error("the verification certificate does not hold: {0}")]
    Refused(Refusal),
}

impl Emulator {
    /// The code that proves to have the key of an authority, which is given by its common name: in a certificate with the
    /// code as common name, signed with that key. It is the same until it was used.
    #[must_use]
    pub fn verification_code(&self, authority: &str) -> String {
        let mut state = self.shared.state();
        let new = || [random_hex(), random_hex()].concat().to_uppercase().chars().take(48).collect();
        state.codes.entry(authority.into()).or_insert_with(new).clone()
    }

    /// Takes the proof that somebody has the key of an authority: from now on every hub that knows it takes its
    /// certificates.
    ///
    /// # Errors
    /// When there is no such authority, or the certificate, in PEM, is for another code, not in force, or not signed with
    /// that key.
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
        // There may be several of one name.
        known.retain(|known| known.certificate.der().is_some_and(|der| is_signed(&proof, &der)));
        if known.is_empty() {
            return Err(PossessionError::NotSigned(authority.into()));
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
