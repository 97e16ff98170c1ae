//! The answers of the daemons. Every error has one shape.

use serde_json::{Value, json};

/// Status and body, which ends without a line break.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// What a daemon is asked.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    /// The path, its parts decoded.
    pub(super) path: &'a [String],
    pub(super) version: Option<&'a str>,
    pub(super) body: &'a [u8],
    /// The user of the peer.
    pub(super) uid: u32,
}

pub(super) fn ok(body: &Value) -> Answer {
    Answer { status: 200, body: body.to_string() }
}

pub(super) fn error(status: u16, message: &str) -> Answer {
    Answer { status, body: json!({ "message": message }).to_string() }
}

pub(super) fn not_found() -> Answer {
    error(404, "not found")
}

pub(super) fn unauthorized() -> Answer {
    error(401, "authorization error")
}

/// A parameter of a request that cannot be used, with the cause.
pub(super) fn invalid(parameter: &str, cause: &str) -> Answer {
    error(400, &format!("parameter {parameter:?} has an invalid value\ncaused by: {cause}"))
}

/// The body is no JSON of this request.
pub(super) fn unreadable(cause: &str) -> Answer {
    error(422, cause)
}

impl Asked<'_> {
    /// Refuses what is not one of a daemon's versions, of which the first that has the request is `since`.
    pub(super) fn check(&self, known: &[&str], since: &str) -> Result<(), Answer> {
        let version = self.version.unwrap_or_default();
        if known.contains(&version) && version >= since {
            return Ok(());
        }
        Err(error(400, &format!("invalid api-version {version:?}")))
    }
}
