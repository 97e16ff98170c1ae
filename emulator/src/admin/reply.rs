//! The answers of the admin API.

use crate::{journal::Refusal, server::ChangeError};
use serde_json::{Value, json};

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

/// Why a request is not carried out: the status, and a message that says what to do.
pub(super) struct Failure(pub(super) u16, pub(super) String);

pub(super) type Answered = Result<Reply, Failure>;

impl Reply {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self { status, content_type: "application/json", body: body.to_string() }
    }

    /// Without a body.
    pub(super) const fn done() -> Self {
        Self { status: 204, content_type: "application/json", body: String::new() }
    }

    pub(super) fn failed(Failure(status, message): &Failure) -> Self {
        Self::json(*status, &json!({ "error": message }))
    }
}

impl Failure {
    pub(super) fn unfit(message: impl Into<String>) -> Self {
        Self(400, message.into())
    }

    pub(super) fn unknown(what: &str) -> Self {
        Self(404, format!("there is no {what}"))
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        let status = match &error {
            ChangeError::Known(_) => 409,
            ChangeError::QueueFull(_) => 429,
            ChangeError::Unknown(_)
            | ChangeError::Method(_, Refusal::UnknownDevice | Refusal::UnknownModule | Refusal::NotConnected) => 404,
            ChangeError::Method(_, Refusal::NoAnswer) => 504,
            _ => 400,
        };
        Self(status, error.to_string())
    }
}
