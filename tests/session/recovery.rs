//! A service that works again is found again.

use crate::{agents::*, world::*};
use defender_auth::session::*;

#[test]
fn after_any_pair_of_failures_a_working_hub_is_found() {
    let all = hubs();
    let mut slowest = 0;
    for (name, sources) in agents() {
        for first in &all {
            for second in &all {
                let (first, second) = (*first, *second);
                let mut world = World::new();
                world.hub = Box::new(move |_, _| first);
                let mut session = world.session(sources.clone());
                world.run(&mut session, 2 * HOUR);
                world.hub = Box::new(move |_, _| second);
                world.run(&mut session, 10 * HOUR);
                world.hub = World::new().hub;
                let healed = world.ms;
                while !(session.status().phase == Phase::Connected) || world.drop_at.is_some() {
                    world.once(&mut session);
                }
                slowest = slowest.max(world.ms - healed);
                world.run(&mut session, 3 * DAY);
                let status = session.status();
                let best = if name == "known" { "cert0" } else { status.credential.unwrap() };
                assert_eq!(
                    (status.phase, status.credential),
                    (Phase::Connected, Some(best)),
                    "{name} {first:?} {second:?}"
                );
                assert_bounds(&world, name);
            }
        }
    }
    assert!(slowest <= 340 * HOUR / 60, "{} min", slowest / 60_000);
}

#[test]
fn any_sequence_of_failures_is_bounded_and_recovers() {
    let (hubs, services) = (hubs(), services());
    for seed in 0..400_u32 {
        for (name, sources) in agents() {
            let mut world = World::new();
            let mut a = seed.wrapping_mul(2_654_435_761) | 1;
            let mut next = move || {
                a ^= a << 13;
                a ^= a >> 17;
                a ^= a << 5;
                a as usize
            };
            let mut other = next;
            let (h, s) = (hubs.clone(), services.clone());
            world.hub = Box::new(move |_, _| h[next() % h.len()]);
            world.dps = Box::new(move |_| s[other() % s.len()]);
            world.save_works = seed % 3 != 0;
            let mut session = world.session(sources);
            for day in 0..3 {
                world.run(&mut session, DAY);
                world.off = [0, -40_000_000, 40_000_000][day];
                world.tell(&mut session, Event::ClockSet);
                world.tell(&mut session, Event::Wake);
            }
            world.off = 0;
            (world.hub, world.dps) = (World::new().hub, World::new().dps);
            world.run(&mut session, 3 * DAY);
            assert_eq!(session.status().phase, Phase::Connected, "{seed} {name}: {}", session.status());
            assert_bounds(&world, name);
        }
    }
}

#[test]
fn a_connection_lost_while_it_is_saved_is_lost() {
    let mut world = World::new();
    let mut session = world.session(vec![known("keys", key(1))]);
    while !matches!(session.poll(), Action::Save(_)) {
        world.once(&mut session);
    }
    world.tell(&mut session, Event::Disconnected(Loss::Dropped));
    world.tell(&mut session, Event::Saved);
    assert!(matches!(session.poll(), Action::Wait(_, Diagnosis::ConnectionLost)));
}

#[test]
fn an_occasional_rejection_does_not_lead_to_a_registration() {
    let mut world = World::new();
    let mut session = world.session(agents().remove(1).1);
    world.run(&mut session, HOUR);
    world.log.clear();
    let mut nth = 0;
    world.hub = Box::new(move |_, _| {
        nth += 1;
        if nth % 2 == 1 { NO } else { Hub::Flaps(3600) }
    });
    world.drop_at = Some(world.ms + 1);
    world.run(&mut session, 3 * DAY);
    assert_eq!(world.count(&[Kind::Register]), 0);
}

#[test]
fn a_working_hub_is_found_at_once_after_wake() {
    for (name, sources) in agents() {
        for hub in hubs() {
            let mut world = World::new();
            world.hub = Box::new(move |_, _| hub);
            world.dps = Box::new(|_| Dps::Disabled);
            let mut session = world.session(sources.clone());
            world.run(&mut session, 12 * HOUR);
            (world.hub, world.dps) = (World::new().hub, World::new().dps);
            world.drop_at = None;
            // A Retry-After and the rates are not cut short.
            let mut waits = 0;
            while matches!(session.poll(), Action::Wait(_, Diagnosis::RateLimited))
                || matches!(hub, Hub::Later(..)) && waits < 1
            {
                world.once(&mut session);
                waits += 1;
            }
            world.tell(&mut session, Event::Wake);
            world.run(&mut session, 60_000);
            assert_eq!(session.status().phase, Phase::Connected, "{name} {hub:?}: {}", session.status());
        }
    }
}
