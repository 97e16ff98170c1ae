//! The answer to a request, whichever way it travels.

use crate::{
    Entry, Refusal,
    clock::Moment,
    errors::Service,
    fault::{Fault, On},
    state::{Shared, State},
    tpm::{self, Part},
};
use serde_json::Value;
use std::time::Duration;

/// How large a body is that is too large.
const OVERSIZE: usize = 1024 * 1024;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    /// How long it takes to come.
    pub(crate) delay: Duration,
    pub(crate) ending: Ending,
    /// What it says, for the journal.
    pub(crate) outcome: String,
}

/// How much of the body comes.
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
            content_type: "application/json; charset=utf-8",
            body: body.to_string(),
            delay: Duration::ZERO,
            ending: Ending::Whole,
            outcome: outcome.into(),
        }
    }

    /// The first half of the body.
    pub(crate) fn half(&self) -> &str {
        self.body.get(..self.body.len() / 2).unwrap_or_default()
    }

    fn spoil(&mut self, fault: &Fault) {
        match fault {
            Fault::Status(_) | Fault::StatusRetryAfter(..) | Fault::Redirect(_) | Fault::SecondChallenge => {}
            Fault::Truncated => self.ending = Ending::Half,
            Fault::ResetMidBody => self.ending = Ending::HalfAndReset,
            Fault::Oversized => self.body = format!("{{\"padding\":\"{}\"}}", "x".repeat(OVERSIZE)),
            Fault::WrongContentType => self.content_type = "text/html; charset=utf-8",
            Fault::Stall(time) => self.delay = *time,
            Fault::BadKeyBlob => self.spoil_key(Part::Credential),
            Fault::ForeignEndorsementKey => self.spoil_key(Part::Seed),
        }
    }

    fn spoil_key(&mut self, part: Part) {
        if let Some(body) = tpm::spoiled(&self.body, part) {
            self.body = body;
        }
    }
}

/// Decides a request, unless a fault stands in its way, and writes down how.
pub(crate) fn decide(
    shared: &Shared,
    service: Service,
    on: On,
    request: &str,
    decision: impl FnOnce(&mut State, Moment, Option<&Fault>) -> Result<Answer, Refusal>,
) -> Answer {
    let now = shared.clock.now();
    let mut state = shared.state();
    let fault = state.faults.take(on);
    if let Some(fault) = &fault {
        shared.note(Entry::Faulted { request: request.into(), fault: fault.to_string() });
    }
    if let Some(instead) = fault.as_ref().and_then(|fault| instead(service, fault, now)) {
        return instead;
    }
    let decided = decision(&mut state, now, fault.as_ref());
    drop(state);
    // Written down before it is sent: whoever has the answer can read the reason.
    let mut answer = match decided {
        Ok(answer) => {
            shared.note(Entry::answered(request, answer.status, &answer.outcome));
            answer
        }
        Err(reason) => {
            let answer = service.refuse(&reason, now);
            shared.note(Entry::denied(request, answer.status, reason));
            answer
        }
    };
    if let Some(fault) = fault {
        answer.spoil(&fault);
    }
    answer
}

/// The answer of a fault that keeps the request from being heard at all.
fn instead(service: Service, fault: &Fault, now: Moment) -> Option<Answer> {
    let fail = |status| service.fail(status, now);
    match fault {
        Fault::Status(status) => Some(fail(*status)),
        Fault::StatusRetryAfter(status, value) => Some(Answer { retry_after: Some(value.clone()), ..fail(*status) }),
        Fault::Redirect(location) => Some(Answer { location: Some(location.clone()), ..fail(302) }),
        _ => None,
    }
}
