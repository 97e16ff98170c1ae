//! What a service says when it refuses: read from the body of its answer, and made fit for a log.

use crate::{
    base::time::{ClockSkew, UnixTime},
    error::{Error, Refusal, ServiceError, ServiceOperation},
    flow::http::Response,
};
use alloc::{boxed::Box, string::String};
use serde_json::Value;

impl ServiceOperation {
    /// The service's no, with what it says about it. Provisioning service and hub spell the members differently.
    pub(crate) fn refused(self, now: UnixTime, response: &Response<'_>) -> Error {
        let body: Value = serde_json::from_slice(response.body).unwrap_or_default();
        let text = |names: [&str; 3]| names.iter().find_map(|name| body.get(name)?.as_str());
        let code = ["errorCode", "code"].iter().find_map(|name| body.get(name)?.as_u64());
        // The hub hides it in the text of an exception.
        let hidden = || text(["ExceptionMessage"; 3])?.split_once("Tracking ID:").map(|(_, id)| id.trim());
        let tracking_id = text(["trackingId", "TrackingId", "trackingID"]).or_else(hidden);
        let unauthorized = matches!(response.status, 401 | 403);
        Error::Service(Box::new(ServiceError {
            code: code.and_then(|code| u32::try_from(code).ok()),
            tracking_id: tracking_id.map(printable),
            message: text(["message", "Message", "errorMessage"]).map(printable),
            retry_after: response.asked_wait(now),
            clock: response.date.filter(|_| unauthorized).and_then(|date| ClockSkew::between(now, date)),
            ..ServiceError::new(self, Refusal::Status, response.status)
        }))
    }
}

/// Words of a service for a log: nothing that moves the cursor or turns the line round, no part of a credential, and not
/// too many.
pub(crate) fn printable(text: &str) -> String {
    let quotes =
        |what: &str| text.as_bytes().windows(what.len()).any(|part| part.eq_ignore_ascii_case(what.as_bytes()));
    if quotes("SharedAccess") || quotes("sig=") {
        return "(withheld, because it quotes a credential)".into();
    }
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if steers(c) { ' ' } else { c }).take(256).collect()
}
