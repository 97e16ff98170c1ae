//! A clock that stops, or is moved by a day, in the middle of a run: the run goes on or says that its time is over, it
//! never goes on for ever, and a rerun by the same clock succeeds.

use crate::world::*;
use defender_auth::{
    Action, Authenticator, Error, Event, Outcome, Plan, UnixTime,
    device_mode::Target,
    error::{Code, ErrorKind},
    key::Signature,
};
use serde_json::json;
use std::iter::repeat_n;

const DAY: u64 = 86_400;

/// No run has as many steps.
const STEPS: usize = 2000;

/// What the services of a TPM's whole way answer, with a busy one and a silent one in it.
fn answers() -> Vec<Reply> {
    let busy = reply(429, "").with("Retry-After", "3");
    vec![challenge(), busy, assigning(), assigning(), assigned_with_hub_key(), Reply::Silence, module_keys()]
}

fn plan() -> Plan {
    Plan::provision(profile(), tpm()).unwrap().in_device_mode(Target::default()).unwrap()
}

/// Runs a plan by a clock that shows `time(seconds that have passed, steps that were taken)`. Also says how much time
/// passed, which is what the waits took.
fn run(plan: &Plan, script: Vec<Reply>, time: impl Fn(u64, usize) -> UnixTime) -> (Result<Outcome, Error>, u64) {
    let (mut passed, mut script) = (0, script.into_iter());
    let deadline = time(0, 0) + seconds(600);
    let mut auth = Authenticator::new(plan, deadline);
    for step in 0..STEPS {
        let answer;
        let event = match auth.poll() {
            Action::Send(_) => {
                answer = script.next().unwrap();
                answer.response().map_or(Event::Unanswered, Event::Answered)
            }
            Action::Wait(wait) => {
                passed += wait.at_least.as_secs();
                Event::Elapsed
            }
            Action::Activate(_) => Event::Activated,
            Action::Sign(..) => Event::Signed(Signature::from_bytes([7; 32])),
            Action::Done(_) | Action::Failed(_) => return (auth.into_outcome(), passed),
            other => panic!("{other:?}"),
        };
        auth.handle(time(passed, step + 1), event).unwrap();
    }
    panic!("it has no end: {passed} s have passed")
}

/// How many steps the whole way has.
fn steps() -> usize {
    let count = std::cell::Cell::new(0);
    let (result, _) = run(&plan(), answers(), |passed, step| {
        count.set(count.get().max(step));
        T0 + seconds(passed)
    });
    assert!(result.is_ok());
    count.get()
}

fn moved(time: UnixTime, by: i64) -> UnixTime {
    UnixTime::from_secs(time.as_secs().saturating_add_signed(by))
}

#[test]
fn a_clock_that_is_set_back_at_any_step_does_no_harm() {
    for by in [-1, -600, -i64::try_from(DAY).unwrap(), -1_700_000_000] {
        for at in 1..=steps() {
            let time = |passed, step| moved(T0 + seconds(passed), if step >= at { by } else { 0 });
            let (result, _) = run(&plan(), answers(), time);
            assert!(result.is_ok(), "{by} s at step {at}: {result:?}");
        }
    }
}

#[test]
fn a_clock_that_is_set_forward_by_a_day_at_any_step_ends_the_run_and_a_rerun_succeeds() {
    let last = steps();
    for at in 1..=last {
        let time = |passed, step| T0 + seconds(passed + if step >= at { DAY } else { 0 });
        let (result, _) = run(&plan(), answers(), time);
        let error = result.unwrap_err();
        assert_eq!((error.code(), error.kind()), (Code::OutOfTime, ErrorKind::Time), "step {at} of {last}");
        assert!(error.to_string().contains("begin again"), "{error}");
        let (again, _) = run(&plan(), answers(), |passed, _| T0 + seconds(passed + DAY));
        assert!(again.is_ok());
    }
}

#[test]
fn a_clock_that_stands_still_does_no_harm() {
    let (result, _) = run(&plan(), answers(), |_, _| T0);
    assert!(result.is_ok(), "{result:?}");
}

/// A service that never comes to an end is left when the attempt's time is over, whatever the clock shows.
#[test]
fn a_clock_that_stands_still_or_goes_back_makes_no_run_endless() {
    let plan = Plan::provision(profile(), key(&DEVICE_KEY)).unwrap();
    let forever = || repeat_n(assigning(), STEPS).collect();
    let (by_a_good_clock, passed) = run(&plan, forever(), |passed, _| T0 + seconds(passed));
    assert_eq!((by_a_good_clock.unwrap_err(), passed), (Error::OutOfTime, 600));
    let stopped = |_, _| T0;
    let set_back = |passed, step| moved(T0 + seconds(passed), if step > 9 { -i64::try_from(DAY).unwrap() } else { 0 });
    let backward = |passed, _| UnixTime::from_secs(T0.as_secs() - passed);
    let slow = |passed: u64, _| T0 + seconds(passed / 3);
    let ends = |name: &str, (result, passed): (Result<Outcome, Error>, u64)| {
        assert_eq!(result.unwrap_err(), Error::OutOfTime, "{name}");
        assert!((590..=600).contains(&passed), "{name}: {passed} s");
    };
    ends("stopped", run(&plan, forever(), stopped));
    ends("set back", run(&plan, forever(), set_back));
    ends("backward", run(&plan, forever(), backward));
    ends("slow", run(&plan, forever(), slow));
}

/// The token of a run is made by the clock that was wrong. The service says so, and by how much; with the clock set the
/// next run succeeds.
#[test]
fn a_run_that_began_in_1970_is_told_of_its_clock() {
    let plan = Plan::provision(profile(), key(&DEVICE_KEY)).unwrap();
    let denied = vec![reply(401, &json!({ "errorCode": 401_002 })).with("Date", T0_DATE)];
    let (result, _) = run(&plan, denied, |passed, _| UnixTime::from_secs(passed + 20));
    let error = service_error(result.unwrap_err());
    assert_eq!(error.clock.unwrap().service_time(), T0);
    let (again, _) = run(&plan, vec![assigned(json!({}))], |passed, _| T0 + seconds(passed));
    assert!(again.is_ok());
    // It was set in the middle: the run's time is over, and the next has all of it.
    let (result, _) = run(&plan, vec![assigning(), assigned(json!({}))], |passed, step| {
        if step < 2 { UnixTime::from_secs(20) } else { T0 + seconds(passed) }
    });
    assert_eq!(result.unwrap_err(), Error::OutOfTime);
}
