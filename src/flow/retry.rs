//! When a request is sent again: what the service asks for, and growing pauses where it asks for nothing.

use crate::base::{
    time::UnixTime,
    wait::{Reason, Wait},
};
use core::time::Duration;

/// What a `Retry-After` header says (RFC 9110, section 10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryAfter {
    After(Duration),
    At(UnixTime),
}

impl RetryAfter {
    /// Seconds, or a date.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::After(Duration::from_secs(text.parse().unwrap_or(u64::MAX))));
        }
        UnixTime::from_http_date(text).map(Self::At)
    }

    /// How long that is, counted from the service's own time, and a second at least: no service makes a device retry
    /// without a pause. It is not shortened: a flow does not begin a wait that its attempt has no time for.
    pub(crate) fn wait(self, now: UnixTime) -> Duration {
        let asked = match self {
            Self::After(span) => span,
            Self::At(time) => time.since(now),
        };
        asked.max(Duration::from_secs(1))
    }
}

/// How often in a row a service has failed to give an answer, and how long to wait for the next one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff {
    failures: u8,
}

impl Backoff {
    /// After so many failures in a row the flow fails. At least a minute has passed by then.
    const PATIENCE: u8 = 6;

    pub(crate) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// Requests without an answer, the last included.
    pub(crate) const fn attempts(self) -> u8 {
        self.failures + 1
    }

    /// The next wait: what the service asked for, else 1 to 2 s, doubled each time. `None` after too many failures.
    pub(crate) fn next(&mut self, asked: Option<Duration>, reason: Reason) -> Option<Wait> {
        if self.failures >= Self::PATIENCE {
            return None;
        }
        let own = Duration::from_secs(1 << self.failures);
        self.failures += 1;
        Some(asked.map_or(Wait { at_least: own, at_most: own * 2, reason }, |least| Wait::asked(least, reason)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms_and_not_shortened() {
        let now = UnixTime::from_secs(1_700_000_000);
        let seconds = |text: &str| RetryAfter::parse(text).map(|after| after.wait(now).as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds("0"), Some(1));
        assert_eq!(seconds("86400"), Some(86_400));
        assert_eq!(seconds("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(seconds("Tue, 14 Nov 2023 22:14:20 GMT"), Some(60));
        assert_eq!(seconds("Tue, 14 Nov 2023 22:13:00 GMT"), Some(1), "in the past");
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds("-1"), None);
        assert_eq!(seconds(" "), None);
    }

    #[test]
    fn backoff_doubles_and_ends() {
        let mut backoff = Backoff::default();
        let mut waits = [0; 6];
        for wait in &mut waits {
            *wait = backoff.next(None, Reason::Unanswered).unwrap().at_least.as_secs();
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32]);
        assert_eq!(backoff.next(None, Reason::Unanswered), None);
        backoff.reset();
        assert_eq!(backoff.next(Some(Duration::from_secs(8)), Reason::Unanswered).unwrap().at_most.as_secs(), 11);
    }
}
