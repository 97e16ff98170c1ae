//! What can be seen of a session.

use crate::{agents::*, world::*};
use defender_auth::{credential::Credential, session::*};
use std::time::Duration;

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

#[test]
fn a_misuse_names_the_action_and_the_event() {
    let name = |debug: String| debug.split(['(', ' ', '{']).next().unwrap().to_owned();
    let mut seen = std::collections::BTreeSet::new();
    for (_, sources) in agents().into_iter().chain([("signer", vec![known("hsm", Credential::ExternalSigner)])]) {
        let mut world = World::new();
        let mut session = world.session(sources);
        for step in 0..30 {
            let pending = name(format!("{:?}", session.poll()));
            let unfit: [Event<'_>; 9] = [
                Event::Authenticator(defender_auth::Event::Activated),
                Event::Signed(key(1).sign(b"")),
                Event::SignFailed,
                Event::Connected { date: None },
                Event::Rejected { rejection: connack(5), retry_after: None, date: None },
                Event::TlsFailed(&tls()[0]),
                Event::Unreachable,
                Event::Saved,
                Event::SaveFailed,
            ];
            for event in unfit {
                let given = name(format!("{event:?}"));
                let fits = match pending.as_str() {
                    "Authenticate" => given == "TlsFailed" || given == "Authenticator",
                    "Sign" => given.starts_with("Sign"),
                    "Connect" | "Renew" => matches!(&*given, "Connected" | "Rejected" | "TlsFailed" | "Unreachable"),
                    "Save" => given.starts_with("Save"),
                    _ => false,
                };
                if !fits {
                    let misuse = session.handle(world.now(), event).unwrap_err();
                    assert_eq!((misuse.pending, misuse.given), (&*pending, &*given));
                    seen.insert(given);
                }
            }
            if step == 20 {
                world.drop_at = Some(world.ms);
                world.hub = Box::new(|_, _| NO);
            }
            seen.insert(pending);
            world.once(&mut session);
        }
    }
    assert_eq!(seen.len(), 9 + 7, "{seen:?}");
}

#[test]
fn a_window_is_picked_from_its_first_to_its_last_moment() {
    let window = Window { from: Duration::from_secs(100), until: Duration::from_secs(300) };
    let picked = [0, u32::MAX / 2, u32::MAX].map(|random| window.pick(random).as_millis());
    assert_eq!(picked, [100_000, 199_999, 300_000]);
}

#[test]
fn a_rate_says_how_many_there_are_at_most() {
    let rate = Rate { burst: 30, interval: Duration::from_secs(180) };
    assert_eq!([0, 179, 180, 3600, 86_400].map(|span| rate.bound(Duration::from_secs(span))), [30, 30, 31, 50, 510]);
}

#[test]
fn a_status_counts_failures_from_the_second_on() {
    let mut world = World::new();
    world.hub = Box::new(|_, _| NO);
    let mut session = world.session(vec![known("keys", keys(1, 2))]);
    let texts = [0, 1].map(|_| {
        world.once(&mut session);
        session.status().to_string()
    });
    assert!(texts[0].ends_with("; last failure: the hub rejects the credential"), "{}", texts[0]);
    assert!(texts[1].ends_with("; last of 2 failures in a row: the hub rejects the credential"), "{}", texts[1]);
}

#[test]
fn the_status_says_when_something_is_due_and_when_it_is_tried_again() {
    let (mut world, mut session) = connected(vec![known("keys", key(1))]);
    let Action::Stay(Some((window, _))) = session.poll() else { panic!("{:?}", session.poll()) };
    assert_eq!(session.status().next, Some(window));
    world.tell(&mut session, Event::Disconnected(Loss::Dropped));
    let Action::Wait(window, _) = session.poll() else { panic!("{:?}", session.poll()) };
    assert_eq!(session.status().next, Some(window));
    world.once(&mut session);
    assert_eq!(session.status().next, None);
}
