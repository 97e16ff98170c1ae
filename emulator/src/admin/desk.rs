//! Which request is which.

use super::reply::{Answered, Failure, Reply};
use crate::{
    fault::PlannedFault,
    http::{Head, segments},
    server::Emulator,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::atomic::AtomicBool;

/// The page.
const PAGE: &str = include_str!("page.html");

/// A request.
pub(super) struct Desk<'a> {
    pub(super) emulator: &'a Emulator,
    pub(super) stop: &'a AtomicBool,
    pub(super) head: &'a Head,
    pub(super) body: &'a [u8],
}

impl Desk<'_> {
    pub(super) fn answer(&self) -> Answered {
        let segments = segments(self.head).ok_or_else(|| Failure::unfit("the path is not UTF-8"))?;
        // A base address with a slash at its end leads to two.
        let path: Vec<&str> = segments.iter().map(String::as_str).skip_while(|segment| segment.is_empty()).collect();
        match (self.head.method.as_str(), path.as_slice()) {
            ("GET", []) => Ok(Reply { status: 200, content_type: "text/html; charset=utf-8", body: PAGE.into() }),
            ("GET", ["state"]) => Ok(Reply::json(200, &self.state())),
            ("GET", ["ca.pem"]) => {
                let body = self.emulator.root_pem().to_owned();
                Ok(Reply { status: 200, content_type: "application/x-pem-file", body })
            }
            ("GET", ["journal"]) => self.journal(),
            ("DELETE", ["journal"]) => {
                self.emulator.journal().clear();
                Ok(Reply::done())
            }
            ("GET", ["clock"]) => Ok(Reply::json(200, &self.clock())),
            ("PUT", ["clock"]) => {
                let offset = self.json::<Value>()?.get("offset_seconds").and_then(Value::as_i64);
                let offset =
                    offset.ok_or_else(|| Failure::unfit("the body requires a whole number `offset_seconds`"))?;
                self.emulator.clock_offset(offset);
                Ok(Reply::json(200, &self.clock()))
            }
            ("GET", ["faults"]) => {
                let state = self.emulator.shared.seen();
                let planned = state.faults.planned().map(|planned| {
                    json!({
                        "operation": planned.operation.to_string(),
                        "fault": planned.fault.to_string(),
                        "skip": planned.skip,
                        "times": planned.times,
                    })
                });
                Ok(Reply::json(200, &planned.collect::<Vec<_>>().into()))
            }
            ("POST", ["faults"]) => {
                let fault: PlannedFault = self.json()?;
                self.emulator.shared.state().faults.plan(fault);
                Ok(Reply::done())
            }
            ("DELETE", ["faults"]) => Ok(Reply::json(200, &json!({ "removed": self.emulator.forget_faults() }))),
            (_, ["hubs", hub, "devices", rest @ ..]) => self.devices(hub, rest),
            (_, ["enrollments", rest @ ..]) => self.enrollments(false, rest),
            (_, ["groups", rest @ ..]) => self.enrollments(true, rest),
            ("GET", ["registrations"]) => {
                Ok(Reply::json(200, &Value::from(self.emulator.shared.seen().registrations.all())))
            }
            _ => Err(self.unknown()),
        }
    }

    pub(super) fn unknown(&self) -> Failure {
        Failure(404, format!("the admin API has no {} {}", self.head.method, self.head.path))
    }

    /// The body. What does not fit is named without its value, which may be a key.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let document = if self.body.is_empty() { b"{}" } else { self.body };
        let document: Value = serde_json::from_slice(document)
            .map_err(|error| Failure::unfit(format!("the body is not JSON: {error}")))?;
        read(document)
    }

    fn clock(&self) -> Value {
        let clock = &self.emulator.shared.clock;
        json!({ "now": clock.now().iso(), "offset_seconds": clock.offset() })
    }
}

/// What a JSON document says.
pub(super) fn read<T: DeserializeOwned>(document: Value) -> Result<T, Failure> {
    serde_json::from_value(document).map_err(|error| {
        let message = error.to_string();
        let quotes = ["invalid type", "invalid value"].iter().any(|word| message.starts_with(word));
        let message = if quotes { "a member has a value of another type than it requires".into() } else { message };
        Failure::unfit(format!("the body cannot be read: {message}"))
    })
}
