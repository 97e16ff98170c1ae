//! The places of open connections.

use crate::{journal::Entry, service::Shared};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// How many connections may be open at a time.
pub(super) struct Places {
    taken: Arc<AtomicUsize>,
    limit: usize,
}

/// The place of one connection. It is free again when this is dropped, also by a panic.
pub(super) struct Place {
    taken: Arc<AtomicUsize>,
    shared: Arc<Shared>,
}

impl Places {
    pub(super) fn new(limit: usize) -> Self {
        Self { taken: Arc::default(), limit }
    }

    pub(super) const fn limit(&self) -> usize {
        self.limit
    }

    /// `None` when all places are taken.
    pub(super) fn take(&self, shared: &Arc<Shared>) -> Option<Place> {
        let place = Place { taken: Arc::clone(&self.taken), shared: Arc::clone(shared) };
        // When there is none, dropping it corrects the count.
        (self.taken.fetch_add(1, Ordering::SeqCst) < self.limit).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.taken.fetch_sub(1, Ordering::SeqCst);
        if thread::panicking() {
            let reason = "the emulator has a defect: the connection's thread panicked".into();
            self.shared.note(Entry::Dropped { reason });
        }
    }
}
