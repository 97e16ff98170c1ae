//! What everybody who serves a connection shares.

use crate::{
    Entry, Journal,
    clock::Clock,
    config::{Device, Dps, Hub},
    dps::{Challenges, Registrations},
    fault::Faults,
    login::Identity,
    twin::Twin,
};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How often whoever waits looks whether to end.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// What is played and how it went.
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
    stop: AtomicBool,
    aloud: bool,
}

/// What is played. It changes while it runs.
pub(crate) struct State {
    pub(crate) hubs: Vec<Hub>,
    pub(crate) dps: Option<Dps>,
    pub(crate) registrations: Registrations,
    pub(crate) challenges: Challenges,
    pub(crate) faults: Faults,
    /// What was handed out for proofs of possession, by the name of the authority.
    pub(crate) codes: BTreeMap<String, String>,
}

impl Shared {
    pub(crate) fn new(hubs: Vec<Hub>, dps: Option<Dps>, aloud: bool) -> Self {
        let (registrations, challenges) = (Registrations::default(), Challenges::default());
        let state = State { hubs, dps, registrations, challenges, faults: Faults::default(), codes: BTreeMap::new() };
        Self {
            state: Mutex::new(state),
            journal: Journal::default(),
            clock: Clock::default(),
            stop: AtomicBool::new(false),
            aloud,
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, entry: Entry) {
        self.journal.add(entry, self.aloud);
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    pub(crate) fn stops(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Waits, at most ten minutes and not beyond the emulator's end.
    pub(crate) fn wait(&self, time: Duration) {
        let end = Instant::now() + time.min(Duration::from_secs(600));
        while !self.stops() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            thread::sleep(left.min(TICK));
        }
    }
}

impl State {
    pub(crate) fn hub(&self, host: &str) -> Option<&Hub> {
        self.hubs.iter().find(|hub| hub.is_at(host))
    }

    pub(crate) fn device_mut(&mut self, host: &str, device: &str) -> Option<&mut Device> {
        self.hubs.iter_mut().find(|hub| hub.is_at(host))?.find_mut(device)
    }

    /// `None` for whom there is not, or no longer.
    pub(crate) fn twin_mut(&mut self, identity: &Identity) -> Option<&mut Twin> {
        let device = self.device_mut(&identity.host, &identity.device).filter(|device| !device.disabled)?;
        match &identity.module {
            Some(module) => device.find_mut(module).map(|module| &mut module.twin),
            None => Some(&mut device.twin),
        }
    }
}
