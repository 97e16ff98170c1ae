use crate::base::time::{Now, UnixTime};
use core::time::Duration;
use std::time::{Instant, SystemTime};

/// Wall times are whole seconds: of what they say has passed, one second may not have.
const SECOND: Duration = Duration::from_secs(1);

/// Both clocks of one run: the system's wall clock, corrected, and a monotonic one that goes on from the run's latest
/// event.
pub(super) struct Clock {
    offset: i64,
    origin: Duration,
    start: Instant,
}

impl Clock {
    /// For a new run.
    pub(super) fn start(offset: i64) -> Self {
        Self { offset, origin: Duration::ZERO, start: Instant::now() }
    }

    /// For a run whose latest event came then, perhaps by another monotonic clock: what has passed since, the wall clock
    /// says.
    pub(super) fn resume(offset: i64, since: Now) -> Self {
        let mut this = Self::start(offset);
        this.origin = since.monotonic.saturating_add(this.now().wall.since(since.wall).saturating_sub(SECOND));
        this
    }

    pub(super) fn now(&self) -> Now {
        let system = UnixTime::from(SystemTime::now());
        let wall = UnixTime::from_secs(system.as_secs().saturating_add_signed(self.offset));
        Now { wall, monotonic: self.origin.saturating_add(self.start.elapsed()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_where_its_own_clock_was() {
        let begun = Now { wall: Clock::start(0).now().wall, monotonic: Duration::from_secs(1_000_000) };
        let resumed = Clock::resume(400, begun).now().monotonic.saturating_sub(begun.monotonic);
        assert!((Duration::from_secs(399)..Duration::from_secs(430)).contains(&resumed), "{resumed:?}");
    }

    #[test]
    fn a_wall_clock_that_was_set_back_between_two_runs_counts_as_no_time() {
        let begun = Now { wall: Clock::start(0).now().wall, monotonic: Duration::from_secs(1_000_000) };
        let resumed = Clock::resume(-86_400, begun).now().monotonic.saturating_sub(begun.monotonic);
        assert!(resumed < Duration::from_secs(30), "{resumed:?}");
    }
}
