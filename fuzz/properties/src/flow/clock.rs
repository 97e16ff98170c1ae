use core::time::Duration;
use defender_auth::{Now, UnixTime, wait::Wait};

/// The time of one attempt, as its machine has to see it: by the monotonic clock, whatever the wall clock shows.
pub(crate) struct Clock {
    left: Duration,
    latest: Duration,
    /// How long the wait at least takes that the latest event led to.
    least: Duration,
    is_late: bool,
}

impl Clock {
    pub(crate) const fn begin(now: Now, limit: Duration) -> Self {
        Self { left: limit, latest: now.monotonic, least: Duration::ZERO, is_late: false }
    }

    /// Whether an event comes too late. Of a clock that stood still or was set back no time has passed, but the wait.
    pub(crate) fn is_late(&mut self, now: Now) -> bool {
        let passed = now.monotonic.saturating_sub(self.latest).max(self.least);
        (self.latest, self.least) = (now.monotonic, Duration::ZERO);
        self.is_late |= passed > self.left;
        self.left = self.left.saturating_sub(passed);
        self.is_late
    }

    /// A wait that begins; it ends before the attempt does.
    pub(crate) fn waits(&mut self, wait: Wait) {
        assert!(wait.at_most <= self.left, "{wait:?}");
        self.least = wait.at_least;
    }

    /// Whether a token expires, by the wall clock, before the attempt must end.
    pub(crate) fn outlasts(&self, expiry: UnixTime, now: Now) -> bool {
        expiry.as_secs() < now.wall.as_secs().saturating_add(self.left.as_secs())
    }

    pub(crate) const fn left(&self) -> Duration {
        self.left
    }
}
