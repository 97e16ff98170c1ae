//! When the provisioning service and the hub are asked for a credential.

use crate::{agents::*, world::*};
use defender_auth::{
    Plan,
    dps::Profile,
    outcome::{ConnectionProfile, Outcome},
    session::*,
};

#[test]
fn a_moved_device_is_found_by_one_registration() {
    let mut world = World::new();
    let mut session = world.session(agents().remove(1).1);
    world.run(&mut session, DAY);
    let before = world.count(&[Kind::Register]);
    world.home = "h2.azure-devices.net";
    world.hub =
        Box::new(|login, _| if login.connect.host.as_str() == "h2.azure-devices.net" { Hub::Accepts } else { NO });
    world.drop_at = Some(world.ms + 1000);
    world.run(&mut session, HOUR);
    assert_eq!((world.count(&[Kind::Register]) - before, session.status().phase), (1, Phase::Connected));
}

#[test]
fn a_hub_that_returns_the_keys_it_rejects_is_asked_once() {
    let mut world = World::new();
    let mut session = world.session(agents().remove(2).1);
    world.run(&mut session, HOUR);
    world.log.clear();
    world.home = "h2.azure-devices.net";
    world.hub =
        Box::new(|login, _| if login.connect.host.as_str() == "h2.azure-devices.net" { Hub::Accepts } else { NO });
    world.drop_at = Some(world.ms + 1000);
    world.run(&mut session, HOUR);
    assert_eq!((world.count(&[Kind::Register]), session.status().phase), (1, Phase::Connected));
    assert_eq!(world.count(&[Kind::Module]), 2, "at the old hub and at the new one");
}

#[test]
fn an_unreachable_hub_leads_to_one_registration_and_a_busy_one_to_none() {
    for (hub, registrations) in [(Hub::Silent, 1), (Hub::Rejects(connack(3)), 0)] {
        let mut world = World::new();
        let mut session = world.session(agents().remove(1).1);
        world.run(&mut session, HOUR);
        world.log.clear();
        world.home = "h2.azure-devices.net";
        world.hub = Box::new(
            move |login, _| if login.connect.host.as_str() == "h2.azure-devices.net" { Hub::Accepts } else { hub },
        );
        world.drop_at = Some(world.ms + 1000);
        world.run(&mut session, DAY);
        assert_eq!(world.count(&[Kind::Register]), registrations, "{hub:?}");
    }
}

#[test]
fn a_missing_module_is_looked_up_again_without_another_registration() {
    let mut world = World::new();
    world.module = Box::new(|| (404, 7));
    let mut session = world.session(agents().remove(2).1);
    world.run(&mut session, 5 * HOUR);
    assert_eq!((world.count(&[Kind::Register]), session.status().failure), (1, Some(Diagnosis::ModuleMissing)));
    let mut session = world.session(agents().remove(2).1);
    world.run(&mut session, HOUR);
    assert_eq!(world.count(&[Kind::Register]), 2, "and once by a new process");
    world.home = "h2.azure-devices.net";
    world.tell(&mut session, Event::Wake);
    world.run(&mut session, 60_000);
    assert_eq!(world.count(&[Kind::Register]), 3, "Wake lets all be asked again");
    world.module = Box::new(|| (200, 7));
    world.tell(&mut session, Event::Wake);
    world.run(&mut session, 1000);
    assert_eq!((session.status().phase, session.status().authenticator_failure), (Phase::Connected, None));
}

/// Accepted at its hub, and moved a minute after that, before the connection counts as stable.
fn moved_early(source: usize, rejection: Hub) -> (World, Session) {
    let mut world = World::new();
    let mut session = world.session(agents().remove(source).1);
    until(&mut world, &mut session, |action| matches!(action, Action::Stay(_)));
    assert_eq!(world.count(&[Kind::Register]), 1);
    world.home = "h2.azure-devices.net";
    world.hub = Box::new(
        move |login, _| {
            if login.connect.host.as_str() == "h2.azure-devices.net" { Hub::Accepts } else { rejection }
        },
    );
    world.module = Box::new(|| (401, 0));
    world.drop_at = Some(world.ms + 60_000);
    (world, session)
}

#[test]
fn a_device_that_moves_before_its_connection_is_stable_registers_at_once() {
    let moved = Hub::Rejects(Rejection::Reason(0x9d));
    for (source, rejection) in [(1, NO), (1, moved), (2, NO), (2, moved)] {
        let (mut world, mut session) = moved_early(source, rejection);
        world.run(&mut session, 30 * 60_000);
        assert_eq!(world.count(&[Kind::Register]), 2, "{source} {rejection:?}");
    }
}

#[test]
fn a_hub_that_accepts_and_then_rejects_is_registered_for_no_more_often_than_the_rate_allows() {
    for source in [1, 2] {
        let (mut world, mut session) = moved_early(source, NO);
        // The provisioning service names the same hub, which accepts each second login and loses it a second later.
        world.home = "h.azure-devices.net";
        world.module = Box::new(|| (200, 7));
        let mut logins = 0;
        world.hub = Box::new(move |_, _| {
            logins += 1;
            if logins % 4 == 0 { Hub::Flaps(1) } else { NO }
        });
        world.run(&mut session, 30 * DAY);
        let rate = Policy::default().registrations;
        let day = usize::try_from(rate.bound(std::time::Duration::from_secs(86_400))).unwrap();
        assert!(world.most(&[Kind::Register], DAY) <= day, "{}", world.most(&[Kind::Register], DAY));
    }
}

const VERSION_1: Rejection = Rejection::Connack(defender_auth::mqtt::ConnectRefused::ProtocolVersion);
const VERSION_5: Rejection = Rejection::Reason(0x84);

fn with_certificate() -> Source {
    let profile = Profile::new("0ne00000001".parse().unwrap(), "dev".parse().unwrap());
    Source::new("dps", Plan::provision(profile, certificate(1)).unwrap())
}

/// A hub of that profile, which rejects the logins of the other version of MQTT.
fn speaks(world: &mut World, spoken: ConnectionProfile) {
    world.issuing.others = if spoken == ConnectionProfile::MqttV5 { V5 } else { "" };
    world.hub = Box::new(move |login, _| match &login.profile {
        profile if *profile == spoken => Hub::Accepts,
        ConnectionProfile::MqttV5 => Hub::Rejects(VERSION_5),
        _ => Hub::Rejects(VERSION_1),
    });
}

const V5: &str = r#","connectionProfile":"mqttV5""#;

#[test]
fn a_saved_profile_that_the_hub_no_longer_has_costs_one_registration() {
    let (classic, v5) = (ConnectionProfile::Classic, ConnectionProfile::MqttV5);
    for (before, after) in [(classic.clone(), v5.clone()), (v5, classic)] {
        for restarted in [false, true] {
            let mut world = World::new();
            speaks(&mut world, before.clone());
            let mut session = world.session(vec![with_certificate()]);
            world.run(&mut session, HOUR);
            assert_eq!(session.assigned().unwrap().connection_profile(), &before);
            world.log.clear();
            speaks(&mut world, after.clone());
            world.drop_at = Some(world.ms + 1);
            if restarted {
                session = world.session(vec![with_certificate()]);
            }
            world.run(&mut session, HOUR);
            assert_eq!(session.status().phase, Phase::Connected, "{before:?}, {restarted}: {}", session.status());
            assert_eq!(session.assigned().unwrap().connection_profile(), &after);
            assert_eq!(
                (world.count(&[Kind::Register]), world.count(&[Kind::Connect])),
                (1, 2),
                "{before:?}, {restarted}"
            );
            // The debt, the new profile, and what has worked.
            let kinds: Vec<Kind> = world.log.iter().map(|(_, kind)| *kind).collect();
            assert_eq!(kinds.get(..3), Some(&[Kind::Connect, Kind::Save, Kind::Register][..]), "{kinds:?}");
            assert_eq!(world.saved.as_ref().unwrap().0.contains("mqttV5"), after == ConnectionProfile::MqttV5);
        }
    }
}

#[test]
fn a_hub_that_accepts_no_version_is_registered_for_within_the_bounds() {
    for others in ["", V5] {
        for crashes in [false, true] {
            let mut world = World::new();
            world.issuing.others = others;
            world.hub = Box::new(|login, _| {
                Hub::Rejects(if login.profile == ConnectionProfile::MqttV5 { VERSION_5 } else { VERSION_1 })
            });
            let mut session = world.session(vec![with_certificate()]);
            let end = world.ms + 3 * DAY;
            while world.ms < end {
                if crashes {
                    session = world.session(vec![with_certificate()]);
                }
                world.run(&mut session, HOUR);
            }
            // As the table says; and a process that starts each hour has the rate of registrations, and no more.
            let most = if crashes { 15 } else { 4 };
            assert!(world.most(&[Kind::Register], DAY) <= most, "{}", world.most(&[Kind::Register], DAY));
            assert_eq!(session.status().failure, Some(Diagnosis::VersionRejected));
        }
    }
}

#[test]
fn a_known_profile_that_the_hub_does_not_have_waits_on_the_slow_ladder_and_names_what_to_set() {
    for (profile, rejection) in [(ConnectionProfile::Classic, VERSION_1), (ConnectionProfile::MqttV5, VERSION_5)] {
        let mut world = World::new();
        world.hub = Box::new(move |_, _| Hub::Rejects(rejection));
        let plan = Outcome::new(device(), certificate(1)).with_connection_profile(profile).unwrap();
        let mut session = world.session(vec![Source::new("cert", plan)]);
        world.once(&mut session);
        let Action::Wait(window, Diagnosis::VersionRejected) = session.poll() else { panic!("{:?}", session.poll()) };
        assert_eq!(window.until.saturating_sub(window.from).as_secs(), 300);
        assert!(session.status().to_string().contains("set its connection profile"), "{}", session.status());
        world.run(&mut session, 30 * DAY);
        assert_eq!(world.count(&[Kind::Register]), 0);
        assert!(world.count(&[Kind::Connect]) <= 70, "{}", world.count(&[Kind::Connect]));
    }
}

#[test]
fn what_a_registration_tells_is_tried_after_a_known_profile_that_is_rejected() {
    for registered in [false, true] {
        let mut world = World::new();
        speaks(&mut world, ConnectionProfile::MqttV5);
        if registered {
            let mut session = world.session(vec![with_certificate()]);
            world.run(&mut session, HOUR);
            world.log.clear();
        }
        let mut session = world.session(vec![known("cert", certificate(2)), with_certificate()]);
        world.run(&mut session, HOUR);
        assert_eq!((session.status().phase, session.status().credential), (Phase::Connected, Some("dps")));
        assert_eq!(world.count(&[Kind::Register]), usize::from(!registered));
    }
}
