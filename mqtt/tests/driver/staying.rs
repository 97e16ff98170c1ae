//! Renewal, fallback and return, outages, moves and clocks.

use crate::{
    gate::Mode,
    site::{HOUR, HUB, OTHER_HUB, Site, base64, device, eventually, is_lost, key, one_key, provisioned, two_keys},
};
use defender_auth::{
    Plan, Session as AuthSession, UnixTime,
    credential::Credential,
    mqtt::Connect,
    session::{Phase, Policy, Source},
    tls::Roots,
};
use defender_auth_emulator::{Device, Hub, World};
use defender_auth_mqtt::{
    Dial, Limits, Session,
    driver::{Clock as _, Driver, Event},
};
use std::{
    ops::ControlFlow,
    time::{Duration, SystemTime},
};

#[test]
fn a_token_is_renewed_before_its_expiry() {
    let site = Site::new();
    let mut driver = site.driver(vec![two_keys(1, 2)]);
    assert_eq!(site.connect(&mut driver), [format!("connected as {HUB}/devices/dev-01 with keys/primary")]);
    for renewals in 1..=3 {
        site.pass(7 * HOUR);
        assert_eq!(
            site.connect(&mut driver).last().unwrap(),
            &format!("connected anew as {HUB}/devices/dev-01 with keys/primary")
        );
        assert_eq!(driver.status().counters.renewals, renewals);
    }
    assert_eq!((driver.status().counters.connects, site.emulator.connections()), (4, 1));
}

#[test]
fn a_key_that_was_rotated_away_is_left_and_returned_to() {
    let site = Site::new();
    let mut driver = site.driver(vec![two_keys(1, 2)]);
    site.connect(&mut driver);
    site.emulator.rotate_device_keys(HUB, "dev-01", &base64(3), &base64(2)).unwrap();
    site.pass(7 * HOUR);
    let lines = site.connect(&mut driver).join("\n");
    assert!(lines.contains("gave up keys/primary: the hub rejects the credential"), "{lines}");
    assert!(lines.ends_with("with keys/secondary"), "{lines}");

    site.emulator.rotate_device_keys(HUB, "dev-01", &base64(1), &base64(2)).unwrap();
    let mut lines = Vec::new();
    for _ in 0..6 {
        site.pass(7 * HOUR);
        lines = site.connect(&mut driver);
        if lines.last().unwrap().ends_with("keys/primary") {
            break;
        }
    }
    assert!(lines.last().unwrap().ends_with("with keys/primary"), "{lines:?}");
    assert_eq!(site.registrations(), 0);
}

#[test]
fn a_hub_that_is_gone_for_a_minute_is_found_again_without_a_registration() {
    let site = Site::new();
    let mut driver = site.driver(vec![Source::new("dps", provisioned())]);
    site.connect(&mut driver);
    let registered = site.registrations();
    site.gate.set(Mode::Shut);
    site.until(&mut driver, is_lost);
    for _ in 0..3 {
        site.until(&mut driver, |event| matches!(event, Event::NotConnected { .. }));
    }
    site.gate.set(Mode::Open);
    let lines = site.connect(&mut driver);
    assert!(lines.iter().any(|line| line.starts_with("waiting ")), "{lines:?}");
    assert_eq!((registered, site.registrations()), (1, 1));
}

#[test]
fn a_device_that_was_moved_registers_once_and_connects_to_its_new_hub() {
    let site = Site::new();
    let mut driver = site.driver(vec![Source::new("dps", provisioned())]);
    let lines = site.connect(&mut driver);
    assert!(
        lines.contains(&"registering dps".into()) && lines.contains(&format!("assigned {HUB}/devices/pump-17")),
        "{lines:?}"
    );
    site.emulator.move_enrollment("fleet", OTHER_HUB).unwrap();
    site.emulator.move_device(HUB, "pump-17", OTHER_HUB).unwrap();
    let lines = site.connect(&mut driver);
    assert_eq!(lines.last().unwrap(), &format!("connected as {OTHER_HUB}/devices/pump-17 with dps"), "{lines:?}");
    assert_eq!(site.registrations(), 2, "{lines:?}");
}

#[test]
fn a_clock_that_is_set_forward_is_noticed_and_loses_nothing() {
    let site = Site::new();
    let mut driver = site.driver(vec![one_key("key", 1)]);
    site.connect(&mut driver);
    site.set_clock(30 * 86_400);
    let lines = site.connect(&mut driver);
    assert!(is_set_by(&lines[0], 30 * 86_400), "{lines:?}");
    assert!(
        lines.last().unwrap().starts_with("connected anew"),
        "a token that is older than it was is renewed: {lines:?}"
    );
    site.set_clock(0);
    let lines = site.until(&mut driver, |event| matches!(event, Event::ClockSet { .. }));
    assert!(lines.len() == 1 && is_set_by(&lines[0], -30 * 86_400), "{lines:?}");
    assert!(driver.is_connected());
}

/// A second may have begun between two looks at the clock.
fn is_set_by(line: &str, seconds: i64) -> bool {
    let text = line.strip_prefix("the clock was set by ").and_then(|rest| rest.strip_suffix(" s"));
    text.and_then(|text| text.parse::<i64>().ok()).is_some_and(|by| by.abs_diff(seconds) <= 2)
}

#[test]
fn a_token_that_expires_while_the_device_sleeps_is_replaced_without_a_pause() {
    let site = Site::new();
    let mut driver = site.driver(vec![one_key("key", 1)]);
    site.connect(&mut driver);
    site.pass(10 * HOUR);
    // The hub ends the connection before the driver is awake.
    eventually(|| site.emulator.connections() == 0);
    let lines = site.connect(&mut driver);
    assert!(!lines.iter().any(|line| line.starts_with("waiting ")), "{lines:?}");
}

#[test]
fn a_ready_made_token_that_expires_gives_way_to_the_next_credential() {
    let site = Site::new();
    let expiry = UnixTime::from(SystemTime::now()) + Duration::from_secs(2 * HOUR);
    let maker = one_key("maker", 1);
    let token = maker.plan().outcome().unwrap().password(expiry).into_token().unwrap();
    let ready = Plan::known(device(), Credential::Token(token));
    let mut driver = site.driver(vec![Source::new("token", ready), one_key("key", 2)]);
    assert!(site.connect(&mut driver)[0].ends_with("with token"));
    site.pass(3 * HOUR);
    let lines = site.connect(&mut driver);
    let lines = lines.join("\n");
    assert!(lines.contains("gave up token: the given token has expired"), "{lines}");
    assert!(lines.ends_with("with key"), "{lines}");
}

#[test]
fn the_older_of_two_connections_is_closed_and_waits_before_it_returns() {
    let site = Site::new();
    let mut driver = site.driver(vec![one_key("key", 1)]);
    site.connect(&mut driver);
    let source = one_key("other", 1);
    let outcome = source.plan().outcome().unwrap();
    let token = outcome.password(UnixTime::from(SystemTime::now()) + Duration::from_secs(HOUR)).into_token().unwrap();
    let login = Connect::hub(outcome.identity(), None);
    let roots = Roots::Pem(site.emulator.root_pem().as_bytes());
    let other = Session::open(&login, &token, &Dial::at(site.emulator.address()), roots).unwrap();
    let lines = site.until(&mut driver, |event| matches!(event, Event::Waiting { .. }));
    assert!(lines[0].starts_with("connection lost: "), "{lines:?}");
    assert!(lines[0].contains("another client logs in with the same identity"), "{lines:?}");
    assert_eq!(driver.status().phase, Phase::Waiting);
    other.close();
    site.pass(60);
    site.connect(&mut driver);
}

#[test]
fn a_server_that_no_longer_answers_is_noticed() {
    let site = Site::new();
    let second = Duration::from_secs(1);
    let limits = Limits { reach: 5 * second, greet: 5 * second, answer: second, ..Limits::default() };
    let options = site.options().with_keep_alive(second).with_limits(limits);
    let mut driver = Driver::new(vec![one_key("key", 1)], Policy::default(), options).unwrap();
    site.connect(&mut driver);
    site.gate.set(Mode::Silent);
    let lines = site.until(&mut driver, is_lost);
    assert!(lines[0].contains("did not answer within 1 s"), "{lines:?}");
    site.gate.set(Mode::Open);
    site.connect(&mut driver);
}

#[test]
fn a_quiet_connection_is_kept_alive() {
    let site = Site::new();
    let options = site.options().with_keep_alive(Duration::from_secs(2));
    let mut driver = Driver::new(vec![one_key("key", 1)], Policy::default(), options).unwrap();
    site.connect(&mut driver);
    // The emulator closes one that is quiet for 3 seconds.
    let lines = Site::during(&mut driver, Duration::from_secs(7));
    assert!(lines.is_empty() && site.emulator.connections() == 1, "{lines:?}");
}

#[test]
fn new_sources_are_taken_from_another_thread_while_it_waits() {
    let site = Site::new();
    let mut driver = site.driver(vec![one_key("old", 9)]);
    site.until(&mut driver, |event| matches!(event, Event::Waiting { .. }));
    let control = driver.control();
    let rotator = std::thread::spawn(move || control.rotate(vec![one_key("new", 2)]));
    let lines = site.until(&mut driver, |event| matches!(event, Event::Connected { .. }));
    assert_eq!(lines, ["credential sources replaced".into(), format!("connected as {HUB}/devices/dev-01 with new")]);
    rotator.join().unwrap();
}

#[test]
fn a_credential_that_is_replaced_while_connected_is_used_at_once() {
    let site = Site::new();
    let mut driver = site.driver(vec![one_key("key", 1)]);
    site.connect(&mut driver);
    assert!(Site::during(&mut driver, Duration::from_millis(100)).is_empty());
    driver.control().rotate(vec![one_key("key", 2)]);
    let lines = site.connect(&mut driver);
    assert!(lines.last().unwrap().starts_with("connected anew"), "{lines:?}");
    driver.control().rotate(vec![one_key("key", 2)]);
    let lines = Site::during(&mut driver, Duration::from_millis(300));
    assert_eq!(lines, ["credential sources replaced"], "the same ones are no reason to reconnect");
}

#[test]
fn waking_ends_the_wait_of_a_ladder() {
    let site = Site::new();
    site.emulator.disable_device(HUB, "dev-01").unwrap();
    let mut driver = site.driver(vec![one_key("key", 1)]);
    site.until(&mut driver, |event| matches!(event, Event::Waiting { .. }));
    site.emulator.enable_device(HUB, "dev-01").unwrap();
    let control = driver.control();
    let waker = std::thread::spawn(move || control.wake());
    let lines = site.until(&mut driver, |event| matches!(event, Event::Connected { .. }));
    assert_eq!(lines.len(), 1, "{lines:?}");
    waker.join().unwrap();
}

#[test]
fn a_session_of_the_agents_own_making_is_driven_as_well() {
    let site = Site::of(World::new().hub(Hub::new(HUB).device(Device::new("dev-01", key(5).to_base64().expose()))));
    let now = site.time.now();
    let session = AuthSession::new(vec![one_key("key", 5)], Policy::default(), None, now).unwrap();
    let mut driver = Driver::of(session, site.options()).unwrap();
    let mut seen = 0;
    driver
        .run(|driver, _| {
            seen += 1;
            if driver.is_connected() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert!(seen > 0 && driver.session().status().counters.connects == 1);
    driver.close();
    eventually(|| site.emulator.connections() == 0);
}
