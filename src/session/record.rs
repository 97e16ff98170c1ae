//! What a session remembers of what happened.

use super::{
    diagnosis::Diagnosis,
    status::{Counters, Dropped},
};
use crate::base::time::UnixTime;
use alloc::string::String;
use core::time::Duration;

/// What happened and when. Times are those of the monotonic clock.
#[derive(Debug)]
pub(super) struct Record {
    /// Since when there is no stable connection; while there is one, since when it counts as stable.
    pub(super) down_since: Duration,
    /// The latest run of an authenticator.
    pub(super) run_at: Option<Duration>,
    /// The latest registration, unless a hub has accepted a login since.
    pub(super) registered_at: Option<Duration>,
    pub(super) failure: Option<Diagnosis>,
    pub(super) authenticator_failure: Option<Diagnosis>,
    pub(super) certificate_failure: Option<Diagnosis>,
    pub(super) failures: u32,
    pub(super) unsaved: bool,
    /// Whether a hub has accepted a login since the latest run.
    is_accepted: bool,
    pub(super) counters: Counters,
    dropped: Option<(String, Diagnosis, UnixTime)>,
}

impl Record {
    pub(super) fn new(now: Duration) -> Self {
        Self {
            down_since: now,
            run_at: None,
            registered_at: None,
            failure: None,
            authenticator_failure: None,
            certificate_failure: None,
            failures: 0,
            unsaved: false,
            is_accepted: false,
            counters: Counters::default(),
            dropped: None,
        }
    }

    /// Something failed, and with it a credential or a source if one is named.
    pub(super) fn failed(&mut self, time: UnixTime, name: Option<String>, why: Diagnosis) {
        self.failures = self.failures.saturating_add(1);
        self.failure = Some(why);
        if let Some(name) = name {
            self.dropped = Some((name, why, time));
        }
    }

    pub(super) fn dropped(&self) -> Option<Dropped<'_>> {
        self.dropped.as_ref().map(|(credential, why, at)| Dropped { credential, why: *why, at: *at })
    }

    /// A run of an authenticator begins.
    pub(super) fn ran(&mut self, now: Duration, registers: bool) {
        self.run_at = Some(now);
        self.is_accepted = false;
        if registers {
            self.counters.registrations += 1;
            self.registered_at = Some(now);
        }
    }

    /// A hub has accepted a login: what the runs have got was right, and a later rejection is another trouble.
    pub(super) fn accepted(&mut self) {
        self.registered_at = None;
        self.is_accepted = true;
    }

    /// Whether an authenticator has run for this trouble.
    pub(super) fn has_run(&self) -> bool {
        !self.is_accepted && self.run_at.is_some_and(|at| at >= self.down_since)
    }
}
