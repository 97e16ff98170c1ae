//! The example agent that stays connected, against the emulator: everything that happens to it in years, in a minute.

#![cfg(all(feature = "full", unix))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/compiled.rs"]
mod compiled;
#[path = "../../tests/support/ended.rs"]
mod ended;
#[path = "../../tests/support/scratch.rs"]
mod scratch;
#[path = "support/spoken.rs"]
mod spoken;

use compiled::{Bench, run};
use defender_auth_emulator::{Device, Dps, Emulator, Enrollment, Fault, Hub, Module, Operation, World};
use spoken::{Agent, Clock};
use std::{fs, path::PathBuf, process::Command};

const HUB: &str = "contoso.azure-devices.net";
const OTHER_HUB: &str = "fabrikam.azure-devices.net";
const DEVICE: &str = "dev-01";
const MODULE: &str = "azureiotsecurity";
const DEVICE_KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const PRIMARY: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
const SECONDARY: &str = "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8=";
const NEW: &str = "gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8=";

struct Place {
    bench: Bench,
    program: PathBuf,
    cloud: Emulator,
    clock: Clock,
}

impl Place {
    fn new() -> Self {
        let module = Module::new(MODULE, PRIMARY).secondary_key(SECONDARY);
        let hub = Hub::new(HUB).device(Device::new(DEVICE, DEVICE_KEY).module(module));
        let dps = Dps::new("0ne00000A0A").enrollment(Enrollment::new(DEVICE, DEVICE_KEY).hub(HUB).pending(0));
        let world = World::new().hub(hub).hub(Hub::new(OTHER_HUB)).dps(dps);
        let cloud = Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap();
        let bench = Bench::new();
        let libraries = ["--cflags", "--libs", "libmosquitto", "libssl", "libcrypto"];
        let flags = run(Command::new("pkg-config").args(libraries)).done();
        let program = bench.build("stay", &["examples/stay.c"], &flags.split_whitespace().collect::<Vec<_>>());
        fs::create_dir(bench.scratch.path("state")).unwrap();
        bench.scratch.write("key", DEVICE_KEY);
        bench.scratch.write("roots.pem", cloud.root_pem());
        let clock = Clock::new(&bench);
        Self { bench, program, cloud, clock }
    }

    /// The same agent with the built-in driver.
    fn start_builtin(&self) -> Agent {
        let path = |name: &str| self.bench.scratch.path(name);
        let mut command = self.bench.command(path("stay_builtin"));
        command.args(["0ne00000A0A", DEVICE, &path("key"), &path("state"), &path("roots.pem"), HUB]);
        Agent::of(command.arg(self.cloud.https_address().to_string()).arg(self.cloud.address().to_string()))
    }

    fn start(&self) -> Agent {
        let path = |name: &str| self.bench.scratch.path(name);
        let mut command = self.bench.command(&self.program);
        command.args(["0ne00000A0A", DEVICE, &path("key"), &path("state"), &path("roots.pem")]);
        command.arg(self.cloud.https_address().to_string()).arg(self.cloud.address().ip().to_string());
        command.arg(self.cloud.address().port().to_string());
        Agent::of(self.clock.of(&mut command))
    }

    /// How many registrations the provisioning service has seen.
    fn registrations(&self) -> usize {
        let entries = self.cloud.journal().entries();
        entries.iter().filter(|entry| entry.to_string().contains("register ")).count()
    }

    /// Ends the connection of the agent.
    fn disconnect(&self) {
        self.cloud.disconnect(HUB, DEVICE, Some(MODULE)).unwrap();
    }

    fn rotate(&self, primary: &str) {
        self.cloud.rotate_module_keys(HUB, DEVICE, MODULE, primary, SECONDARY).unwrap();
    }
}

#[test]
#[ignore = "needs a C compiler, libmosquitto and faketime"]
fn it_lives_through_everything_and_registers_twice() {
    let place = Place::new();
    let mut agent = place.start();
    agent.says(&["begun", "saving"]);
    agent.says(&["registering the device", "global.azure-devices-provisioning.net"]);
    agent.says(&["reading the module identity", HUB]);
    agent.says(&["connected", HUB, "dps/primary"]);
    agent.says(&["renewed", HUB, "dps/primary"]);

    place.rotate(NEW);
    place.disconnect();
    agent.says(&["connection lost"]);
    agent.says(&["connected", "dps/secondary", "gave up dps/primary", "rejects the credential"]);
    place.rotate(PRIMARY);
    agent.says(&["renewed", "dps/primary"]);

    place.cloud.fault(Operation::MqttHandshake, Fault::ResetMidBody, 2);
    place.cloud.fault(Operation::MqttHandshake, Fault::ServerCertificateUntrusted, 1);
    place.disconnect();
    agent.says(&["connection lost"]);
    agent.says(&["not connected", "no answer arrived"]);
    agent.says(&["not connected", "no trust anchor"]);
    agent.says(&["connected", HUB]);
    assert_eq!(place.registrations(), 1, "{:#?}", agent.all);

    // Only a connection that was stable is a new trouble when it is lost.
    agent.says(&["renewed", HUB]);
    place.cloud.move_enrollment(DEVICE, OTHER_HUB).unwrap();
    place.cloud.move_device(HUB, DEVICE, OTHER_HUB).unwrap();
    agent.says(&["connection lost"]);
    agent.says(&["registering the device"]);
    agent.says(&["connected", OTHER_HUB]);
    assert_eq!(place.registrations(), 2, "{:#?}", agent.all);

    // Killed in the middle of its work.
    drop(agent);
    let mut agent = place.start();
    agent.says(&["restored"]);
    let line = agent.says(&["connected", OTHER_HUB]);
    assert_eq!(agent.all.len(), 2, "the first login is accepted: {line}");

    place.clock.set("+3h");
    agent.says(&["the clock was set"]);
    agent.says(&["renewed", OTHER_HUB]);
    assert!(agent.process.0.try_wait().unwrap().is_none());
    assert_eq!(place.registrations(), 2, "{:#?}", agent.all);

    // What it keeps of a run that was killed while it wrote is not used, and said.
    drop(agent);
    let state = place.bench.scratch.path("state/state");
    let saved = fs::read_to_string(&state).unwrap();
    fs::write(&state, saved.split_at(saved.len() / 2).0).unwrap();
    place.clock.set("+0");
    let mut agent = place.start();
    agent.says(&["begun"]);
    agent.says(&["connected", OTHER_HUB]);
    assert_eq!(place.registrations(), 3, "{:#?}", agent.all);
}

#[test]
#[ignore = "needs a C compiler, libmosquitto and faketime"]
fn the_built_in_driver_does_the_same_in_a_few_lines() {
    let place = Place::new();
    place.bench.build("stay_builtin", &["examples/stay_builtin.c"], &["-fsanitize=address,undefined"]);
    let mut agent = place.start_builtin();
    agent.says(&["registering dps"]);
    agent.says(&["connected as", HUB, MODULE, "dps/primary"]);
    agent.says(&["message sent"]);
    assert_eq!(place.cloud.message_count(HUB, DEVICE, Some(MODULE)), 1);
    place.rotate(NEW);
    place.disconnect();
    agent.says(&["connection lost"]);
    agent.says(&["gave up dps/primary"]);
    agent.says(&["connected as", "dps/secondary"]);

    // Ended by a signal, in order.
    let id = agent.process.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(agent.process.0.wait().unwrap().success());
    let mut agent = place.start_builtin();
    agent.says(&["connected as", "dps/secondary"]);
    assert_eq!(place.registrations(), 1, "{:#?}", agent.all);
}
