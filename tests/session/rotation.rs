//! Several credentials: fallback, return, renewal, rotation.

use crate::{agents::*, world::*};
use defender_auth::{UnixTime, credential::Credential, session::*};

#[test]
fn the_secondary_key_is_used_while_the_primary_is_rejected_and_no_longer() {
    let mut world = World::new();
    world.hub = Box::new(|login, _| if by(login, 1) { NO } else { Hub::Accepts });
    let mut session = world.session(vec![known("keys", keys(1, 2))]);
    world.run(&mut session, 3 * DAY);
    assert_eq!(session.status().credential, Some("keys/secondary"));
    assert!(world.count(&[Kind::Connect]) <= 15, "the primary key is tried once a day");
    world.hub = Box::new(|_, _| Hub::Accepts);
    world.run(&mut session, 2 * DAY);
    assert_eq!(session.status().credential, Some("keys/primary"));
}

#[test]
fn a_rotated_key_is_used_at_once_and_an_unchanged_one_keeps_its_connection() {
    let mut world = World::new();
    let mut session = world.session(vec![known("keys", keys(1, 2))]);
    world.run(&mut session, HOUR);
    world.hub = Box::new(|login, _| if by(login, 5) { Hub::Accepts } else { NO });
    world.tell(&mut session, Event::Rotated(vec![known("keys", keys(1, 2))]));
    world.run(&mut session, HOUR);
    assert_eq!(world.count(&[Kind::Connect]), 1);
    world.tell(&mut session, Event::Rotated(vec![known("keys", keys(5, 2))]));
    world.run(&mut session, HOUR);
    assert_eq!((world.count(&[Kind::Connect]), session.status().credential), (2, Some("keys/primary")));
    // All keys refused for a week, then one that works: at once, whatever the ladder.
    world.hub = Box::new(|login, _| if by(login, 6) { Hub::Accepts } else { NO });
    world.drop_at = Some(world.ms + 1000);
    world.run(&mut session, 7 * DAY);
    assert_eq!(session.status().phase, Phase::Waiting);
    world.tell(&mut session, Event::Rotated(vec![known("keys", keys(6, 2))]));
    world.run(&mut session, 1000);
    assert_eq!(session.status().phase, Phase::Connected);
}

#[test]
fn an_expired_certificate_is_skipped_without_a_connection() {
    let mut world = World::new();
    let span = |from: u64, until: u64| (UnixTime::from_secs(REAL + from), UnixTime::from_secs(REAL + until));
    let ((a, b), (c, d)) = (span(0, 86_400), span(50_000, 900_000));
    let sources =
        vec![known("old", certificate(1)).with_validity(a, b), known("new", certificate(2)).with_validity(c, d)];
    let mut session = world.session(sources);
    world.run(&mut session, 2 * DAY);
    assert_eq!(session.status().credential, Some("old"), "a connection that is in use is kept");
    world.drop_at = Some(world.ms + 1);
    world.run(&mut session, HOUR);
    assert_eq!((session.status().credential, world.count(&[Kind::Connect])), (Some("new"), 2));
    assert_eq!(session.status().dropped.map(|it| (it.credential, it.why)), Some(("old", Diagnosis::ClientExpired)));
}

#[test]
fn a_token_is_signed_elsewhere_and_renewed_over_the_connection_that_stands() {
    let mut world = World::new();
    let mut session = world.session(vec![known("hsm", Credential::ExternalSigner), known("keys", key(1))]);
    assert!(matches!(session.poll(), Action::Sign(..)));
    world.run(&mut session, DAY);
    assert_eq!(session.status().credential, Some("hsm"));
    while !matches!(session.poll(), Action::Sign(..)) {
        world.once(&mut session);
    }
    world.tell(&mut session, Event::SignFailed);
    assert!(matches!(session.poll(), Action::Renew(_)), "the next credential, over the living connection");
}

#[test]
fn a_rotated_key_of_an_enrollment_is_used_at_the_hub_without_a_registration() {
    let mut world = World::new();
    let mut session = world.session(vec![Source::new("dps", dps(3))]);
    world.run(&mut session, HOUR);
    world.log.clear();
    world.tell(&mut session, Event::Rotated(vec![Source::new("dps", dps(5))]));
    let Action::Renew(login) = session.poll() else { panic!("{:?}", session.poll()) };
    assert!(by(login, 5));
    world.run(&mut session, HOUR);
    assert_eq!((session.status().phase, world.count(&[Kind::Register])), (Phase::Connected, 0));
}

#[test]
fn a_connection_lost_after_its_credential_was_replaced_does_not_delay_the_new_one() {
    let world = World::new();
    let mut session = world.session(vec![known("old", key(1))]);
    world.tell(&mut session, Event::Rotated(vec![known("new", key(2))]));
    world.tell(&mut session, Event::Connected { date: None });
    world.tell(&mut session, Event::Disconnected(Loss::Dropped));
    let Action::Renew(login) = session.poll() else { panic!("{:?}", session.poll()) };
    assert!(by(login, 2));
}

#[test]
fn a_key_that_is_replaced_during_a_login_is_used_as_soon_as_the_login_is_accepted() {
    let world = World::new();
    let mut session = world.session(vec![known("old", key(1))]);
    world.tell(&mut session, Event::Rotated(vec![known("new", key(2))]));
    world.tell(&mut session, Event::Connected { date: None });
    let Action::Renew(login) = session.poll() else { panic!("{:?}", session.poll()) };
    assert!(by(login, 2), "no other login is made in between");
    world.tell(&mut session, Event::Connected { date: None });
    while matches!(session.poll(), Action::Save(_)) {
        world.tell(&mut session, Event::Saved);
    }
    assert!(is_stay(&session.poll()) && session.status().credential == Some("new"));
    assert_eq!(session.status().counters.connects, 2);
}

#[test]
fn a_key_that_is_replaced_while_the_state_is_saved_is_used_as_soon_as_it_is_saved() {
    for lost in [false, true] {
        let world = World::new();
        let mut session = world.session(vec![known("old", key(1))]);
        world.tell(&mut session, Event::Connected { date: None });
        world.tell(&mut session, Event::Rotated(vec![known("new", key(2))]));
        if lost {
            world.tell(&mut session, Event::Disconnected(Loss::Dropped));
        }
        world.tell(&mut session, Event::Saved);
        let login = match session.poll() {
            Action::Renew(login) if !lost => login,
            Action::Connect(login) if lost => login,
            other => panic!("{other:?}"),
        };
        assert!(by(login, 2));
    }
}

#[test]
fn sources_without_a_credential_yet_end_the_connection_that_was_just_made() {
    let mut world = World::new();
    let mut session = world.session(vec![known("old", key(1))]);
    world.tell(&mut session, Event::Rotated(vec![Source::new("dps", dps(3))]));
    world.tell(&mut session, Event::Connected { date: None });
    assert!(matches!(session.poll(), Action::Disconnect(Diagnosis::Rotated)), "{:?}", session.poll());
    world.run(&mut session, HOUR);
    assert_eq!((session.status().credential, world.count(&[Kind::Register])), (Some("dps"), 1));
}
