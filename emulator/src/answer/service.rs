//! The errors of each service in its own format.

use super::Answer;
use crate::{
    base::{Moment, guid},
    fault::Fault,
    journal::Refusal,
};
use serde_json::json;

/// The service that answers.
#[derive(Clone, Copy)]
pub(crate) enum Service {
    Dps,
    Hub,
}

impl Service {
    /// The answer to a request that is refused.
    pub(crate) fn refuse(self, reason: &Refusal, now: Moment) -> Answer {
        match self {
            Self::Dps => {
                let (code, message) = provisioning_error(reason);
                dps(code, message, now)
            }
            Self::Hub => {
                let (status, name) = match reason {
                    Refusal::ApiVersion => (400, "InvalidProtocolVersion"),
                    Refusal::ModuleBody
                    | Refusal::IdentityBody
                    | Refusal::MessageBatch
                    | Refusal::MethodName
                    | Refusal::Patch
                    | Refusal::PropertyName { .. }
                    | Refusal::PropertyValue { .. } => (400, "ArgumentInvalid"),
                    Refusal::NotConnected => (404, "DeviceNotOnline"),
                    Refusal::NoAnswer => (504, "GatewayTimeout"),
                    Refusal::TooMany => (429, "ThrottlingException"),
                    Refusal::ModuleExists => (409, "ModuleAlreadyExistsOnDevice"),
                    Refusal::DeviceExists => (409, "DeviceAlreadyExists"),
                    Refusal::Precondition => (412, "PreconditionFailed"),
                    Refusal::NoRandomness => (500, "ServerError"),
                    Refusal::UnknownHub => (404, "IotHubNotFound"),
                    Refusal::UnknownDevice => (404, "DeviceNotFound"),
                    Refusal::UnknownModule => (404, "ModuleNotFound"),
                    _ => (401, "IotHubUnauthorizedAccess"),
                };
                hub(status, name, now)
            }
        }
    }

    /// The answer of a fault that replaces the whole answer, if it is one.
    pub(crate) fn instead(self, fault: &Fault, now: Moment) -> Option<Answer> {
        match fault {
            Fault::Status(status) => Some(self.fail(*status, now)),
            Fault::StatusRetryAfter(status, value) => {
                Some(Answer { retry_after: Some(value.clone()), ..self.fail(*status, now) })
            }
            Fault::Redirect(location) => Some(Answer { location: Some(location.clone()), ..self.fail(302, now) }),
            _ => None,
        }
    }

    /// An error that is not the client's.
    pub(crate) fn fail(self, status: u16, now: Moment) -> Answer {
        match self {
            Self::Dps => Answer { status, ..dps(u32::from(status) * 1000 + 1, phrase(status), now) },
            Self::Hub => hub(status, if status < 500 { "InvalidOperation" } else { "ServerError" }, now),
        }
    }
}

/// The error code, whose first three digits are the status, and the message.
const fn provisioning_error(reason: &Refusal) -> (u32, &'static str) {
    match reason {
        Refusal::ApiVersion | Refusal::Body | Refusal::TpmKey { .. } | Refusal::SigningRequest { .. } => {
            (400_207, "Bad request")
        }
        Refusal::IdentityBody => (400_004, "Invalid enrollment"),
        Refusal::Precondition => (412_001, "Precondition failed"),
        Refusal::UnknownRegistration => (404_204, "Registration not found"),
        Refusal::RegistrationId => (400_004, "Invalid RegistrationId"),
        Refusal::UnknownDps => (404_001, "Not found"),
        Refusal::UnknownEnrollment => (404_201, "Enrollment not found"),
        Refusal::UnknownOperation => (404_202, "Operation not found"),
        Refusal::NoRandomness => (500_001, "Internal server error"),
        Refusal::TooMany => (429_001, "Too many requests"),
        Refusal::Thumbprint { .. }
        | Refusal::CommonName { .. }
        | Refusal::UnknownAuthority { .. }
        | Refusal::CertificateExpired { .. }
        | Refusal::CertificateNotYetValid { .. }
        | Refusal::AuthorityAsLeaf
        | Refusal::Usage
        | Refusal::Issuer { .. }
        | Refusal::Chain { .. } => (401_002, "Invalid certificate."),
        _ => (401_002, "Unauthorized"),
    }
}

fn dps(code: u32, message: &str, now: Moment) -> Answer {
    let status = u16::try_from(code / 1000).unwrap_or(500);
    let body = json!({ "errorCode": code, "trackingId": guid(), "message": message, "timestampUtc": now.iso() });
    Answer::new(status, &body, message)
}

fn hub(status: u16, name: &str, now: Moment) -> Answer {
    let message = format!("ErrorCode:{name};{}", phrase(status));
    let tracking = format!("Tracking ID:{}-TimeStamp:{}", guid(), now.iso());
    Answer::new(status, &json!({ "Message": message, "ExceptionMessage": tracking }), name)
}

/// The reason phrase of a status.
pub(crate) const fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        204 => "No Content",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Other",
    }
}
