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

    /// Reads the one form of date that HTTP servers may send today: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section
    /// 5.6.7). `None` for anything else, also for a day that its month does not have. The name of the day is not
    /// compared with the date.
    #[must_use]
    pub fn from_http_date(text: &str) -> Option<Self> {
        const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let (_, rest) = text.trim().split_once(", ").filter(|(day, _)| DAYS.contains(day))?;
        let mut words = rest.split(' ');
        let number = |word: Option<&str>, length: usize, least: u64, most: u64| {
            let digits = word.filter(|word| word.len() == length && word.bytes().all(|byte| byte.is_ascii_digit()))?;
            digits.parse().ok().filter(|number| (least..=most).contains(number))
        };
        let day = number(words.next(), 2, 1, 31)?;
        let month = words.next().and_then(|word| MONTHS.iter().position(|month| *month == word))?;
        let month = u64::try_from(month).ok()? + 1;
        let year = number(words.next(), 4, 1970, 9999)?;
        let mut clock = words.next()?.split(':');
        let (hour, minute) = (number(clock.next(), 2, 0, 23)?, number(clock.next(), 2, 0, 59)?);
        let second = number(clock.next(), 2, 0, 60)?;
        if day > days_in(month, year) || clock.next().is_some() || words.next() != Some("GMT") || words.next().is_some()
        {
            return None;
        }
        // Days of the civil calendar, with years that begin in March, so that the leap day comes last.
        let (y, shifted) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 + (day - 1);
        Some(Self(days.checked_sub(719_468)? * 86_400 + hour * 3_600 + minute * 60 + second))
    }

    /// How long it is from `earlier` to here; zero when `earlier` is the later one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }

    /// As much before it, and never before 1970.
    pub(crate) const fn earlier_by(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.as_secs()))
    }
}

const fn days_in(month: u64, year: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
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

/// How far the clock of this device stands from the service's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSkew {
    device: UnixTime,
    service: UnixTime,
}

impl ClockSkew {
    /// Up to this a clock counts as right: the services allow about as much.
    pub const TOLERATED: Duration = Duration::from_secs(300);

    /// `None` while the clocks agree well enough.
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

    /// The service's idea of now, for a caller that wants to begin again with it.
    #[must_use]
    pub const fn service_time(self) -> UnixTime {
        self.service
    }
}

impl fmt::Display for ClockSkew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.is_ahead() { "ahead of" } else { "behind" };
        write!(f, "the clock of this device is {} s {side} the service's; set it", self.amount().as_secs())
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
    fn clocks_that_agree_have_no_skew() {
        let (early, late) = (UnixTime::from_secs(1000), UnixTime::from_secs(1301));
        assert_eq!(ClockSkew::between(early, UnixTime::from_secs(1300)), None);
        let skew = ClockSkew::between(early, late).unwrap();
        assert!(!skew.is_ahead() && ClockSkew::between(late, early).unwrap().is_ahead());
        assert_eq!((skew.amount().as_secs(), skew.service_time()), (301, late));
    }

    #[cfg(feature = "std")]
    #[test]
    fn a_clock_before_1970_counts_as_1970() {
        let early = std::time::SystemTime::UNIX_EPOCH - Duration::from_secs(5);
        assert_eq!(UnixTime::from(early).as_secs(), 0);
    }
}
