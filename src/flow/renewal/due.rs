use crate::base::time::UnixTime;
use core::time::Duration;

/// When a certificate is due for renewal: two thirds into its life at the earliest, four fifths at the latest. A service does
/// not say when.
///
/// ```
/// use defender_auth::{UnixTime, renewal::Due};
///
/// let due = Due::of("2026-03-01T00:00:00Z".parse()?, "2026-03-31T00:00:00Z".parse()?);
/// assert_eq!((due.earliest.to_string().as_str(), due.latest.to_string().as_str()), ("2026-03-21T00:00:00Z", "2026-03-25T00:00:00Z"));
/// assert!(due.pick(u32::MAX / 2) < due.latest); // from any random number, so that a fleet is spread
/// # Ok::<_, defender_auth::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Not before.
    pub earliest: UnixTime,
    /// Not after.
    pub latest: UnixTime,
}

impl Due {
    /// Of a certificate that is valid from `not_before` to `not_after`.
    #[must_use]
    pub fn of(not_before: UnixTime, not_after: UnixTime) -> Self {
        let life = not_after.since(not_before).as_secs();
        // Neither product exceeds a u128, and each quotient is at most the life.
        let share = |times: u128, parts: u128| u64::try_from(u128::from(life) * times / parts).unwrap_or(life);
        let after = |seconds| not_before + Duration::from_secs(seconds);
        Self { earliest: after(share(2, 3)), latest: after(share(4, 5)) }
    }

    /// A time in this window, from any random number that the caller has.
    #[must_use]
    pub fn pick(self, random: u32) -> UnixTime {
        let span = u128::from(self.latest.since(self.earliest).as_secs()) * u128::from(random) / u128::from(u32::MAX);
        self.earliest + Duration::from_secs(u64::try_from(span).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pick_is_in_the_window_whatever_the_life() {
        let at = UnixTime::from_secs;
        for (from, to) in [(0, 0), (5, 5), (5, 4), (0, 1), (1_790_000_000, 1_790_604_800), (0, u64::MAX)] {
            let due = Due::of(at(from), at(to));
            assert!(at(from) <= due.earliest && due.earliest <= due.latest && due.latest <= at(to).max(at(from)));
            assert_eq!((due.pick(0), due.pick(u32::MAX)), (due.earliest, due.latest));
        }
        let due = Due::of(at(100), at(130));
        assert_eq!((due.earliest, due.latest, due.pick(u32::MAX / 2)), (at(120), at(124), at(121)));
    }
}
