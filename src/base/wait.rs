//! Waiting: always a range with its reason, so that the caller brings the clock and the jitter.

pub use crate::base::duration::Readable;

#[cfg(any(test, feature = "flows"))]
use crate::base::time::ClockSkew;
use core::{fmt, time::Duration};

/// Why time is to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A token is to be renewed.
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
            Self::Renewal => f.write_str("the token is due for renewal"),
            Self::Assigning => f.write_str("the service is assigning a hub"),
            Self::Busy { status } => write!(f, "the service is busy ({status})"),
            Self::Unanswered => f.write_str("no answer came"),
        }
    }
}

/// How long an attempt may take, and how long its own tokens are valid. A [`Duration`] is one: tokens are then valid until
/// five minutes after the attempt must end, because clocks may differ by as much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimit {
    attempt: Duration,
    token: Duration,
}

impl TimeLimit {
    /// With tokens that are valid for at least this time, counted from when each is made. None expires before five minutes
    /// after the attempt must end.
    #[must_use]
    pub const fn with_token_lifetime(self, lifetime: Duration) -> Self {
        Self { token: lifetime, ..self }
    }

    /// How long the attempt may take.
    #[must_use]
    pub const fn attempt(self) -> Duration {
        self.attempt
    }

    /// How long a token is valid that is made while so much of the attempt is left.
    #[cfg(any(test, feature = "flows"))]
    pub(crate) fn token_lifetime(self, left: Duration) -> Duration {
        left.saturating_add(ClockSkew::TOLERATED).max(self.token)
    }
}

impl From<Duration> for TimeLimit {
    fn from(attempt: Duration) -> Self {
        Self { attempt, token: Duration::ZERO }
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
    /// What the service asked for, and some more, so that a fleet of devices that was told the same does not retry all at once.
    #[cfg(feature = "flows")]
    pub(crate) fn asked(least: Duration, reason: Reason) -> Self {
        let at_most = least.saturating_add(least / 4).saturating_add(Duration::from_secs(1));
        Self { at_least: least, at_most, reason }
    }

    /// A point in the range, from any random number that the caller has. Devices that pick at random do not retry all at
    /// once.
    #[must_use]
    pub fn pick(self, random: u32) -> Duration {
        let span = self.at_most.saturating_sub(self.at_least).as_millis();
        let millis = span * u128::from(random) / u128::from(u32::MAX);
        self.at_least + Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
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
    fn a_token_may_outlive_its_attempt_and_never_expires_before_it() {
        let (left, hour) = (Duration::from_secs(600), Duration::from_secs(3600));
        let limit = TimeLimit::from(left);
        assert_eq!((limit.attempt(), limit.token_lifetime(left)), (left, Duration::from_secs(900)));
        assert_eq!(limit.with_token_lifetime(hour).token_lifetime(left), hour);
        assert_eq!(limit.with_token_lifetime(Duration::from_secs(1)).token_lifetime(left), Duration::from_secs(900));
        assert_eq!(TimeLimit::from(Duration::MAX).token_lifetime(Duration::MAX), Duration::MAX);
    }

    #[test]
    fn every_reason_has_its_words() {
        for (reason, words) in [
            (Reason::Renewal, "the token is due for renewal"),
            (Reason::Assigning, "the service is assigning a hub"),
            (Reason::Busy { status: 429 }, "the service is busy (429)"),
            (Reason::Busy { status: 503 }, "the service is busy (503)"),
            (Reason::Unanswered, "no answer came"),
        ] {
            assert_eq!(reason.to_string(), words);
        }
    }
}
