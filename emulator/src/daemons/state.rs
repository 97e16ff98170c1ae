//! What the daemons of one host share.

use super::{handle::Handles, host::Host};
use crate::{
    config::{Key, Proof},
    journal::Entry,
    service::Shared,
};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// The generation of every module.
pub(super) const GENERATION: &str = "638000000000000000";

pub(super) struct State {
    pub(super) emulator: Arc<Shared>,
    /// The trust anchors that the workload API tells.
    pub(super) root: String,
    host: Mutex<Host>,
    handles: Mutex<Handles>,
    stop: AtomicBool,
}

impl State {
    pub(super) fn new(emulator: Arc<Shared>, root: String, host: Host, handles: Handles) -> Self {
        let (host, handles) = (Mutex::new(host), Mutex::new(handles));
        Self { emulator, root, host, handles, stop: AtomicBool::new(false) }
    }

    pub(super) fn host(&self) -> MutexGuard<'_, Host> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn handles(&self) -> MutexGuard<'_, Handles> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key that signs for a module of the device, or for the device itself when the name is empty.
    pub(super) fn key(&self, module: &str) -> Option<Vec<u8>> {
        let host = self.host();
        let state = self.emulator.state();
        let device = state.hub(&host.hub)?.find(&host.device)?;
        let credentials = if module.is_empty() { &device.credentials } else { &device.find(module)?.credentials };
        match credentials.proof() {
            Proof::Keys([primary, _]) => primary.and_then(Key::decode),
            _ => None,
        }
    }

    pub(super) fn note(&self, request: &str, status: u16) {
        self.emulator.note(Entry::answered(request, status, "by a daemon of the host"));
    }

    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    pub(super) fn stops(&self) -> bool {
        self.stop.load(Ordering::SeqCst) || self.emulator.stops()
    }
}
