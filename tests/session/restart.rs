//! What a restart costs, and what is saved for it.

use crate::{agents::*, world::*};
use defender_auth::{Plan, credential::ClientCertificate, dps::Profile, outcome::ConnectionProfile, session::*};

#[test]
fn a_restart_at_any_step_costs_no_second_registration() {
    for (name, sources) in agents() {
        for stop in 0..14 {
            let mut world = World::new();
            let mut session = world.session(sources.clone());
            for _ in 0..stop {
                world.once(&mut session);
            }
            let assigned = world.saved.as_ref().is_some_and(|(text, _)| text.contains("\"hub\""));
            assert!(assigned || name == "mode" || world.count(&[Kind::Module]) == 0, "noted before the hub is asked");
            let before = world.count(&REQUESTS);
            world.ms += 30_000;
            world.boot = world.ms - 500; // The device was off: its monotonic clock begins again.
            let mut session = world.session(sources.clone());
            world.run(&mut session, 60_000);
            assert_eq!(session.status().phase, Phase::Connected, "{name} {stop}: {}", session.status());
            assert!(!assigned || world.count(&REQUESTS) == before, "{name} {stop}");
        }
    }
}

#[test]
fn a_restart_without_the_keys_costs_one_module_lookup() {
    let (_, sources) = agents().remove(2);
    let mut world = World::new();
    let mut session = world.session(sources.clone());
    world.run(&mut session, HOUR);
    let (text, secret) = world.saved.clone().unwrap();
    assert!(secret.unwrap().contains(key(7).to_base64().expose()) && !text.contains(key(7).to_base64().expose()));
    world.saved = Some((text, None));
    world.log.clear();
    let mut session = world.session(sources);
    world.run(&mut session, HOUR);
    assert_eq!((world.count(&REQUESTS), world.count(&[Kind::Module]), world.count(&[Kind::Connect])), (0, 1, 1));
}

#[test]
fn a_snapshot_of_another_enrollment_is_not_used() {
    let mut world = World::new();
    let mut session = world.session(agents().remove(1).1);
    world.run(&mut session, HOUR);
    let (text, _) = world.saved.clone().unwrap();
    world.saved = Some((text.replace("0ne00000001", "0ne00000002"), None));
    world.log.clear();
    let mut session = world.session(agents().remove(1).1);
    while world.count(&[Kind::Connect]) == 0 {
        world.once(&mut session);
    }
    assert_eq!(world.count(&[Kind::Register]), 1, "before the first login");
}

#[test]
fn a_snapshot_is_read_across_versions_or_rejected_with_a_reason() {
    let mut world = World::new();
    let mut session = world.session(agents().remove(2).1);
    world.run(&mut session, HOUR);
    let (text, secret) = world.saved.clone().unwrap();
    let again = Snapshot::parse(&text, secret.as_deref()).unwrap();
    assert_eq!((again.text(), again.secret().map(|it| it.expose().to_owned())), (text.clone(), secret.clone()));
    let newer = text.replacen("\"version\": 1", "\"version\": 7, \"pendingCsr\": {\"rid\": \"a\"}", 1);
    assert!(Snapshot::parse(&newer, None).unwrap().text().contains("pendingCsr"), "kept for the newer one");
    let much_newer = text.replacen("\"readableSince\": 1", "\"readableSince\": 2", 1);
    assert_eq!(Snapshot::parse(&much_newer, None).unwrap_err(), SnapshotError::Newer { readable_since: 2 });
    for end in 0..text.len() {
        assert!(Snapshot::parse(&text[..end], None).is_err(), "cut at {end}");
    }
    let elsewhere = text.replacen("\"dev\"", "\"other\"", 1);
    assert_eq!(Snapshot::parse(&elsewhere, secret.as_deref()).unwrap_err(), SnapshotError::OtherKeys);
    assert!(Snapshot::parse(&text.replace("h.azure", "h azure"), None).unwrap_err().to_string().contains("hub"));
    // Of another enrollment: not used, and one registration.
    world.saved = Some((text.replace("0ne00000001", "0ne00000002"), None));
    world.log.clear();
    let mut session = world.session(agents().remove(2).1);
    world.run(&mut session, HOUR);
    assert_eq!(world.count(&[Kind::Register]), 1);
}

#[test]
fn a_debt_saved_by_a_wrong_clock_locks_no_device_out() {
    let mut world = World::new();
    world.dps = Box::new(|_| Dps::Disabled);
    let mut session = world.session(agents().remove(1).1);
    world.run(&mut session, HOUR);
    let (text, _) = world.saved.clone().unwrap();
    let line = text.lines().find(|line| line.contains("registrationsOwedUntil")).unwrap();
    world.saved = Some((text.replace(line, "\"registrationsOwedUntil\": 99000000000,"), None));
    world.dps = World::new().dps;
    let mut session = world.session(agents().remove(1).1);
    world.run(&mut session, 4 * HOUR);
    assert_eq!(session.status().phase, Phase::Connected);
}

#[test]
fn a_move_is_saved_though_neither_the_keys_nor_the_name_of_the_credential_change() {
    let mut world = World::new();
    let mut session = world.session(agents().remove(1).1);
    world.run(&mut session, HOUR);
    let (text, secret) = world.saved.clone().unwrap();
    assert!(text.contains("\"h.azure-devices.net\"") && secret.is_none(), "a device's key is that of its source");
    world.home = "h2.azure-devices.net";
    world.hub =
        Box::new(|login, _| if login.connect.host.as_str() == "h2.azure-devices.net" { Hub::Accepts } else { NO });
    world.drop_at = Some(world.ms + 1000);
    world.run(&mut session, HOUR);
    let text = world.saved.unwrap().0;
    assert!(text.contains("\"h2.azure-devices.net\"") && text.contains("\"working\": \"dps0\""), "{text}");
}

#[test]
fn what_is_no_snapshot_is_told_from_what_is_no_json() {
    for other in ["[1]", "5", "\"x\"", "{}", r#"{"format": "other"}"#, r#"{"format": 1}"#] {
        assert_eq!(Snapshot::parse(other, None).unwrap_err(), SnapshotError::OtherFormat, "{other}");
    }
    for (text, line, column) in [("", 1, 0), ("{", 1, 1), ("{\n\"a\": x}", 2, 6)] {
        assert_eq!(Snapshot::parse(text, None).unwrap_err(), SnapshotError::NotJson { line, column }, "{text}");
    }
}

#[test]
fn the_connection_profile_of_the_hub_outlives_a_restart() {
    let certified = || {
        let profile = Profile::new("0ne00000001".parse().unwrap(), "dev".parse().unwrap());
        let certificate = ClientCertificate::held_elsewhere(None);
        vec![Source::new("dps", Plan::provision(profile, certificate).unwrap())]
    };
    let mut world = World::new();
    let mut session = world.session(certified());
    world.run(&mut session, HOUR);
    let (text, _) = world.saved.clone().unwrap();
    assert!(!text.contains("connectionProfile"), "that of a classic hub is not written: {text}");
    let with = |name: &str| {
        let member = format!("\"device\": \"dev\", \"connectionProfile\": \"{name}\"");
        text.replacen("\"device\": \"dev\"", &member, 1)
    };
    let unknown = Snapshot::parse(&with("mqttV6"), None).unwrap_err();
    assert_eq!(unknown, SnapshotError::Member { name: "connectionProfile" });
    let again = Snapshot::parse(&with("mqttV5"), None).unwrap();
    assert!(again.text().contains("\"connectionProfile\": \"mqttV5\""), "{}", again.text());
    let restarted = |world: &mut World, sources| {
        world.saved = Some((with("mqttV5"), None));
        world.log.clear();
        let session = world.session(sources);
        match session.poll() {
            Action::Connect(login) => Some(login.profile.clone()),
            _ => None,
        }
    };
    assert_eq!(restarted(&mut world, certified()), Some(ConnectionProfile::MqttV5), "without a registration");
    let by_key = vec![Source::new("dps", dps(3))];
    assert_eq!(restarted(&mut world, by_key), None, "a key has no login there: it registers");
}
