//! The best estimate of the wall clock: what the device's clock says while that is plausible, else what is known for
//! certain and counted on.

use crate::base::time::{ClockSkew, Now, UnixTime};
use core::time::Duration;

/// What is known about the device's wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockState {
    /// Nothing is known against it.
    Plausible,
    /// It is before a time that has passed for certain.
    BeforeFloor,
    /// A service whose certificate was verified has another time, which is used instead.
    Corrected,
}

/// The best estimate of the time, for the expiry of tokens and for certificates. Waits and limits do not use it: they go by
/// the monotonic clock.
///
/// The floor is a time that has passed for certain: that of the release, or a later one that a verified service has sent.
/// From there the time is counted by the monotonic clock, so that a device without a battery keeps a time for its tokens.
#[derive(Clone, Debug)]
pub struct Clock {
    floor: Now,
    release: UnixTime,
    confirmed: bool,
    latest: Duration,
}

impl Clock {
    /// With a time that has passed for certain, which is [`UnixTime::RELEASE`] for most.
    #[must_use]
    pub const fn new(floor: UnixTime, now: Now) -> Self {
        let Now { monotonic, .. } = now;
        Self { floor: Now { wall: floor, monotonic }, release: floor, confirmed: false, latest: monotonic }
    }

    /// With the latest time that an earlier run knew.
    pub(super) fn known_by_earlier_run(mut self, date: UnixTime) -> Self {
        self.floor.wall = self.floor.wall.max(date);
        self
    }

    /// Of a monotonic clock that runs backwards no time has passed.
    pub(super) fn observe(&mut self, now: Now) -> Now {
        self.latest = self.latest.max(now.monotonic);
        Now { monotonic: self.latest, ..now }
    }

    /// A date that a *verified* service has sent. Dates of certificates that were not verified never get here.
    pub(super) fn confirm(&mut self, now: Now, date: UnixTime) {
        // Also an earlier one than the last: the next service corrects one that was wrong.
        if date >= self.release {
            self.floor = Now { wall: date, monotonic: now.monotonic };
            self.confirmed = true;
        }
    }

    /// A time that has passed for certain.
    #[must_use]
    pub const fn floor(&self) -> UnixTime {
        self.floor.wall
    }

    /// The floor, and what has passed since.
    fn counted(&self, now: Now) -> UnixTime {
        self.floor.wall + now.monotonic.saturating_sub(self.floor.monotonic)
    }

    /// Whether a service has sent its time and the device's clock agrees with it.
    #[must_use]
    pub fn is_confirmed(&self, now: Now) -> bool {
        self.confirmed && self.state(now) == ClockState::Plausible
    }

    /// The best estimate of the time.
    #[must_use]
    pub fn time(&self, now: Now) -> UnixTime {
        match self.state(now) {
            ClockState::Plausible => now.wall,
            ClockState::BeforeFloor | ClockState::Corrected => self.counted(now),
        }
    }

    /// Both clocks, with the best estimate for the wall's.
    pub(super) fn estimate(&self, now: Now) -> Now {
        Now { wall: self.time(now), ..now }
    }

    /// What is known about the device's clock.
    #[must_use]
    pub fn state(&self, now: Now) -> ClockState {
        let counted = self.counted(now);
        match self.confirmed {
            true if ClockSkew::between(now.wall, counted).is_some() => ClockState::Corrected,
            false if now.wall < counted => ClockState::BeforeFloor,
            _ => ClockState::Plausible,
        }
    }
}
