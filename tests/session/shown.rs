//! What can be seen of a session.

use crate::{agents::*, world::*};
use defender_auth::session::*;

#[test]
fn every_kind_of_tls_failure_has_its_name() {
    let mut names = Vec::new();
    for tls in tls() {
        let mut world = World::new();
        world.hub = Box::new(move |_, _| Hub::Tls(tls));
        let mut session = world.session(vec![known("keys", key(1))]);
        world.run(&mut session, 1000);
        names.push(session.status().failure.unwrap());
    }
    assert_eq!(
        names.iter().filter(|it| **it == Diagnosis::ClockSuspect).count(),
        1,
        "no service has confirmed the clock"
    );
    names.dedup();
    assert!(names.len() >= 10, "{names:?}");
}

#[test]
fn nothing_shown_has_a_secret() {
    let mut world = World::new();
    let mut session = world.session(agents().remove(2).1);
    for _ in 0..12 {
        let shown = format!("{session:?} {:?} {} {:?}", session.status(), session.status(), session.poll());
        for byte in [3, 7, 8] {
            assert!(!shown.contains(key(byte).to_base64().expose()) && !shown.contains("sig="), "{shown}");
        }
        world.once(&mut session);
    }
}

#[test]
fn an_event_that_answers_nothing_changes_nothing() {
    let world = World::new();
    let mut session = world.session(vec![known("keys", key(1))]);
    let before = format!("{session:?}");
    for event in [Event::Saved, Event::Elapsed, Event::SignFailed] {
        assert!(session.handle(world.now(), event).is_err());
    }
    assert_eq!(format!("{session:?}"), before);
    assert!(Session::new(vec![], Policy::default(), None, world.now()).is_err());
}
