//! The state that all connections share.

use crate::{
    base::Clock,
    config::{Device, Dps, Hub, World},
    dps::{Challenges, Registrations},
    fault::Faults,
    hub::Identity,
    journal::{Entry, Journal},
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

/// How often a waiting thread checks whether to stop.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// The state, the journal and the clock of an emulator.
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
    stop: AtomicBool,
}

/// The emulated services.
pub(crate) struct State {
    pub(crate) hubs: Vec<Hub>,
    pub(crate) dps: Option<Dps>,
    pub(crate) registrations: Registrations,
    pub(crate) challenges: Challenges,
    pub(crate) faults: Faults,
    /// The verification codes of proofs of possession, by the common name of the CA.
    pub(crate) codes: BTreeMap<String, String>,
}

impl Shared {
    pub(crate) fn new(world: World, journal: Journal) -> Self {
        let World { hubs, dps, .. } = world;
        let (registrations, challenges) = (Registrations::default(), Challenges::default());
        let mut faults = Faults::default();
        world.faults.into_iter().for_each(|fault| faults.plan(fault));
        let state = State { hubs, dps, registrations, challenges, faults, codes: BTreeMap::new() };
        Self { state: Mutex::new(state), journal, clock: Clock::default(), stop: AtomicBool::new(false) }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, entry: Entry) {
        self.journal.add(entry);
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    pub(crate) fn stops(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Waits, ten minutes at most, and no longer than the emulator runs.
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

    /// `None` when the device or module does not exist, or is disabled.
    pub(crate) fn twin_mut(&mut self, identity: &Identity) -> Option<&mut Twin> {
        let device = self.device_mut(&identity.host, &identity.device).filter(|device| !device.disabled)?;
        match &identity.module {
            Some(module) => device.find_mut(module).map(|module| &mut module.twin),
            None => Some(&mut device.twin),
        }
    }
}
