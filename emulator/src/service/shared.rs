//! The state that all connections share.

use super::{connections::Connections, mail::Mail, messages::Messages, methods::Methods};
use crate::{
    base::Clock,
    config::{Device, Dps, Hub, World},
    dps::{Challenges, Registrations},
    fault::{Fault, Faults, Operation},
    hub::Identity,
    issuing::{Authority, Operations},
    journal::{About, Entry, Journal},
    twin::Twin,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How often a waiting thread checks whether to stop.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// The state, the journal and the clock of an emulator, and what one of its connections is about.
pub(crate) struct Shared {
    inside: Arc<Inside>,
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
    about: Mutex<About>,
}

struct Inside {
    state: Mutex<State>,
    /// How often the state was locked for a change.
    changes: AtomicU64,
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
    pub(crate) mail: Mail,
    pub(crate) methods: Methods,
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
            mail: Mail::default(),
            methods: Methods::default(),
        };
        let clock = Clock::default();
        clock.set_offset(clock_offset);
        let inside = Inside { state: Mutex::new(state), changes: AtomicU64::new(1), stop: AtomicBool::new(false) };
        Self { inside: Arc::new(inside), journal, clock, about: Mutex::default() }
    }

    /// The same for the connection of a client, whose entries in the journal name it.
    pub(crate) fn of_client(&self, client: Option<SocketAddr>) -> Self {
        let about = About { client: client.map(|client| client.to_string()), ..About::default() };
        let (inside, journal, clock) = (Arc::clone(&self.inside), self.journal.clone(), self.clock.clone());
        Self { inside, journal, clock, about: Mutex::new(about) }
    }

    /// The state, for a change that connections have to know of.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let state = self.seen();
        // While it is locked: what counts this change sees it.
        self.inside.changes.fetch_add(1, Ordering::SeqCst);
        state
    }

    /// The state, for a look, or for a change that no other connection has to know of.
    pub(crate) fn seen(&self) -> MutexGuard<'_, State> {
        self.inside.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of changes until now.
    pub(crate) fn changes(&self) -> u64 {
        self.inside.changes.load(Ordering::SeqCst)
    }

    fn about(&self) -> MutexGuard<'_, About> {
        self.about.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entries are about this request from now on.
    pub(crate) fn asked(&self, request: impl Into<Option<String>>) {
        self.about().request = request.into();
    }

    /// The client is, or claims to be, this one from now on.
    pub(crate) fn identified(&self, identity: impl Into<Option<String>>) {
        self.about().identity = identity.into();
    }

    pub(crate) fn note(&self, entry: Entry) {
        let about = self.about().clone();
        self.journal.add(entry, about, self.clock.now());
    }

    /// The fault that the next request of an operation meets. It is written to the journal.
    pub(crate) fn meet(&self, operation: Operation, request: &str) -> Option<Fault> {
        let fault = self.seen().faults.take(operation)?;
        self.note(Entry::Faulted { request: request.into(), fault: fault.to_string() });
        Some(fault)
    }

    pub(crate) fn stop(&self) {
        self.inside.stop.store(true, Ordering::SeqCst);
    }

    pub(crate) fn stops(&self) -> bool {
        self.inside.stop.load(Ordering::SeqCst)
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
