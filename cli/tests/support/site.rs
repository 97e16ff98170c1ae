//! A hub to log in at.

use crate::support::{HOST, KEY, LONG_KEY, Run, SHORT_KEY, Scratch, defenderauth};
use defender_auth_emulator::{Device, Emulator, Entry, Hub, Module, Refusal};
use serde_json::{Value, json};
use std::{mem::discriminant, net::SocketAddr};

/// A hub, its root certificate in a file, and room for what an agent has.
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
        let emulator = Emulator::start([hub], loopback()).unwrap();
        let scratch = Scratch::new();
        let roots = scratch.write("roots.pem", emulator.root_pem());
        Self { emulator, scratch, roots }
    }

    /// `HOST=ADDR`
    pub(crate) fn endpoint(&self) -> String {
        format!("{HOST}={}", self.emulator.address())
    }

    pub(crate) fn connect(&self, source: &str, input: &str, more: &[&str]) -> Run {
        let endpoint = self.endpoint();
        let arguments = ["authenticate", source, "--connect", "--ca-file", &self.roots, "--endpoint", &endpoint];
        let run = defenderauth(&[&arguments, more].concat(), input);
        assert!(!run.out.contains("sig=") && !run.err.contains("sig="), "a token in {run:?}");
        run
    }

    /// The hub believes it, as whom it says.
    #[track_caller]
    pub(crate) fn accepts(&self, source: &str, input: &str, identity: &str) {
        let told = self.connect(source, input, &[]).done();
        assert!(told.out.ends_with("hub           accepted\n"), "{told:?}");
        let asked = self.connect(source, input, &["--json"]).done();
        let report: Value = serde_json::from_str(&asked.out).unwrap();
        let outcome = (&report["connected"], &report["connack"], &report["cause"]);
        assert_eq!(outcome, (&json!(true), &json!(null), &json!(null)));
        let entry = Entry::Accepted { identity: identity.into() };
        assert!(self.emulator.journal().entries().ends_with(&[entry.clone(), entry]));
    }

    /// The hub does not believe it, for a reason that it keeps to itself; the command names the likely ones.
    /// Numbers in the reason do not matter.
    #[track_caller]
    pub(crate) fn refuses(&self, input: &str, more: &[&str], reason: &Refusal, cause: &str) {
        let told = self.connect("-", input, more).failed(1, &["the hub refused", "CONNACK 5", "Cause", cause]);
        assert!(told.out.ends_with("hub           refused\n"), "{told:?}");
        let asked = self.connect("-", input, &[more, &["--json"]].concat()).failed(1, &[cause]);
        let report: Value = serde_json::from_str(&asked.out).unwrap();
        assert_eq!((&report["connected"], &report["connack"]), (&json!(false), &json!(5)));
        assert!(report["cause"].as_str().unwrap().contains(cause), "{report}");
        let entries = self.emulator.journal().entries();
        let is_right = |entry: &Entry| match entry {
            Entry::Refused { reason: said, .. } => discriminant(said) == discriminant(reason),
            _ => false,
        };
        assert!(entries.len() == 2 && entries.iter().all(is_right), "{entries:?}");
    }
}

/// Any free port of this machine.
pub(crate) fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}
