use defender_auth::{UnixTime, wait::Wait};

/// The time of one attempt, as its machine has to see it.
pub(crate) struct Clock {
    deadline: UnixTime,
    /// No event should come before that: the latest one, and the wait that it led to.
    least: UnixTime,
}

impl Clock {
    pub(crate) const fn until(deadline: UnixTime) -> Self {
        Self { deadline, least: UnixTime::from_secs(0) }
    }

    /// Whether an event comes too late. What a clock lacks that stood still or was set back is taken from what is left.
    pub(crate) fn is_late(&mut self, now: UnixTime) -> bool {
        let lack = self.least.as_secs().saturating_sub(now.as_secs());
        self.deadline = UnixTime::from_secs(self.deadline.as_secs().saturating_sub(lack));
        self.least = now;
        now > self.deadline
    }

    /// A wait that begins; it ends before the deadline does.
    pub(crate) fn waits(&mut self, now: UnixTime, wait: Wait) {
        assert!(now + wait.at_most <= self.deadline, "{wait:?}");
        self.least = now + wait.at_least;
    }
}
