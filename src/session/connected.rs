//! The session while it is connected: what falls due, and what the end of the connection leads to.

use super::{
    action::Due,
    backoff::Climbed,
    candidate::Candidate,
    diagnosis::Diagnosis,
    judge::Loss,
    machine::Session,
    state::{Pass, Standing, State},
    window::Window,
};
use crate::{base::time::Now, sas::Renewal};
use core::time::Duration;

impl Session {
    /// Stays connected until something falls due.
    pub(super) fn stay(&mut self, now: Now, since: Duration, standing: Standing) {
        if self.resumes(&standing)
            && let Some((renewal, drops)) = self.certificate.broken.take()
        {
            return self.look_at_renewal(now, renewal, drops, standing);
        }
        let due = match standing.at {
            Some(at) => earlier(
                earlier(self.renewal(now, &standing), self.certificate_due(now, &standing)),
                self.return_from(now, at),
            ),
            // Its credential was replaced.
            None => Some((Window::after(now.monotonic, self.policy.stable_after), Due::Return)),
        };
        self.state = State::Connected { standing, since, due };
    }

    fn renewal(&self, now: Now, standing: &Standing) -> Option<(Window, Due)> {
        let (made, (from, until)) = (standing.login.made, self.policy.renewal);
        // By the clock that is ahead: a clock that was set forward has made the token older.
        let counted = now.monotonic.saturating_sub(made.monotonic);
        let age = counted.max(self.clock.time(now).since(made.wall));
        let wait = Renewal::within(made.wall, standing.login.expires?, from..=until).wait(made.wall + age);
        let at = |wait: Duration| now.monotonic.saturating_add(wait);
        Some((Window { from: at(wait.at_least), until: at(wait.at_most) }, Due::Renewal))
    }

    /// When a candidate before the one in use is tried again.
    fn return_from(&self, now: Now, at: usize) -> Option<(Window, Due)> {
        let preferred = self.candidates.get(..at).filter(|preferred| !preferred.is_empty())?;
        let rejected = preferred.iter().filter_map(|candidate| candidate.rejected).map(|(_, at)| at).max();
        let from = rejected.unwrap_or(now.monotonic).saturating_add(self.policy.return_after);
        Some((Window::after(from, self.policy.return_after / 10), Due::Return))
    }

    pub(super) fn fell_due(&mut self, now: Now, standing: &Standing, since: Duration, due: Due) {
        self.settle(now, since);
        let long_ago = |at: Duration| now.monotonic.saturating_sub(at) >= self.policy.return_after;
        let may_return = |candidate: &Candidate| candidate.rejected.is_none_or(|(_, at)| long_ago(at));
        let preferred = |at: usize| self.candidates.get(..at).unwrap_or_default();
        let at = match standing.at {
            Some(at) if due == Due::Renewal && !preferred(at).iter().any(may_return) => at,
            _ => 0,
        };
        self.choose(now, Pass::renewing(at));
    }

    /// The connection has ended.
    pub(super) fn lost(&mut self, now: Now, standing: &Standing, since: Duration, loss: Loss) {
        let stable = self.settle(now, since);
        let pass = standing.lost();
        let why = match loss {
            Loss::TokenExpired if stable && !pass.outdated => return self.choose(now, pass),
            Loss::ByServer(rejection) => Diagnosis::of_rejection(rejection),
            Loss::Dropped | Loss::TokenExpired => Diagnosis::ConnectionLost,
        };
        self.failed(now, pass, why, Duration::ZERO);
    }

    /// After a stable connection the ladders start again.
    pub(super) fn settle(&mut self, now: Now, since: Duration) -> bool {
        let stable = now.monotonic.saturating_sub(since) >= self.policy.stable_after;
        if stable {
            self.climbed = Climbed::default();
            self.record.failures = 0;
            self.record.down_since = now.monotonic;
        }
        stable
    }
}

/// The one that falls due first; a renewal at the same time.
fn earlier(renewal: Option<(Window, Due)>, other: Option<(Window, Due)>) -> Option<(Window, Due)> {
    match (renewal, other) {
        (Some(renewal), Some(other)) => Some(if other.0.from < renewal.0.from { other } else { renewal }),
        (renewal, other) => renewal.or(other),
    }
}
