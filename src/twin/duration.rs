use core::{fmt, str::FromStr, time::Duration};

/// A duration in the format of ISO 8601: `PT7M`, `PT1H30M`, `P1DT12H`, `P2W`.
///
/// Whole seconds, and never zero, with which an agent would send without pause. It is displayed in the units in which it
/// was written, so that a report repeats what was desired; for that reason `PT60M` and `PT1H` are not equal, although
/// their [`get`](Self::get) is.
///
/// ```
/// use core::time::Duration;
/// use defender_auth::twin::IsoDuration;
///
/// let frequency: IsoDuration = "PT90M".parse()?;
/// assert_eq!(frequency.get(), Duration::from_secs(5400));
/// assert_eq!(frequency.to_string(), "PT90M");
/// # Ok::<_, defender_auth::twin::DurationError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IsoDuration {
    /// In the order of [`DATE`].
    date: [Option<u32>; 2],
    /// In the order of [`TIME`].
    time: [Option<u32>; 3],
}

/// The units before the `T`, with their length in seconds.
const DATE: [(char, u64); 2] = [('W', 7 * 86_400), ('D', 86_400)];
/// The units after the `T`.
const TIME: [(char, u64); 3] = [('H', 3600), ('M', 60), ('S', 1)];

/// Why a text is not a duration for an agent. Never quotes the text.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// It has another format, or its units are out of order.
    #[error("is not an ISO 8601 duration; write, for example, PT7M, PT5H or P1DT12H")]
    Form,
    /// It has a unit of no fixed length.
    #[error("has years or months, whose length varies; write it in days")]
    YearOrMonth,
    /// It has a fraction.
    #[error("has a fraction; write it in whole seconds")]
    Fraction,
    /// It is zero.
    #[error("is zero, so that the agent would send without pause; write at least PT1S")]
    Zero,
    /// A number in it exceeds 32 bits.
    #[error("is too long; write a smaller number")]
    TooLong,
}

crate::base::debug::debug_as_text! { DurationError }

impl IsoDuration {
    pub(super) const fn hours(hours: u32) -> Self {
        Self { date: [None; 2], time: [Some(hours), None, None] }
    }

    pub(super) const fn minutes(minutes: u32) -> Self {
        Self { date: [None; 2], time: [None, Some(minutes), None] }
    }

    /// Its length, in whole seconds.
    #[must_use]
    pub fn get(self) -> Duration {
        let numbers = self.date.into_iter().chain(self.time);
        // A sum of five 32-bit numbers, the largest times 604800, fits in 64 bits.
        let secs =
            numbers.zip(DATE.iter().chain(&TIME)).map(|(number, (_, secs))| u64::from(number.unwrap_or(0)) * secs);
        Duration::from_secs(secs.sum())
    }
}

impl FromStr for IsoDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let text = text.strip_prefix('P').ok_or(DurationError::Form)?;
        let (date, time) = match text.split_once('T') {
            // A `T` with nothing after it, like a `P` with nothing after it, is cut short.
            Some((_, "")) => return Err(DurationError::Form),
            None if text.is_empty() => return Err(DurationError::Form),
            Some(parts) => parts,
            None => (text, ""),
        };
        let this = Self { date: read(date, DATE)?, time: read(time, TIME)? };
        if this.get().is_zero() { Err(DurationError::Zero) } else { Ok(this) }
    }
}

/// The numbers of the units, each at most once and in this order.
fn read<const N: usize>(mut text: &str, units: [(char, u64); N]) -> Result<[Option<u32>; N], DurationError> {
    let mut numbers = [None; N];
    for (slot, (unit, _)) in numbers.iter_mut().zip(units) {
        let (number, behind) = split(text);
        let Some(rest) = behind.strip_prefix(unit).filter(|_| !number.is_empty()) else { continue };
        *slot = Some(number.parse().map_err(|_| DurationError::TooLong)?);
        text = rest;
    }
    match split(text).1.chars().next() {
        _ if text.is_empty() => Ok(numbers),
        Some('Y') => Err(DurationError::YearOrMonth),
        Some('M') if !units.iter().any(|(unit, _)| *unit == 'M') => Err(DurationError::YearOrMonth),
        Some('.' | ',') => Err(DurationError::Fraction),
        _ => Err(DurationError::Form),
    }
}

/// The leading digits, and the rest.
fn split(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

impl fmt::Display for IsoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P")?;
        write(f, self.date, DATE)?;
        if self.time != [None; 3] {
            f.write_str("T")?;
        }
        write(f, self.time, TIME)
    }
}

fn write<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    numbers: [Option<u32>; N],
    units: [(char, u64); N],
) -> fmt::Result {
    let written = numbers.into_iter().zip(units).filter_map(|(number, (unit, _))| Some((number?, unit)));
    written.into_iter().try_for_each(|(number, unit)| write!(f, "{number}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn every_format_is_read_and_displayed_again() {
        for (text, secs) in [
            ("PT7M", 420),
            ("PT5H", 18_000),
            ("PT13H", 46_800),
            ("PT1H", 3600),
            ("PT1S", 1),
            ("PT90M", 5400),
            ("PT1H0M5S", 3605),
            ("P1D", 86_400),
            ("P1DT12H", 129_600),
            ("P2W", 1_209_600),
            ("P1W2DT3H4M5S", 788_645),
            ("PT4294967295S", 4_294_967_295),
            ("P4294967295WT4294967295H", 4_294_967_295 * (604_800 + 3600)),
        ] {
            let duration: IsoDuration = text.parse().unwrap();
            assert_eq!(duration.get(), Duration::from_secs(secs), "{text}");
            assert_eq!(duration.to_string(), text);
        }
    }

    #[test]
    fn leading_zeros_are_not_kept() {
        assert_eq!("PT007M".parse::<IsoDuration>().unwrap(), IsoDuration::minutes(7));
    }

    #[test]
    fn equality_is_that_of_the_written_form() {
        let (hour, minutes) = (IsoDuration::hours(1), IsoDuration::minutes(60));
        assert_ne!(hour, minutes);
        assert_eq!(hour.get(), minutes.get());
    }

    #[test]
    fn every_invalid_duration_has_its_reason() {
        use DurationError as E;
        for (error, texts) in [
            (
                E::Form,
                &[
                    "", "P", "PT", "P1DT", "7", "7M", "PT7", "PT7X", "PT7m", "pt7m", "-PT7M", "PT-7M", "PT+7M", "P7H",
                    "PT7D", "PT7MT1S", "PT7M1H", "PT7M7M", "PTM", " PT7M", "PT7M ", "00:07:00", "PT٧M",
                ][..],
            ),
            (E::YearOrMonth, &["P1Y", "P1M", "P1Y2M3D", "P1MT5H", "P1Y2DT5H"]),
            (E::Fraction, &["PT0.5S", "PT1,5H", "P0.5D"]),
            (E::Zero, &["PT0S", "P0D", "P0DT0H0M0S"]),
            (E::TooLong, &["PT4294967296S", "P99999999999999999999D"]),
        ] {
            for text in texts {
                assert_eq!(text.parse::<IsoDuration>(), Err(error), "{text}");
            }
        }
    }
}
