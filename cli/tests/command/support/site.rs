//! Services to log in and register at.

use crate::support::{HOST, KEY, LONG_KEY, Run, SHORT_KEY, Scratch, defenderauth};
use defender_auth_emulator::{Device, Emulator, Entry, Hub, Module, Refusal, World};
use serde_json::json;
use std::{mem::discriminant, net::SocketAddr};

/// Where devices register unless they are told otherwise.
pub(crate) const DPS: &str = "global.azure-devices-provisioning.net";
pub(crate) const SCOPE: &str = "0ne00000A0A";

/// Services, their root certificate in a file, and room for what an agent has.
pub(crate) struct Site {
    pub(crate) emulator: Emulator,
    pub(crate) scratch: Scratch,
    pub(crate) roots: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        let device = Device::new("dev-01", KEY).module(Module::new("azureiotsecurity", LONG_KEY));
        let hub = Hub::new(HOST)
            .device(device)
            .device(Device::new("dev-02", KEY))
            .device(Device::new("off", KEY).disabled())
            .policy("device", SHORT_KEY);
        Self::play(World::new().hub(hub))
    }

    /// With anything in it.
    pub(crate) fn play(world: World) -> Self {
        let emulator = Emulator::play(world, loopback()).unwrap();
        let scratch = Scratch::new();
        let roots = scratch.write("roots.pem", emulator.root_pem());
        Self { emulator, scratch, roots }
    }

    /// `HOST=ADDR`
    pub(crate) fn endpoint(&self) -> String {
        format!("{HOST}={}", self.emulator.address())
    }

    /// Runs a command that may go to the hub and to the provisioning service.
    pub(crate) fn ask(&self, arguments: &[&str], input: &str) -> Run {
        let (mqtt, https) = (self.emulator.address(), self.emulator.https_address());
        let [hub, login, dps] =
            [format!("{HOST}:443={https}"), format!("{HOST}:8883={mqtt}"), format!("{DPS}:443={https}")];
        let network = ["--ca-file", &self.roots, "--endpoint", &hub, "--endpoint", &login, "--endpoint", &dps];
        no_token(defenderauth(&[arguments, &network].concat(), input))
    }

    /// Runs a command that goes to the provisioning service over HTTPS and nowhere else.
    pub(crate) fn ask_dps(&self, arguments: &[&str]) -> Run {
        let endpoint = format!("{DPS}={}", self.emulator.https_address());
        no_token(defenderauth(&[arguments, &["--ca-file", &self.roots, "--endpoint", &endpoint]].concat(), ""))
    }

    /// What the services wrote down, a line each.
    pub(crate) fn journal(&self) -> Vec<String> {
        self.emulator.journal().entries().iter().map(ToString::to_string).collect()
    }

    pub(crate) fn connect(&self, source: &str, input: &str, more: &[&str]) -> Run {
        let endpoint = self.endpoint();
        let arguments = ["authenticate", source, "--connect", "--ca-file", &self.roots, "--endpoint", &endpoint];
        no_token(defenderauth(&[&arguments, more].concat(), input))
    }

    /// The hub accepts it as this identity.
    #[track_caller]
    pub(crate) fn accepts(&self, source: &str, input: &str, identity: &str) {
        let told = self.connect(source, input, &[]).done();
        assert!(told.out.ends_with("hub           accepted\n"), "{told:?}");
        let asked = self.connect(source, input, &["--json"]).done();
        let report = asked.json();
        assert_eq!((&report["connected"], &report["connack"]), (&json!(true), &json!(null)));
        let entry = Entry::Accepted { identity: identity.into() };
        assert!(self.emulator.journal().entries().ends_with(&[entry.clone(), entry]));
    }

    /// The hub refuses it without a reason; the command names the likely ones.
    /// Numbers in the reason do not matter.
    #[track_caller]
    pub(crate) fn refuses(&self, input: &str, more: &[&str], reason: &Refusal, cause: &str) {
        let told = self.connect("-", input, more).failed(1, &["the hub refused", "CONNACK 5", "Cause", cause]);
        assert!(told.out.ends_with("hub           refused\n"), "{told:?}");
        let asked = self.connect("-", input, &[more, &["--json"]].concat()).failed(1, &[cause]);
        let report = asked.json();
        assert_eq!((&report["connected"], &report["connack"]), (&json!(false), &json!(5)));
        let error = &report["error"];
        assert_eq!((&error["code"], &error["causes"][0]["code"]), (&json!(901), &json!("connack:5")));
        let causes = error["causes"].as_array().unwrap();
        assert!(causes.iter().any(|it| it["text"].as_str().unwrap().contains(cause)), "{report}");
        let entries = self.emulator.journal().entries();
        let is_right = |entry: &Entry| match entry {
            Entry::Refused { reason: said, .. } => discriminant(said) == discriminant(reason),
            _ => false,
        };
        assert!(entries.len() == 2 && entries.iter().all(is_right), "{entries:?}");
    }
}

/// A token is as good as a key while it lives.
#[track_caller]
pub(crate) fn no_token(run: Run) -> Run {
    assert!(!run.shows("sig="), "a token in {run:?}");
    run
}

/// Any free port of this machine.
pub(crate) fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}
