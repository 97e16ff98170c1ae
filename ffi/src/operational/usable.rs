//! What a session takes of the certificates that a device keeps.

use alloc::string::String;
#[cfg(feature = "session")]
use defender_auth::session::OperationalCertificate;
use defender_auth::{
    UnixTime,
    credential::{CertificateRequest, ClientCertificate},
    http::OperationId,
    renewal::RequestId,
};

/// A pending request, with its ID and the operation of the registration that it was sent by.
pub(crate) type Unanswered<'a> = (&'a CertificateRequest, &'a RequestId, Option<&'a OperationId>);

/// A certificate that a session connects with.
#[cfg_attr(not(feature = "session"), expect(dead_code, reason = "only a session reads it"))]
pub(crate) struct Usable {
    pub(crate) certificate: ClientCertificate,
    pub(crate) common_name: Option<String>,
    /// Its first and its last second.
    pub(crate) validity: (UnixTime, UnixTime),
}

#[cfg(feature = "session")]
impl Usable {
    pub(crate) fn operational(self) -> OperationalCertificate {
        let (first, last) = self.validity;
        OperationalCertificate::new(self.certificate, first, last)
    }
}
