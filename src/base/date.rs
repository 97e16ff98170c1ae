//! Dates in text: those of HTTP (RFC 9110) and of RFC 3339, from and to seconds since 1970-01-01 00:00:00 UTC.

use core::fmt;

/// From 0000-03-01, where the count of days begins, to 1970-01-01.
const DAYS_TO_1970: u64 = 719_468;

/// The one form of date that HTTP servers may send today: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn from_http(text: &str) -> Option<u64> {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = text.trim().split_once(", ").filter(|(day, _)| DAYS.contains(day))?;
    let mut words = rest.split(' ');
    let day = number(words.next(), 2, 1, 31)?;
    let month = words.next().and_then(|word| MONTHS.iter().position(|month| *month == word))?;
    let month = u64::try_from(month).ok()? + 1;
    let year = number(words.next(), 4, 1970, 9999)?;
    let clock = clock(words.next()?)?;
    let is_complete = words.next() == Some("GMT") && words.next().is_none();
    let days = days(year, month, day).filter(|_| is_complete)?;
    Some(days.checked_sub(DAYS_TO_1970)? * 86_400 + clock)
}

/// `2023-11-14T22:13:20Z`, with an offset in place of the `Z` or without. Fractions of a second are dropped. `None` for
/// anything else, and for a time before 1970.
pub(super) fn from_rfc3339(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', 't'])?;
    let mut parts = date.split('-');
    let (year, month, day) =
        (number(parts.next(), 4, 1969, 9999)?, number(parts.next(), 2, 1, 12)?, number(parts.next(), 2, 1, 31)?);
    let days = days(year, month, day).filter(|_| parts.next().is_none())?;
    let (time, is_ahead, offset) = if let Some(time) = time.strip_suffix(['Z', 'z']) {
        (time, false, 0)
    } else {
        let (time, zone) = time.split_at_checked(time.rfind(['+', '-'])?)?;
        let (hours, minutes) = zone.get(1..)?.split_once(':')?;
        let offset = number(Some(hours), 2, 0, 23)? * 3_600 + number(Some(minutes), 2, 0, 59)? * 60;
        (time, zone.starts_with('+'), offset)
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let local = days * 86_400 + clock(time)?;
    let utc = if is_ahead { local.checked_sub(offset)? } else { local + offset };
    utc.checked_sub(DAYS_TO_1970 * 86_400)
}

/// The form of RFC 3339. A year after 9999, which that cannot hold, has a `+` in front, as in ISO 8601.
pub(super) fn write_rfc3339(secs: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (days, clock) = (secs / 86_400 + DAYS_TO_1970, secs % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let (month, next) = if shifted < 10 { (shifted + 3, 0) } else { (shifted - 9, 1) };
    let year = era * 400 + year_of_era + next;
    let sign = if year > 9999 { "+" } else { "" };
    let (hour, minute, second) = (clock / 3_600, clock / 60 % 60, clock % 60);
    write!(f, "{sign}{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Of so many digits, and within a range.
fn number(text: Option<&str>, length: usize, least: u64, most: u64) -> Option<u64> {
    let digits = text.filter(|text| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok().filter(|number| (least..=most).contains(number))
}

/// `22:13:20` in seconds. A second 60 is a leap second.
fn clock(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let (hour, minute) = (number(parts.next(), 2, 0, 23)?, number(parts.next(), 2, 0, 59)?);
    let second = number(parts.next(), 2, 0, 60)?;
    parts.next().is_none().then_some(hour * 3_600 + minute * 60 + second)
}

/// Days of the civil calendar since 0000-03-01: years begin in March, so that the leap day comes last. `None` for a day
/// that its month does not have.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let (y, shifted) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 + (day - 1);
    (day <= days_in(month, year)).then_some(days)
}

const fn days_in(month: u64, year: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
