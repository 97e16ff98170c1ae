//! Waiting: always a range with its reason, so that the caller brings the clock and the jitter.

use crate::base::time::{ClockSkew, UnixTime};
use core::{fmt, time::Duration};

/// Why time is to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A token grows old.
    Renewal,
    /// The service is still deciding. Nothing is wrong.
    Assigning,
    /// The service answered that it is busy: 408, 429 or 5xx.
    Busy {
        /// The HTTP status.
        status: u16,
    },
    /// No answer came.
    Unanswered,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Renewal => f.write_str("the token grows old"),
            Self::Assigning => f.write_str("the service is assigning a hub"),
            Self::Busy { status } => write!(f, "the service is busy ({status})"),
            Self::Unanswered => f.write_str("no answer came"),
        }
    }
}

/// When an attempt gives up, and how long its own token holds.
///
/// A time alone is one: the token then outlives the attempt by five minutes, as much as clocks may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub(crate) at: UnixTime,
    pub(crate) token_end: UnixTime,
}

impl Deadline {
    /// With a token that holds until then, and never ends before the attempt and those five minutes do.
    #[must_use]
    pub fn with_token_until(self, end: UnixTime) -> Self {
        Self { token_end: self.token_end.max(end), ..self }
    }
}

impl From<UnixTime> for Deadline {
    fn from(at: UnixTime) -> Self {
        Self { at, token_end: at + ClockSkew::TOLERATED }
    }
}

/// Let at least and at most this much time pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Not before.
    pub at_least: Duration,
    /// Not after.
    pub at_most: Duration,
    /// What for.
    pub reason: Reason,
}

impl Wait {
    /// What the service asked for, and some more, so that a fleet that was told the same does not come back at once.
    pub(crate) fn asked(least: Duration, reason: Reason) -> Self {
        Self { at_least: least, at_most: least + least / 4 + Duration::from_secs(1), reason }
    }

    /// A point in the range, from any random number that the caller has. A fleet that picks at random does not come
    /// back all at once.
    #[must_use]
    pub fn pick(self, random: u32) -> Duration {
        let span = self.at_most.saturating_sub(self.at_least).as_millis();
        let millis = span * u128::from(random) / u128::from(u32::MAX);
        self.at_least + Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }
}

/// What a `Retry-After` header says (RFC 9110, section 10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryAfter {
    After(Duration),
    At(UnixTime),
}

impl RetryAfter {
    const LEAST: Duration = Duration::from_secs(1);
    const MOST: Duration = Duration::from_secs(300);

    /// Seconds, or a date.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::After(Duration::from_secs(text.parse().unwrap_or(u64::MAX))));
        }
        UnixTime::from_http_date(text).map(Self::At)
    }

    /// From the service's own idea of now, kept within 1 to 300 s: no service stops a device for longer than that, and
    /// none has it hammer.
    pub(crate) fn clamped(self, now: UnixTime) -> Duration {
        let asked = match self {
            Self::After(span) => span,
            Self::At(time) => time.since(now),
        };
        asked.clamp(Self::LEAST, Self::MOST)
    }
}

/// How often in a row a service has failed to give an answer, and how long to wait for the next one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff {
    failures: u8,
}

impl Backoff {
    /// After so many failures in a row it is over: by then a minute has passed at the least.
    const PATIENCE: u8 = 6;

    pub(crate) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// Requests without an answer, the last included.
    pub(crate) const fn attempts(self) -> u8 {
        self.failures + 1
    }

    /// The next wait: what the service asked for, else 1 to 2 s, doubled each time. `None` when the patience is spent.
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
    use alloc::string::ToString as _;

    #[test]
    fn a_pick_stays_inside_the_range() {
        let wait =
            Wait { at_least: Duration::from_secs(10), at_most: Duration::from_secs(12), reason: Reason::Renewal };
        assert_eq!(wait.pick(0), wait.at_least);
        assert_eq!(wait.pick(u32::MAX), wait.at_most);
        assert_eq!(wait.pick(u32::MAX / 2), Duration::from_millis(10_999));
    }

    #[test]
    fn a_token_may_outlive_its_attempt_and_never_ends_before_it() {
        let at = UnixTime::from_secs(1_700_000_000);
        let five_minutes = Duration::from_secs(300);
        let an_hour = Duration::from_secs(3600);
        assert_eq!(Deadline::from(at).token_end, at + five_minutes);
        let longer = Deadline::from(at).with_token_until(at + an_hour);
        assert_eq!((longer.at, longer.token_end), (at, at + an_hour));
        assert_eq!(Deadline::from(at).with_token_until(at).token_end, at + five_minutes);
        assert_eq!(longer.with_token_until(at), longer);
    }

    #[test]
    fn every_reason_has_its_words() {
        for (reason, words) in [
            (Reason::Renewal, "the token grows old"),
            (Reason::Assigning, "the service is assigning a hub"),
            (Reason::Busy { status: 429 }, "the service is busy (429)"),
            (Reason::Busy { status: 503 }, "the service is busy (503)"),
            (Reason::Unanswered, "no answer came"),
        ] {
            assert_eq!(reason.to_string(), words);
        }
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_clamped() {
        let now = UnixTime::from_secs(1_700_000_000);
        let seconds = |text: &str| RetryAfter::parse(text).map(|after| after.clamped(now).as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds("0"), Some(1));
        assert_eq!(seconds("86400"), Some(300));
        assert_eq!(seconds("99999999999999999999999"), Some(300));
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
