//! The state that all connections share.

use super::{connections::Connections, messages::Messages};
use crate::{
    base::Clock,
    config::{Device, Dps, Hub, World},
    dps::{Challenges, Registrations},
    fault::{Fault, Faults, Operation},
    hub::Identity,
    issuing::{Authority, Operations},
    journal::{Entry, Journal},
    twin::Twin,
};
use std::{
    collections::{BTreeMap, BTreeSet},
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
    pub(crate) authority: Authority,
    pub(crate) operations: Operations,
    /// The identities whose sessions, which are not clean, have subscribed to the answers of renewals.
    pub(crate) subscribed: BTreeSet<String>,
    /// The sessions of MQTT 5 whose connection has ended: until when each is kept, and whether it has subscribed.
    pub(crate) sessions: BTreeMap<String, (u64, bool)>,
    pub(crate) connections: Connections,
    pub(crate) messages: Messages,
}

impl Shared {
    pub(crate) fn new(world: World, journal: Journal) -> Self {
        let World { hubs, dps, clock_offset, .. } = world;
        let (registrations, challenges) = (Registrations::default(), Challenges::default());
        let mut faults = Faults::default();
        world.faults.into_iter().for_each(|fault| faults.plan(fault));
        let state = State {
            hubs,
            dps,
            registrations,
            challenges,
            faults,
            codes: BTreeMap::new(),
            authority: Authority::default(),
            operations: Operations::default(),
            subscribed: BTreeSet::new(),
            sessions: BTreeMap::new(),
            connections: Connections::default(),
            messages: Messages::default(),
        };
        let clock = Clock::default();
        clock.set_offset(clock_offset);
        Self { state: Mutex::new(state), journal, clock, stop: AtomicBool::new(false) }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, entry: Entry) {
        self.journal.add(entry);
    }

    /// The fault that the next request of an operation meets. It is written to the journal.
    pub(crate) fn meet(&self, operation: Operation, request: &str) -> Option<Fault> {
        let fault = self.state().faults.take(operation)?;
        self.note(Entry::Faulted { request: request.into(), fault: fault.to_string() });
        Some(fault)
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

    pub(crate) fn hub_mut(&mut self, host: &str) -> Option<&mut Hub> {
        self.hubs.iter_mut().find(|hub| hub.is_at(host))
    }

    /// Removes a device from its hub.
    pub(crate) fn take_device(&mut self, host: &str, device: &str) -> Option<Device> {
        let hub = self.hub_mut(host)?;
        let index = hub.devices.iter().position(|known| known.id == device)?;
        Some(hub.devices.remove(index))
    }

    pub(crate) fn device_mut(&mut self, host: &str, device: &str) -> Option<&mut Device> {
        self.hub_mut(host)?.find_mut(device)
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
