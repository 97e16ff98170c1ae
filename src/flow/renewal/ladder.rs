use crate::base::wait::{Reason, Wait};
use core::time::Duration;

/// How often each kind of failure has come, and how long to wait after the next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ladder {
    failures: u8,
}

impl Ladder {
    /// The wait before the same request: what the hub asks for; otherwise after 500 five minutes, after 503 five seconds
    /// and after anything else one second, the last two doubled for each failure before.
    pub(super) fn after(&mut self, status: Option<u16>, asked: Option<Duration>) -> Wait {
        let reason = status.map_or(Reason::Unanswered, |status| Reason::Busy { status });
        let doubled = |seconds: u64| Duration::from_secs(seconds << self.failures.min(6));
        let own = match status {
            Some(503) => doubled(5),
            Some(500..=599) => Duration::from_secs(300),
            _ => doubled(1),
        };
        self.failures = self.failures.saturating_add(1);
        match asked {
            Some(asked) => Wait::asked(asked.max(Duration::from_secs(1)), reason),
            None => Wait { at_least: own, at_most: own * 2, reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn least(ladder: &mut Ladder, status: Option<u16>) -> u64 {
        ladder.after(status, None).at_least.as_secs()
    }

    #[test]
    fn the_hub_says_how_long_or_the_kind_of_failure_does() {
        let asked = |seconds| Ladder::default().after(Some(429), Some(Duration::from_secs(seconds)));
        assert_eq!((asked(30).at_least.as_secs(), asked(30).at_most.as_secs()), (30, 38));
        assert_eq!(asked(0).at_least.as_secs(), 1);
        assert_eq!(asked(u64::MAX).at_most, Duration::MAX.min(asked(u64::MAX).at_most));
        for (status, first, second) in [
            (Some(429), 1, 2),
            (Some(408), 1, 2),
            (Some(409), 1, 2),
            (None, 1, 2),
            (Some(503), 5, 10),
            (Some(500), 300, 300),
            (Some(502), 300, 300),
        ] {
            let mut ladder = Ladder::default();
            assert_eq!((least(&mut ladder, status), least(&mut ladder, status)), (first, second), "{status:?}");
        }
    }

    #[test]
    fn a_wait_grows_to_a_bound() {
        let mut ladder = Ladder { failures: 250 };
        assert_eq!([0; 9].map(|_| least(&mut ladder, None)), [64; 9]);
    }
}
