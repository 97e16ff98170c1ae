//! Clocks that stop, or are set, in the middle of a run. The wall clock neither ends nor lengthens a run, whatever it shows.
//! A monotonic clock that is none ends it at worst; no run goes on for ever, and a later run succeeds.

use crate::world::*;
use defender_auth::{
    Action, Attempt, Authenticator, Error, Event, Now, Outcome, Plan, UnixTime,
    credential::{Credential, SymmetricKeys},
    device_mode::{self, ModuleLookup, Target},
    dps::{self, Registration},
    error::{Code, ErrorKind},
    key::Signature,
};
use serde_json::json;
use std::{iter::repeat_n, time::Duration};

const DAY: u64 = 86_400;

/// A second after power-on, by a clock without a battery.
const BOOT: UnixTime = UnixTime::from_secs(1);

/// No run has as many steps.
const STEPS: usize = 2000;

/// The services' answers on the whole way of a TPM, with a busy one and none at all among them.
fn answers() -> Vec<Reply> {
    let busy = reply(429, "").with("Retry-After", "3");
    vec![challenge(), busy, assigning(), assigning(), assigned_with_hub_key(), Reply::Silence, module_keys()]
}

fn plan() -> Plan {
    Plan::provision(profile(), tpm()).unwrap().in_device_mode(Target::default()).unwrap()
}

fn by_key() -> Plan {
    Plan::provision(profile(), key(&DEVICE_KEY)).unwrap()
}

/// How a run went.
struct Run {
    result: Result<Outcome, Error>,
    /// How many seconds passed, which is what the waits took.
    passed: u64,
    /// How many had passed when the last request left.
    last_sent: u64,
    /// The token of each request that had one.
    tokens: Vec<String>,
    steps: usize,
}

/// Runs a plan by clocks that show `time(seconds that have passed, steps that were taken)`.
fn run(plan: &Plan, script: Vec<Reply>, time: impl Fn(u64, usize) -> Now) -> Run {
    let (mut passed, mut last_sent, mut tokens, mut script) = (0, 0, Vec::new(), script.into_iter());
    let mut auth = Authenticator::new(plan, time(0, 0), LIMIT);
    for step in 0..STEPS {
        let answer;
        let event = match auth.poll() {
            Action::Send(request) => {
                last_sent = passed;
                tokens.extend(request.token().map(|token| token.expose().to_owned()));
                answer = script.next().unwrap();
                answer.response().map_or(Event::Unanswered, Event::Answered)
            }
            Action::Wait(wait) => {
                passed += wait.at_least.as_secs();
                Event::Elapsed
            }
            Action::Activate(_) => Event::Activated,
            Action::Sign(..) => Event::Signed(Signature::from_bytes([7; 32])),
            Action::Done(_) | Action::Failed(_) => {
                return Run { result: auth.into_outcome(), passed, last_sent, tokens, steps: step };
            }
            other => panic!("{other:?}"),
        };
        auth.handle(time(passed, step + 1), event).unwrap();
    }
    panic!("it has no end: {passed} s have passed")
}

/// Clocks that are right.
fn right(passed: u64, _: usize) -> Now {
    at(T0 + seconds(passed))
}

/// How many steps the whole way has.
fn steps() -> usize {
    let run = run(&plan(), answers(), right);
    assert!(run.result.is_ok());
    run.steps
}

fn moved(time: UnixTime, by: i64) -> UnixTime {
    UnixTime::from_secs(time.as_secs().saturating_add_signed(by))
}

/// Far away, by a day, and by little, in both directions.
const MOVES: [i64; 8] = [-1_700_000_000, -86_400, -600, -1, 1, 600, 86_400, 1_000_000_000];

#[test]
fn a_wall_clock_that_is_set_at_any_step_does_no_harm() {
    for by in MOVES {
        for set_at in 1..=steps() {
            let time = |passed, step| {
                let right = right(passed, step);
                Now { wall: if step >= set_at { moved(right.wall, by) } else { right.wall }, ..right }
            };
            let run = run(&plan(), answers(), time);
            assert!(run.result.is_ok(), "{by} s at step {set_at}: {:?}", run.result);
        }
    }
}

#[test]
fn a_wall_clock_that_is_set_neither_ends_nor_lengthens_an_attempt() {
    for by in MOVES {
        for set_at in [0, 1, 2, 50, 150, 399] {
            let time = |passed, step| {
                let right = right(passed, step);
                Now { wall: if step >= set_at { moved(right.wall, by) } else { right.wall }, ..right }
            };
            let run = run(&by_key(), repeat_n(assigning(), STEPS).collect(), time);
            assert_eq!((run.result.unwrap_err(), run.passed), (Error::OutOfTime, 600), "{by} s at step {set_at}");
        }
    }
}

/// The network comes first, and the time with it: the token that was made in 1970 is not sent again.
#[test]
fn a_clock_that_is_set_at_boot_replaces_the_token_of_a_key() {
    let time = |passed, step| if step < 2 { Now { wall: BOOT, ..right(passed, step) } } else { right(passed, step) };
    let run = run(&by_key(), vec![Reply::Silence, assigning(), assigned(json!({}))], time);
    assert!(run.result.is_ok());
    assert!(!holds(&run.tokens[0], &DEVICE_KEY, T0), "it was made in 1970");
    assert!(
        run.tokens[1..].iter().all(|token| holds(token, &DEVICE_KEY, T0 + seconds(run.passed))),
        "{:?}",
        run.tokens
    );
    assert_eq!(run.tokens[1], run.tokens[2], "one is enough");
}

#[test]
fn a_clock_that_is_set_at_boot_replaces_the_token_of_a_module_lookup() {
    let plan = Plan::device(device(key(&DEVICE_KEY))).in_device_mode(Target::default()).unwrap();
    let time = |passed, step| if step < 2 { Now { wall: BOOT, ..right(passed, step) } } else { right(passed, step) };
    let run = run(&plan, vec![Reply::Silence, module_keys()], time);
    assert!(run.result.is_ok());
    assert!(!holds(&run.tokens[0], &DEVICE_KEY, T0) && holds(&run.tokens[1], &DEVICE_KEY, T0));
}

/// A token that is valid for longer than it should be is rejected by no service.
#[test]
fn a_clock_that_is_set_back_keeps_the_token() {
    let time = |passed, step| if step < 2 { right(passed, step) } else { Now { wall: BOOT, ..right(passed, step) } };
    let run = run(&by_key(), vec![Reply::Silence, assigning(), assigned(json!({}))], time);
    assert!(run.result.is_ok());
    assert!(run.tokens.iter().all(|token| *token == run.tokens[0]), "{:?}", run.tokens);
}

#[test]
fn a_clock_that_is_set_forward_has_a_tpm_sign_again() {
    let named = json!({ "authenticationKey": base64(&blob(&REGISTRATION_KEY)), "keyName": "line-7" });
    let mut sending = Registration::start(profile(), tpm(), at(T0), attempt()).unwrap();
    let signature = Signature::from_bytes([7; 32]);
    let Ok(dps::Step::Activate(activating)) = sending.answered(at(T0), reply(401, &named).response().unwrap()) else {
        panic!()
    };
    let Ok(dps::Step::Sign(signing)) = activating.activated(at(T0)) else { panic!() };
    sending = signing.signed(at(T0), &signature).unwrap();
    let body = sending.request().body().to_vec();
    let Ok(dps::Step::Wait(waiting)) = sending.unanswered(at(T0)) else { panic!() };
    let late = Now { wall: T0 + seconds(DAY), ..at(T0 + seconds(2)) };
    let Ok(dps::Step::Sign(signing)) = waiting.elapsed(late) else { panic!("its token expired by this clock") };
    assert_eq!(signing.string_to_sign().expires_at(), late.wall + seconds(898));
    let sending = signing.signed(late, &signature).unwrap();
    let token = sending.request().token().unwrap().expose();
    assert_eq!((field(token, "skn"), sending.request().body()), (Some("line-7"), &body[..]), "the same request");
}

#[test]
fn a_clock_that_is_set_forward_has_the_hubs_key_sign_again() {
    let start = ModuleLookup::start(device(Credential::ExternalSigner), Target::default(), at(T0), attempt());
    let Ok(device_mode::Step::Sign(signing)) = start else { panic!() };
    let sending = signing.signed(at(T0), &Signature::from_bytes([7; 32])).unwrap();
    let Ok(device_mode::Step::Wait(waiting)) = sending.unanswered(at(T0)) else { panic!() };
    let late = Now { wall: T0 + seconds(DAY), ..at(T0 + seconds(2)) };
    assert!(matches!(waiting.elapsed(late), Ok(device_mode::Step::Sign(_))));
}

#[test]
fn a_given_token_is_sent_as_it_is_whatever_the_clock_shows() {
    let text = "SharedAccessSignature sr=x&sig=y&se=1700000900";
    let given = defender_auth::sas::SasToken::parse(text).unwrap();
    let plan = Plan::device(device(given)).in_device_mode(Target::default()).unwrap();
    let time = |passed, step| Now { wall: if step < 2 { T0 } else { T0 + seconds(DAY) }, ..right(passed, step) };
    let run = run(&plan, vec![Reply::Silence, module_keys()], time);
    assert_eq!(run.tokens, [text, text]);
}

#[test]
fn a_token_is_valid_from_when_it_is_made_for_what_is_left_and_five_minutes() {
    let mut script = vec![assigning(), assigned(json!({})), module_keys()];
    script.insert(0, reply(503, "").with("Retry-After", "100"));
    let plan = by_key().in_device_mode(Target::default()).unwrap();
    let run = run(&plan, script, right);
    let expiries: Vec<_> = run.tokens.iter().map(|token| field(token, "se").unwrap()).collect();
    assert_eq!((run.passed, expiries), (103, vec!["1700000900"; 4]), "103 s later 103 s less are left");
}

#[test]
fn a_token_lifetime_counts_from_when_each_token_is_made() {
    let plan = by_key().in_device_mode(Target::default()).unwrap();
    let limit = defender_auth::wait::TimeLimit::from(LIMIT).with_token_lifetime(seconds(3600));
    let mut auth = Authenticator::new(&plan, at(T0), limit);
    let expiry = |auth: &Authenticator| {
        let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
        request.token().unwrap().expires_at()
    };
    assert_eq!(expiry(&auth), T0 + seconds(3600));
    auth.handle(at(T0 + seconds(9)), Event::Answered(assigned(json!({})).response().unwrap())).unwrap();
    assert_eq!(expiry(&auth), T0 + seconds(3609));
}

/// A run of provisioning and Device mode has one limit, whatever was taken from it in the first exchange.
#[test]
fn a_clock_that_is_set_back_in_the_first_exchange_is_not_forgotten_in_the_second() {
    let plan = by_key().in_device_mode(Target::default()).unwrap();
    let busy = || reply(429, "").with("Retry-After", "290");
    let script = || [assigning(), assigned(json!({}))].into_iter().chain(repeat_n(busy(), 9)).collect::<Vec<_>>();
    let all_back = |passed, step| if step < 2 { right(passed, step) } else { at(moved(T0 + seconds(passed), -3600)) };
    let wall_back = |passed, step| Now { wall: all_back(passed, step).wall, ..right(passed, step) };
    let monotonic_back = |passed, step| Now { monotonic: all_back(passed, step).monotonic, ..right(passed, step) };
    for run in [run(&plan, script(), all_back), run(&plan, script(), wall_back), run(&plan, script(), monotonic_back)] {
        assert_eq!(run.last_sent, 3 + 290 + 290);
        assert_eq!(run.result.unwrap_err().code(), Code::ServiceThrottled);
    }
}

#[test]
fn an_attempt_is_handed_on_with_what_is_left_of_it() {
    let sending = Registration::start(profile(), key(&DEVICE_KEY), at(T0), attempt()).unwrap();
    let answered = sending.answered(at(T0 + seconds(200)), assigned(json!({})).response().unwrap());
    let Ok(dps::Step::Done(device, attempt)) = answered else { panic!() };
    assert_eq!(attempt.left(), seconds(400));
    let Ok(device_mode::Step::Send(sending)) =
        ModuleLookup::start(device, Target::default(), at(T0 + seconds(200)), attempt)
    else {
        panic!()
    };
    let late = sending.answered(at(END + seconds(1)), module_keys().response().unwrap());
    assert_eq!(late.unwrap_err(), Error::OutOfTime);
}

#[test]
fn an_attempt_whose_time_has_passed_begins_nothing() {
    let late = at(END + seconds(1));
    let registration = Registration::start(profile(), key(&DEVICE_KEY), late, attempt());
    assert_eq!(registration.unwrap_err(), Error::OutOfTime);
    let lookup = ModuleLookup::start(device(key(&DEVICE_KEY)), Target::default(), late, attempt());
    assert_eq!(lookup.unwrap_err(), Error::OutOfTime);
    let endless = Attempt::new(at(T0), Duration::MAX);
    assert!(ModuleLookup::start(device(key(&DEVICE_KEY)), Target::default(), late, endless).is_ok());
}

#[test]
fn a_monotonic_clock_that_is_set_back_at_any_step_does_no_harm() {
    for by in [-1, -600, -i64::try_from(DAY).unwrap(), -1_700_000_000] {
        for set_at in 1..=steps() {
            let time = |passed, step| at(moved(T0 + seconds(passed), if step >= set_at { by } else { 0 }));
            let run = run(&plan(), answers(), time);
            assert!(run.result.is_ok(), "{by} s at step {set_at}: {:?}", run.result);
        }
    }
}

#[test]
fn a_monotonic_clock_that_jumps_by_a_day_at_any_step_ends_the_run_and_a_later_one_succeeds() {
    let last = steps();
    for set_at in 1..=last {
        let time = |passed, step| at(T0 + seconds(passed + if step >= set_at { DAY } else { 0 }));
        let error = run(&plan(), answers(), time).result.unwrap_err();
        assert_eq!((error.code(), error.kind()), (Code::OutOfTime, ErrorKind::Time), "step {set_at} of {last}");
        assert!(error.to_string().contains("begin again"), "{error}");
        let again = run(&plan(), answers(), |passed, _| at(T0 + seconds(passed + DAY)));
        assert!(again.result.is_ok());
    }
}

#[test]
fn clocks_that_stand_still_do_no_harm() {
    let run = run(&plan(), answers(), |_, _| at(T0));
    assert!(run.result.is_ok(), "{:?}", run.result);
}

/// With a service that never comes to an end the run fails when the attempt's time has passed, whatever the clocks show.
#[test]
fn clocks_that_stand_still_or_go_back_make_no_run_endless() {
    let forever = || repeat_n(assigning(), STEPS).collect();
    let by_good_clocks = run(&by_key(), forever(), right);
    assert_eq!((by_good_clocks.result.unwrap_err(), by_good_clocks.passed), (Error::OutOfTime, 600));
    let stopped = |_, _| at(T0);
    let set_back =
        |passed, step| at(moved(T0 + seconds(passed), if step > 9 { -i64::try_from(DAY).unwrap() } else { 0 }));
    let backward = |passed, _| at(UnixTime::from_secs(T0.as_secs() - passed));
    let slow = |passed: u64, _| at(T0 + seconds(passed / 3));
    let ends = |name: &str, run: Run| {
        assert_eq!(run.result.unwrap_err().code(), Code::OutOfTime, "{name}");
        assert!((590..=600).contains(&run.passed), "{name}: {} s", run.passed);
    };
    ends("stopped", run(&by_key(), forever(), stopped));
    ends("set back", run(&by_key(), forever(), set_back));
    ends("backward", run(&by_key(), forever(), backward));
    ends("slow", run(&by_key(), forever(), slow));
}

/// The token of a run is made by the clock that was wrong. The service says so, and by how much; with the clock set the
/// next run succeeds.
#[test]
fn a_run_that_began_in_1970_is_told_of_its_clock() {
    let denied = vec![reply(401, &json!({ "errorCode": 401_002 })).with("Date", T0_DATE)];
    let run_1970 = run(&by_key(), denied, |passed, _| at(UnixTime::from_secs(passed + 20)));
    let error = service_error(run_1970.result.unwrap_err());
    assert_eq!(error.clock.unwrap().service_time(), T0);
    assert!(error.to_string().contains("the clock of this device is 53 y 330 d behind the service's"), "{error}");
    assert!(run(&by_key(), vec![assigned(json!({}))], right).result.is_ok());
}

#[test]
fn the_key_of_a_device_that_booted_without_a_clock_ends_as_a_modules_keys() {
    let plan = by_key().in_device_mode(Target::default()).unwrap();
    let time = |passed, step| if step < 4 { Now { wall: BOOT, ..right(passed, step) } } else { right(passed, step) };
    let script = vec![Reply::Silence, Reply::Silence, assigning(), assigned(json!({})), module_keys()];
    let outcome = run(&plan, script, time).result.unwrap();
    let keys = SymmetricKeys::new(key(&MODULE_KEY), Some(key(&MODULE_KEY_2)));
    assert_eq!(outcome.credential(), &Credential::SymmetricKeys(keys));
}
