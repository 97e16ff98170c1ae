//! A certificate in use, as it is reported.

use crate::terminal::{failure::Failure, output};
use defender_auth::{UnixTime, renewal::Due, wait::Readable, x509::Certificate};
use serde::Serialize;

const DAY: u64 = 24 * 3600;

/// What a device connects with. Times are in seconds since 1970.
#[derive(Serialize)]
pub(crate) struct Shown {
    subject: String,
    issuer: String,
    not_before: u64,
    not_after: u64,
    /// Whole days until it expires.
    days_left: u64,
    /// How much of its life has passed.
    life_used_percent: u64,
    /// When it is to be renewed, at the earliest and at the latest.
    due_from: u64,
    due_to: u64,
    pub(crate) is_due: bool,
    /// Where its key is, if that is known.
    key: Option<String>,
    /// The kind of key that a certificate was requested for and has not come.
    pending: Option<&'static str>,
}

impl Shown {
    pub(crate) fn of(
        certificate: &Certificate,
        key: Option<String>,
        pending: Option<&'static str>,
        now: UnixTime,
    ) -> Self {
        let (from, to) = (certificate.not_before(), certificate.not_after());
        let due = Due::of(from, to);
        let life = u128::from(to.since(from).as_secs());
        let used = u128::from(now.since(from).as_secs()).min(life) * 100;
        Self {
            subject: certificate.subject().into(),
            issuer: certificate.issuer().into(),
            not_before: from.as_secs(),
            not_after: to.as_secs(),
            days_left: to.since(now).as_secs() / DAY,
            life_used_percent: used.checked_div(life).and_then(|percent| percent.try_into().ok()).unwrap_or(100),
            due_from: due.earliest.as_secs(),
            due_to: due.latest.as_secs(),
            is_due: due.earliest <= now,
            key,
            pending,
        }
    }

    /// Prints it as rows of a table.
    pub(crate) fn print(&self, now: UnixTime) -> Result<(), Failure> {
        let at = UnixTime::from_secs;
        let expires = at(self.not_after);
        let left = if now < expires {
            format!("{}, {} % of its life has passed", days(self.days_left), self.life_used_percent)
        } else {
            format!("none, it expired {} ago", Readable(now.since(expires)))
        };
        let due = if self.is_due {
            format!("now, since {}", at(self.due_from))
        } else {
            format!("from {} to {}", at(self.due_from), at(self.due_to))
        };
        let pending = self.pending.map(|kind| format!("a request for a key of the kind {kind}"));
        output::table(&[
            ("certificate", Some(&self.subject)),
            ("issuer", Some(&self.issuer)),
            ("not before", Some(&at(self.not_before).to_string())),
            ("not after", Some(&expires.to_string())),
            ("left", Some(&left)),
            ("due", Some(&due)),
            ("key", self.key.as_deref()),
            ("pending", pending.as_deref()),
        ])
    }
}

fn days(days: u64) -> String {
    if days == 1 { "1 day".into() } else { format!("{days} days") }
}
