//! A source whose identity and signatures come from daemons of the device.

use crate::{agents::*, world::*};
use defender_auth::{
    Action as Inner, Event as InnerEvent, Plan, http::Response, identity_service::IdentityService, key::KeyUse,
    local::Obstacle, session::*,
};

fn sources() -> Vec<Source> {
    vec![Source::new("identity service", Plan::identity_service(IdentityService::default()))]
}

fn identity(hub: &str) -> String {
    format!(
        r#"{{"type":"aziot","spec":{{"hubName":"{hub}","gatewayHost":"{hub}","deviceId":"dev","moduleId":"azureiotsecurity","genId":"1","auth":{{"type":"sas","keyHandle":"sr=a&sig=b"}}}}}}"#
    )
}

/// Goes on until the session is connected or waits, with a daemon that tells this hub and signs, or does not sign. Returns how
/// often it was asked for the identity.
fn run(world: &mut World, session: &mut Session, hub: &str, signs: bool) -> u32 {
    let mut asked = 0;
    for _ in 0..1000 {
        let now = world.now();
        match session.poll() {
            Action::Authenticate(Inner::Ask(request)) => {
                asked += 1;
                assert_eq!(request.target(), "/identities/identity?api-version=2020-09-01");
                let body = identity(hub);
                let answer = InnerEvent::Answered(Response::new(200, body.as_bytes()));
                session.handle(now, Event::Authenticator(answer)).unwrap();
            }
            Action::Sign(key_use, string) => {
                assert_eq!(key_use, KeyUse::Hub);
                let of_hub = string.as_bytes().starts_with(format!("{hub}%2Fdevices%2Fdev%2Fmodules%2F").as_bytes());
                let event =
                    if signs && of_hub { Event::Signed(key(9).sign(string.as_bytes())) } else { Event::SignFailed };
                session.handle(now, event).unwrap();
            }
            Action::Stay(_) => return asked,
            Action::Wait(..) if !signs => return asked,
            _ => world.once(session),
        }
    }
    panic!("{:?}", session.status());
}

#[test]
fn the_identity_is_asked_for_and_its_tokens_are_signed() {
    let mut world = World::new();
    let mut session = world.session(sources());
    assert_eq!(run(&mut world, &mut session, "h.net", true), 1);
    assert_eq!(session.status().credential, Some("identity service"));
    let me = session.assigned().unwrap().identity();
    assert_eq!(me.to_string(), "h.net/devices/dev/modules/azureiotsecurity");
}

#[test]
fn the_first_step_comes_again_when_the_device_was_provisioned_again() {
    let mut world = World::new();
    let mut session = world.session(sources());
    run(&mut world, &mut session, "h.net", true);
    let now = world.now();
    session.handle(now, Event::Disconnected(Loss::Dropped)).unwrap();
    // The daemon signs for another hub now, and not for the former.
    let asked = run(&mut world, &mut session, "other.net", true);
    assert!((1..=4).contains(&asked), "{asked}");
    assert_eq!(session.assigned().unwrap().identity().hub().as_str(), "other.net");
    assert_eq!(session.status().phase, Phase::Connected);
}

#[test]
fn a_daemon_that_is_not_there_is_waited_for() {
    let mut world = World::new();
    let mut session = world.session(sources());
    for _ in 0..10 {
        let now = world.now();
        match session.poll() {
            Action::Authenticate(Inner::Ask(_)) => {
                session.handle(now, Event::Authenticator(InnerEvent::NotReached(Obstacle::Absent))).unwrap();
            }
            Action::Wait(_, why) => {
                assert_eq!(why, Diagnosis::KeyUnusable);
                assert_eq!(session.status().authenticator_failure, Some(Diagnosis::KeyUnusable));
                return;
            }
            _ => world.once(&mut session),
        }
    }
    panic!("{:?}", session.status());
}

#[test]
fn a_daemon_that_never_signs_is_asked_less_and_less() {
    let mut world = World::new();
    let mut session = world.session(sources());
    let mut asked = 0;
    let end = world.ms + DAY;
    while world.ms < end {
        asked += run(&mut world, &mut session, "h.net", false);
        world.once(&mut session);
    }
    assert!((1..200).contains(&asked), "{asked} in a day");
}

#[test]
fn keys_in_memory_come_first_where_they_do() {
    let mut world = World::new();
    let mut session = world.session([vec![known("keys", key(1))], sources()].concat());
    assert_eq!(run(&mut world, &mut session, "h.net", true), 0);
    assert_eq!(session.status().credential, Some("keys"));
}
