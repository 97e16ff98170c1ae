//! What the daemons of one host share.

use super::{edge::Edge, handle::Handles, host::Host, key_pair::KeyPair};
use crate::{
    config::{Key, Proof},
    journal::Entry,
    service::Shared,
};
use std::collections::HashMap;
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// The generation of every module.
pub(super) const GENERATION: &str = "638000000000000000";

/// What the names of private keys begin with.
const PAIR: &str = "pair/";

/// A key of keyd.
pub(super) enum Holds {
    Secret(Vec<u8>),
    Pair(Arc<KeyPair>),
}

pub(super) struct State {
    pub(super) emulator: Arc<Shared>,
    /// The trust anchors that the workload API tells.
    pub(super) root: String,
    host: Mutex<Host>,
    handles: Mutex<Handles>,
    pairs: Mutex<HashMap<String, Arc<KeyPair>>>,
    /// What issues certificates for the modules.
    pub(super) edge: Edge,
    stop: AtomicBool,
}

impl State {
    /// Without the private keys of the host, which are added.
    pub(super) fn new(emulator: Arc<Shared>, root: String, host: Host, handles: Handles, edge: Edge) -> Self {
        let (host, handles, pairs) = (Mutex::new(host), Mutex::new(handles), Mutex::default());
        Self { emulator, root, host, handles, pairs, edge, stop: AtomicBool::new(false) }
    }

    pub(super) fn host(&self) -> MutexGuard<'_, Host> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn handles(&self) -> MutexGuard<'_, Handles> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of a private key, beside those of symmetric keys: no module has a slash in its name.
    pub(super) fn pair(id: &str) -> String {
        format!("{PAIR}{id}")
    }

    pub(super) fn has_pair(&self, id: &str) -> bool {
        self.pairs().contains_key(id)
    }

    pub(super) fn add_pair(&self, id: &str, pair: KeyPair) {
        self.pairs().insert(id.into(), Arc::new(pair));
    }

    fn pairs(&self) -> MutexGuard<'_, HashMap<String, Arc<KeyPair>>> {
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key with this name.
    pub(super) fn key(&self, name: &str) -> Option<Holds> {
        match name.strip_prefix(PAIR) {
            Some(id) => self.pairs().get(id).cloned().map(Holds::Pair),
            None => self.secret(name).map(Holds::Secret),
        }
    }

    /// The key that signs for a module of the device, or for the device itself when the name is empty.
    pub(super) fn secret(&self, module: &str) -> Option<Vec<u8>> {
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
