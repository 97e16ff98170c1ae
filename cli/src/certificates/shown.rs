//! A certificate in use, as it is reported.

use super::described::Described;
use crate::terminal::{document::Time, failure::Failure, output};
use defender_auth::{UnixTime, renewal::Due, wait::Readable, x509::Certificate};
use serde::Serialize;

const DAY: u64 = 24 * 3600;

/// What a device connects with.
#[derive(Serialize)]
pub(crate) struct Shown {
    #[serde(flatten)]
    certificate: Described,
    /// Whole days until it expires.
    days_left: u64,
    /// How much of its life has passed.
    life_used_percent: u64,
    /// When it is to be renewed, at the earliest and at the latest.
    due_from: Time,
    due_to: Time,
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
            certificate: certificate.into(),
            days_left: to.since(now).as_secs() / DAY,
            life_used_percent: used.checked_div(life).and_then(|percent| percent.try_into().ok()).unwrap_or(100),
            due_from: Time(due.earliest),
            due_to: Time(due.latest),
            is_due: due.earliest <= now,
            key,
            pending,
        }
    }

    /// Prints it as rows of a table.
    pub(crate) fn print(&self, now: UnixTime) -> Result<(), Failure> {
        let expires = self.certificate.not_after.0;
        let left = if now < expires {
            format!("{}, {} % of its life has passed", days(self.days_left), self.life_used_percent)
        } else {
            format!("none, it expired {} ago", Readable(now.since(expires)))
        };
        let due = if self.is_due {
            format!("now, since {}", self.due_from.0)
        } else {
            format!("from {} to {}", self.due_from.0, self.due_to.0)
        };
        let pending = self.pending.map(|kind| format!("a request for a key of the kind {kind}"));
        output::table(&[
            ("certificate", Some(&self.certificate.subject)),
            ("issuer", Some(&self.certificate.issuer)),
            ("not before", Some(&self.certificate.not_before.0.to_string())),
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
