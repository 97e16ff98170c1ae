//! What a session holds and what it spends: memory, allocations.

use crate::{agents::*, world::*};
use allocation_counter::measure;
use defender_auth::{Device, Plan, device_mode::Target, session::*};
use std::{hint::black_box, time::Duration};

/// The most that a session may hold beside its certificates.
const MOST: u64 = 8 * 1024;

/// The most that a session holds in its first steps, in which it gets a credential, connects and saves.
fn most_held(device: &'static str, sources: &[Source]) -> u64 {
    let held = (0..20).map(|steps| {
        let mut world = World::new();
        world.device = device;
        let mut session = world.session(sources.to_vec());
        for _ in 0..steps {
            world.once(&mut session);
        }
        let size = size_of_val(&session) as u64;
        let freed = measure(|| drop(black_box(session)));
        size + u64::try_from(-freed.bytes_current).unwrap()
    });
    held.max().unwrap()
}

#[test]
fn a_session_is_small() {
    for (name, sources) in agents() {
        let held = most_held("dev", &sources);
        assert!(held <= MOST, "{name}: {held} B");
    }
}

#[test]
fn a_session_with_long_names_is_small() {
    // The longest that Azure allows.
    let hub = format!("{}.azure-devices.net", "h".repeat(50));
    let device: &str = "d".repeat(128).leak();
    let own = Device::new(hub.parse().unwrap(), device.parse().unwrap(), keys(3, 4));
    let plan = Plan::device(own).in_device_mode(Target::default()).unwrap();
    let held = most_held(device, &[Source::new("device", plan)]);
    assert!((MOST / 2..=MOST).contains(&held), "{held} B");
}

#[test]
fn what_happens_while_it_stays_or_waits_allocates_nothing() {
    let mut waiting = World::new();
    waiting.hub = Box::new(|_, _| Hub::Later(connack(3), 3600));
    let mut waits = waiting.session(agents().remove(2).1);
    until(&mut waiting, &mut waits, is_wait);
    let (staying, stays) = connected(agents().remove(2).1);
    for (world, mut session) in [(staying, stays), (waiting, waits)] {
        let (now, phase) = (world.now(), session.status().phase);
        let counted = measure(|| {
            for second in 0..100 {
                let now = now + Duration::from_secs(second);
                black_box(session.poll());
                black_box(session.status());
                for event in [Event::Elapsed, Event::Wake, Event::ClockSet] {
                    session.handle(now, event).unwrap();
                }
                if phase == Phase::Waiting {
                    session.handle(now, Event::Disconnected(Loss::Dropped)).unwrap();
                }
                black_box((session.clock().time(now), session.assigned()));
                session.handle(now, Event::Saved).unwrap_err();
            }
        });
        assert_eq!((counted.count_total, session.status().phase), (0, phase));
    }
}
