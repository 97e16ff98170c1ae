//! Single steps: what an event leads to in the state in which it comes.

use crate::{agents::*, world::*};
use defender_auth::{Event as InnerEvent, credential::Credential, http::Response, session::*};
use std::time::Duration;

#[test]
fn a_token_that_has_expired_is_replaced_at_once_after_a_stable_connection_only() {
    for (lived, at_once) in [(HOUR, true), (10_000, false)] {
        let (mut world, mut session) = connected(vec![known("keys", keys(1, 2))]);
        world.run(&mut session, lived);
        world.tell(&mut session, Event::Disconnected(Loss::TokenExpired));
        assert_eq!(matches!(session.poll(), Action::Connect(_)), at_once, "{:?}", session.poll());
        assert_eq!(matches!(session.poll(), Action::Wait(_, Diagnosis::ConnectionLost)), !at_once);
        assert_eq!(session.status().credential, Some("keys/primary"));
    }
}

#[test]
fn a_reason_of_the_server_leads_to_what_it_means() {
    for (rejection, credential, why) in [
        (Rejection::Reason(0x87), Some("keys/secondary"), None),
        (Rejection::Reason(0x97), Some("keys/primary"), Some(Diagnosis::Busy)),
        (Rejection::Reason(0x8a), Some("keys/primary"), Some(Diagnosis::Banned)),
        (Rejection::Reason(0x8b), Some("keys/primary"), Some(Diagnosis::Busy)),
        (Rejection::Reason(0x00), Some("keys/primary"), Some(Diagnosis::ConnectionLost)),
        (Rejection::Reason(0x8d), Some("keys/primary"), Some(Diagnosis::ConnectionLost)),
        (Rejection::Reason(0x8e), Some("keys/primary"), Some(Diagnosis::ConnectionLost)),
        (Rejection::Reason(0x98), Some("keys/primary"), Some(Diagnosis::ConnectionLost)),
        (Rejection::Reason(0xa0), Some("keys/primary"), Some(Diagnosis::ConnectionLost)),
    ] {
        let (world, mut session) = connected(vec![known("keys", keys(1, 2))]);
        world.tell(&mut session, Event::Disconnected(Loss::ByServer(rejection)));
        assert_eq!(session.status().credential, credential, "{rejection:?}");
        match (session.poll(), why) {
            (Action::Connect(_), None) => {}
            (Action::Wait(_, waits), Some(why)) => assert_eq!(waits, why),
            (action, _) => panic!("{rejection:?}: {action:?}"),
        }
    }
}

#[test]
fn sources_that_are_replaced_during_a_login_do_not_inherit_its_result() {
    let (former, latter) = (vec![known("old", keys(1, 2))], vec![known("new", keys(5, 6))]);
    for accepted in [true, false] {
        let mut world = World::new();
        let mut session = world.session(former.clone());
        world.tell(&mut session, Event::Rotated(latter.clone()));
        assert!(matches!(session.poll(), Action::Connect(_)), "the login goes on");
        assert_eq!(session.status().credential, None);
        if accepted {
            world.tell(&mut session, Event::Connected { date: None });
            assert!(matches!(session.poll(), Action::Renew(_)), "at once: {:?}", session.poll());
        } else {
            let rejection = connack(5);
            world.tell(&mut session, Event::Rejected { rejection, retry_after: None, date: None });
        }
        until(&mut world, &mut session, |action| matches!(action, Action::Connect(_) | Action::Renew(_)));
        let (Action::Connect(login) | Action::Renew(login)) = session.poll() else { panic!() };
        assert!(by(login, 5), "the first of the new ones");
        assert_eq!(session.status().credential, Some("new/primary"));
        until(&mut world, &mut session, is_stay);
        assert!(world.saved.unwrap().0.contains("new/primary"));
    }
}

#[test]
fn sources_that_are_the_same_disturb_no_login() {
    let sources = vec![known("a", keys(1, 2)), known("b", keys(3, 4))];
    let mut world = World::new();
    let mut session = world.session(sources.clone());
    let more = [sources, vec![known("c", keys(5, 6))]].concat();
    world.tell(&mut session, Event::Rotated(more));
    assert_eq!(session.status().credential, Some("a/primary"));
    world.hub = Box::new(|login, _| if by(login, 1) { NO } else { Hub::Accepts });
    until(&mut world, &mut session, is_stay);
    assert_eq!((session.status().credential, world.count(&[Kind::Connect])), (Some("a/secondary"), 2));
}

#[test]
fn sources_that_are_no_sources_change_nothing() {
    let (world, mut session) = connected(vec![known("keys", keys(1, 2))]);
    for none in [vec![], vec![known("twice", key(1)), known("twice", key(2))]] {
        world.tell(&mut session, Event::Rotated(none));
        assert!(is_stay(&session.poll()));
        let status = session.status();
        assert_eq!((status.credential, status.failure), (Some("keys/primary"), Some(Diagnosis::SourceUnusable)));
    }
}

#[test]
fn without_any_credential_left_the_connection_is_closed() {
    let (mut world, mut session) = connected(vec![known("keys", keys(1, 2))]);
    world.tell(&mut session, Event::Rotated(agents().remove(1).1));
    assert!(matches!(session.poll(), Action::Disconnect(Diagnosis::Rotated)));
    world.tell(&mut session, Event::Disconnected(Loss::Dropped));
    until(&mut world, &mut session, is_stay);
    assert_eq!((session.status().credential, world.count(&[Kind::Register])), (Some("dps0"), 1));
}

#[test]
fn a_renewal_whose_connection_is_lost_while_it_is_signed_is_a_connect() {
    for lost in [false, true] {
        let (mut world, mut session) = connected(vec![known("hsm", Credential::ExternalSigner)]);
        until(&mut world, &mut session, |action| matches!(action, Action::Sign(..)));
        if lost {
            world.tell(&mut session, Event::Disconnected(Loss::Dropped));
        }
        let Action::Sign(_, string) = session.poll() else { panic!() };
        let signature = key(9).sign(string.as_bytes());
        world.tell(&mut session, Event::Signed(signature));
        assert_eq!(matches!(session.poll(), Action::Renew(_)), !lost);
    }
}

#[test]
fn a_rotation_while_a_renewal_is_signed_keeps_the_connection() {
    let (mut world, mut session) = connected(vec![known("hsm", Credential::ExternalSigner)]);
    until(&mut world, &mut session, |action| matches!(action, Action::Sign(..)));
    world.tell(&mut session, Event::Rotated(vec![known("keys", keys(1, 2))]));
    assert!(matches!(session.poll(), Action::Renew(_)), "{:?}", session.poll());
}

#[test]
fn a_retry_after_of_days_is_honoured_for_six_hours() {
    for (asked, waits) in [(1, 5), (3600, 3600), (86_400, 6 * 3600), (u64::MAX, 6 * 3600)] {
        let mut world = World::new();
        world.hub = Box::new(move |_, _| Hub::Later(connack(3), asked));
        let mut session = world.session(vec![known("keys", key(1))]);
        world.once(&mut session);
        let Action::Wait(window, Diagnosis::Busy) = session.poll() else { panic!("{:?}", session.poll()) };
        assert_eq!(window.from, world.now().monotonic + Duration::from_secs(waits), "{asked}");
        let mut world = World::new();
        world.dps = Box::new(move |_| Dps::Later(asked));
        let mut session = world.session(agents().remove(1).1);
        until(&mut world, &mut session, |action| matches!(action, Action::Wait(..)));
        let Action::Wait(window, Diagnosis::Busy) = session.poll() else { panic!("{:?}", session.poll()) };
        assert_eq!(window.from, world.now().monotonic + Duration::from_secs(waits.max(30)), "{asked}");
    }
}

#[test]
fn a_state_that_could_not_be_saved_is_saved_at_the_next_occasion() {
    let mut world = World::new();
    world.save_works = false;
    let mut session = world.session(vec![known("keys", keys(1, 2))]);
    until(&mut world, &mut session, is_stay);
    assert!(session.status().is_unsaved && session.status().to_string().contains("could not be saved"));
    world.save_works = true;
    world.run(&mut session, 8 * HOUR);
    assert!(!session.status().is_unsaved && world.saved.is_some());
    assert_eq!(world.count(&[Kind::Save]), 2, "and no more: nothing has changed");
}

#[test]
fn a_token_waits_for_the_clock_for_five_minutes_or_until_wake() {
    for wake in [false, true] {
        let mut world = World::new();
        world.off = -REAL.cast_signed();
        let mut session = world.session(vec![known("keys", keys(1, 2))]);
        let Action::Wait(window, Diagnosis::ClockSuspect) = session.poll() else { panic!("{:?}", session.poll()) };
        assert_eq!(window.from, world.now().monotonic + Duration::from_secs(300));
        world.tell(&mut session, Event::ClockSet);
        assert!(matches!(session.poll(), Action::Wait(same, _) if same == window), "it was set to no better time");
        if wake {
            world.tell(&mut session, Event::Wake);
        } else {
            world.once(&mut session);
        }
        assert!(matches!(session.poll(), Action::Connect(_)), "{:?}", session.poll());
        // A certificate does not wait.
        let session = world.session(vec![known("certificate", certificate(1))]);
        assert!(matches!(session.poll(), Action::Connect(_)));
    }
}

#[test]
fn a_status_is_one_line_and_says_what_is_wrong() {
    let (mut world, mut session) = connected(vec![known("keys", keys(1, 2))]);
    assert_eq!(session.status().to_string(), "connected, keys/primary");
    world.hub = Box::new(|_, _| NO);
    world.tell(&mut session, Event::Disconnected(Loss::Dropped));
    assert_eq!(session.status().to_string(), "waiting, keys/primary; last failure: the connection was lost");
    world.run(&mut session, 30_000);
    let text = session.status().to_string();
    assert!(text.contains("; gave up keys/secondary at 2027-01-15T"), "{text}");
    assert!(text.ends_with("; last of 3 failures in a row: the hub rejects the credential"), "{text}");
}

#[test]
fn after_a_restart_the_preferred_credential_is_tried_with_the_next_renewal() {
    let mut world = World::new();
    world.hub = Box::new(|login, _| if by(login, 1) { NO } else { Hub::Accepts });
    let mut session = world.session(vec![known("keys", keys(1, 2))]);
    until(&mut world, &mut session, is_stay);
    world.hub = World::new().hub;
    let mut session = world.session(vec![known("keys", keys(1, 2))]);
    until(&mut world, &mut session, is_stay);
    assert_eq!(session.status().credential, Some("keys/secondary"), "the one that worked");
    world.run(&mut session, 8 * HOUR);
    assert_eq!(session.status().credential, Some("keys/primary"));
}

#[test]
fn a_rotation_that_adds_a_source_does_not_forget_what_was_rejected() {
    let mut world = World::new();
    world.hub = Box::new(|login, _| if by(login, 1) { NO } else { Hub::Accepts });
    let mut session = world.session(vec![known("keys", keys(1, 2))]);
    world.run(&mut session, HOUR);
    world.tell(&mut session, Event::Rotated(vec![known("keys", keys(1, 2)), known("more", key(3))]));
    world.run(&mut session, 8 * HOUR);
    assert_eq!((world.count(&[Kind::Connect]), session.status().counters.renewals), (3, 1));
}

#[test]
fn a_rotation_starts_the_ladders_again() {
    let mut world = World::new();
    world.hub = Box::new(|_, _| NO);
    let mut session = world.session(vec![known("old", key(1))]);
    world.run(&mut session, 10 * HOUR);
    world.tell(&mut session, Event::Rotated(vec![known("new", key(2))]));
    world.once(&mut session);
    let Action::Wait(window, Diagnosis::HubRejected) = session.poll() else { panic!("{:?}", session.poll()) };
    assert_eq!(window.from, world.now().monotonic + Duration::from_secs(60));
}

#[test]
fn a_clock_that_an_answer_corrects_is_used_at_once_and_a_clock_that_none_does_is_waited_for() {
    // Two hours behind, which only the service can know: its time is in the header, or in the body.
    let body = r#"{"errorCode":401002,"message":"no","timestampUtc":"2027-01-15T08:00:00Z"}"#;
    for (date, body) in [(Some("Fri, 15 Jan 2027 08:00:00 GMT"), "{}"), (None, body)] {
        let mut world = World::new();
        world.off = -7200;
        let mut session = world.session(vec![Source::new("dps", dps(3))]);
        world.tell(&mut session, Event::Saved);
        let response = Response::new(401, body.as_bytes());
        let response = date.map_or(response, |date| response.header("Date", date));
        world.tell(&mut session, Event::Authenticator(InnerEvent::Answered(response)));
        assert_eq!(session.status().counters.registrations, 2, "{date:?}");
        assert!(session.clock().time(world.now()).as_secs() >= REAL);
        until(&mut world, &mut session, is_stay);
    }
    let mut world = World::new();
    world.dps = Box::new(|_| Dps::Tls(tls_of("server-not-yet-valid")));
    let mut session = world.session(agents().remove(1).1);
    until(&mut world, &mut session, |action| matches!(action, Action::Wait(..)));
    assert!(matches!(session.poll(), Action::Wait(_, Diagnosis::ClockSuspect)));
    assert_eq!(session.status().counters.registrations, 1);
}

#[test]
fn what_is_tried_after_a_wait_is_a_connect_whatever_was_tried_before() {
    // A renewal that a busy hub rejects.
    let (mut world, mut session) = connected(vec![known("keys", keys(1, 2))]);
    until(&mut world, &mut session, |action| matches!(action, Action::Renew(_)));
    let event = Event::Rejected { rejection: connack(3), retry_after: None, date: None };
    world.tell(&mut session, event);
    until(&mut world, &mut session, |action| !is_wait(action));
    assert!(matches!(session.poll(), Action::Connect(_)), "{:?}", session.poll());
    // A key in the place of a certificate, while the clock is before the floor.
    let mut world = World::new();
    world.off = -REAL.cast_signed();
    let mut session = world.session(vec![known("it", certificate(1))]);
    until(&mut world, &mut session, is_stay);
    world.tell(&mut session, Event::Rotated(vec![known("it", key(1))]));
    let Action::Wait(window, Diagnosis::ClockSuspect) = session.poll() else { panic!("{:?}", session.poll()) };
    assert_eq!(window.until.saturating_sub(window.from), Duration::from_secs(150));
    world.tell(&mut session, Event::Wake);
    assert!(matches!(session.poll(), Action::Connect(_)), "{:?}", session.poll());
    // The same while connections are limited.
    let once = Rate { burst: 1, interval: Duration::from_secs(3600) };
    let policy = Policy { connects: once, ..Policy::default() };
    let mut world = World::new();
    let mut session = Session::new(vec![known("it", key(1))], policy, None, world.now()).unwrap();
    until(&mut world, &mut session, is_stay);
    world.tell(&mut session, Event::Rotated(vec![known("it", key(2))]));
    let Action::Wait(window, Diagnosis::RateLimited) = session.poll() else { panic!("{:?}", session.poll()) };
    assert_eq!(window.until.saturating_sub(window.from), Duration::from_secs(1800));
    world.once(&mut session);
    assert!(matches!(session.poll(), Action::Connect(_)), "{:?}", session.poll());
}

#[test]
fn a_token_rejected_while_the_clock_is_suspect_leads_to_the_next_at_once_and_then_to_the_clock_ladder() {
    let mut world = World::new();
    (world.off, world.dated) = (-REAL.cast_signed(), false);
    world.hub = Box::new(|_, _| NO);
    let mut session = world.session(vec![known("keys", keys(1, 2))]);
    world.tell(&mut session, Event::Wake);
    world.once(&mut session);
    assert!(matches!(session.poll(), Action::Connect(_)));
    assert_eq!(session.status().credential, Some("keys/secondary"));
    world.once(&mut session);
    let Action::Wait(window, Diagnosis::ClockSuspect) = session.poll() else { panic!("{:?}", session.poll()) };
    assert_eq!(window.from, world.now().monotonic + Duration::from_secs(10));
}

#[test]
fn a_device_that_was_moved_registers_at_once_and_then_waits_on_the_slow_ladder() {
    let mut world = World::new();
    let mut session = world.session(agents().remove(1).1);
    world.run(&mut session, HOUR);
    world.log.clear();
    world.hub = Box::new(|_, _| Hub::Rejects(Rejection::Reason(0x9d)));
    world.drop_at = Some(world.ms + 1);
    world.run(&mut session, 60_000);
    assert_eq!(world.count(&[Kind::Register]), 1);
    let Action::Wait(window, Diagnosis::Moved) = session.poll() else { panic!("{:?}", session.poll()) };
    assert_eq!(window.until.saturating_sub(window.from), Duration::from_secs(300));
    world.run(&mut session, 5 * HOUR);
    assert_eq!(world.count(&[Kind::Register]), 1);
}

#[test]
fn sources_that_are_replaced_while_a_login_is_saved_replace_its_credential_at_once() {
    for (sources, name) in
        [(vec![known("new", keys(5, 6))], "new/primary"), (vec![known("old", keys(5, 2))], "old/primary")]
    {
        let mut world = World::new();
        let mut session = world.session(vec![known("old", keys(1, 2))]);
        until(&mut world, &mut session, |action| matches!(action, Action::Save(_)));
        world.tell(&mut session, Event::Rotated(sources));
        world.tell(&mut session, Event::Saved);
        let Action::Renew(login) = session.poll() else { panic!("{:?}", session.poll()) };
        assert!(by(login, 5));
        assert_eq!(session.status().credential, Some(name));
    }
}
