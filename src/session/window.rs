use core::time::Duration;

/// A span of the monotonic clock. Act at a random point in it, picked once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Not before.
    pub from: Duration,
    /// Not after.
    pub until: Duration,
}

impl Window {
    /// From a time on, so long.
    pub(super) const fn after(from: Duration, length: Duration) -> Self {
        Self { from, until: from.saturating_add(length) }
    }

    /// A point in the window, from any random number that the caller has.
    ///
    /// Pick once for each window. A loop that picks anew whenever it polls reconnects together with its whole fleet.
    #[must_use]
    pub fn pick(self, random: u32) -> Duration {
        let span = self.until.saturating_sub(self.from).as_millis() * u128::from(random) / u128::from(u32::MAX);
        self.from.saturating_add(Duration::from_millis(u64::try_from(span).unwrap_or(u64::MAX)))
    }
}
