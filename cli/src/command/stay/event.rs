//! An event of a session as a line.

use crate::terminal::{document::Time, failure::Failure, one_line::one_line, output};
use defender_auth::session::Diagnosis;
use defender_auth_mqtt::driver::{Driver, Event};
use serde::Serialize;
use std::fmt::Display;

/// What has happened, with the credential that the session uses or tries.
#[derive(Serialize)]
pub(super) struct Report {
    time: Time,
    event: &'static str,
    text: String,
    credential: Option<String>,
    connected: bool,
    /// The number of the diagnosis, for `explain`.
    code: Option<i32>,
}

impl Report {
    pub(super) fn of(event: &Event, driver: &Driver) -> Self {
        let (word, own) = word(event);
        let status = driver.status();
        let current = own.or(status.credential).map(Into::into);
        Self::new(word, event.to_string(), current, driver.is_connected(), diagnosis(event, status.failure))
    }

    /// The last: a signal has ended the session.
    pub(super) fn ended(signal: impl Display, driver: &Driver) -> Self {
        let credential = driver.status().credential.map(Into::into);
        Self::new("ended", format!("disconnected by {signal}"), credential, false, None)
    }

    fn new(
        event: &'static str,
        text: String,
        credential: Option<String>,
        connected: bool,
        why: Option<Diagnosis>,
    ) -> Self {
        let time = Time(crate::system::clock::now());
        Self { time, event, text, credential, connected, code: why.map(Diagnosis::as_i32) }
    }

    pub(super) fn print(&self, as_json: bool) -> Result<(), Failure> {
        if as_json {
            return output::json_line(self);
        }
        let credential = self.credential.as_deref().filter(|name| !self.text.contains(name));
        let credential = credential.map(|name| format!(" [{name}]")).unwrap_or_default();
        let code = self.code.map(|code| format!(" (explain {code})")).unwrap_or_default();
        output::line(&one_line(format_args!("{} {}{credential}{code}", self.time.0, self.text)))
    }
}

/// A stable word for an event, and the credential that it is about.
fn word(event: &Event) -> (&'static str, Option<&str>) {
    match event {
        Event::Connected { credential, .. } => ("connected", Some(credential)),
        Event::Renewed { credential, .. } => ("renewed", Some(credential)),
        Event::NotConnected { credential, .. } => ("not-connected", Some(credential)),
        Event::Dropped { credential, .. } => ("dropped", Some(credential)),
        Event::Registering { source } => ("registering", Some(source)),
        Event::Lost { .. } => ("lost", None),
        Event::Disconnected { .. } => ("disconnected", None),
        Event::Assigned { .. } => ("assigned", None),
        Event::NotAnswered { .. } => ("not-answered", None),
        Event::NotAssigned { .. } => ("not-assigned", None),
        Event::NotSigned { .. } => ("not-signed", None),
        Event::Waiting { .. } => ("waiting", None),
        Event::Saved => ("saved", None),
        Event::NotSaved { .. } => ("not-saved", None),
        Event::NotLoaded { .. } => ("not-loaded", None),
        Event::Exposed(_) => ("exposed", None),
        Event::ClockSet { .. } => ("clock-set", None),
        Event::Rotated => ("rotated", None),
        Event::NotSubscribed { .. } => ("not-subscribed", None),
        Event::Message(_) => ("message", None),
        _ => ("certificate", None),
    }
}

/// Why something failed: what the event says, or what the session makes of it.
fn diagnosis(event: &Event, failure: Option<Diagnosis>) -> Option<Diagnosis> {
    match event {
        Event::Disconnected { why }
        | Event::Dropped { why, .. }
        | Event::NotAssigned { why }
        | Event::NotCertified { why }
        | Event::Waiting { why, .. } => Some(*why),
        Event::NotConnected { .. } | Event::Lost { .. } | Event::NotAnswered { .. } | Event::NotSigned { .. } => {
            failure
        }
        _ => None,
    }
}
