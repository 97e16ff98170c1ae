//! Wall time as a value. The core never asks a clock; it is told.

use core::{fmt, ops::Add, time::Duration};

/// Whole seconds since 1970-01-01 00:00:00 UTC, the unit of a token's `se=`.
///
/// ```
/// use core::time::Duration;
/// use defender_auth::UnixTime;
///
/// let now = UnixTime::from_secs(1_700_000_000);
/// let expiry = now + Duration::from_secs(3600);
/// assert_eq!(expiry.as_secs(), 1_700_003_600);
/// assert_eq!(expiry.since(now), Duration::from_secs(3600));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// The last second of the year 9999. A number above it is milliseconds taken for seconds, or a negative
    /// number that lost its sign.
    pub const LATEST: Self = Self(253_402_300_799);

    /// A point in time from its number of seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs)
    }

    /// Its number of seconds.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// How long it is from `earlier` to here; zero when `earlier` is the later one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

/// Saturates: the end of time is late enough for an expiry. Fractions of a second are dropped.
impl Add<Duration> for UnixTime {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_secs()))
    }
}

/// A clock that stands before 1970 counts as 1970.
#[cfg(feature = "std")]
impl From<std::time::SystemTime> for UnixTime {
    fn from(time: std::time::SystemTime) -> Self {
        Self(time.duration_since(std::time::SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addition_stops_at_the_end_of_time() {
        assert_eq!(UnixTime::from_secs(u64::MAX) + Duration::from_secs(1), UnixTime::from_secs(u64::MAX));
    }

    #[test]
    fn a_span_backwards_is_zero() {
        assert_eq!(UnixTime::from_secs(1).since(UnixTime::from_secs(2)), Duration::ZERO);
    }

    #[cfg(feature = "std")]
    #[test]
    fn a_clock_before_1970_counts_as_1970() {
        let early = std::time::SystemTime::UNIX_EPOCH - Duration::from_secs(5);
        assert_eq!(UnixTime::from(early).as_secs(), 0);
    }
}
