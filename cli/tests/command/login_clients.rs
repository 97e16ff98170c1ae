//! Clients that others wrote log in with the settings that the command prints.

use crate::{
    others::run,
    sdk::{Root, python, start_for_sdk},
    support::{KEY, Scratch, defenderauth},
};
use defender_auth_emulator::{Device, Emulator, Entry, Hub, World};
use std::{
    fs,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// An emulator with one device, which is at port 8883 of an address of its own.
struct Place {
    emulator: Emulator,
    root: Root,
    scratch: Scratch,
    string: String,
}

impl Place {
    fn new() -> Self {
        let emulator = start_for_sdk(|host| World::new().hub(Hub::new(host).device(Device::new("dev-01", KEY))));
        let string = format!("HostName={};DeviceId=dev-01;SharedAccessKey={KEY}", emulator.address().ip());
        Self { root: Root::of(&emulator), emulator, scratch: Scratch::new(), string }
    }

    /// The settings of a client, in a file of this name.
    fn settings(&self, client: &str, name: &str) -> String {
        let path = self.scratch.path(name);
        let login = ["login", "-", "--ca-file", self.root.0.to_str().unwrap(), "--for", client, "--out", &path];
        defenderauth(&login, &self.string).done();
        path
    }

    /// The hub has received a message from the device.
    fn received(&self) {
        let end = Instant::now() + Duration::from_secs(60);
        let is_received = |entry: &Entry| matches!(entry, Entry::Received { .. });
        while !self.emulator.journal().entries().iter().any(is_received) {
            assert!(Instant::now() < end, "{:?}", self.emulator.journal().entries());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
#[ignore = "needs mosquitto, which `cargo xtask test` brings"]
fn mosquitto_pub_sends_with_its_file_of_options() {
    let place = Place::new();
    place.settings("mosquitto-pub", "mosquitto_pub");
    let mut client = Command::new("mosquitto_pub");
    client.env("XDG_CONFIG_HOME", place.scratch.folder());
    run(client.args(["-t", "devices/dev-01/messages/events/", "-m", "hello"]));
    place.received();
}

#[test]
#[ignore = "needs Azure's SDK for Python, which `cargo xtask test` brings"]
fn paho_sends_with_the_program() {
    let place = Place::new();
    let program = fs::read_to_string(place.settings("paho", "send.py")).unwrap();
    let output = python(&[&program]);
    assert!(output.status.success(), "{output:?}");
    place.received();
}

/// A process that ends with its owner.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "needs mosquitto, which `cargo xtask test` brings"]
fn a_bridge_of_mosquitto_carries_the_messages_of_its_clients() {
    let place = Place::new();
    let bridge = fs::read_to_string(place.settings("mosquitto-bridge", "bridge.conf")).unwrap();
    let socket = place.scratch.path("broker");
    let settings = format!("user root\nlistener 0 {socket}\nallow_anonymous true\n{bridge}");
    let settings = place.scratch.write("mosquitto.conf", settings);
    let broker = Command::new("mosquitto").args(["-c", &settings]).stdin(Stdio::null()).spawn().unwrap();
    let _broker = Ended(broker);
    // Until the broker listens: at most a minute.
    let end = Instant::now() + Duration::from_secs(60);
    let topic = "devices/dev-01/messages/events/";
    while !Command::new("mosquitto_pub")
        .args(["--unix", &socket, "-q", "1", "-t", topic, "-m", "hello"])
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
    {
        assert!(Instant::now() < end);
        thread::sleep(Duration::from_millis(50));
    }
    place.received();
}
