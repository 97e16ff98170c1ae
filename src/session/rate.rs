//! What bounds the load whatever the ladders do: flapping, calls of [`Event::Wake`](super::Event::Wake), crash loops.

use core::time::Duration;

/// At most `burst` at once and one more each `interval`: in any span `T` never more than `burst + T / interval`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// After how long there is one more.
    pub interval: Duration,
}

impl Rate {
    /// How many there can be in a span at most.
    #[must_use]
    pub fn bound(self, span: Duration) -> u64 {
        u64::from(self.burst).saturating_add(span.as_secs() / self.interval.as_secs().max(1))
    }
}

/// The state of a [`Rate`]: one time, at which the whole burst is available again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    rate: Rate,
    full_at: Duration,
}

impl Bucket {
    /// With a debt of an earlier run, never more than a whole burst, so that a wrong clock locks no device out.
    pub(super) fn owing(rate: Rate, now: Duration, debt: Duration) -> Self {
        let most = rate.interval.saturating_mul(rate.burst);
        Self { rate, full_at: now.saturating_add(debt.min(most)) }
    }

    pub(super) const fn debt(self, now: Duration) -> Duration {
        self.full_at.saturating_sub(now)
    }

    /// How long until the next is available.
    pub(super) fn wait(self, now: Duration) -> Duration {
        self.debt(now).saturating_sub(self.rate.interval.saturating_mul(self.rate.burst.saturating_sub(1)))
    }

    pub(super) fn take(&mut self, now: Duration) {
        self.full_at = self.full_at.max(now).saturating_add(self.rate.interval);
    }

    pub(super) const fn interval(self) -> Duration {
        self.rate.interval
    }
}
