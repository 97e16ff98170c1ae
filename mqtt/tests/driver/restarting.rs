//! A process that ends, and the next one.

use crate::{
    scratch::Scratch,
    site::{HUB, Site, base64, provisioned, two_keys},
};
use defender_auth::{
    device_mode::Target,
    session::{Policy, Source},
    store::{Store, StoreError},
};
use defender_auth_emulator::{Device, Hub, Module, World};
use defender_auth_mqtt::driver::{Driver, DriverError, Event};
use std::fs;

fn driver(site: &Site, store: &Store, source: Source) -> Driver {
    Driver::new(vec![source], Policy::default(), site.options().with_store(store.clone())).unwrap()
}

fn security_module() -> Source {
    Source::new("dps", provisioned().in_device_mode(Target::default()).unwrap())
}

/// A device that the provisioning service assigns, with the module that it continues as.
fn site() -> Site {
    let key = defender_auth_emulator::Group::device_key(&base64(1), "pump-17").unwrap();
    let device = Device::new("pump-17", &key).module(Module::new("azureiotsecurity", &base64(7)));
    Site::of(World::new().hub(Hub::new(HUB).device(device)))
}

#[test]
fn a_restart_sends_no_request_and_begins_with_the_credential_that_worked() {
    let (site, scratch) = (site(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let mut first = driver(&site, &store, security_module());
    let lines = site.connect(&mut first);
    assert_eq!(
        lines.last().unwrap(),
        &format!("connected as {HUB}/devices/pump-17/modules/azureiotsecurity with dps"),
        "{lines:?}"
    );
    site.until(&mut first, |event| matches!(event, Event::Saved));
    // As a process that is killed: without a word.
    drop(first);
    site.emulator.journal().clear();
    let mut second = driver(&site, &store, security_module());
    let lines = site.connect(&mut second);
    assert_eq!(lines, [format!("connected as {HUB}/devices/pump-17/modules/azureiotsecurity with dps")]);
    let entries: Vec<String> = site.emulator.journal().entries().iter().map(ToString::to_string).collect();
    assert!(entries.iter().all(|entry| !entry.starts_with("answered")), "{entries:?}");
    assert_eq!(second.status().counters.requests, 0);
}

#[test]
fn a_second_driver_with_the_same_store_is_refused_until_the_first_has_ended() {
    let (site, scratch) = (site(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let mut first = driver(&site, &store, security_module());
    let again = || {
        let options = site.options().with_store(Store::open(scratch.path("state")).unwrap());
        Driver::new(vec![security_module()], Policy::default(), options)
    };
    assert!(matches!(again().map(drop), Err(DriverError::Store(StoreError::SessionInUse { .. }))));
    site.connect(&mut first);
    first.close();
    site.connect(&mut again().unwrap());
}

#[test]
fn without_its_keys_a_restart_costs_one_lookup_and_no_registration() {
    let (site, scratch) = (site(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let mut first = driver(&site, &store, security_module());
    site.connect(&mut first);
    site.until(&mut first, |event| matches!(event, Event::Saved));
    drop(first);
    fs::write(scratch.path("state/session-keys.json"), "{\"of\":\"another/one/\",\"primary\":\"AAAA\"}").unwrap();
    let mut second = driver(&site, &store, security_module());
    let lines = site.connect(&mut second);
    assert!(lines.iter().any(|line| line.contains("state not loaded: ")), "{lines:?}");
    let counters = second.status().counters;
    assert_eq!((counters.requests, counters.registrations), (1, 0), "{lines:?}");
}

#[test]
fn a_state_that_is_cut_off_costs_one_registration() {
    let (site, scratch) = (Site::new(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let source = || Source::new("dps", provisioned());
    let mut first = driver(&site, &store, source());
    site.connect(&mut first);
    site.until(&mut first, |event| matches!(event, Event::Saved));
    drop(first);
    let file = scratch.path("state/session.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, &text[..text.len() / 2]).unwrap();
    let mut second = driver(&site, &store, source());
    let lines = site.connect(&mut second);
    assert!(lines[0].contains("begin without it") && lines[0].contains("session.json"), "{lines:?}");
    assert_eq!(second.status().counters.registrations, 1);
}

#[test]
fn a_process_that_dies_in_every_registration_is_bounded_by_the_debt_that_it_saved() {
    let (site, scratch) = (Site::new(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let mut registrations = 0;
    for _ in 0..20 {
        let mut driver = driver(&site, &store, Source::new("dps", provisioned()));
        let end = |event: &Event| matches!(event, Event::Saved | Event::Waiting { .. });
        let lines = site.until(&mut driver, end);
        registrations += usize::from(lines.last().unwrap() == "state saved");
    }
    assert_eq!(registrations, 3, "as many as the rate has at once");
}

#[test]
fn the_key_that_worked_is_first_after_a_restart() {
    let (site, scratch) = (Site::new(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    site.emulator.rotate_device_keys(HUB, "dev-01", &base64(3), &base64(2)).unwrap();
    let mut first = driver(&site, &store, two_keys(1, 2));
    assert!(site.connect(&mut first).last().unwrap().ends_with("keys/secondary"));
    site.until(&mut first, |event| matches!(event, Event::Saved));
    drop(first);
    let mut second = driver(&site, &store, two_keys(1, 2));
    assert_eq!(site.connect(&mut second), [format!("connected as {HUB}/devices/dev-01 with keys/secondary")]);
}
