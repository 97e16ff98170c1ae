//! Clocks that differ by two hours, from the first request of a kind on, or from a later one.

use crate::{
    place::{Place, words},
    world::{Run, asked, client, cloud, drive, exchange, is_the_module, now, plan},
};
use defender_auth::{
    Error,
    error::{Code, ErrorKind},
};
use defender_auth_emulator::{Emulator, Entry, Fault, Operation, Refusal};

const TWO_HOURS: i64 = 7200;

/// Does something to the services just before a place is reached, and says what they were asked then and refused.
fn run_into(place: &Place, disturb: impl Fn(&Emulator)) -> (Run, String, Vec<Refusal>) {
    let (cloud, mut now) = (cloud(2), now());
    let client = client(&cloud, []);
    if place.on == Operation::LookUpRegistration {
        drive(&plan(), &mut now, |request| exchange(&client, request)).result.unwrap();
    }
    for _ in 1..place.round {
        drive(&place.plan(plan()), &mut now, |request| exchange(&client, request)).result.unwrap();
    }
    let since = cloud.journal().entries().len();
    // Polls are counted in their run, the others come once in it.
    let mut before = if place.round == 1 { place.skip } else { 0 };
    let run = drive(&place.plan(plan()), &mut now, |request| {
        if place.is(request.operation()) {
            if before == 0 {
                disturb(&cloud);
            }
            before = before.saturating_sub(1);
        }
        exchange(&client, request)
    });
    let entries = cloud.journal().entries();
    let refusals = entries.into_iter().filter_map(|entry| match entry {
        Entry::Denied { reason, .. } => Some(reason),
        _ => None,
    });
    (run, asked(&cloud, since), refusals.collect())
}

#[test]
fn a_device_that_is_two_hours_ahead_does_not_notice() {
    for place in &Place::ALL {
        let (run, asked, refusals) = run_into(place, |cloud| cloud.clock_offset(-TWO_HOURS));
        assert!(is_the_module(&run.result.unwrap()) && run.waits.is_empty(), "{}", place.name());
        assert_eq!(asked, words(&[place.before, place.verb(), place.after]));
        assert!(refusals.is_empty(), "{refusals:?}");
    }
}

/// The token of an attempt has expired for them. The clock is not corrected silently (decision 28).
#[test]
fn a_device_that_is_two_hours_behind_is_told_so() {
    for place in &Place::ALL {
        let (run, asked, refusals) = run_into(place, |cloud| cloud.clock_offset(TWO_HOURS));
        assert_names_the_clock(&place.name(), run, false);
        assert_eq!(asked, words(&[place.before, &format!("!{}", place.verb())]));
        assert!(matches!(refusals[..], [Refusal::Expired { .. }]), "{refusals:?}");
    }
}

#[test]
fn a_401_for_another_reason_names_the_clock_nevertheless() {
    for (seconds, is_ahead) in [(TWO_HOURS, false), (-TWO_HOURS, true)] {
        for place in &Place::ALL {
            let (run, asked, _) = run_into(place, |cloud| {
                cloud.clock_offset(seconds);
                cloud.fault(place.on, Fault::Status(401), 1);
            });
            assert_names_the_clock(&place.name(), run, is_ahead);
            assert_eq!(asked, words(&[place.before, &format!("!{}", place.verb())]));
        }
    }
}

fn assert_names_the_clock(name: &str, run: Run, is_ahead: bool) {
    let error = run.result.unwrap_err();
    // A clock that is ahead makes tokens that expire late, which no service rejects: it is reported, and not blamed.
    let kind = if is_ahead { ErrorKind::Service } else { ErrorKind::Time };
    assert_eq!((error.code(), error.kind()), (Code::ServiceUnauthorized, kind), "{name}");
    assert!(run.waits.is_empty() && !error.is_retryable(), "{name}");
    let Error::Service(error) = error else { panic!("{name}: {error:?}") };
    let clock = error.clock.unwrap();
    assert_eq!(clock.is_ahead(), is_ahead, "{name}");
    // Waits for an assignment move the device's clock and not the services'.
    assert!(clock.amount().as_secs().abs_diff(7200) < 60, "{name}: {clock}");
}
