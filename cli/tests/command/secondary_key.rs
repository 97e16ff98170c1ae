//! A hub whose keys have been rotated since the agent asked for them.

use crate::support::{
    HOST, KEY, LONG_KEY, MODULE_KEY, Run, SHORT_KEY, defenderauth, device,
    site::{Site, no_token},
};
use defender_auth_emulator::{Device, Entry, Hub, Module, World};

const MODULE: &str = "azureiotsecurity";

fn hub(module: Module) -> Site {
    Site::play(World::new().hub(Hub::new(HOST).device(Device::new("dev-01", KEY).module(module))))
}

/// The agent asks one hub for the module's keys, and logs in at another, which has this key alone.
fn log_in(rotated_to: &str) -> (Run, Site) {
    let asked = hub(Module::new(MODULE, MODULE_KEY).secondary_key(SHORT_KEY));
    let rotated = hub(Module::new(MODULE, rotated_to));
    let roots = format!("{}{}", asked.emulator.root_pem(), rotated.emulator.root_pem());
    let roots = rotated.scratch.write("both.pem", roots);
    let rest = format!("{HOST}:443={}", asked.emulator.https_address());
    let mqtt = format!("{HOST}:8883={}", rotated.emulator.address());
    let agent = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/agents/c/device");
    let network = ["--ca-file", &roots, "--endpoint", &rest, "--endpoint", &mqtt];
    let run = defenderauth(&[&["authenticate", agent, "--connect"], &network[..]].concat(), "");
    (no_token(run), rotated)
}

#[test]
fn the_secondary_key_is_tried_when_the_primary_is_refused() {
    let (run, hub) = log_in(SHORT_KEY);
    let run = run.done();
    assert_eq!(run.err.matches("trying the secondary key").count(), 1, "{run:?}");
    let accepted = Entry::Accepted { identity: format!("{HOST}/dev-01/{MODULE}") };
    let entries = hub.emulator.journal().entries();
    assert!(matches!(&entries[..], [Entry::Refused { .. }, last] if *last == accepted), "{entries:?}");
}

#[test]
fn it_is_tried_once() {
    let (run, hub) = log_in(LONG_KEY);
    let run = run.failed(1, &["the hub refused", "Cause"]);
    assert_eq!(run.err.matches("trying the secondary key").count(), 1, "{run:?}");
    let entries = hub.emulator.journal().entries();
    assert!(matches!(&entries[..], [Entry::Refused { .. }, Entry::Refused { .. }]), "{entries:?}");
}

#[test]
fn there_is_none_to_try_for_a_key_out_of_a_connection_string() {
    let site = Site::new();
    let run = site.connect("-", &device().replace(KEY, LONG_KEY), &[]).failed(1, &["the hub refused"]);
    assert!(!run.shows("secondary"), "{run:?}");
}
