//! An emulator, the way to it, and a clock that both go by.

use crate::gate::Gate;
use defender_auth::{
    ConnectionString, Now, Plan, SharedAccessKey, UnixTime,
    credential::SymmetricKeys,
    dps::Profile,
    identity::Identity,
    session::{Policy, Source},
};
use defender_auth_emulator::{Device, Dps, Emulator, Group, Hub, World};
use defender_auth_mqtt::{
    Limits,
    driver::{Clock, Driver, DriverError, Event, Options},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

pub(crate) const HUB: &str = "contoso.azure-devices.net";
pub(crate) const OTHER_HUB: &str = "fabrikam.azure-devices.net";
pub(crate) const DPS: &str = "global.azure-devices-provisioning.net";
pub(crate) const DPS_SCOPE: &str = "0ne00000A0A";
pub(crate) const HOUR: u64 = 3600;

/// The longest that a test waits for something, in real time.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn key(byte: u8) -> SharedAccessKey {
    SharedAccessKey::from_bytes(&[byte; 32]).unwrap()
}

pub(crate) fn base64(byte: u8) -> String {
    key(byte).to_base64().expose().into()
}

/// Bytes as base64.
#[cfg(all(feature = "tpm", unix))]
pub(crate) fn text(bytes: &[u8]) -> String {
    SharedAccessKey::from_bytes(bytes).unwrap().to_base64().expose().into()
}

pub(crate) fn device() -> Identity {
    Identity::device(HUB.parse().unwrap(), "dev-01".parse().unwrap())
}

/// The device with the keys of two bytes.
pub(crate) fn two_keys(primary: u8, secondary: u8) -> Source {
    Source::new("keys", Plan::known(device(), SymmetricKeys::new(key(primary), Some(key(secondary)))))
}

pub(crate) fn one_key(name: &str, byte: u8) -> Source {
    let text = format!("HostName={HUB};DeviceId=dev-01;SharedAccessKey={}", base64(byte));
    Source::new(name, Plan::from(ConnectionString::parse(&text).unwrap()))
}

/// A device of the group `fleet`, with a key that is derived.
pub(crate) fn provisioned() -> Plan {
    let id = "pump-17".parse().unwrap();
    let derived = key(1).derive(&id);
    Plan::provision(Profile::new(DPS_SCOPE.parse().unwrap(), id), derived).unwrap()
}

/// The system's clocks, moved.
#[derive(Clone)]
pub(crate) struct Time {
    start: Instant,
    /// Seconds that have passed beside the real ones.
    passed: Arc<AtomicU64>,
    /// How wrong the wall clock of the device is, in seconds.
    wrong: Arc<AtomicI64>,
}

impl Clock for Time {
    fn now(&self) -> Now {
        let passed = self.passed.load(Ordering::SeqCst);
        let wall = UnixTime::from(SystemTime::now()).as_secs() + passed;
        Now {
            wall: UnixTime::from_secs(wall.saturating_add_signed(self.wrong.load(Ordering::SeqCst))),
            monotonic: self.start.elapsed() + Duration::from_secs(passed),
        }
    }
}

impl Time {
    /// So much time passes at once, for one who shares this clock.
    #[cfg(all(feature = "certificates", target_os = "linux"))]
    pub(crate) fn pass(&self, seconds: u64) {
        self.passed.fetch_add(seconds, Ordering::SeqCst);
    }
}

pub(crate) struct Site {
    pub(crate) emulator: Emulator,
    pub(crate) gate: Gate,
    pub(crate) time: Time,
}

impl Site {
    /// Two hubs, of which the first has `dev-01` with the keys 1 and 2, and a group of enrollments.
    pub(crate) fn new() -> Self {
        let device = Device::new("dev-01", &base64(1)).secondary_key(&base64(2));
        Self::of(World::new().hub(Hub::new(HUB).device(device)).hub(Hub::new(OTHER_HUB)))
    }

    pub(crate) fn of(world: World) -> Self {
        Self::with(world, Dps::new(DPS_SCOPE).group(Group::new("fleet", &base64(1)).hub(HUB)))
    }

    pub(crate) fn with(world: World, dps: Dps) -> Self {
        let emulator = Emulator::play(world.dps(dps), "127.0.0.1:0".parse().unwrap()).unwrap();
        let gate = Gate::before(emulator.address());
        let time = Time { start: Instant::now(), passed: Arc::default(), wrong: Arc::default() };
        Self { emulator, gate, time }
    }

    /// The time of another process, so much later than the real one.
    #[cfg(all(feature = "certificates", target_os = "linux"))]
    pub(crate) fn later(seconds: u64) -> Time {
        Time { start: Instant::now(), passed: Arc::new(AtomicU64::new(seconds)), wrong: Arc::default() }
    }

    /// How much has passed so far.
    #[cfg(all(feature = "certificates", target_os = "linux"))]
    pub(crate) fn passed(&self) -> u64 {
        self.time.passed.load(Ordering::SeqCst)
    }

    /// So much time passes at once, for the driver and for the services.
    pub(crate) fn pass(&self, seconds: u64) {
        let passed = self.time.passed.fetch_add(seconds, Ordering::SeqCst) + seconds;
        self.emulator.clock_offset(i64::try_from(passed).unwrap());
    }

    /// Sets the wall clock of the device.
    pub(crate) fn set_clock(&self, wrong: i64) {
        self.time.wrong.store(wrong, Ordering::SeqCst);
    }

    pub(crate) fn options(&self) -> Options {
        let at = |address| [HUB, OTHER_HUB, DPS].map(|host| (host.parse().unwrap(), address)).to_vec();
        let limit = Duration::from_secs(10);
        Options::default()
            .with_root_pem(self.emulator.root_pem())
            .with_addresses(at(self.emulator.https_address()), at(self.gate.address))
            .with_clock(self.time.clone())
            .with_limits(Limits { reach: limit, greet: limit, answer: limit, ..Limits::default() })
    }

    pub(crate) fn driver(&self, sources: Vec<Source>) -> Driver {
        Driver::new(sources, Policy::default(), self.options()).unwrap()
    }

    /// The lines of all that happens until something does. A wait passes at once.
    #[track_caller]
    pub(crate) fn until(&self, driver: &mut Driver, is_it: impl Fn(&Event) -> bool) -> Vec<String> {
        let mut lines = Vec::new();
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE && lines.len() < 200 {
            let Some(event) = driver.next(Duration::from_millis(200)).unwrap() else { continue };
            lines.push(event.to_string());
            if is_it(&event) {
                return lines;
            }
            if let Event::Waiting { wait, .. } = event {
                self.pass(wait.as_secs() + 1);
            }
        }
        panic!("{}\n{}", lines.join("\n"), driver.status());
    }

    /// The same until it is connected.
    #[track_caller]
    pub(crate) fn connect(&self, driver: &mut Driver) -> Vec<String> {
        self.until(driver, |event| matches!(event, Event::Connected { .. } | Event::Renewed { .. }))
    }

    /// All that happens in a real time.
    pub(crate) fn during(driver: &mut Driver, span: Duration) -> Vec<String> {
        let end = Instant::now() + span;
        let mut lines = Vec::new();
        while Instant::now() < end {
            lines.extend(driver.next(Duration::from_millis(50)).unwrap().map(|event| event.to_string()));
        }
        lines
    }

    /// How many requests of the provisioning service were answered.
    pub(crate) fn registrations(&self) -> usize {
        let entries = self.emulator.journal().entries();
        entries.iter().filter(|entry| entry.to_string().contains("register ")).count()
    }
}

/// Waits for something that others do.
#[track_caller]
pub(crate) fn eventually(mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "it never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) fn is_lost(event: &Event) -> bool {
    matches!(event, Event::Lost { .. })
}

pub(crate) fn is_cancelled(result: &Result<Option<Event>, DriverError>) -> bool {
    matches!(result, Err(DriverError::Cancelled))
}
