//! What falls due while a session is connected: the renewal of a token, the return to a preferred credential.

use crate::{agents::*, world::*};
use defender_auth::session::*;
use std::time::Duration;

fn due(session: &Session) -> (Window, Due) {
    let Action::Stay(Some(due)) = session.poll() else { panic!("{:?}", session.poll()) };
    due
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Connected with the second of two, of which the hub rejects the first.
fn on_the_second(policy: Policy, sources: Vec<Source>) -> (World, Session) {
    let mut world = World::new();
    let mut nth = 0;
    world.hub = Box::new(move |_, _| {
        nth += 1;
        if nth == 1 { NO } else { Hub::Accepts }
    });
    let mut session = Session::new(sources, policy, None, world.now()).unwrap();
    until(&mut world, &mut session, is_stay);
    (world, session)
}

#[test]
fn a_token_is_renewed_between_80_and_85_percent_of_its_lifetime() {
    let (world, session) = connected(vec![known("keys", key(1))]);
    let (window, due) = due(&session);
    let made = world.now().monotonic.saturating_sub(Duration::from_millis(300));
    assert_eq!(due, Due::Renewal);
    let off = |at: Duration, percent: u64| at.abs_diff(made + secs(8 * 36 * percent));
    assert!(off(window.from, 80) <= secs(1) && off(window.until, 85) <= secs(1), "{window:?}");
}

#[test]
fn a_preferred_certificate_is_tried_again_a_day_after_it_was_rejected() {
    let sources = vec![known("first", certificate(1)), known("second", certificate(2))];
    let (mut world, mut session) = on_the_second(Policy::default(), sources);
    let (window, due) = due(&session);
    let rejected = secs(1) + Duration::from_millis(300);
    assert_eq!((window.from, window.until, due), (rejected + secs(86_400), rejected + secs(95_040), Due::Return));
    world.run(&mut session, 2 * DAY);
    assert_eq!((session.status().credential, world.count(&[Kind::Connect])), (Some("first"), 3));
    assert!(matches!(session.poll(), Action::Stay(None)), "and stays in use");
}

#[test]
fn what_falls_due_first_is_what_is_waited_for() {
    // The token is renewed after 6.4 hours: before the return, after it, at the same time.
    for (return_after, is_return) in [(23_041, false), (23_039, true), (23_040, false)] {
        let policy = Policy { return_after: secs(return_after), ..Policy::default() };
        let mut world = World::new();
        let mut session = Session::new(vec![known("keys", keys(1, 2))], policy, None, world.now()).unwrap();
        // In the same millisecond: rejected, made and connected.
        let event = Event::Rejected { rejection: connack(5), retry_after: None, date: None };
        world.tell(&mut session, event);
        world.tell(&mut session, Event::Connected { date: None });
        until(&mut world, &mut session, is_stay);
        assert_eq!(due(&session).1 == Due::Return, is_return, "{return_after}");
    }
}

#[test]
fn a_renewal_keeps_to_the_credential_in_use_until_the_preferred_one_is_due() {
    let (mut world, mut session) = on_the_second(Policy::default(), vec![known("keys", keys(1, 2))]);
    world.run(&mut session, 8 * HOUR);
    assert_eq!((session.status().credential, world.count(&[Kind::Connect])), (Some("keys/secondary"), 3));
    world.run(&mut session, DAY);
    assert_eq!(session.status().credential, Some("keys/primary"));
}

#[test]
fn a_lost_connection_is_made_again_with_the_credential_in_use() {
    let (mut world, mut session) = on_the_second(Policy::default(), vec![known("keys", keys(1, 2))]);
    world.tell(&mut session, Event::Disconnected(Loss::Dropped));
    until(&mut world, &mut session, |action| matches!(action, Action::Connect(_)));
    assert_eq!(session.status().credential, Some("keys/secondary"));
}

#[test]
fn a_renewal_is_shown_as_one() {
    let (mut world, mut session) = connected(vec![known("keys", key(1))]);
    until(&mut world, &mut session, |action| matches!(action, Action::Renew(_)));
    assert_eq!(session.status().to_string(), "renewing, keys");
    let counters = session.status().counters;
    assert_eq!((counters.connects, counters.renewals), (2, 1));
}
