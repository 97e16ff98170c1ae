use super::bell::Bell;
use defender_auth::{https::Cancel, session::Source};
use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Steers a driver from other threads. A copy steers the same driver.
#[derive(Clone)]
pub struct Control {
    cancel: Cancel,
    bell: Arc<Bell>,
    orders: Arc<Mutex<Orders>>,
}

/// What a driver has not taken yet.
#[derive(Default)]
pub(super) struct Orders {
    pub(super) wake: bool,
    pub(super) clock_set: bool,
    pub(super) sources: Option<Vec<Source>>,
}

impl Control {
    pub(super) fn new() -> io::Result<Self> {
        let cancel = Cancel::new();
        let bell = Arc::new(Bell::new(&cancel)?);
        Ok(Self { cancel, bell, orders: Arc::default() })
    }

    /// Ends the driver: it closes its connection, and every call returns
    /// [`DriverError::Cancelled`](super::DriverError::Cancelled), within a second. This stores one atomic value and, on Unix,
    /// writes one byte into a socket; it waits for nothing, so a signal handler may call it.
    pub fn cancel(&self) {
        self.cancel.cancel();
        self.bell.ring();
    }

    /// Whether it is cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// The network is back, or a person has corrected something: the session tries again now, but for what a service or a
    /// rate demands.
    pub fn wake(&self) {
        self.order(|orders| orders.wake = true);
    }

    /// The wall clock was set. The driver notices it by itself within half a minute.
    pub fn clock_set(&self) {
        self.order(|orders| orders.clock_set = true);
    }

    /// All credential sources that the agent has now, in their order.
    pub fn rotate(&self, sources: Vec<Source>) {
        self.order(|orders| orders.sources = Some(sources));
    }

    fn order(&self, give: impl FnOnce(&mut Orders)) {
        give(&mut self.orders());
        self.bell.ring();
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        // An order is one assignment: a thread that panicked has left nothing half done.
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take(&self) -> Orders {
        std::mem::take(&mut self.orders())
    }

    pub(super) const fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    pub(super) const fn cancellation(&self) -> &Cancel {
        &self.cancel
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("is_cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}
