//! A certificate, as every document has it.

use crate::terminal::document::Time;
use defender_auth::x509::Certificate;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Described {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    /// The thumbprints, in the form of the portal.
    pub(crate) sha1: String,
    pub(crate) sha256: String,
    pub(crate) not_before: Time,
    pub(crate) not_after: Time,
}

impl From<&Certificate> for Described {
    fn from(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject().into(),
            issuer: certificate.issuer().into(),
            sha1: certificate.sha1().to_string(),
            sha256: certificate.sha256().to_string(),
            not_before: Time(certificate.not_before()),
            not_after: Time(certificate.not_after()),
        }
    }
}
