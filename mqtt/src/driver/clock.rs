//! Both clocks of the device, and whether one of them was set.

use defender_auth::{Now, UnixTime};
use std::time::{Duration, SystemTime};

/// The clocks of a device.
pub trait Clock: Send {
    /// Both, read together.
    fn now(&self) -> Now;
}

/// The system's: the wall clock, and one that counts from the start of the device and also while it is suspended
/// (`CLOCK_BOOTTIME` of Linux). A clock that stops while the device sleeps would renew a token hours after its expiry.
/// Other systems have [`Instant`](std::time::Instant) instead, which counts that time on Windows too
/// (`QueryPerformanceCounter`).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        Now { wall: UnixTime::from(SystemTime::now()), monotonic: since_boot() }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn since_boot() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    // Never before the start.
    Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn since_boot() -> Duration {
    use std::{sync::LazyLock, time::Instant};
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// How much the wall clock may gain or lose without having been set, beside one second in a thousand.
const TOLERANCE: Duration = Duration::from_secs(5);

/// Notices that the wall clock was set: it has then moved by another span than the monotonic clock.
#[derive(Debug)]
pub(super) struct Watch {
    last: Now,
}

impl Watch {
    pub(super) const fn new(now: Now) -> Self {
        Self { last: now }
    }

    /// By how many seconds it was set since the last call, if it was.
    pub(super) fn jump(&mut self, now: Now) -> Option<i64> {
        let passed = now.monotonic.saturating_sub(self.last.monotonic);
        let expected = self.last.wall.as_secs().saturating_add(passed.as_secs());
        let jump = now.wall.as_secs().abs_diff(expected);
        self.last = now;
        let signed = i64::try_from(jump).unwrap_or(i64::MAX);
        let is_forward = now.wall.as_secs() > expected;
        (jump > (TOLERANCE + passed / 1000).as_secs()).then_some(if is_forward { signed } else { -signed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(wall: u64, monotonic: u64) -> Now {
        Now { wall: UnixTime::from_secs(wall), monotonic: Duration::from_secs(monotonic) }
    }

    #[test]
    fn only_a_clock_that_was_set_has_jumped() {
        let mut watch = Watch::new(now(1_000_000, 10));
        let jumps = [
            (now(1_000_030, 40), None),
            // A clock that is slewed for an hour.
            (now(1_003_633, 3640), None),
            (now(1_003_628, 3640), None),
            (now(1_003_634, 3640), Some(6)),
            (now(1_003_640, 3646), None),
            (now(3640, 3646), Some(-1_000_000)),
            (now(u64::MAX, 3646), Some(i64::MAX)),
            (now(0, 3646), Some(-i64::MAX)),
            // A monotonic clock that runs backwards.
            (now(0, 0), None),
        ];
        for (at, jump) in jumps {
            assert_eq!(watch.jump(at), jump, "{at:?}");
        }
    }

    #[test]
    fn the_monotonic_clock_runs() {
        let first = SystemClock.now();
        std::thread::sleep(Duration::from_millis(2));
        assert!(SystemClock.now().monotonic > first.monotonic);
    }
}
