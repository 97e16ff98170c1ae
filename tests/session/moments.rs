//! The first moment at which something may happen, and the last at which it may not.

use crate::{agents::*, world::*};
use defender_auth::{Now, session::*};
use std::time::Duration;

const TICK: Duration = Duration::from_millis(1);

/// Tells a session of an event a millisecond before a time, which must change nothing, and at that time.
fn at(session: &mut Session, now: Now, time: Duration, event: &Event<'_>) {
    let before = format!("{:?}", session.poll());
    let early = now + time.saturating_sub(now.monotonic + TICK);
    session.handle(early, event.clone()).unwrap();
    assert_eq!(format!("{:?}", session.poll()), before);
    session.handle(early + TICK, event.clone()).unwrap();
    assert_ne!(format!("{:?}", session.poll()), before);
}

#[test]
fn a_wait_ends_with_the_beginning_of_its_window() {
    let mut world = World::new();
    world.hub = Box::new(|_, _| Hub::Silent);
    let mut session = world.session(vec![known("keys", key(1))]);
    until(&mut world, &mut session, is_wait);
    let Action::Wait(window, _) = session.poll() else { panic!() };
    at(&mut session, world.now(), window.from, &Event::Elapsed);
}

#[test]
fn what_is_due_while_connected_is_due_at_the_beginning_of_its_window() {
    let (world, mut session) = connected(vec![known("keys", key(1))]);
    let Action::Stay(Some((window, _))) = session.poll() else { panic!() };
    at(&mut session, world.now(), window.from, &Event::Elapsed);
}

#[test]
fn a_retry_after_holds_back_wake_and_rotation_to_its_last_moment() {
    let sources = |byte| vec![known("keys", key(byte))];
    for event in [Event::Wake, Event::Rotated(sources(2))] {
        let mut world = World::new();
        world.hub = Box::new(|_, _| Hub::Later(connack(3), 1800));
        let mut session = world.session(sources(1));
        world.once(&mut session);
        let time = world.now().monotonic + Duration::from_secs(1800);
        at(&mut session, world.now(), time, &event);
        assert!(matches!(session.poll(), Action::Connect(_)), "{:?}", session.poll());
    }
}

#[test]
fn no_wake_ends_a_wait_for_a_rate() {
    let policy = Policy { connects: Rate { burst: 1, interval: Duration::from_secs(3600) }, ..Policy::default() };
    let mut world = World::new();
    let mut session = Session::new(vec![known("keys", keys(1, 2))], policy, None, world.now()).unwrap();
    world.hub = Box::new(|_, _| NO);
    world.once(&mut session);
    let Action::Wait(window, Diagnosis::RateLimited) = session.poll() else { panic!("{:?}", session.poll()) };
    assert_eq!(window.from, Duration::from_secs(3601), "an hour after the first");
    for time in [world.now().monotonic, window.from.saturating_sub(TICK), window.from, window.until] {
        let later = world.now() + time.saturating_sub(world.now().monotonic);
        session.handle(later, Event::Wake).unwrap();
        assert!(is_wait(&session.poll()));
    }
}

#[test]
fn a_connection_is_stable_after_ten_minutes() {
    for (lived, is_stable) in [(Duration::from_secs(600).saturating_sub(TICK), false), (Duration::from_secs(600), true)]
    {
        let (world, mut session) = connected(vec![known("keys", key(1))]);
        session.handle(world.now() + lived, Event::Disconnected(Loss::TokenExpired)).unwrap();
        assert_eq!(matches!(session.poll(), Action::Connect(_)), is_stable, "{lived:?}");
    }
}

#[test]
fn a_connection_is_stable_from_when_it_was_made_and_not_from_a_clock_that_was_set_in_between() {
    let (world, mut session) = connected(vec![known("keys", key(1))]);
    session.handle(world.now() + Duration::from_secs(300), Event::ClockSet).unwrap();
    session.handle(world.now() + Duration::from_secs(600), Event::Disconnected(Loss::TokenExpired)).unwrap();
    assert!(matches!(session.poll(), Action::Connect(_)));
}

#[test]
fn the_deadline_of_a_login_is_a_minute_away() {
    let world = World::new();
    let session = world.session(vec![known("keys", key(1))]);
    let Action::Connect(login) = session.poll() else { panic!() };
    assert_eq!(login.deadline, world.now().monotonic + Duration::from_secs(60));
}

#[test]
fn the_steps_of_a_ladder_double_up_to_its_longest() {
    let mut world = World::new();
    world.hub = Box::new(|_, _| Hub::Rejects(Rejection::Reason(0x8a)));
    let mut session = world.session(vec![known("keys", key(1))]);
    let mut waits = Vec::new();
    while waits.len() < 9 {
        until(&mut world, &mut session, is_wait);
        let Action::Wait(window, _) = session.poll() else { panic!() };
        let wait = window.from.saturating_sub(world.now().monotonic);
        let more = window.until.saturating_sub(window.from);
        waits.push([wait, more].map(|time| time.as_secs() / 60));
        world.once(&mut session);
    }
    let doubled = [10, 20, 40, 80, 160, 320, 640, 720, 720].map(|minutes| [minutes, minutes / 2]);
    assert_eq!(waits, doubled);
}
