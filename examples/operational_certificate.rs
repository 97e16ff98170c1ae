//! A certificate that is issued at the registration, used, and renewed through the hub:
//! `cargo run --example operational_certificate`.
//!
//! Everything happens on this machine: provisioning service, authority and hub are the project's emulator, started in this very
//! process, and so is the clock, by which a month passes in a moment. The driver does all of it. A program that has an MQTT
//! client of its own runs `defender_auth::renewal::Renewal` itself, which its documentation shows.

use defender_auth::{
    Now, Plan, SharedAccessKey,
    dps::Profile,
    session::{Policy, Source},
    store::Store,
    x509::Certificate,
};
use defender_auth_emulator::{Dps, Emulator, Enrollment, Hub, Issuing, World};
use defender_auth_mqtt::driver::{Clock, Driver, Event, Options, SystemClock};
use std::{
    env,
    error::Error,
    fs, process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

const HUB: &str = "contoso.azure-devices.net";
const DPS: &str = "global.azure-devices-provisioning.net";
const SCOPE: &str = "0ne00000A0A";
const ID: &str = "pump-17";
const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const DAY: u64 = 24 * 3600;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let enrollment = Enrollment::new(ID, KEY).issuing(Issuing::new().days(30));
    let world = World::new().hub(Hub::new(HUB)).dps(Dps::new(SCOPE).enrollment(enrollment));
    let cloud = Emulator::play(world, "127.0.0.1:0".parse()?)?;
    let store = Store::open(env::temp_dir().join(format!("operational-certificate-{}", process::id())))?;
    let lived = live(&cloud, &store);
    fs::remove_dir_all(store.folder())?;
    lived
}

/// The system's clocks, which are set forward.
#[derive(Clone, Default)]
struct Later(Arc<AtomicU64>);

impl Clock for Later {
    fn now(&self) -> Now {
        let Now { wall, monotonic } = SystemClock::default().now();
        let later = Duration::from_secs(self.0.load(Ordering::SeqCst));
        Now { wall: wall + later, monotonic: monotonic + later }
    }
}

impl Later {
    /// So much time passes at once, for the device and for the cloud.
    fn pass(&self, cloud: &Emulator, seconds: u64) -> Result<()> {
        let later = self.0.fetch_add(seconds, Ordering::SeqCst) + seconds;
        cloud.clock_offset(i64::try_from(later)?);
        Ok(())
    }
}

fn live(cloud: &Emulator, store: &Store) -> Result<()> {
    println!("1. A registration with the key of the enrollment, and a request for a certificate");
    let profile = Profile::new(SCOPE.parse()?, ID.parse()?);
    let plan = Plan::provision(profile, SharedAccessKey::from_base64(KEY)?)?;
    let source = Source::new("dps", plan).requesting_certificates(None);
    let clock = Later::default();
    let options = Options::default()
        .with_root_pem(cloud.root_pem())
        .with_addresses(vec![(DPS.parse()?, cloud.https_address())], vec![(HUB.parse()?, cloud.address())])
        .with_clock(clock.clone())
        .with_store(store.clone());
    let mut device = Driver::new(vec![source], Policy::default(), options)?;
    until(&mut device, |event| matches!(event, Event::Connected { .. }))?;
    show(store)?;

    println!("2. Twenty-four days later: the renewal, with a new key, while the certificate in use serves");
    clock.pass(cloud, 24 * DAY)?;
    until(&mut device, |event| matches!(event, Event::CertificateKept { .. }))?;

    println!("3. Minutes later: the connection with the new certificate");
    for _ in 0..60 {
        if step(&mut device, |event| matches!(event, Event::Renewed { .. }))? {
            break;
        }
        clock.pass(cloud, 60)?;
    }
    show(store)?;
    device.close();
    for entry in cloud.journal().entries() {
        println!("   the cloud says: {entry}");
    }
    Ok(())
}

/// Lets the driver work until something has happened.
fn until(device: &mut Driver, is_it: impl Fn(&Event) -> bool) -> Result<()> {
    for _ in 0..600 {
        if step(device, &is_it)? {
            return Ok(());
        }
    }
    Err(device.status().to_string().into())
}

/// Lets it work for a moment. True when that has happened.
fn step(device: &mut Driver, is_it: impl Fn(&Event) -> bool) -> Result<bool> {
    let event = device.next(Duration::from_millis(100))?;
    if let Some(event) = &event {
        println!("   {event}");
    }
    Ok(event.is_some_and(|event| is_it(&event)))
}

/// What is on the disk.
fn show(store: &Store) -> Result<()> {
    let (kept, _) = store.load_certificates()?.ok_or("nothing is kept")?;
    let current = kept.current().ok_or("there is no certificate")?;
    for der in current.chain.certificates() {
        let certificate = Certificate::from_der(der)?;
        println!("   {} by {}, valid to {}", certificate.subject(), certificate.issuer(), certificate.not_after());
    }
    Ok(())
}
