//! Durations as people read them.

use core::{fmt, time::Duration};

/// Shows a duration in at most two units, rounded down: `45 s`, `2 h 3 min`, `27 y 8 d`, and `250 ms` below a second.
///
/// ```
/// use core::time::Duration;
/// use defender_auth::wait::Readable;
///
/// assert_eq!(Readable(Duration::from_secs(7_390)).to_string(), "2 h 3 min");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readable(pub Duration);

/// Units in seconds. A year has 365 days.
const UNITS: [(u64, &str); 5] = [(31_536_000, "y"), (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.0.as_secs();
        let mut units = UNITS.into_iter().skip_while(|(size, _)| secs < *size);
        let Some((size, unit)) = units.next() else {
            return match self.0.subsec_millis() {
                0 => f.write_str("0 s"),
                millis => write!(f, "{millis} ms"),
            };
        };
        write!(f, "{} {unit}", secs / size)?;
        match units.next() {
            Some((smaller, unit)) if secs % size >= smaller => write!(f, " {} {unit}", secs % size / smaller),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn a_duration_has_two_units_at_most() {
        for (secs, text) in [
            (0, "0 s"),
            (1, "1 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (120, "2 min"),
            (3_600, "1 h"),
            (3_601, "1 h"),
            (7_390, "2 h 3 min"),
            (86_399, "23 h 59 min"),
            (90_000, "1 d 1 h"),
            (852_118_326, "27 y 7 d"),
            (u64::MAX, "584942417355 y 26 d"),
        ] {
            assert_eq!(Readable(Duration::from_secs(secs)).to_string(), text, "{secs}");
        }
    }

    #[test]
    fn a_part_of_a_second_is_shown_in_milliseconds() {
        assert_eq!(Readable(Duration::from_millis(250)).to_string(), "250 ms");
        assert_eq!(Readable(Duration::from_millis(1_999)).to_string(), "1 s");
        assert_eq!(Readable(Duration::from_micros(1)).to_string(), "0 s");
    }
}
