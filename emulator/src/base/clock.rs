//! The emulator's clock, and how the protocols write its time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

/// The system's clock plus an offset. A clone is the same clock.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Arc<AtomicI64>);

/// A point in time, as the duration since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(Duration);

impl Clock {
    pub(crate) fn set_offset(&self, seconds: i64) {
        self.0.store(seconds, Ordering::SeqCst);
    }

    pub(crate) fn offset(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn now(&self) -> Moment {
        let system = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let offset = self.offset();
        let by = Duration::from_secs(offset.unsigned_abs());
        Moment(if offset < 0 { system.saturating_sub(by) } else { system.saturating_add(by) })
    }
}

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Moment {
    pub(crate) const fn at(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    pub(crate) const fn seconds(self) -> u64 {
        self.0.as_secs()
    }

    /// The next point in time that is written differently.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(Duration::from_nanos(100)))
    }

    /// As in a `Date` header.
    pub(crate) fn http(self) -> String {
        let (days, (hour, minute, second)) = self.parts();
        let (year, month, day) = civil(days);
        let name = |names: &[&'static str], index: u64| {
            usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or_default()
        };
        let (weekday, month) = (name(&WEEKDAYS, days % 7), name(&MONTHS, month - 1));
        format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
    }

    /// As in JSON: with seven digits of a second, as the services write them.
    pub(crate) fn iso(self) -> String {
        let (days, (hour, minute, second)) = self.parts();
        let (year, month, day) = civil(days);
        let fraction = self.0.subsec_nanos() / 100;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:07}Z")
    }

    const fn parts(self) -> (u64, (u64, u64, u64)) {
        let seconds = self.seconds();
        (seconds / 86400, (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60))
    }
}

/// Year, month and day of a number of days since 1970. The years of the computation begin in March, so that the leap day
/// is their last.
const fn civil(days: u64) -> (u64, u64, u64) {
    // With any offset the year has five digits at most.
    let days = (if days > 30_000_000 { 30_000_000 } else { days }) + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_the_protocols_require() {
        assert_eq!(Moment::at(784_111_777).http(), "Sun, 06 Nov 1994 08:49:37 GMT", "the example of RFC 9110");
        assert_eq!(Moment::at(0).http(), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(Moment::at(951_782_400).iso(), "2000-02-29T00:00:00.0000000Z");
        assert_eq!(Moment::at(1_709_251_199).next().iso(), "2024-02-29T23:59:59.0000001Z");
        assert_eq!(Moment::at(4_107_542_400).iso(), "2100-03-01T00:00:00.0000000Z", "2100 has no leap day");
    }

    #[test]
    fn the_offset_applies_in_both_directions_and_saturates() {
        let clock = Clock::default();
        let now = clock.now();
        clock.set_offset(-3600);
        assert!(clock.now() < now);
        clock.set_offset(3600);
        assert!(clock.now().seconds() >= now.seconds() + 3600);
        for end in [i64::MIN, i64::MAX] {
            clock.set_offset(end);
            let _ = (clock.now().http(), clock.now().iso());
        }
    }
}
