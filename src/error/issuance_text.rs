//! What to do when a hub does not issue a certificate.

use super::{issuance::IssuanceDetails, service::ServiceError};
use core::fmt;

impl ServiceError {
    /// Whether a certificate authority has refused the request for a certificate, which is no fault of its transport.
    #[must_use]
    pub fn is_of_authority(&self) -> bool {
        let says =
            |details: &IssuanceDetails| details.credential_error.is_some() || details.credential_message.is_some();
        // Peers give both numbers for it.
        self.status == 400 && (matches!(self.code, Some(400_037 | 400_040)) || self.issuance.as_ref().is_some_and(says))
    }
}

/// What to do when a hub rejects the request for a certificate.
pub(super) fn advice(error: &ServiceError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let details = error.issuance.clone().unwrap_or_default();
    match (error.status, error.code) {
        (400, _) if error.is_of_authority() => write!(
            f,
            "the certificate authority refuses the request, whose key is {}; use the kind of key that the policy of the \
             enrollment allows (P-384, unless it says otherwise)",
            match details.key_kind {
                "another kind" => "neither P-384, P-256 nor RSA",
                kind => kind,
            }
        ),
        (400, _) => f.write_str(
            "the hub does not take the request in this form: the device ID must be that of the connection, the certificate \
             signing request base64 of its DER; if they are, report it with the tracking ID as a defect of this library",
        ),
        (401 | 403, _) => f.write_str("the hub does not let this device renew certificates; check its policy"),
        (409, _) => {
            f.write_str("another operation for a certificate of this device is active")?;
            if let Some(id) = &details.request_id {
                write!(f, " (request {id})")?;
            }
            match details.operation_expires {
                Some(time) => write!(f, "; try again after it has ended, at {time} at the latest"),
                None => f.write_str("; try again after it has ended"),
            }
        }
        (412, _) => f.write_str("there is no operation to replace; send the request again, without `replace`"),
        (404, _) => f.write_str("the hub does not offer the renewal of certificates; register again with a new request"),
        (_, None) if error.message.is_none() => {
            f.write_str("it gives no reason; check that the hub itself has answered, not a proxy or firewall on the way")
        }
        _ => f.write_str("its code and message give the reason"),
    }
}
