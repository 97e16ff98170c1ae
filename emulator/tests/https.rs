//! Clients over HTTPS.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{Device, Dps, Emulator, Enrollment, Entry, Fault, Hub, Module, Operation, Refusal, World};
use serde_json::json;
use std::{
    io::{ErrorKind, Read as _, Write as _},
    time::{Duration, Instant},
};
use support::{Answer, DPS, HUB, KEY, OTHER, answer, dial, https, play, raw, request, token};

const REGISTER: &str = "PUT /0ne/registrations/dev-01/register?api-version=2019-03-31";
const LOOKUP: &str = "POST /0ne/registrations/dev-01?api-version=2019-03-31";
const MODULE: &str = "GET /devices/dev-01/modules/azureiotsecurity?api-version=2018-06-30";

fn emulator() -> Emulator {
    let device = Device::new("dev-01", KEY).module(Module::new("azureiotsecurity", OTHER));
    let dps = Dps::new("0ne").enrollment(Enrollment::new("dev-01", KEY));
    play(World::new().hub(Hub::new(HUB).device(device)).hub(Hub::new("b.net")).dps(dps))
}

fn dps(emulator: &Emulator, line: &str) -> Answer {
    https(emulator, line, DPS, &token("0ne/registrations/dev-01", KEY), r#"{"registrationId":"dev-01"}"#)
}

#[test]
fn from_a_registration_to_the_modules_key() {
    let emulator = emulator();
    let first = dps(&emulator, REGISTER);
    assert_eq!((first.status, first.header("Retry-After")), (202, Some("1")));
    assert_eq!(first.header("Content-Type"), Some("application/json; charset=utf-8"));
    assert!(first.header("Date").unwrap().ends_with(" GMT"));
    let operation = first.json()["operationId"].as_str().unwrap().to_owned();
    let poll = format!("GET /0ne/registrations/dev-01/operations/{operation}?api-version=2021-06-01");
    let done = dps(&emulator, &poll);
    assert_eq!((done.status, done.header("Retry-After")), (200, None));
    assert_eq!(done.json()["registrationState"]["assignedHub"], HUB);
    assert_eq!(dps(&emulator, LOOKUP).json(), done.json()["registrationState"]);

    let device = token(&format!("{HUB}/devices/dev-01"), KEY);
    let module = https(&emulator, MODULE, HUB, &device, "");
    assert_eq!(module.json()["authentication"]["symmetricKey"]["primaryKey"], OTHER);
    emulator.rotate_module_keys(HUB, "dev-01", "azureiotsecurity", KEY, OTHER).unwrap();
    let rotated = https(&emulator, MODULE, HUB, &device, "");
    assert_eq!(rotated.json()["authentication"]["symmetricKey"]["primaryKey"], KEY);
    assert_ne!(rotated.json()["etag"], module.json()["etag"]);
    emulator.remove_module(HUB, "dev-01", "azureiotsecurity").unwrap();
    assert_eq!(https(&emulator, MODULE, HUB, &device, "").status, 404);
    emulator.add_module(HUB, "dev-01", Module::without_authentication("azureiotsecurity")).unwrap();
    assert_eq!(https(&emulator, MODULE, HUB, &device, "").json()["authentication"]["type"], "none");
    assert!(emulator.add_module(HUB, "dev-01", Module::new("x", "!")).is_err());
    assert!(emulator.remove_module(HUB, "dev-01", "x").is_err());
}

#[test]
fn an_enrollment_changes_while_it_runs() {
    let emulator = emulator();
    emulator.move_enrollment("dev-01", "b.net").unwrap();
    let operation = dps(&emulator, REGISTER).json()["operationId"].as_str().unwrap().to_owned();
    let poll = format!("GET /0ne/registrations/dev-01/operations/{operation}?api-version=2021-06-01");
    assert_eq!(dps(&emulator, &poll).json()["registrationState"]["assignedHub"], "b.net");
    emulator.disable_enrollment("dev-01").unwrap();
    assert_eq!(dps(&emulator, LOOKUP).json()["status"], "disabled");
    assert_eq!(dps(&emulator, REGISTER).json()["status"], "disabled");
    emulator.enable_enrollment("dev-01").unwrap();
    assert_eq!(dps(&emulator, REGISTER).status, 202);
    assert!(emulator.disable_enrollment("dev-02").is_err());
}

#[test]
fn hosts_and_paths_are_distinguished() {
    let emulator = emulator();
    let device = token(HUB, KEY);
    assert_eq!(https(&emulator, MODULE, "localhost", &device, "").status, 404, "there are two hubs");
    let registration = token("0ne/registrations/dev-01", KEY);
    assert_eq!(https(&emulator, LOOKUP, "localhost", &registration, "").status, 200);
    let lost = https(&emulator, LOOKUP, HUB, &registration, "");
    assert!(
        lost.status == 404 && lost.json()["ExceptionMessage"].is_string(),
        "in the shape of the hub whose name it is"
    );
    assert_eq!(https(&emulator, MODULE, DPS, &device, "").status, 404);
    assert_eq!(https(&emulator, "GET /", HUB, "", "").status, 404);
    assert_eq!(https(&emulator, "POST /devices/d/modules/m", HUB, "", "").status, 405);
    assert_eq!(https(&emulator, &LOOKUP[..LOOKUP.len() - 1], DPS, &registration, "").json()["errorCode"], 400_207);
    let entries = emulator.journal().entries();
    assert!(entries.contains(&Entry::denied(
        "read module localhost/dev-01/azureiotsecurity",
        404,
        Refusal::UnknownHub
    )));
    assert!(
        entries.iter().any(|entry| entry.to_string().contains("no provisioning service of this host name")),
        "{entries:?}"
    );
}

#[test]
fn one_connection_takes_several_requests() {
    let emulator = emulator();
    let registration = token("0ne/registrations/dev-01", KEY);
    let keeps = request(LOOKUP, DPS, &registration, "{}").replace("Connection: close\r\n", "");
    let text = raw(&emulator, DPS, &(keeps.clone() + &keeps + &request(LOOKUP, DPS, &registration, ""))).unwrap();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 3);
    assert_eq!(text.matches("Connection: keep-alive").count(), 2);

    let mut tls = dial(&emulator, emulator.https_address(), DPS);
    let waits = keeps.replace("Content-Length: 2\r\n", "Content-Length: 2\r\nExpect: 100-continue\r\n");
    tls.write_all(waits.strip_suffix("{}").unwrap().as_bytes()).unwrap();
    let mut go_on = [0; 25];
    tls.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
}

#[test]
fn malformed_requests_are_answered_and_in_the_journal() {
    let emulator = emulator();
    for (text, status) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(17_000)), 431),
        ("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 270000\r\n\r\n".to_owned(), 413),
        ("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned(), 501),
    ] {
        let answer = answer(&raw(&emulator, "localhost", &text).unwrap());
        assert_eq!((answer.status, answer.header("Connection")), (status, Some("close")));
        assert!(answer.header("Date").is_some());
        let entry = emulator.journal().entries().pop().unwrap().to_string();
        assert!(entry.contains(&format!("answered with {status}")), "{entry}");
    }
}

#[test]
fn faults_come_as_requested() {
    let emulator = emulator();
    let lookup = || dps(&emulator, LOOKUP);
    emulator.fault_after(Operation::LookUpRegistration, 1, Fault::Status(429).retry_after("3"), 1);
    assert_eq!(lookup().status, 200);
    let busy = lookup();
    assert_eq!((busy.status, busy.header("Retry-After")), (429, Some("3")));
    assert_eq!(busy.json()["errorCode"], 429_001);
    assert_eq!(lookup().status, 200);
    emulator.fault(Operation::LookUpRegistration, Fault::Redirect("https://evil.example/".into()), 1);
    let away = lookup();
    assert_eq!((away.status, away.header("Location")), (302, Some("https://evil.example/")));
    emulator.fault(Operation::LookUpRegistration, Fault::WrongContentType, 1);
    assert_eq!(lookup().header("Content-Type"), Some("text/html; charset=utf-8"));
    emulator.fault(Operation::LookUpRegistration, Fault::Oversized, 1);
    assert!(lookup().body.len() > 1024 * 1024);
    emulator.fault(Operation::LookUpRegistration, Fault::Truncated, 1);
    let half = lookup();
    assert_eq!(half.header("Content-Length").unwrap().parse::<usize>().unwrap() / 2, half.body.len());
    emulator.fault(Operation::LookUpRegistration, Fault::Stall(Duration::from_millis(300)), 1);
    let begin = Instant::now();
    assert_eq!(lookup().status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(300));

    emulator.fault(Operation::Register, Fault::ResetMidBody, 1);
    let registration = token("0ne/registrations/dev-01", KEY);
    let error = raw(&emulator, DPS, &request(REGISTER, DPS, &registration, "")).unwrap_err();
    // wine reports a reset after data as an end.
    let is_reset = |kind| kind == ErrorKind::ConnectionReset || cfg!(windows) && kind == ErrorKind::UnexpectedEof;
    assert!(is_reset(error.kind()), "{error:?}");
    emulator.fault(Operation::ReadModule, Fault::Status(503), 1);
    let failed = https(&emulator, MODULE, HUB, &token(HUB, KEY), "");
    assert_eq!(failed.status, 503);
    assert!(failed.json()["Message"].as_str().unwrap().starts_with("ErrorCode:"));
    let faults = emulator.journal().entries().iter().filter(|entry| matches!(entry, Entry::Faulted { .. })).count();
    assert_eq!(faults, 8);
}

#[test]
fn the_clock_can_be_wrong() {
    let emulator = emulator();
    emulator.clock_offset(30 * 365 * 86400);
    let late = dps(&emulator, LOOKUP);
    assert_eq!((late.status, &late.json()["errorCode"]), (401, &json!(401_002)));
    let year: u32 = late.header("Date").unwrap().split(' ').nth(3).unwrap().parse().unwrap();
    assert!(year >= 2050, "{year}");
    emulator.clock_offset(0);
    assert_eq!(dps(&emulator, LOOKUP).status, 200);
}

#[test]
fn a_stall_does_not_outlive_the_emulator() {
    let emulator = emulator();
    emulator.fault(Operation::LookUpRegistration, Fault::Stall(Duration::MAX), 1);
    let mut tls = dial(&emulator, emulator.https_address(), DPS);
    tls.write_all(request(LOOKUP, DPS, "", "").as_bytes()).unwrap();
    while emulator.journal().entries().is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let begin = Instant::now();
    drop(emulator);
    assert!(begin.elapsed() < Duration::from_secs(3));
}
