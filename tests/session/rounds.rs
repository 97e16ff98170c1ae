//! What is run when no credential works: which runs, in which order, when, and when not.

use crate::{agents::*, world::*};
use defender_auth::{Event as InnerEvent, http::Response, session::*};
use std::time::Duration;

const ELSEWHERE: &str = "h2.azure-devices.net";

/// The index of an agent of each kind in [`agents`].
const DPS: usize = 1;
const DPS_MODE: usize = 2;

/// Connected for an hour, then with a hub that does this with every login there. What was done before is forgotten.
fn after_an_hour(sources: Vec<Source>, hub: Hub) -> (World, Session) {
    let mut world = World::new();
    let mut session = world.session(sources);
    world.run(&mut session, HOUR);
    world.log.clear();
    world.hub = Box::new(move |login, _| if login.connect.host.as_str() == ELSEWHERE { Hub::Accepts } else { hub });
    world.drop_at = Some(world.ms + 1000);
    (world, session)
}

/// With this rate of registrations, and the first of them done.
fn registered_once(sources: Vec<Source>) -> (World, Session) {
    let once = Rate { burst: 1, interval: Duration::from_secs(365 * 86_400) };
    let mut world = World::new();
    let policy = Policy { registrations: once, ..Policy::default() };
    let mut session = Session::new(sources, policy, None, world.now()).unwrap();
    until(&mut world, &mut session, is_stay);
    assert_eq!(world.count(&[Kind::Register]), 1);
    (world, session)
}

/// The longest time between two of them.
fn longest_pause(world: &World, kind: Kind) -> u64 {
    let times: Vec<u64> = world.log.iter().filter(|(_, it)| *it == kind).map(|(at, _)| *at).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap()
}

#[test]
fn a_device_is_lost_after_six_hours_and_not_before() {
    for sources in [agents().remove(DPS).1, agents().remove(DPS_MODE).1] {
        let (mut world, mut session) = after_an_hour(sources, Hub::Silent);
        world.run(&mut session, 6 * HOUR - 60_000);
        assert_eq!(world.count(&[Kind::Register, Kind::Module]), 0);
        world.run(&mut session, HOUR);
        assert_ne!(world.count(&[Kind::Register, Kind::Module]), 0);
    }
}

#[test]
fn a_device_without_an_online_source_goes_on_connecting_to_a_hub_that_is_unreachable() {
    let (mut world, mut session) = after_an_hour(agents().remove(0).1, Hub::Silent);
    world.run(&mut session, 2 * DAY);
    assert!(longest_pause(&world, Kind::Connect) <= 31_000 + 600_000);
}

#[test]
fn a_device_that_may_not_register_goes_on_connecting_to_a_hub_that_is_unreachable() {
    let (mut world, mut session) = registered_once(agents().remove(DPS).1);
    world.hub = Box::new(|_, _| Hub::Silent);
    world.drop_at = Some(world.ms + 1000);
    world.run(&mut session, 2 * DAY);
    assert!(longest_pause(&world, Kind::Connect) <= 7 * HOUR / 2 && world.count(&[Kind::Connect]) > 400);
    assert_eq!(world.count(&[Kind::Register]), 1);
}

#[test]
fn a_module_is_looked_up_while_its_device_may_not_register() {
    let (mut world, mut session) = registered_once(agents().remove(DPS_MODE).1);
    world.module = Box::new(|| (200, 6));
    world.hub = Box::new(|login, _| if by(login, 6) { Hub::Accepts } else { NO });
    world.drop_at = Some(world.ms + 1000);
    world.run(&mut session, HOUR);
    assert_eq!((session.status().phase, world.count(&[Kind::Register])), (Phase::Connected, 1));
}

#[test]
fn a_module_that_is_missing_leads_to_one_registration_for_each_loss() {
    let (mut world, mut session) = after_an_hour(agents().remove(DPS_MODE).1, NO);
    world.module = Box::new(|| (404, 7));
    world.run(&mut session, HOUR);
    assert_eq!(world.count(&[Kind::Register]), 1, "though the last one was an hour before");
    world.run(&mut session, 4 * HOUR);
    assert_eq!(world.count(&[Kind::Register]), 1);
    world.run(&mut session, 12 * HOUR);
    assert_eq!(world.count(&[Kind::Register]), 2, "and again after six hours");
}

#[test]
fn a_rejected_attestation_leads_to_the_next_source_at_once() {
    let mut world = World::new();
    let mut nth = 0;
    world.dps = Box::new(move |_| {
        nth += 1;
        if nth == 1 { Dps::Status(401, 401_002) } else { Dps::Assigns }
    });
    let mut session = world.session(agents().remove(DPS).1);
    until(&mut world, &mut session, is_stay);
    assert_eq!(session.status().credential, Some("dps1"));
    assert!(world.ms < 20_000, "{}", world.ms);
}

#[test]
fn a_provisioning_service_that_does_not_answer_is_not_asked_for_the_next_source() {
    for service in [Dps::Silent, Dps::Status(503, 503_001), Dps::Garbage] {
        let mut world = World::new();
        world.dps = Box::new(move |_| service);
        let mut session = world.session(agents().remove(DPS).1);
        until(&mut world, &mut session, is_wait);
        assert_eq!(session.status().counters.registrations, 1, "{service:?}");
    }
}

#[test]
fn a_module_lookup_leads_to_a_registration_where_another_hub_can_cure_it() {
    for (status, registrations) in [(0, 1), (401, 1), (404, 1), (503, 0)] {
        let (mut world, mut session) = after_an_hour(agents().remove(DPS_MODE).1, NO);
        world.module = Box::new(move || (status, 7));
        world.home = ELSEWHERE;
        while world.count(&[Kind::Module]) == 0 {
            world.once(&mut session);
        }
        world.run(&mut session, 10 * 60_000);
        assert_eq!(world.count(&[Kind::Register]), registrations, "{status}");
    }
}

#[test]
fn an_assignment_is_saved_before_the_module_lookup_unless_it_is_the_same() {
    for (home, device, is_same) in [
        ("h.azure-devices.net", "dev", true),
        ("H.Azure-Devices.net", "dev", true),
        (ELSEWHERE, "dev", false),
        ("h.azure-devices.net", "dev2", false),
    ] {
        let (mut world, mut session) = after_an_hour(agents().remove(DPS_MODE).1, NO);
        world.module = Box::new(|| (404, 7));
        (world.home, world.device) = (home, device);
        world.run(&mut session, HOUR);
        let kinds: Vec<Kind> = world.log.iter().map(|(_, kind)| *kind).collect();
        let registered = kinds.iter().position(|kind| *kind == Kind::Register).unwrap();
        let between: &[Kind] = if is_same { &[] } else { &[Kind::Save] };
        let expected = [&[Kind::Register, Kind::Poll], between, &[Kind::Module]].concat();
        assert_eq!(kinds[registered..][..expected.len()], expected, "{home} {device}");
        assert!(world.saved.unwrap().0.contains(&format!("\"hub\": \"{home}\"")) || is_same);
    }
}

#[test]
fn a_run_sends_forty_requests_at_most() {
    let mut world = World::new();
    world.dps = Box::new(|_| Dps::Assigning);
    let mut session = world.session(agents().remove(DPS).1);
    until(&mut world, &mut session, is_wait);
    assert_eq!(world.count(&REQUESTS), 40);
    assert!(matches!(session.poll(), Action::Wait(_, Diagnosis::TimedOut)));
}

#[test]
fn the_counters_are_what_was_done() {
    let mut world = World::new();
    let mut nth = 0;
    world.hub = Box::new(move |_, _| {
        nth += 1;
        if nth % 3 == 0 { NO } else { Hub::Flaps(3 * 3600) }
    });
    let mut session = world.session(agents().remove(DPS_MODE).1);
    world.run(&mut session, 2 * DAY);
    let counters = session.status().counters;
    assert_eq!(counters.connects, world.count(&[Kind::Connect]) as u64);
    assert_eq!(counters.requests, world.count(&[Kind::Register, Kind::Poll, Kind::Module]) as u64);
    assert_eq!(counters.registrations, world.count(&[Kind::Register]) as u64);
}

#[test]
fn a_lookup_that_finds_no_registration_is_repeated_on_the_provisioning_ladder() {
    let plan = dps(3).lookup_only(true).unwrap();
    let world = World::new();
    let mut session = world.session(vec![Source::new("dps", plan)]);
    world.tell(&mut session, Event::Saved);
    let response = Response::new(200, br#"{"registrationId":"dev","status":"unassigned"}"#);
    world.tell(&mut session, Event::Authenticator(InnerEvent::Answered(response)));
    let Action::Wait(window, Diagnosis::Unassigned) = session.poll() else { panic!("{:?}", session.poll()) };
    assert_eq!(window.from, world.now().monotonic + Duration::from_secs(30));
}

#[test]
fn a_retry_after_of_a_rejected_attestation_is_honoured() {
    for (status, code) in [(401, 401_002), (404, 404_201), (400, 400_207)] {
        let world = World::new();
        let mut session = world.session(vec![Source::new("dps", dps(3))]);
        world.tell(&mut session, Event::Saved);
        let body = format!(r#"{{"errorCode":{code},"message":"no"}}"#);
        let response = Response::new(status, body.as_bytes()).header("Retry-After", "7200");
        world.tell(&mut session, Event::Authenticator(InnerEvent::Answered(response)));
        let Action::Wait(window, _) = session.poll() else { panic!("{:?}", session.poll()) };
        assert_eq!(window.from, world.now().monotonic + Duration::from_secs(7200), "{status}");
    }
}

#[test]
fn the_same_keys_are_tried_again_where_only_the_hub_can_be_asked() {
    let (mut world, mut session) = after_an_hour(agents().remove(3).1, NO);
    while world.count(&[Kind::Module]) == 0 {
        world.once(&mut session);
    }
    assert!(matches!(session.poll(), Action::Connect(_)), "{:?}", session.poll());
    assert_eq!(session.status().credential, Some("device/primary"));
}

#[test]
fn a_source_that_waits_for_its_rate_is_named() {
    let never = Rate { burst: 1, interval: Duration::from_secs(365 * 86_400) };
    let mut world = World::new();
    world.dps = Box::new(|_| Dps::Disabled);
    let policy = Policy { registrations: never, ..Policy::default() };
    let mut session = Session::new(vec![Source::new("dps", dps(3))], policy, None, world.now()).unwrap();
    until(&mut world, &mut session, is_wait);
    world.once(&mut session);
    assert!(matches!(session.poll(), Action::Wait(_, Diagnosis::RateLimited)), "{:?}", session.poll());
    assert_eq!((session.status().credential, session.status().counters.registrations), (Some("dps"), 1));
}
