//! The messages of a renewal, in and out.

use super::request_id::RequestId;
use crate::{
    base::{encode, time::UnixTime},
    credential::{CertificateRequest, IssuedChain},
    error::{IssuanceDetails, ProtocolError, ProtocolProblem, Refusal, ServiceError, ServiceOperation},
    flow::refusal::printable,
    identity::DeviceId,
};
use alloc::{
    format,
    string::{String, ToString as _},
    vec::Vec,
};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The subscription for the answers.
pub(super) const ANSWERS: &str = "$iothub/credentials/res/#";

/// The topic of a request.
pub(super) fn topic(rid: &RequestId) -> String {
    format!("$iothub/credentials/POST/issueCertificate/?$rid={rid}")
}

/// The body of a request. `replace` is the ID of the request that is to be replaced, or `*` for any.
pub(super) fn body(device: &DeviceId, request: &CertificateRequest, replace: Option<&str>) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        id: &'a str,
        csr: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        replace: Option<&'a str>,
    }
    // Texts always serialise.
    serde_json::to_string(&Body { id: device.as_str(), csr: request.to_base64(), replace }).unwrap_or_default()
}

/// The status of an answer to the request of this ID. `None` for any other topic. Its parameters come in any order.
pub(super) fn status(topic: &str, rid: &RequestId) -> Option<u16> {
    let (status, query) = topic.strip_prefix("$iothub/credentials/res/")?.split_once("/?")?;
    let status = encode::number(status).filter(|status| (100..600).contains(status))?;
    query.split('&').any(|pair| pair.strip_prefix("$rid=") == Some(rid.as_str())).then_some(status)
}

/// That a hub has accepted a request, and an authority has yet to issue the certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// The hub's ID of the operation; quote it in support requests. Printable, at most 256 characters.
    pub correlation_id: Option<String>,
    /// When the hub gives the operation up, about half a day later. It is no time to wait for.
    pub operation_expires: Option<UnixTime>,
}

impl Accepted {
    /// Of a message that may say nothing: that the request was accepted is in its topic.
    pub(super) fn read(json: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(json).unwrap_or_default();
        Self { correlation_id: text(&body, "correlationId"), operation_expires: time(&body, "operationExpires") }
    }
}

/// The certificates of an answer.
pub(super) fn chain(json: &[u8]) -> Result<IssuedChain, ProtocolError> {
    #[derive(Deserialize)]
    struct Body {
        certificates: Option<Vec<String>>,
    }
    let wrong = |problem| ProtocolError::new("certificates", problem);
    let body: Body = serde_json::from_slice(json).map_err(|_| wrong(ProtocolProblem::Unreadable))?;
    let texts = body.certificates.filter(|texts| !texts.is_empty()).ok_or(wrong(ProtocolProblem::Missing))?;
    IssuedChain::from_base64(&texts).ok_or(wrong(ProtocolProblem::Unreadable))
}

/// A hub's rejection, with what it says about it.
pub(super) fn rejection(status: u16, json: &[u8], key_kind: &'static str) -> ServiceError {
    let read = serde_json::from_slice(json);
    let is_unrecognized = !json.trim_ascii().is_empty() && !matches!(read, Ok(Value::Object(_)));
    let body: Value = read.unwrap_or_default();
    let nothing = Value::Null;
    let info = body.get("info").unwrap_or(&nothing);
    let details = IssuanceDetails {
        correlation_id: text(info, "correlationId"),
        request_id: text(info, "requestId"),
        operation_expires: time(info, "operationExpires"),
        credential_error: text(info, "credentialError"),
        credential_message: text(info, "credentialMessage"),
        key_kind,
    };
    ServiceError {
        code: body.get("errorCode").and_then(Value::as_u64).and_then(|code| u32::try_from(code).ok()),
        tracking_id: text(&body, "trackingId"),
        message: text(&body, "message"),
        retry_after: body.get("retryAfter").and_then(Value::as_f64).and_then(seconds),
        date: time(&body, "timestampUtc"),
        issuance: Some(details),
        is_unrecognized,
        ..ServiceError::new(ServiceOperation::CertificateRenewal, Refusal::Status, status)
    }
}

/// A whole number of seconds, rounded up, and at least one.
fn seconds(number: f64) -> Option<Duration> {
    let whole = Duration::try_from_secs_f64(number).ok()?;
    let rest = u64::from(whole.subsec_nanos() > 0);
    Some(Duration::from_secs(whole.as_secs().saturating_add(rest).max(1)))
}

/// A member that is a text, or a number in the place of one.
fn text(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) => Some(printable(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn time(value: &Value, name: &str) -> Option<UnixTime> {
    value.get(name)?.as_str()?.parse().ok()
}
