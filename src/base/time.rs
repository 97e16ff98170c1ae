//! Time as values: the wall clock, both clocks together, and how far two wall clocks differ. The library reads no clock;
//! times are arguments.

use crate::base::{date, duration::Readable};
use core::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    time::Duration,
};

/// Wall time: whole seconds since 1970-01-01 00:00:00 UTC, the unit of a token's `se=`. It is shown and read as RFC 3339
/// has it.
///
/// ```
/// use core::time::Duration;
/// use defender_auth::UnixTime;
///
/// let now = UnixTime::from_secs(1_700_000_000);
/// let expiry = now + Duration::from_secs(3600);
/// assert_eq!(expiry.as_secs(), 1_700_003_600);
/// assert_eq!(expiry.since(now), Duration::from_secs(3600));
/// assert_eq!(now.to_string(), "2023-11-14T22:13:20Z");
/// assert_eq!("2023-11-14T23:13:20+01:00".parse(), Ok(now));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

/// Why a value is not a time.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// A text that is not a time in the form of RFC 3339, or a time before 1970 or after 9999.
    #[error("this is not a time between 1970 and 9999 in the form of RFC 3339; write it as `2023-11-14T22:13:20Z`")]
    Format,
    /// A time that the system's own type cannot hold.
    #[error("this system has no time that late; use one before the year 10000")]
    Range,
}

crate::base::debug::debug_as_text! { TimeError }

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

    /// Reads the one form of date that HTTP servers may send today: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section
    /// 5.6.7). `None` for anything else, also for a day that its month does not have. The name of the day is not
    /// compared with the date.
    #[must_use]
    pub fn from_http_date(text: &str) -> Option<Self> {
        date::from_http(text).map(Self)
    }

    /// How long it is from `earlier` to here; zero when `earlier` is the later one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

/// Saturates at the largest number of seconds. Fractions of a second are dropped.
impl Add<Duration> for UnixTime {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_secs()))
    }
}

/// Saturates at 1970. Fractions of a second are dropped.
impl Sub<Duration> for UnixTime {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.as_secs()))
    }
}

/// A time before 1970 becomes 1970.
#[cfg(feature = "std")]
impl From<std::time::SystemTime> for UnixTime {
    fn from(time: std::time::SystemTime) -> Self {
        Self(time.duration_since(std::time::SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }
}

/// Fails for a time that the system's type cannot hold, on Linux one of more than 2^63 seconds.
#[cfg(feature = "std")]
impl TryFrom<UnixTime> for std::time::SystemTime {
    type Error = TimeError;

    fn try_from(time: UnixTime) -> Result<Self, TimeError> {
        Self::UNIX_EPOCH.checked_add(Duration::from_secs(time.0)).ok_or(TimeError::Range)
    }
}

/// RFC 3339: `2023-11-14T22:13:20Z`. A year after 9999, which that cannot hold, has a `+` in front, as in ISO 8601.
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        date::write_rfc3339(self.0, f)
    }
}

/// RFC 3339, with any offset from UTC. Fractions of a second are dropped.
impl FromStr for UnixTime {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        date::from_rfc3339(text).map(Self).filter(|time| *time <= Self::LATEST).ok_or(TimeError::Format)
    }
}

/// Both clocks, read together. What a flow does takes the time of each event as one of these.
///
/// The wall clock is for what is signed and for what is compared with a service's time. It may jump, at boot by decades.
/// Waits and limits go by the monotonic clock, which no setting of the clock moves.
///
/// ```
/// use defender_auth::{Now, UnixTime};
/// use std::time::{Instant, SystemTime};
///
/// let start = Instant::now(); // once, when the program starts
/// let now = || Now { wall: SystemTime::now().into(), monotonic: start.elapsed() };
/// assert!(now().monotonic <= now().monotonic);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The wall clock.
    pub wall: UnixTime,
    /// The time since any fixed start, the same for all events of an attempt. Where the system has a clock that also
    /// counts while it is suspended, such as `CLOCK_BOOTTIME`, take that. If it runs backwards, no time counts as passed.
    pub monotonic: Duration,
}

/// Later by so much, on both clocks.
impl Add<Duration> for Now {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self { wall: self.wall + span, monotonic: self.monotonic.saturating_add(span) }
    }
}

/// How far the clock of this device differs from the service's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSkew {
    device: UnixTime,
    service: UnixTime,
}

impl ClockSkew {
    /// Five minutes. A smaller difference is not reported: the services allow about as much.
    pub const TOLERATED: Duration = Duration::from_secs(300);

    /// `None` for a difference that is tolerated.
    #[cfg(any(test, feature = "flows"))]
    pub(crate) fn between(device: UnixTime, service: UnixTime) -> Option<Self> {
        let this = Self { device, service };
        (this.amount() > Self::TOLERATED).then_some(this)
    }

    /// How far, without direction.
    #[must_use]
    pub const fn amount(self) -> Duration {
        Duration::from_secs(self.device.0.abs_diff(self.service.0))
    }

    /// Whether the device's clock is ahead.
    #[must_use]
    pub fn is_ahead(self) -> bool {
        self.device > self.service
    }

    /// The service's time, with which a caller may begin again.
    #[must_use]
    pub const fn service_time(self) -> UnixTime {
        self.service
    }
}

impl fmt::Display for ClockSkew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.is_ahead() { "ahead of" } else { "behind" };
        write!(f, "the clock of this device is {} {side} the service's; set it", Readable(self.amount()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn addition_stops_at_the_largest_number() {
        assert_eq!(UnixTime::from_secs(u64::MAX) + Duration::from_secs(1), UnixTime::from_secs(u64::MAX));
    }

    #[test]
    fn a_span_backwards_is_zero() {
        assert_eq!(UnixTime::from_secs(1).since(UnixTime::from_secs(2)), Duration::ZERO);
    }

    #[test]
    fn http_dates_are_read() {
        for (text, secs) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
            ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            (" Tue, 14 Nov 2023 22:13:20 GMT ", 1_700_000_000),
            ("Fri, 31 Dec 9999 23:59:59 GMT", UnixTime::LATEST.as_secs()),
        ] {
            assert_eq!(UnixTime::from_http_date(text), Some(UnixTime::from_secs(secs)), "{text}");
        }
    }

    #[test]
    fn other_dates_are_not() {
        for text in [
            "",
            "14 Nov 2023",
            "Tue, 14 Nov 2023 22:13:20",
            "Tue, 14 Nov 2023 22:13:20 UTC",
            "Tue, 14 Nov 2023 22:13:20 GMT GMT",
            "Tue,  4 Nov 2023 22:13:20 GMT",
            "Tue, 14 Foo 2023 22:13:20 GMT",
            "Tue, 99 Nov 2023 22:13:20 GMT",
            "Tue, +4 Nov 2023 22:13:20 GMT",
            "Tue, 14 Nov 2023 24:13:20 GMT",
            "Tue, 14 Nov 2023 22:13 GMT",
            "Tue, 14 Nov 2023 22:13:20:1 GMT",
            "Tue, 14 Nov 1969 22:13:20 GMT",
            "Tuesday, 14-Nov-23 22:13:20 GMT",
            "Day, 14 Nov 2023 22:13:20 GMT",
            "Sun, 6 Nov 1994 8:49:37 GMT",
            "Sun, 006 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:037 GMT",
            "Fri, 31 Nov 2023 22:13:20 GMT",
            "Wed, 29 Feb 2023 22:13:20 GMT",
            "Mon, 29 Feb 2100 22:13:20 GMT",
        ] {
            assert_eq!(UnixTime::from_http_date(text), None, "{text}");
        }
    }

    #[test]
    fn a_tolerated_difference_is_no_skew() {
        let (early, late) = (UnixTime::from_secs(1000), UnixTime::from_secs(1301));
        assert_eq!(ClockSkew::between(early, UnixTime::from_secs(1300)), None);
        let skew = ClockSkew::between(early, late).unwrap();
        assert!(!skew.is_ahead() && ClockSkew::between(late, early).unwrap().is_ahead());
        assert_eq!((skew.amount().as_secs(), skew.service_time()), (301, late));
    }

    #[test]
    fn a_skew_is_shown_in_readable_units() {
        let (device, service) = (UnixTime::from_secs(1_700_007_390), UnixTime::from_secs(1_700_000_000));
        let text = ClockSkew::between(device, service).unwrap().to_string();
        assert_eq!(text, "the clock of this device is 2 h 3 min ahead of the service's; set it");
        let text = ClockSkew::between(UnixTime::from_secs(0), service).unwrap().to_string();
        assert_eq!(text, "the clock of this device is 53 y 330 d behind the service's; set it");
    }

    #[test]
    fn a_time_is_written_and_read_as_rfc_3339_has_it() {
        for (secs, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (1_709_208_000, "2024-02-29T12:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (UnixTime::LATEST.as_secs(), "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(UnixTime::from_secs(secs).to_string(), text);
            assert_eq!(text.parse(), Ok(UnixTime::from_secs(secs)), "{text}");
        }
        assert_eq!(UnixTime::from_secs(253_402_300_800).to_string(), "+10000-01-01T00:00:00Z");
        assert_eq!(UnixTime::from_secs(u64::MAX).to_string(), "+584554051223-11-09T07:00:15Z");
    }

    #[test]
    fn every_form_of_rfc_3339_is_read() {
        for (text, secs) in [
            ("2023-11-14t22:13:20z", 1_700_000_000),
            ("2023-11-14T22:13:20.999Z", 1_700_000_000),
            ("2023-11-14T23:13:20+01:00", 1_700_000_000),
            ("2023-11-14T16:43:20.5-05:30", 1_700_000_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
            ("1969-12-31T23:30:00-01:00", 1_800),
        ] {
            assert_eq!(text.parse(), Ok(UnixTime::from_secs(secs)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_of_rfc_3339_is_refused() {
        for text in [
            "",
            "1700000000",
            "2023-11-14",
            "2023-11-14 22:13:20Z",
            "2023-11-14T22:13:20",
            "2023-11-14T22:13Z",
            "2023-11-14T24:13:20Z",
            "2023-11-14T22:13:20.Z",
            "2023-11-14T22:13:20.5x",
            "2023-11-14T22:13:20+24:00",
            "2023-11-14T22:13:20+0100",
            "2023-11-14T22:13:20é",
            "2023-13-14T22:13:20Z",
            "2023-11-31T22:13:20Z",
            "2023-02-29T22:13:20Z",
            "23-11-14T22:13:20Z",
            "+10000-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert_eq!(text.parse::<UnixTime>(), Err(TimeError::Format), "{text}");
        }
    }

    #[test]
    fn subtraction_stops_at_1970() {
        assert_eq!(UnixTime::from_secs(5) - Duration::from_millis(1_900), UnixTime::from_secs(4));
        assert_eq!(UnixTime::from_secs(5) - Duration::from_secs(6), UnixTime::from_secs(0));
    }

    #[cfg(feature = "std")]
    #[test]
    fn a_time_that_the_system_cannot_hold_is_an_error() {
        use std::time::SystemTime;
        let time = UnixTime::from_secs(1_700_000_000);
        assert_eq!(SystemTime::try_from(time).map(UnixTime::from), Ok(time));
        assert_eq!(SystemTime::try_from(UnixTime::LATEST).map(UnixTime::from), Ok(UnixTime::LATEST));
        assert_eq!(SystemTime::try_from(UnixTime::from_secs(u64::MAX)), Err(TimeError::Range));
    }

    #[cfg(feature = "std")]
    #[test]
    fn a_clock_before_1970_counts_as_1970() {
        let early = std::time::SystemTime::UNIX_EPOCH - Duration::from_secs(5);
        assert_eq!(UnixTime::from(early).as_secs(), 0);
    }
}
