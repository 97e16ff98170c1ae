//! What bounds a session beside its ladders: crash loops, storms of events, a fleet that loses its hub.

use crate::{agents::*, world::*};
use defender_auth::session::*;

#[test]
fn a_process_that_crashes_every_ten_seconds_is_bounded() {
    let (_, sources) = agents().remove(1);
    let mut world = World::new();
    world.dps = Box::new(|_| Dps::Disabled);
    let start = world.ms;
    while world.ms < start + DAY {
        let mut session = world.session(sources.clone());
        world.run(&mut session, 10_000);
    }
    assert!(world.count(&[Kind::Register]) <= 14);
    assert_bounds(&world, "crash loop");
}

#[test]
fn a_storm_of_wakes_and_clock_settings_is_bounded() {
    for hub in hubs() {
        let mut world = World::new();
        world.hub = Box::new(move |_, _| hub);
        let mut session = world.session(agents().remove(2).1);
        for second in 0..40_000_u64 {
            world.run(&mut session, 1000);
            world.off = if second % 2 == 0 { 0 } else { 100_000_000 };
            world.tell(&mut session, Event::Wake);
            world.tell(&mut session, Event::ClockSet);
        }
        assert_bounds(&world, &format!("{hub:?}"));
    }
}

#[test]
fn a_fleet_reconnects_spread_over_time() {
    // A thousand devices lose their hub in the same second; it is back after an hour; a day of renewals follows.
    let [mut gone, mut back, mut renewals] = [(); 3].map(|()| std::collections::BTreeMap::new());
    for seed in 0..1000_u64 {
        let mut world = World::new();
        world.seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        let mut session = world.session(vec![known("keys", keys(1, 2))]);
        world.hub = Box::new(|_, real| match (real.as_secs() - REAL) / 3600 {
            1 => Hub::Rejects(connack(3)),
            _ => Hub::Accepts,
        });
        world.once(&mut session);
        world.once(&mut session);
        world.drop_at = Some(HOUR + 1000);
        world.run(&mut session, 2 * DAY);
        let first = world.log.iter().find(|(at, kind)| *at > HOUR && *kind == Kind::Connect).unwrap().0;
        *gone.entry(first / 1000).or_insert(0) += 1;
        world.log.retain(|(at, _)| *at >= 2 * HOUR);
        for (nth, (at, _)) in world.log.iter().filter(|(_, kind)| *kind == Kind::Connect).enumerate() {
            *if nth == 0 { &mut back } else { &mut renewals }.entry(at / 1000).or_insert(0) += 1;
        }
    }
    let (most, last) = (*back.values().max().unwrap(), back.keys().last().unwrap() - 2 * HOUR / 1000);
    assert!(*gone.values().max().unwrap() <= 70, "when the hub is lost: {gone:?}");
    assert!(*renewals.values().max().unwrap() <= 5, "renewals: {renewals:?}");
    assert!(most <= 20 && last <= 601);
}

#[test]
fn a_connection_that_does_not_last_climbs_the_ladder() {
    let mut world = World::new();
    world.hub = Box::new(|_, _| Hub::Flaps(1));
    let mut session = world.session(vec![known("keys", key(1))]);
    world.run(&mut session, DAY);
    assert!(world.most(&[Kind::Connect], HOUR) <= 20);
}

#[test]
fn wake_does_not_cut_retry_after_short() {
    let mut world = World::new();
    world.hub = Box::new(|_, _| Hub::Later(Rejection::Reason(0x9f), 1800));
    let mut session = world.session(vec![known("keys", key(1))]);
    for _ in 0..100 {
        world.run(&mut session, 60_000);
        world.tell(&mut session, Event::Wake);
    }
    assert_eq!(world.most(&[Kind::Connect], 1_790_000), 1);
}
