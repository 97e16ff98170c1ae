use crate::base::{
    time::UnixTime,
    wait::{Reason, Wait},
};
use core::{ops::RangeInclusive, time::Duration};

/// When a token is due for renewal: in a range of shares of its lifetime, and five seconds before its expiry at the latest.
///
/// A pure function of two times. Other SDKs renew a fixed 2 or 15 minutes before the expiry, which is longer than the
/// whole lifetime of a short-lived token.
///
/// ```
/// use core::time::Duration;
/// use defender_auth::{UnixTime, sas::Renewal};
///
/// let now = UnixTime::from_secs(1_700_000_000);
/// let wait = Renewal::of(now, now + Duration::from_secs(3600)).wait(now);
/// assert_eq!(wait.at_least, Duration::from_secs(2880));
/// assert_eq!(wait.at_most, Duration::from_secs(3060));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Earliest time.
    pub from: UnixTime,
    /// Latest time.
    pub until: UnixTime,
}

impl Renewal {
    /// For a token made at `issued` that expires at `expiry`: between 80 and 85 % of its lifetime.
    #[must_use]
    pub fn of(issued: UnixTime, expiry: UnixTime) -> Self {
        Self::within(issued, expiry, 80..=85)
    }

    /// Between other shares of its lifetime, in percent. More than 100 counts as 100.
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use defender_auth::{UnixTime, sas::Renewal};
    /// let now = UnixTime::from_secs(1_700_000_000);
    /// let renewal = Renewal::within(now, now + Duration::from_secs(3600), 50..=75);
    /// assert_eq!((renewal.from.since(now).as_secs(), renewal.until.since(now).as_secs()), (1800, 2700));
    /// ```
    #[must_use]
    pub fn within(issued: UnixTime, expiry: UnixTime, percent: RangeInclusive<u8>) -> Self {
        let lifetime = expiry.since(issued).as_secs();
        let last = lifetime.saturating_sub(5);
        // In two parts, because `lifetime * 85` may not fit.
        let at = |percent: u8| {
            let percent = u64::from(percent.min(100));
            issued + Duration::from_secs((lifetime / 100 * percent + lifetime % 100 * percent / 100).min(last))
        };
        Self { from: at(*percent.start()), until: at(*percent.end()) }
    }

    /// How long to wait from `now`; zero when the token is due for renewal.
    #[must_use]
    pub fn wait(self, now: UnixTime) -> Wait {
        Wait { at_least: self.from.since(now), at_most: self.until.since(now), reason: Reason::Renewal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

    fn range(life: u64) -> (u64, u64) {
        let wait = Renewal::of(NOW, NOW + Duration::from_secs(life)).wait(NOW);
        (wait.at_least.as_secs(), wait.at_most.as_secs())
    }

    #[test]
    fn every_lifetime_has_its_range() {
        assert_eq!(range(3600), (2880, 3060));
        assert_eq!(range(86_400), (69_120, 73_440));
        assert_eq!(range(150), (120, 127), "not only whole hundreds");
        assert_eq!(range(20), (15, 15), "never in the last five seconds");
        assert_eq!(range(3), (0, 0));
        assert_eq!(range(0), (0, 0));
    }

    #[test]
    fn a_share_beyond_the_whole_lifetime_is_the_whole_lifetime() {
        let renewal = Renewal::within(NOW, NOW + Duration::from_secs(1000), 50..=200);
        assert_eq!((renewal.from.since(NOW).as_secs(), renewal.until.since(NOW).as_secs()), (500, 995));
    }

    #[test]
    fn an_unlimited_lifetime_does_not_overflow() {
        let renewal = Renewal::of(UnixTime::from_secs(0), UnixTime::from_secs(u64::MAX));
        assert!(renewal.from < renewal.until);
        assert!(renewal.until.as_secs() > u64::MAX / 5 * 4);
    }

    #[test]
    fn a_late_caller_does_not_wait() {
        let renewal = Renewal::of(NOW, NOW + Duration::from_secs(3600));
        assert_eq!(renewal.wait(NOW + Duration::from_secs(7200)).at_most, Duration::ZERO);
    }
}
