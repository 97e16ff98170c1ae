//! When the provisioning service and the hub are asked for a credential.

use crate::{agents::*, world::*};
use defender_auth::session::*;

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
