//! The time of the fleet: the system's, and what was waited without waiting.

use defender_auth::{Now, UnixTime};
use defender_auth_mqtt::driver::{Clock, SystemClock};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

/// One time for the whole fleet, and the wall clock of one device, which may be wrong.
#[derive(Clone, Default)]
pub(crate) struct Time {
    /// Seconds that have passed beside the real ones.
    ahead: Arc<AtomicU64>,
    /// How far the wall clock is ahead of that, in seconds.
    wrong: Arc<AtomicI64>,
}

impl Time {
    /// The same time, with a wall clock of its own.
    pub(crate) fn of_another_device(&self) -> Self {
        Self { ahead: self.ahead.clone(), wrong: Arc::default() }
    }

    pub(crate) fn ahead(&self) -> u64 {
        self.ahead.load(Ordering::SeqCst)
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.ahead.fetch_add(time.as_secs(), Ordering::SeqCst);
    }

    pub(crate) fn set_wrong(&self, seconds: i64) {
        self.wrong.store(seconds, Ordering::SeqCst);
    }
}

impl Clock for Time {
    fn now(&self) -> Now {
        let Now { wall, monotonic } = SystemClock::default().now();
        let ahead = Duration::from_secs(self.ahead());
        let wall = (wall + ahead).as_secs().saturating_add_signed(self.wrong.load(Ordering::SeqCst));
        Now { wall: UnixTime::from_secs(wall), monotonic: monotonic + ahead }
    }
}
