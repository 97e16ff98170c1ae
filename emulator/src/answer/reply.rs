use crate::{
    fault::Fault,
    tpm::{self, Part},
};
use serde_json::Value;
use std::time::Duration;

/// The size of a body that exceeds every limit, in bytes.
const OVERSIZE: usize = 1024 * 1024;

/// The answer to a request.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) location: Option<String>,
    /// Other headers.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    /// How long it is delayed.
    pub(crate) delay: Duration,
    pub(crate) ending: Ending,
    /// A summary for the journal.
    pub(crate) outcome: String,
}

/// How much of the body is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    Whole,
    Half,
    HalfAndReset,
}

impl Answer {
    pub(crate) fn new(status: u16, body: &Value, outcome: impl Into<String>) -> Self {
        Self {
            status,
            retry_after: None,
            location: None,
            headers: Vec::new(),
            content_type: "application/json; charset=utf-8",
            body: body.to_string(),
            delay: Duration::ZERO,
            ending: Ending::Whole,
            outcome: outcome.into(),
        }
    }

    /// An answer without a body.
    pub(crate) fn empty(outcome: impl Into<String>) -> Self {
        Self { body: String::new(), ..Self::new(204, &Value::Null, outcome) }
    }

    /// The first half of the body.
    pub(crate) fn half(&self) -> &str {
        self.body.get(..self.body.len() / 2).unwrap_or_default()
    }

    /// Applies a fault that changes the answer.
    pub(crate) fn spoil(&mut self, fault: &Fault) {
        match fault {
            Fault::Truncated => self.ending = Ending::Half,
            Fault::ResetMidBody => self.ending = Ending::HalfAndReset,
            Fault::Oversized => self.body = format!("{{\"padding\":\"{}\"}}", "x".repeat(OVERSIZE)),
            Fault::WrongContentType => self.content_type = "text/html; charset=utf-8",
            Fault::Stall(time) => self.delay = *time,
            Fault::BadKeyBlob => self.spoil_key(Part::Credential),
            Fault::ForeignEndorsementKey => self.spoil_key(Part::Seed),
            // The others replace the answer, or are met elsewhere.
            _ => {}
        }
    }

    fn spoil_key(&mut self, part: Part) {
        if let Some(body) = tpm::spoiled(&self.body, part) {
            self.body = body;
        }
    }
}
