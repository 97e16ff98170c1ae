use crate::{
    credential::IssuedChain,
    error::{ProtocolError, ProtocolProblem},
};
use alloc::{string::String, vec::Vec};
use serde_json::value::RawValue;

/// The name of the member with the certificates.
const CHAIN: &str = "registrationState.issuedCertificateChain";

/// What a registration says about a certificate. Whatever it is, the device is assigned, and the credential that it has
/// registered with remains valid; a key has no login at a hub with the profile `mqttV5`, and the certificate has
/// ([`Outcome::requires_certificate`](crate::outcome::Outcome::requires_certificate)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Issuance {
    /// None was requested, and none came.
    #[default]
    NotRequested,
    /// The certificates. The service does not repeat them.
    Issued(IssuedChain),
    /// One was requested, and none came: the enrollment has no policy that issues certificates. A later registration asks
    /// again; that does not help before the enrollment is changed.
    Withheld,
    /// A certificate was issued, and what came of it cannot be read. Another registration requests another one.
    Unreadable(ProtocolError),
}

impl Issuance {
    /// The certificates, if they came.
    #[must_use]
    pub const fn chain(&self) -> Option<&IssuedChain> {
        match self {
            Self::Issued(chain) => Some(chain),
            _ => None,
        }
    }

    /// From the member of an answer. An absent member, a null and an empty list are the same.
    pub(super) fn of(member: Option<&RawValue>, was_requested: bool) -> Self {
        let unreadable = || Self::Unreadable(ProtocolError::new(CHAIN, ProtocolProblem::Unreadable));
        let Ok(texts) = member.map_or(Ok(None), |member| serde_json::from_str::<Option<Vec<String>>>(member.get()))
        else {
            return unreadable();
        };
        match texts.filter(|texts| !texts.is_empty()) {
            Some(texts) => IssuedChain::from_base64(&texts).map_or_else(unreadable, Self::Issued),
            None if was_requested => Self::Withheld,
            None => Self::NotRequested,
        }
    }
}
