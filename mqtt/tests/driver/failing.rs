//! Failures of TLS, of hubs and of files, as the driver reports them.

use crate::{
    scratch::Scratch,
    site::{HUB, Site, one_key, provisioned, two_keys},
};
use defender_auth::{
    UnixTime,
    session::{Diagnosis, Policy, Source},
    store::Store,
};
use defender_auth_emulator::{Fault, Operation};
use defender_auth_mqtt::driver::{Driver, DriverError, Event};
use std::time::{Duration, SystemTime};

/// The diagnosis after one login that met a fault.
#[track_caller]
fn after(operation: Operation, fault: Fault) -> Option<Diagnosis> {
    let site = Site::new();
    site.emulator.fault(operation, fault, 1);
    let mut driver = site.driver(vec![one_key("key", 1)]);
    let lines = site.until(&mut driver, |event| matches!(event, Event::Waiting { .. }));
    assert!(lines[0].starts_with("not connected with key: "), "{lines:?}");
    let failure = driver.status().failure;
    site.pass(24 * 3600);
    site.connect(&mut driver);
    failure
}

#[test]
fn each_failure_of_a_login_has_its_name_and_is_tried_again() {
    use Diagnosis as D;
    let yesterday = UnixTime::from(SystemTime::now()) - Duration::from_secs(24 * 3600);
    let expired = if yesterday < UnixTime::RELEASE { D::ServerExpired } else { D::ClockSuspect };
    for (operation, fault, diagnosis) in [
        (Operation::MqttHandshake, Fault::ServerCertificateUntrusted, D::ServerUntrusted),
        (Operation::MqttHandshake, Fault::ServerCertificateWrongHost, D::ServerWrongName),
        // No service has told the time yet: it may be this device's clock, unless the release is later than that.
        (Operation::MqttHandshake, Fault::ServerCertificateExpired, expired),
        (Operation::MqttHandshake, Fault::ServerCertificateNotYetValid, D::ClockSuspect),
        (Operation::MqttHandshake, Fault::PlainText, D::PlainText),
        (Operation::MqttHandshake, Fault::Truncated, D::Unreachable),
        (Operation::Connect, Fault::Connack(1), D::VersionRejected),
        (Operation::Connect, Fault::Connack(3), D::Busy),
        (Operation::Connect, Fault::Connack(5), D::HubRejected),
        (Operation::Connect, Fault::ResetMidBody, D::Unreachable),
    ] {
        assert_eq!(after(operation, fault.clone()), Some(diagnosis), "{operation:?} {fault}");
    }
}

#[test]
fn a_provisioning_service_that_is_not_trusted_is_not_asked_again_at_once() {
    let site = Site::new();
    site.emulator.fault(Operation::HttpsHandshake, Fault::ServerCertificateUntrusted, 1);
    let mut driver = site.driver(vec![Source::new("dps", provisioned())]);
    let lines = site.until(&mut driver, |event| matches!(event, Event::Waiting { .. }));
    assert_eq!(lines[0], "registering dps");
    assert!(lines[1].starts_with("no answer: "), "{lines:?}");
    assert!(lines.contains(&format!("no credential: {}", Diagnosis::ServerUntrusted)), "{lines:?}");
    site.pass(24 * 3600);
    let lines = site.connect(&mut driver);
    assert!(lines.contains(&format!("assigned {HUB}/devices/pump-17")), "{lines:?}");
}

#[test]
fn a_busy_provisioning_service_is_waited_for_as_long_as_it_asks() {
    let site = Site::new();
    site.emulator.fault(Operation::Register, Fault::Status(429).retry_after("1"), 1);
    let mut driver = site.driver(vec![Source::new("dps", provisioned())]);
    // The wait within a run is not that of a ladder, and is not reported.
    let lines = site.connect(&mut driver);
    assert!(!lines.iter().any(|line| line.starts_with("waiting ")), "{lines:?}");
    assert_eq!(driver.status().counters.registrations, 1);
}

#[test]
fn a_disabled_enrollment_has_its_name() {
    let site = Site::new();
    site.emulator.disable_enrollment("fleet").unwrap();
    let mut driver = site.driver(vec![Source::new("dps", provisioned())]);
    let lines = site.until(&mut driver, |event| matches!(event, Event::Waiting { .. }));
    assert!(lines.contains(&"no credential: the enrollment is disabled".into()), "{lines:?}");
    assert!(driver.status().to_string().contains("the enrollment is disabled"), "{}", driver.status());
}

#[test]
fn a_state_that_cannot_be_saved_is_reported_and_saved_with_the_next_change() {
    let (site, scratch) = (Site::new(), Scratch::new());
    let folder = scratch.path("state");
    let store = Store::open(&folder).unwrap();
    std::fs::remove_dir(&folder).unwrap();
    let options = site.options().with_store(store.clone());
    let mut driver = Driver::new(vec![two_keys(1, 2)], Policy::default(), options).unwrap();
    let lines = site.until(&mut driver, |event| matches!(event, Event::NotSaved { .. }));
    assert!(lines.last().unwrap().contains("its folder does not exist"), "{lines:?}");
    assert!(Site::during(&mut driver, Duration::from_millis(100)).is_empty());
    assert!(driver.is_connected() && driver.status().is_unsaved);
    std::fs::create_dir(&folder).unwrap();
    site.pass(7 * 3600);
    site.until(&mut driver, |event| matches!(event, Event::Saved));
    assert!(!driver.status().is_unsaved && store.load().snapshot.is_some());
}

#[test]
fn sources_that_cannot_be_used_together_make_no_driver() {
    let site = Site::new();
    let made = |sources| Driver::new(sources, Policy::default(), site.options()).err();
    assert!(matches!(made(Vec::new()), Some(DriverError::Sources(_))));
    assert!(matches!(made(vec![one_key("a", 1), one_key("a", 2)]), Some(DriverError::Sources(_))));
    let options = site.options().with_root_pem("no certificate");
    let error = Driver::new(vec![one_key("a", 1)], Policy::default(), options).err().unwrap();
    assert!(matches!(error, DriverError::Https(_)), "{error}");
}
