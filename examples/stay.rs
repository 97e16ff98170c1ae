//! An agent that stays connected whatever happens: `cargo run --example stay` (`-- --minute` leaves the hub away for one).
//!
//! Everything is on this machine: the hubs and the provisioning service are the project's emulator, tokens live for ten
//! seconds, and ladders are as short. Each trouble is one line, and so is what the agent did about it. Of all that only the
//! first start and the move to another hub need the provisioning service: the example counts, and fails if it is asked
//! more often.

use defender_auth::{
    Now, Plan, SharedAccessKey,
    device_mode::Target,
    dps::Profile,
    session::{Backoff, Policy, Rate, Source},
    store::Store,
};
use defender_auth_emulator::{self as emulator, Dps, Emulator, Fault, Group, Hub, Module, Operation, World};
use defender_auth_mqtt::driver::{Clock, Driver, Event, Options, SystemClock};
use std::{
    env,
    error::Error,
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

const HUB: &str = "contoso.azure-devices.net";
const OTHER_HUB: &str = "fabrikam.azure-devices.net";
const PROVISIONING: &str = "global.azure-devices-provisioning.net";
const SCOPE: &str = "0ne00000A0A";
const DEVICE: &str = "dev-01";
const MODULE: &str = "azureiotsecurity";
const TOKEN: Duration = Duration::from_secs(10);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => demonstrate(Duration::from_secs(5)),
        ["--minute"] => demonstrate(Duration::from_secs(60)),
        ["--agent", folder, https, mqtt] => be_killed(Path::new(folder), https.parse()?, mqtt.parse()?),
        _ => Err("the only argument is --minute".into()),
    }
}

/// One of several keys.
fn key(number: u8) -> Result<SharedAccessKey> {
    Ok(SharedAccessKey::from_bytes(&[number; 32])?)
}

fn text(number: u8) -> Result<String> {
    Ok(key(number)?.to_base64().expose().into())
}

/// What the agent owns: a key that is derived from its enrollment group's. With it the provisioning service assigns the
/// device a hub, and the hub has the two keys of the device's security module.
fn sources() -> Result<Vec<Source>> {
    let id = DEVICE.parse()?;
    let derived = key(1)?.derive(&id);
    let plan = Plan::provision(Profile::new(SCOPE.parse()?, id), derived)?;
    Ok(vec![Source::new("dps", plan.in_device_mode(Target::default())?)])
}

/// As the defaults, in seconds instead of minutes and hours.
fn policy() -> Policy {
    let second = Duration::from_secs(1);
    let ladder = Backoff { first: second, most: 3 * second, spread: 50 };
    Policy {
        token_lifetime: TOKEN,
        connect: ladder,
        credentials: ladder,
        provisioning: ladder,
        slow: ladder,
        clock: ladder,
        return_after: 3 * second,
        stable_after: second,
        connects: Rate { burst: 200, interval: second },
        ..Policy::default()
    }
}

fn options(folder: &Path, https: SocketAddr, mqtt: SocketAddr) -> Result<Options> {
    let at = |address| -> Result<_> {
        Ok(vec![(HUB.parse()?, address), (OTHER_HUB.parse()?, address), (PROVISIONING.parse()?, address)])
    };
    let roots = fs::read_to_string(folder.join("root.pem"))?;
    let store = Store::open(folder.join("state"))?;
    Ok(Options::default().with_root_pem(roots).with_addresses(at(https)?, at(mqtt)?).with_store(store))
}

/// The system's clocks, of which the wall clock can be set.
#[derive(Clone, Default)]
struct Settable(Arc<AtomicU64>);

impl Clock for Settable {
    fn now(&self) -> Now {
        let Now { wall, monotonic } = SystemClock::default().now();
        Now { wall: wall + Duration::from_secs(self.0.load(Ordering::SeqCst)), monotonic }
    }
}

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The agent, and what it works against.
struct Stage {
    cloud: Emulator,
    folder: Folder,
    clock: Settable,
    is_as_expected: bool,
}

fn demonstrate(outage: Duration) -> Result<()> {
    let device_key = Group::device_key(&text(1)?, DEVICE).ok_or("no key")?;
    let module = Module::new(MODULE, &text(2)?).secondary_key(&text(3)?);
    let hub = Hub::new(HUB).device(emulator::Device::new(DEVICE, &device_key).module(module));
    let dps = Dps::new(SCOPE).group(Group::new("fleet", &text(1)?).hub(HUB));
    let cloud = Emulator::play(World::new().hub(hub).hub(Hub::new(OTHER_HUB)).dps(dps), "127.0.0.1:0".parse()?)?;
    let folder = Folder(env::temp_dir().join(format!("defender-auth-stay-{}", process::id())));
    fs::create_dir(&folder.0)?;
    fs::write(folder.0.join("root.pem"), cloud.root_pem())?;
    let mut stage = Stage { cloud, folder, clock: Settable::default(), is_as_expected: true };

    let options = options(&stage.folder.0, stage.cloud.https_address(), stage.cloud.address())?;
    let mut agent = Driver::new(sources()?, policy(), options.with_clock(stage.clock.clone()))?;
    stage.see(&mut agent, "first start", "connected as", "dps/primary")?;
    stage.see(&mut agent, "token renewal", "connected anew", "dps/primary")?;

    stage.cloud.rotate_module_keys(HUB, DEVICE, MODULE, &text(4)?, &text(3)?)?;
    stage.see(&mut agent, "primary key rotated away", "connected", "dps/secondary")?;
    stage.cloud.rotate_module_keys(HUB, DEVICE, MODULE, &text(2)?, &text(3)?)?;
    stage.see(&mut agent, "primary key rotated back", "connected", "dps/primary")?;

    stage.cloud.fault(Operation::MqttHandshake, Fault::ResetMidBody, u32::MAX);
    let _ = stage.cloud.disconnect_all();
    let back = Instant::now() + outage;
    let mut tried = 0;
    while Instant::now() < back {
        let event = agent.next(back.saturating_duration_since(Instant::now()))?;
        tried += u32::from(matches!(event, Some(Event::NotConnected { .. })));
    }
    let _ = stage.cloud.forget_faults();
    stage.see(&mut agent, &format!("hub gone, {tried} tries"), "connected as", "dps/primary")?;

    // The service's own time is known, so that the wall clock is not believed.
    stage.clock.0.store(400 * 86_400, Ordering::SeqCst);
    stage.see(&mut agent, "clock set forward by a year", "the clock was set", "")?;
    stage.see(&mut agent, "the renewal after that", "connected anew", "dps/primary")?;

    stage.cloud.move_enrollment("fleet", OTHER_HUB)?;
    stage.cloud.move_device(HUB, DEVICE, OTHER_HUB)?;
    stage.see(&mut agent, "device moved", &format!("connected as {OTHER_HUB}"), "dps/primary")?;
    agent.close();

    for start in ["killed and started", "and once more"] {
        stage.kill(start)?;
    }
    stage.count()
}

impl Stage {
    /// One line about a trouble: what the agent reports in the end, and how soon.
    fn see(&mut self, agent: &mut Driver, trouble: &str, begins: &str, ends: &str) -> Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(60) {
            if let Some(event) = agent.next(Duration::from_secs(1))? {
                let line = event.to_string();
                if line.starts_with(begins) && line.ends_with(ends) {
                    println!("{trouble:28} {line} (after {:.1} s)", begin.elapsed().as_secs_f32());
                    return Ok(());
                }
            }
        }
        self.is_as_expected = false;
        println!("{trouble:28} NOT AS EXPECTED: {}", agent.status());
        Ok(())
    }

    /// Starts the agent as a process, which goes on with what the former has saved, and kills it.
    fn kill(&mut self, trouble: &str) -> Result<()> {
        let before = self.registrations();
        let [https, mqtt] = [self.cloud.https_address(), self.cloud.address()].map(|address| address.to_string());
        let mut command = Command::new(env::current_exe()?);
        command.arg("--agent").arg(&self.folder.0).args([https, mqtt]);
        let mut agent = Ended(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?);
        let output = agent.0.stdout.take().ok_or("the agent has no output")?;
        let lines = BufReader::new(output).lines().map_while(std::result::Result::ok);
        let mut connected = lines.filter(|line| line.starts_with("connected as"));
        let (line, asked) = (connected.next().unwrap_or_default(), self.registrations() - before);
        let is_right =
            line.ends_with(&format!("{OTHER_HUB}/devices/{DEVICE}/modules/{MODULE} with dps/primary")) && asked == 0;
        self.is_as_expected &= is_right;
        println!("{trouble:28} {line} ({asked} requests for provisioning)");
        Ok(())
    }

    /// How many requests have reached the provisioning service.
    fn registrations(&self) -> usize {
        let entries = self.cloud.journal().entries();
        entries.iter().filter(|entry| entry.to_string().contains("\"register ")).count()
    }

    fn count(&self) -> Result<()> {
        let registrations = self.registrations();
        println!("{:28} {registrations}: the first start and the move", "registrations");
        if self.is_as_expected && registrations == 2 { Ok(()) } else { Err("not as expected".into()) }
    }
}

/// A process that ends with its owner.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // SIGKILL: it has no chance to save anything.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The agent as a process of its own, until it is killed.
fn be_killed(folder: &Path, https: SocketAddr, mqtt: SocketAddr) -> Result<()> {
    let mut agent = Driver::new(sources()?, policy(), options(folder, https, mqtt)?)?;
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(60) {
        if let Some(event) = agent.next(Duration::from_secs(1))? {
            println!("{event}");
        }
    }
    Ok(())
}
