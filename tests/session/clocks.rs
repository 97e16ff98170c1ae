//! Clocks that jump, start at 1970, run backwards, or are wrong.

use crate::{agents::*, world::*};
use defender_auth::{
    UnixTime,
    error::{TlsFailure, Validity},
    session::*,
};

#[test]
fn a_clock_that_jumps_neither_ends_nor_lengthens_anything() {
    // Boot in 1970; NTP answers while the registration is under way; and a clock that is set back there.
    for (boot, then) in [(-REAL.cast_signed(), 0), (0, -REAL.cast_signed() / 2), (0, 90_000_000), (90_000_000, 0)] {
        for (_, sources) in agents() {
            let mut world = World::new();
            world.off = boot;
            let mut session = world.session(sources);
            for _ in 0..3 {
                world.once(&mut session);
            }
            world.off = then;
            world.tell(&mut session, Event::ClockSet);
            let began = world.ms;
            world.run(&mut session, HOUR);
            assert!(matches!(session.status().phase, Phase::Connected | Phase::Waiting));
            world.off = 0;
            world.tell(&mut session, Event::ClockSet);
            world.run(&mut session, DAY);
            assert_eq!(session.status().phase, Phase::Connected, "{boot} {then}: {}", session.status());
            assert!(world.count(&[Kind::Register]) <= 3, "{boot} {then} {began}");
        }
    }
}

#[test]
fn a_token_that_ages_by_a_clock_set_forward_is_renewed_in_time() {
    let mut world = World::new();
    world.off = -7 * 3600; // Seven hours behind: the token of eight hours has one.
    let mut session = world.session(vec![known("keys", key(1))]);
    world.run(&mut session, 60_000);
    world.off = 0;
    world.tell(&mut session, Event::ClockSet);
    world.run(&mut session, 60_000);
    assert_eq!(session.status().counters.renewals, 1);
}

#[test]
fn a_wrong_clock_rejects_no_credential() {
    let mut world = World::new();
    world.off = -REAL.cast_signed();
    world.dated = false;
    let mut session = world.session(vec![known("keys", keys(1, 2)), Source::new("dps", dps(3))]);
    world.run(&mut session, DAY);
    let status = session.status();
    assert_eq!(status.failure, Some(Diagnosis::ClockSuspect), "{status}");
    assert_eq!(world.count(&REQUESTS), 0, "no registration because of a clock");
    world.off = 0;
    world.tell(&mut session, Event::ClockSet);
    world.run(&mut session, 1000);
    assert_eq!(session.status().phase, Phase::Connected);
}

#[test]
fn a_device_without_a_battery_counts_on_from_the_time_it_knew() {
    let mut world = World::new();
    let mut session = world.session(agents().remove(1).1);
    world.run(&mut session, HOUR);
    world.ms += HOUR;
    (world.boot, world.off, world.dated) = (world.ms - 500, -REAL.cast_signed(), false);
    let mut session = world.session(agents().remove(1).1);
    let told = session.clock().time(world.now()).as_secs();
    assert!(told >= REAL && told < world.real());
    assert!(matches!(session.poll(), Action::Wait(_, Diagnosis::ClockSuspect)));
    world.run(&mut session, HOUR);
    assert_eq!((session.status().phase, session.status().failure), (Phase::Connected, Some(Diagnosis::ClockSuspect)));
    world.run(&mut session, 3 * DAY);
    assert!(session.status().phase == Phase::Connected && session.status().counters.connects <= 13, "it stays");
}

#[test]
fn a_wrong_date_of_a_service_is_corrected_by_the_next() {
    let mut world = World::new();
    let mut session = world.session(agents().remove(1).1);
    world.ahead = 1_000_000_000;
    for _ in 0..4 {
        world.once(&mut session);
    }
    assert!(session.clock().floor().as_secs() > REAL + 900_000_000);
    world.ahead = 0;
    world.hub = Box::new(|_, _| NO);
    world.run(&mut session, DAY);
    world.hub = World::new().hub;
    world.run(&mut session, DAY);
    assert!(session.clock().floor().as_secs() < REAL + 200_000 && session.status().phase == Phase::Connected);
}

#[test]
fn of_a_monotonic_clock_that_runs_backwards_no_time_passes() {
    let mut world = World::new();
    world.hub = Box::new(|_, _| Hub::Silent);
    let mut session = world.session(vec![known("keys", key(1))]);
    world.run(&mut session, HOUR);
    let before = world.now().monotonic;
    while !matches!(session.poll(), Action::Connect(_)) {
        world.once(&mut session);
    }
    world.ms = 1;
    world.tell(&mut session, Event::Unreachable);
    assert!(matches!(session.poll(), Action::Wait(window, _) if window.from > before));
}

#[test]
fn tls_failures_are_judged_by_a_clock_that_may_be_wrong() {
    let floor = UnixTime::from_secs(REAL);
    let at = |off: i64| World { off, ..World::new() }.now();
    let validity = |first: u64, last: u64| Validity {
        clock: floor,
        not_before: Some(UnixTime::from_secs(first)),
        not_after: Some(UnixTime::from_secs(last)),
    };
    let (past, future) = (validity(REAL - 99, REAL - 9), validity(REAL + 9, REAL + 99));
    let of = |tls: &TlsFailure, off| Diagnosis::of_tls(tls, &Clock::new(floor, at(off)), at(off));
    assert_eq!(Clock::new(floor, at(0)).state(at(-100)), ClockState::BeforeFloor);
    let expired = TlsFailure::ClientExpired { validity: None };
    for tls in [
        &expired,
        &TlsFailure::ClientExpired { validity: Some(past) },
        &TlsFailure::ClientNotYetValid { validity: future },
        &TlsFailure::ServerNotYetValid(past),
    ] {
        assert_eq!(of(tls, -100), Diagnosis::ClockSuspect);
    }
    assert_eq!(of(&expired, 0), Diagnosis::ClientExpired);
    assert_eq!(of(&TlsFailure::ServerExpired(past), 0), Diagnosis::ServerExpired, "expired before the floor");
    assert_eq!(of(&TlsFailure::ServerExpired(future), 100), Diagnosis::ClockSuspect, "no service has confirmed it");
    let last = Validity { not_after: Some(floor), ..past };
    assert_eq!(of(&TlsFailure::ServerExpired(last), 0), Diagnosis::ClockSuspect, "the floor is its last second");
    let unknown = Validity { not_before: None, not_after: None, ..past };
    assert_eq!(of(&TlsFailure::ServerExpired(unknown), 0), Diagnosis::ClockSuspect, "no date");
}

#[test]
fn a_clock_is_confirmed_by_a_date_of_a_service_while_the_two_agree() {
    let mut world = World::new();
    let mut session = world.session(vec![known("keys", key(1))]);
    assert!(!session.clock().is_confirmed(world.now()));
    let date = Some(UnixTime::from_secs(world.real()));
    world.tell(&mut session, Event::Connected { date });
    for (off, state) in [
        (0, ClockState::Plausible),
        (300, ClockState::Plausible),
        (-300, ClockState::Plausible),
        (301, ClockState::Corrected),
        (-301, ClockState::Corrected),
    ] {
        world.off = off;
        let (clock, now) = (session.clock(), world.now());
        assert_eq!((clock.state(now), clock.is_confirmed(now)), (state, state == ClockState::Plausible), "{off}");
        let time = if state == ClockState::Plausible { now.wall.as_secs() } else { world.real() };
        assert_eq!(clock.time(now).as_secs(), time, "{off}");
    }
}

#[test]
fn a_clock_at_the_floor_is_plausible() {
    let world = World::new();
    let clock = Clock::new(world.now().wall, world.now());
    assert_eq!(clock.state(world.now()), ClockState::Plausible);
}

#[test]
fn the_date_of_a_rejection_confirms_the_clock() {
    let mut world = World::new();
    let mut session = world.session(vec![known("keys", key(1))]);
    let date = Some(UnixTime::from_secs(world.real() + 5000));
    let event = Event::Rejected { rejection: Rejection::Http(401), retry_after: None, date };
    world.tell(&mut session, event);
    world.off = 5000;
    assert!(session.clock().is_confirmed(world.now()));
}

#[test]
fn a_confirmed_clock_decides_on_the_dates_of_a_server_s_certificate() {
    for (dated, why) in [
        (false, [Diagnosis::ClockSuspect, Diagnosis::ClockSuspect]),
        (true, [Diagnosis::ServerExpired, Diagnosis::ServerNotYetValid]),
    ] {
        let mut world = World::new();
        let mut session = world.session(vec![known("keys", key(1))]);
        let date = dated.then(|| UnixTime::from_secs(world.real()));
        world.tell(&mut session, Event::Connected { date });
        world.off = 20;
        let validity = |from: u64, until: u64| Validity {
            clock: world.now().wall,
            not_before: Some(UnixTime::from_secs(from)),
            not_after: Some(UnixTime::from_secs(until)),
        };
        let failures = [
            TlsFailure::ServerExpired(validity(REAL - 99, REAL + 10)),
            TlsFailure::ServerNotYetValid(validity(REAL + 99, REAL + 999)),
        ];
        assert_eq!(failures.map(|failure| Diagnosis::of_tls(&failure, session.clock(), world.now())), why);
    }
}
