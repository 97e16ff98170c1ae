//! A cancellation ends whatever the driver is doing.

use crate::{
    gate::Mode,
    site::{Site, is_cancelled, one_key, provisioned},
};
use defender_auth::session::Source;
use defender_auth_emulator::{Fault, Operation};
use defender_auth_mqtt::driver::{Control, Driver, DriverError, Event, Qos};
use std::{
    thread,
    time::{Duration, Instant},
};

/// Far more than a cancellation takes, and far less than what it ends.
const SOON: Duration = Duration::from_secs(5);

/// Cancels a little later, when the driver is at it.
fn cancel_soon(control: Control) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        control.cancel();
    })
}

#[track_caller]
fn ends_soon(mut driver: Driver) {
    let canceller = cancel_soon(driver.control());
    let begin = Instant::now();
    let ended = loop {
        match driver.next(Duration::from_secs(3600)) {
            Ok(_) => assert!(begin.elapsed() < SOON),
            ended => break ended,
        }
    };
    assert!(is_cancelled(&ended), "{ended:?}");
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    assert!(is_cancelled(&driver.next(Duration::ZERO)), "it stays so");
    assert!(matches!(driver.publish("t", b"", Qos::AtMostOnce), Err(DriverError::Cancelled)));
    canceller.join().unwrap();
}

#[test]
fn while_it_listens_to_the_hub_and_the_hub_sees_a_disconnect() {
    let site = Site::new();
    let mut driver = site.driver(vec![one_key("key", 1)]);
    site.connect(&mut driver);
    ends_soon(driver);
    crate::site::eventually(|| site.emulator.connections() == 0);
}

#[test]
fn while_it_waits_on_a_ladder() {
    let site = Site::new();
    let mut driver = site.driver(vec![one_key("key", 9)]);
    site.until(&mut driver, |event| matches!(event, Event::Waiting { .. }));
    ends_soon(driver);
}

#[test]
fn while_a_handshake_does_not_go_on() {
    let site = Site::new();
    site.gate.set(Mode::Silent);
    ends_soon(site.driver(vec![one_key("key", 1)]));
}

#[test]
fn while_a_connack_does_not_come() {
    let site = Site::new();
    site.emulator.fault(Operation::Connect, Fault::Stall(Duration::from_secs(8)), 1);
    ends_soon(site.driver(vec![one_key("key", 1)]));
}

#[test]
fn while_a_request_is_not_answered() {
    let site = Site::new();
    site.emulator.fault(Operation::Register, Fault::Stall(Duration::from_secs(8)), 1);
    ends_soon(site.driver(vec![Source::new("dps", provisioned())]));
}

#[test]
fn while_an_acknowledgement_does_not_come() {
    let site = Site::new();
    let mut driver = site.driver(vec![one_key("key", 1)]);
    site.connect(&mut driver);
    site.gate.set(Mode::Silent);
    let canceller = cancel_soon(driver.control());
    let begin = Instant::now();
    let result = driver.publish("devices/dev-01/messages/events/", b"{}", Qos::AtLeastOnce);
    assert!(matches!(result, Err(DriverError::Cancelled)) && begin.elapsed() < SOON, "{result:?}");
    canceller.join().unwrap();
}

#[test]
fn before_it_has_begun() {
    let site = Site::new();
    let mut driver = site.driver(vec![one_key("key", 1)]);
    driver.control().cancel();
    assert!(is_cancelled(&driver.next(Duration::from_secs(3600))) && driver.control().is_cancelled());
    assert_eq!(site.emulator.journal().entries(), []);
}
