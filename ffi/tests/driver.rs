//! The built-in driver of sessions, through the C interface and against the emulator.

#![cfg(all(feature = "mqtt", feature = "x509"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/agent.rs"]
#[allow(dead_code, reason = "the other tests of sessions use the rest")]
mod agent;
#[path = "../../tests/support/scratch.rs"]
mod scratch;
mod support;

use agent::{HUB, KEY, OTHER_KEY, no_sources, of_device, of_enrollment, sources};
use defender_auth_emulator::{Device, Dps, Emulator, Enrollment, Fault, Hub, Issuing, Module, Operation, World};
use defenderauth::{driver::*, error::*, session::*, *};
use scratch::Scratch;
use std::{fs, slice, thread, time::Duration};
use support::{Failed, blamed, call, made, read, text};

/// No flow has more events.
const EVENTS: usize = 60;

/// The longest wait for one.
const PATIENCE: u64 = 30_000;

fn cloud() -> Emulator {
    let device = Device::new("dev-01", KEY).module(Module::new("azureiotsecurity", OTHER_KEY));
    let dps = Dps::new("0ne00000A0A").enrollment(Enrollment::new("dev-01", KEY).pending(0));
    Emulator::play(World::new().hub(Hub::new(HUB).device(device)).dps(dps), "127.0.0.1:0".parse().unwrap()).unwrap()
}

fn new() -> Box<Driver> {
    made(|out, error| defenderauth_driver_new(Some(out), Some(error))).unwrap()
}

/// One that connects to an emulator, which it trusts.
fn at(cloud: &Emulator) -> Box<Driver> {
    let mut driver = new();
    let (pem, len) = text(cloud.root_pem());
    call(|error| defenderauth_driver_set_ca_pem(Some(&mut *driver), pem, len, Some(error))).unwrap();
    for host in [HUB, "global.azure-devices-provisioning.net"] {
        let (https, mqtt) = (cloud.https_address().to_string(), cloud.address().to_string());
        let ((host, host_len), (https, https_len), (mqtt, len)) = (text(host), text(&https), text(&mqtt));
        call(|error| {
            defenderauth_driver_set_addresses(
                Some(&mut *driver),
                host,
                host_len,
                https,
                https_len,
                mqtt,
                len,
                Some(error),
            )
        })
        .unwrap();
    }
    driver
}

fn start(driver: &mut Driver, sources: Box<Sources>) {
    call(|error| defenderauth_driver_start(Some(driver), Some(&sources), None, Some(error))).unwrap();
    defenderauth_sources_free(Some(sources));
}

fn next(driver: &mut Driver, limit: u64) -> Result<i32, Failed> {
    call(|error| defenderauth_driver_next(Some(driver), limit, Some(error)))?;
    Ok(defenderauth_driver_event(Some(driver)))
}

/// The text of the next event of this kind.
#[track_caller]
fn until(driver: &mut Driver, event: i32) -> String {
    let mut all = Vec::new();
    for _ in 0..EVENTS {
        let found = next(driver, PATIENCE).unwrap();
        let text = read(defenderauth_driver_event_text(Some(driver)));
        if found == event {
            return text;
        }
        all.push(text);
    }
    panic!("no event {event} in {all:#?}")
}

fn set_folder(driver: &mut Driver, path: &str) -> Result<(), Failed> {
    let (path, len) = text(path);
    call(|error| defenderauth_driver_set_folder(Some(driver), path, len, Some(error)))
}

fn publish(driver: &mut Driver, topic: &str, payload: &[u8], qos: i32) -> Result<(), Failed> {
    let ((topic, len), (data, data_len)) = (text(topic), (payload.as_ptr(), payload.len()));
    call(|error| defenderauth_driver_publish(Some(driver), topic, len, data, data_len, qos, Some(error)))
}

fn subscribe(driver: &mut Driver, topic: &str) -> Result<(), Failed> {
    let (topic, len) = text(topic);
    call(|error| defenderauth_driver_subscribe(Some(driver), topic, len, 1, Some(error)))
}

#[test]
fn it_registers_connects_saves_and_starts_again_without_a_request() {
    let (cloud, scratch) = (cloud(), Scratch::new());
    let mut driver = at(&cloud);
    set_folder(&mut driver, &scratch.folder()).unwrap();
    assert!(defenderauth_driver_session(Some(&driver)).is_none());
    start(&mut driver, sources(vec![("dps", of_enrollment("azureiotsecurity"))]));
    let connected = until(&mut driver, DEFENDERAUTH_EVENT_CONNECTED);
    assert!(connected.contains("dev-01/modules/azureiotsecurity") && connected.contains("dps"), "{connected}");
    assert!(defenderauth_driver_is_connected(Some(&driver)));
    until(&mut driver, DEFENDERAUTH_EVENT_SAVED);
    let session = defenderauth_driver_session(Some(&driver));
    assert_eq!(defenderauth_session_phase(session), DEFENDERAUTH_PHASE_CONNECTED);
    assert_eq!(read(defenderauth_session_credential(session)), "dps");
    assert_eq!(read(defenderauth_session_module_id(session)), "azureiotsecurity");
    assert_eq!(defenderauth_session_count(session, DEFENDERAUTH_COUNT_REGISTRATIONS), 1);
    let token = call(|error| defenderauth_session_password(session, std::ptr::null_mut(), 0, None, Some(error)));
    assert_eq!(token.unwrap_err().code, DEFENDERAUTH_STATE, "its actions are the driver's");
    assert_eq!(next(&mut driver, 50).unwrap(), DEFENDERAUTH_EVENT_NONE);
    let mut second = at(&cloud);
    set_folder(&mut second, &scratch.folder()).unwrap();
    let same = sources(vec![("dps", of_enrollment("azureiotsecurity"))]);
    let refused = call(|error| defenderauth_driver_start(Some(&mut second), Some(&same), None, Some(error)));
    assert_eq!(blamed(refused), (DEFENDERAUTH_FILE_WRITE, scratch.folder()));
    defenderauth_sources_free(Some(same));
    defenderauth_driver_free(Some(second));
    defenderauth_driver_free(Some(driver));

    let requests = cloud.journal().entries().len();
    let mut again = at(&cloud);
    set_folder(&mut again, &scratch.folder()).unwrap();
    start(&mut again, sources(vec![("dps", of_enrollment("azureiotsecurity"))]));
    until(&mut again, DEFENDERAUTH_EVENT_CONNECTED);
    assert_eq!(cloud.journal().entries().len(), requests + 1, "one login and nothing else");
    defenderauth_driver_free(Some(again));
}

#[test]
fn messages_go_through_the_same_connection() {
    let cloud = cloud();
    let mut driver = at(&cloud);
    let topic = "devices/dev-01/messages/events/";
    start(&mut driver, sources(vec![("key", of_device(KEY))]));
    let failed = publish(&mut driver, topic, b"1", DEFENDERAUTH_QOS_AT_LEAST_ONCE).unwrap_err();
    assert_eq!(failed.code, DEFENDERAUTH_NOT_CONNECTED);
    subscribe(&mut driver, "$iothub/twin/res/#").unwrap();
    until(&mut driver, DEFENDERAUTH_EVENT_CONNECTED);
    publish(&mut driver, topic, b"hello", DEFENDERAUTH_QOS_AT_LEAST_ONCE).unwrap();
    assert_eq!(cloud.message_count(HUB, "dev-01", None), 1);
    publish(&mut driver, "$iothub/twin/GET/?$rid=1", b"", DEFENDERAUTH_QOS_AT_MOST_ONCE).unwrap();
    until(&mut driver, DEFENDERAUTH_EVENT_MESSAGE);
    assert!(read(defenderauth_driver_message_topic(Some(&driver))).starts_with("$iothub/twin/res/200"));
    let payload = defenderauth_driver_message_payload(Some(&driver));
    // SAFETY: a view has its length, and the test has not freed its object.
    let payload = unsafe { slice::from_raw_parts(payload.data, payload.len) };
    assert!(payload.starts_with(b"{"), "{payload:?}");

    assert_eq!(blamed(publish(&mut driver, topic, b"", 2)), (DEFENDERAUTH_ARGUMENT, "qos".into()));
    assert_eq!(blamed(publish(&mut driver, "", b"", 1)), (DEFENDERAUTH_ARGUMENT, "topic".into()));
    let long = vec![0; 300_000];
    assert_eq!(blamed(publish(&mut driver, topic, &long, 1)), (DEFENDERAUTH_ARGUMENT, "payload".into()));
    let (topic, len) = text("$iothub/twin/res/#");
    call(|error| defenderauth_driver_unsubscribe(Some(&mut *driver), topic, len, Some(error))).unwrap();
    defenderauth_driver_free(Some(driver));
}

#[test]
fn what_failed_is_an_error_with_its_number() {
    let cloud = cloud();
    let mut driver = at(&cloud);
    cloud.fault(Operation::MqttHandshake, Fault::ServerCertificateWrongHost, 1);
    start(&mut driver, sources(vec![("key", of_device(KEY))]));
    until(&mut driver, DEFENDERAUTH_EVENT_NOT_CONNECTED);
    let error = defenderauth_driver_event_error(Some(&driver));
    assert_eq!(defenderauth_error_tls_failure(error), DEFENDERAUTH_TLS_FAILURE_SERVER_WRONG_NAME);
    assert_eq!(defenderauth_error_result(error), DEFENDERAUTH_TLS);
    until(&mut driver, DEFENDERAUTH_EVENT_WAITING);
    let why = defenderauth_driver_event_diagnosis(Some(&driver));
    assert_eq!(why, DEFENDERAUTH_DIAGNOSIS_SERVER_WRONG_NAME);
    assert!(defenderauth_driver_event_error(Some(&driver)).is_none());
    defenderauth_driver_free(Some(driver));
}

fn control(driver: &Driver) -> Result<Box<Control>, Failed> {
    made(|out, error| defenderauth_driver_control(Some(driver), Some(out), Some(error)))
}

#[test]
fn another_thread_steers_it_and_ends_it() {
    let cloud = cloud();
    let mut driver = at(&cloud);
    assert_eq!(control(&driver).err().unwrap().code, DEFENDERAUTH_STATE);
    start(&mut driver, sources(vec![("key", of_device(OTHER_KEY))]));
    until(&mut driver, DEFENDERAUTH_EVENT_WAITING);
    let control = control(&driver).unwrap();
    let none = no_sources();
    let empty = call(|error| defenderauth_control_rotate(Some(&control), Some(&none), Some(error)));
    assert_eq!(blamed(empty), (DEFENDERAUTH_ARGUMENT, "sources".into()));
    defenderauth_sources_free(Some(none));
    defenderauth_control_wake(Some(&control));
    defenderauth_control_clock_set(Some(&control));
    let right = sources(vec![("key", of_device(KEY))]);
    call(|error| defenderauth_control_rotate(Some(&control), Some(&right), Some(error))).unwrap();
    defenderauth_sources_free(Some(right));
    until(&mut driver, DEFENDERAUTH_EVENT_CONNECTED);

    thread::scope(|scope| {
        let driver = &mut *driver;
        let run = scope.spawn(move || {
            loop {
                if let Err(failed) = next(driver, 600_000) {
                    return failed.code;
                }
            }
        });
        thread::sleep(Duration::from_millis(200));
        defenderauth_control_cancel(Some(&control));
        assert_eq!(run.join().unwrap(), DEFENDERAUTH_CANCELLED);
    });
    assert_eq!(publish(&mut driver, "t", b"", 0).unwrap_err().code, DEFENDERAUTH_CANCELLED);
    defenderauth_driver_free(Some(driver));
    // The control has a life of its own.
    defenderauth_control_cancel(Some(&control));
    defenderauth_control_free(Some(control));
}

#[test]
fn its_configuration_is_checked_and_ends_with_its_start() {
    let (cloud, scratch) = (cloud(), Scratch::new());
    let mut driver = at(&cloud);
    let (missing, file) = (scratch.path("missing/roots.pem"), scratch.write("file", "x"));
    for path in [&missing, &file] {
        let (code, field) = blamed(set_folder(&mut driver, path));
        assert!(
            [DEFENDERAUTH_FILE_NOT_FOUND, DEFENDERAUTH_FILE_READ, DEFENDERAUTH_FILE_WRITE].contains(&code),
            "{code}"
        );
        assert_eq!(field, *path);
    }
    let (path, len) = text(&missing);
    let failed = call(|error| defenderauth_driver_set_ca_file(Some(&mut *driver), path, len, Some(error)));
    assert_eq!(blamed(failed), (DEFENDERAUTH_FILE_NOT_FOUND, missing.clone()));
    let (pem, len) = text("-----BEGIN CERTIFICATE-----");
    let failed = call(|error| defenderauth_driver_set_ca_pem(Some(&mut *driver), pem, len, Some(error)));
    assert_eq!(blamed(failed), (DEFENDERAUTH_TLS, "pem".into()));
    for seconds in [0, 1178] {
        let failed = call(|error| defenderauth_driver_set_keep_alive_seconds(Some(&mut *driver), seconds, Some(error)));
        assert_eq!(blamed(failed), (DEFENDERAUTH_ARGUMENT, "seconds".into()));
    }
    call(|error| defenderauth_driver_set_keep_alive_seconds(Some(&mut *driver), 60, Some(error))).unwrap();
    assert_eq!(next(&mut driver, 1).unwrap_err().code, DEFENDERAUTH_STATE);
    let none = no_sources();
    let failed = call(|error| defenderauth_driver_start(Some(&mut *driver), Some(&none), None, Some(error)));
    assert_eq!(blamed(failed), (DEFENDERAUTH_ARGUMENT, "sources".into()));
    defenderauth_sources_free(Some(none));
    // What was set is kept.
    start(&mut driver, sources(vec![("key", of_device(KEY))]));
    until(&mut driver, DEFENDERAUTH_EVENT_CONNECTED);
    assert_eq!(set_folder(&mut driver, &scratch.folder()).unwrap_err().code, DEFENDERAUTH_STATE);
    let failed = call(|error| defenderauth_driver_set_azure_roots(Some(&mut *driver), Some(error)));
    assert_eq!(failed.unwrap_err().code, DEFENDERAUTH_STATE);
    let failed = call(|error| defenderauth_driver_start(Some(&mut *driver), None, None, Some(error)));
    assert_eq!(blamed(failed), (DEFENDERAUTH_NULL, "sources".into()));
    defenderauth_driver_free(Some(driver));
}

/// With the enrollment, by its key, as a source that requests certificates.
fn start_certified(driver: &mut Driver, policy: Option<&Policy>) {
    let mut sources = sources(vec![("dps", of_enrollment(""))]);
    call(|error| defenderauth_sources_request_certificates(Some(&mut *sources), None, Some(error))).unwrap();
    call(|error| defenderauth_driver_start(Some(driver), Some(&sources), policy, Some(error))).unwrap();
    defenderauth_sources_free(Some(sources));
}

/// With an enrollment that issues certificates.
fn issuing() -> Emulator {
    let dps = Dps::new("0ne00000A0A").enrollment(Enrollment::new("dev-01", KEY).pending(0).issuing(Issuing::new()));
    Emulator::play(World::new().hub(Hub::new(HUB)).dps(dps), "127.0.0.1:0".parse().unwrap()).unwrap()
}

#[test]
fn a_certificate_is_requested_kept_exported_and_renewed_when_it_is_due() {
    let (cloud, scratch) = (issuing(), Scratch::new());
    let folders = [scratch.path("state"), scratch.path("export")];
    let with_folders = || {
        let mut driver = at(&cloud);
        set_folder(&mut driver, &folders[0]).unwrap();
        let (path, len) = text(&folders[1]);
        call(|error| defenderauth_driver_set_export_folder(Some(&mut *driver), path, len, Some(error))).unwrap();
        let curve = DEFENDERAUTH_CURVE_P256;
        call(|error| defenderauth_driver_set_certificate_curve(Some(&mut *driver), curve, Some(error))).unwrap();
        driver
    };
    // By the services' clock it is 24.5 days ago.
    cloud.clock_offset(-2_116_800);
    let mut driver = with_folders();
    start_certified(&mut driver, None);
    assert_eq!(until(&mut driver, DEFENDERAUTH_EVENT_CERTIFICATE_REQUESTED), "requesting a certificate for dev-01");
    until(&mut driver, DEFENDERAUTH_EVENT_CERTIFICATE_KEPT);
    defenderauth_driver_free(Some(driver));
    let exported = || fs::read_to_string(scratch.path("export/certificate_public.pem")).unwrap();
    let first = exported();
    assert!(fs::read_to_string(scratch.path("export/certificate_private.pem")).unwrap().contains("PRIVATE KEY"));

    cloud.clock_offset(0);
    let mut driver = with_folders();
    let mut policy = agent::policy();
    let seconds = DEFENDERAUTH_TIME_STABLE_AFTER;
    call(|error| defenderauth_policy_set_seconds(Some(&mut *policy), seconds, 1, Some(error))).unwrap();
    let rate = DEFENDERAUTH_RATE_CERTIFICATES;
    call(|error| defenderauth_policy_set_rate(Some(&mut *policy), rate, 2, 1, Some(error))).unwrap();
    start_certified(&mut driver, Some(&policy));
    defenderauth_policy_free(Some(policy));
    assert!(until(&mut driver, DEFENDERAUTH_EVENT_CONNECTED).contains("dps/certificate"));
    until(&mut driver, DEFENDERAUTH_EVENT_RENEWING_CERTIFICATE);
    until(&mut driver, DEFENDERAUTH_EVENT_CERTIFICATE_KEPT);
    assert_ne!(exported(), first);
    until(&mut driver, DEFENDERAUTH_EVENT_RENEWED);
    let session = defenderauth_driver_session(Some(&driver));
    assert_eq!(defenderauth_session_count(session, DEFENDERAUTH_COUNT_CERTIFICATES), 1);
    assert_eq!(cloud.issued_certificates(HUB, "dev-01").len(), 2);
    defenderauth_driver_free(Some(driver));
}

#[test]
fn a_certificate_below_another_root_is_refused() {
    let (cloud, scratch) = (issuing(), Scratch::new());
    let mut driver = at(&cloud);
    set_folder(&mut driver, &scratch.folder()).unwrap();
    let (pem, len) = text(cloud.root_pem());
    call(|error| defenderauth_driver_set_certificate_root_pem(Some(&mut *driver), pem, len, Some(error))).unwrap();
    for (pem, code) in [("", DEFENDERAUTH_ARGUMENT), ("x", DEFENDERAUTH_CERTIFICATE_ABSENT)] {
        let (pem, len) = text(pem);
        let failed =
            call(|error| defenderauth_driver_set_certificate_root_pem(Some(&mut *driver), pem, len, Some(error)));
        assert_eq!(blamed(failed), (code, "pem".into()));
    }
    let failed = call(|error| defenderauth_driver_set_certificate_curve(Some(&mut *driver), 3, Some(error)));
    assert_eq!(blamed(failed), (DEFENDERAUTH_ARGUMENT, "curve".into()));
    start_certified(&mut driver, None);
    until(&mut driver, DEFENDERAUTH_EVENT_CERTIFICATE_REFUSED);
    assert!(defenderauth_driver_event_error(Some(&driver)).is_some());
    until(&mut driver, DEFENDERAUTH_EVENT_NOT_CERTIFIED);
    let why = defenderauth_driver_event_diagnosis(Some(&driver));
    assert_eq!(why, DEFENDERAUTH_DIAGNOSIS_CERTIFICATE_REFUSED);
    assert!(until(&mut driver, DEFENDERAUTH_EVENT_CONNECTED).ends_with("with dps"), "by its key");
    defenderauth_driver_free(Some(driver));
}

#[test]
fn without_a_folder_no_certificate_is_requested() {
    let cloud = issuing();
    let mut driver = at(&cloud);
    start_certified(&mut driver, None);
    assert!(until(&mut driver, DEFENDERAUTH_EVENT_CERTIFICATE_NOT_KEPT).contains("no store"));
    assert!(until(&mut driver, DEFENDERAUTH_EVENT_CONNECTED).ends_with("with dps"));
    assert!(cloud.issued_certificates(HUB, "dev-01").is_empty());
    defenderauth_driver_free(Some(driver));
}
