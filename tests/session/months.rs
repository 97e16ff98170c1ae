//! Thirty days of one failure each.

use crate::{agents::*, world::*};
use defender_auth::session::*;

/// What a month has cost: connections, requests to the provisioning service and module lookups, the most in an hour, the
/// most in a day, and all; and how often the state was saved.
pub(crate) struct Month {
    pub(crate) counts: [[usize; 3]; 3],
    pub(crate) registrations: [usize; 2],
    saves: usize,
}

/// A month in which hub and services behave like that, after an hour in which all was well, or from the start.
pub(crate) fn month(sources: &[Source], well: bool, what: &str, change: impl Fn(&mut World)) -> Month {
    let mut world = World::new();
    let mut session = world.session(sources.to_vec());
    world.run(&mut session, if well { HOUR } else { 0 });
    world.log.clear();
    change(&mut world);
    world.drop_at = well.then_some(world.ms + 1);
    world.run(&mut session, 30 * DAY);
    assert_bounds(&world, &format!("{what}: {}", session.status()));
    let count = |kinds: &[Kind]| [world.most(kinds, HOUR), world.most(kinds, DAY), world.count(kinds)];
    let month = Month {
        counts: [count(&[Kind::Connect]), count(&REQUESTS), count(&[Kind::Module])],
        registrations: [world.most(&[Kind::Register], DAY), world.count(&[Kind::Register])],
        saves: world.count(&[Kind::Save]),
    };
    // The worst of the design, and of its 293 saves one more: another seed moves such a count by half a percent.
    let worst = [[24, 246, 6918], [120, 520, 11_600], [8, 21, 302]];
    let all = month.counts.iter().flatten().zip(worst.iter().flatten());
    assert!(all.into_iter().all(|(count, worst)| count <= worst) && month.saves <= 294, "{what}: {:?}", month.counts);
    month
}

/// Of everything that a hub may do one of each kind that a session distinguishes. All of it, with a provisioning service
/// that assigns the hub, is in the failure table.
fn different_hubs() -> Vec<Hub> {
    let mut all = vec![NO];
    all.extend([3].map(|code| Hub::Rejects(connack(code))));
    all.extend([0x8a, 0x9c].map(|code| Hub::Rejects(Rejection::Reason(code))));
    all.extend(
        tls().iter().filter(|tls| matches!(tls.as_str(), "server-untrusted" | "server-not-yet-valid")).map(Hub::Tls),
    );
    all.extend([Hub::Accepts, Hub::Silent, Hub::Flaps(1), Hub::Flaps(400), Hub::Flaps(700)]);
    all.extend([Hub::Later(connack(3), 1), Hub::Later(Rejection::Reason(0x9f), 3600)]);
    all
}

fn months_of(agent: &str) {
    let (_, sources) = agents().into_iter().find(|(name, _)| *name == agent).unwrap();
    let mut months = 0;
    for hub in different_hubs() {
        for service in services() {
            for well in [false, true] {
                if well && hub == Hub::Accepts {
                    continue;
                }
                months += 1;
                month(&sources, well, &format!("{agent}, {hub:?}, {service:?}, {well}"), |world| {
                    world.hub = Box::new(move |login, real| match hub {
                        Hub::Accepts if !in_time(login, real) => NO,
                        hub => hub,
                    });
                    world.dps = Box::new(move |_| service);
                });
            }
        }
    }
    assert!(months > 400, "{months}");
}

#[test]
fn a_month_of_every_failure_of_a_provisioned_device_stays_within_its_bounds() {
    months_of("dps");
}

#[test]
fn a_month_of_every_failure_of_a_provisioned_module_stays_within_its_bounds() {
    months_of("dps+mode");
}
