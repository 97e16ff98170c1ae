//! Waiting: always a range with its reason, so that the caller brings the clock and the jitter.

use core::time::Duration;

/// Why time is to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A token grows old.
    Renewal,
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
    /// A point in the range, from any random number that the caller has. A fleet that picks at random does not come
    /// back all at once.
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

    #[test]
    fn a_pick_stays_inside_the_range() {
        let wait =
            Wait { at_least: Duration::from_secs(10), at_most: Duration::from_secs(12), reason: Reason::Renewal };
        assert_eq!(wait.pick(0), wait.at_least);
        assert_eq!(wait.pick(u32::MAX), wait.at_most);
        assert_eq!(wait.pick(u32::MAX / 2), Duration::from_millis(10_999));
    }
}
