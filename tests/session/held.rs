//! What a session holds and what it spends: memory, allocations.

use crate::{agents::*, world::*};
use allocation_counter::measure;
use defender_auth::session::*;
use std::{hint::black_box, time::Duration};

/// The most that a session may hold beside its certificates.
const MOST: u64 = 8 * 1024;

#[test]
fn a_session_is_small() {
    for (name, sources) in agents() {
        let (_, session) = connected(sources);
        let size = size_of_val(&session) as u64;
        let freed = measure(|| drop(black_box(session)));
        let held = size + u64::try_from(-freed.bytes_current).unwrap();
        assert!(held <= MOST, "{name}: {held} B");
    }
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
                session.handle(now, Event::Saved).unwrap_err();
            }
        });
        assert_eq!((counted.count_total, session.status().phase), (0, phase));
    }
}
