//! Every fault at every request, the first and a later one. Each test is a row of the matrix: the fault, and how it ends
//! at a registration, a poll, a lookup, and a read of the module.

use crate::{
    place::{Place, words},
    world::{Decoy, ELSEWHERE, Run, asked, client, cloud, drive, exchange, faults, host, is_the_module, now, plan},
};
use defender_auth::{
    Error,
    error::{Code, ErrorKind, ProtocolError, ProtocolProblem, Refusal, ServiceError, ServiceOperation},
    http::Request,
    https::{Client, Reply},
    wait::Reason,
};
use defender_auth_emulator::{Emulator, Fault, Operation};
use std::time::Duration;

/// How it ends for the agent.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Successfully: the answer is still valid.
    Taken,
    /// Well: the request is sent again after so many seconds.
    Again(Reason, u64),
    /// A service rejected it, with this status and for this reason.
    Refused(ServiceOperation, u16, Code),
    /// Badly: the answer is longer than any that a service sends.
    TooLong,
}
use End::{Again, Refused, Taken, TooLong};

const NO_ANSWER: End = Again(Reason::Unanswered, 1);

fn refused(status: u16, code: Code) -> [End; 4] {
    use ServiceOperation::{Module, Registration, RegistrationLookup, RegistrationStatus};
    [Registration, RegistrationStatus, RegistrationLookup, Module].map(|asked| Refused(asked, status, code))
}

const fn busy(status: u16, seconds: u64) -> End {
    Again(Reason::Busy { status }, seconds)
}

#[test]
fn a_401_is_final() {
    row(&Fault::Status(401), refused(401, Code::ServiceUnauthorized));
}

#[test]
fn a_404_is_final() {
    row(&Fault::Status(404), refused(404, Code::ServiceNotFound));
}

#[test]
fn a_409_is_final() {
    row(&Fault::Status(409), refused(409, Code::ServiceRejected));
}

#[test]
fn after_a_429_it_waits_as_long_as_it_was_asked_to() {
    row(&Fault::Status(429).retry_after("7"), [busy(429, 7); 4]);
}

#[test]
fn after_a_500_it_asks_again() {
    row(&Fault::Status(500), [busy(500, 1); 4]);
}

#[test]
fn after_a_503_it_asks_again() {
    row(&Fault::Status(503), [busy(503, 1); 4]);
}

#[test]
fn half_of_an_answer_is_no_answer() {
    row(&Fault::Truncated, [NO_ANSWER; 4]);
}

#[test]
fn a_megabyte_is_refused() {
    row(&Fault::Oversized, [TooLong; 4]);
}

/// The status says whether it is an answer, and the body what it is. Its label is not looked at.
#[test]
fn json_that_is_called_html_is_json() {
    row(&Fault::WrongContentType, [Taken; 4]);
}

#[test]
fn after_a_reset_it_asks_again() {
    row(&Fault::ResetMidBody, [NO_ANSWER; 4]);
}

#[test]
fn an_answer_that_is_late_is_one() {
    row(&Fault::Stall(Duration::from_millis(50)), [Taken; 4]);
}

/// The client's own limit is 30 s, which no test waits for: here the answer is discarded when it arrives.
#[test]
fn an_answer_that_is_too_late_is_no_answer() {
    let fault = Fault::Stall(Duration::from_millis(50));
    let impatient = |cloud: &Emulator, client: &Client, request: &Request| {
        let before = faults(cloud);
        exchange(client, request).filter(|_| faults(cloud) == before)
    };
    row_with(&fault, [NO_ANSWER; 4], impatient);
}

#[test]
fn a_redirect_is_final() {
    row(&Fault::Redirect(format!("https://{ELSEWHERE}/")), refused(302, Code::ServiceRejected));
}

fn row(fault: &Fault, ends: [End; 4]) {
    row_with(fault, ends, |_, client, request| exchange(client, request));
}

fn row_with(fault: &Fault, ends: [End; 4], carry: impl Fn(&Emulator, &Client, &Request) -> Option<Reply>) {
    for place in &Place::ALL {
        let [register, poll, lookup, read] = ends;
        let end = match place.on {
            Operation::Register => register,
            Operation::RegistrationStatus => poll,
            Operation::LookUpRegistration => lookup,
            _ => read,
        };
        cell(fault, place, end, &carry);
    }
}

fn cell(fault: &Fault, place: &Place, end: End, carry: &impl Fn(&Emulator, &Client, &Request) -> Option<Reply>) {
    let name = format!("{fault} at {}", place.name());
    let (cloud, decoy, mut now) = (cloud(2), Decoy::open(), now());
    let client = client(&cloud, [(host(ELSEWHERE), decoy.address())]);
    if place.on == Operation::LookUpRegistration {
        drive(&plan(), &mut now, |request| exchange(&client, request)).result.unwrap();
    }
    cloud.fault_after(place.on, place.skip, fault.clone(), 1);
    for _ in 1..place.round {
        drive(&place.plan(plan()), &mut now, |request| exchange(&client, request)).result.unwrap();
    }
    assert_eq!(faults(&cloud), 0, "{name}: it comes later");
    let since = cloud.journal().entries().len();
    let run = drive(&place.plan(plan()), &mut now, |request| carry(&cloud, &client, request));
    assert_ends(&name, run, end);
    assert_eq!(asked(&cloud, since), story(fault, place, end), "{name}");
    assert!(decoy.was_not_contacted(), "{name}");
}

/// What the journal says of the run. A fault precedes the answer that it changes.
fn story(fault: &Fault, place: &Place, end: End) -> String {
    let verb = place.verb();
    let is_unheard = matches!(fault, Fault::Status(_) | Fault::StatusRetryAfter(..) | Fault::Redirect(_));
    let heard = if is_unheard { "" } else { verb };
    let rest = match end {
        Taken => place.after,
        Again(..) if is_unheard => place.unheard,
        Again(..) => place.lost,
        Refused(..) | TooLong => "",
    };
    words(&[place.before, &format!("!{verb}"), heard, rest])
}

fn assert_ends(name: &str, run: Run, end: End) {
    let expected_waits = if let Again(reason, seconds) = end { vec![(reason, seconds)] } else { Vec::new() };
    assert_eq!(run.waits, expected_waits, "{name}");
    match (end, run.result) {
        (Taken | Again(..), Ok(outcome)) => assert!(is_the_module(&outcome), "{name}: {outcome:?}"),
        (Refused(asked, status, code), Err(error)) => {
            let kind = if status == 302 { ErrorKind::Peer } else { ErrorKind::Service };
            assert_eq!((error.code(), error.kind(), error.is_retryable()), (code, kind, false), "{name}");
            assert_refused(name, error, asked, status);
        }
        (TooLong, Err(error)) => {
            assert_eq!(error, ProtocolError { field: "body", problem: ProtocolProblem::TooLong }.into(), "{name}");
        }
        (_, result) => panic!("{name}: {result:?} instead of {end:?}"),
    }
}

fn assert_refused(name: &str, error: Error, asked: ServiceOperation, status: u16) {
    let Error::Service(error) = error else { panic!("{name}: {error:?}") };
    let ServiceError { asked: by, refusal, status: given, code, tracking_id, message, retry_after, clock, .. } = *error;
    assert_eq!((by, refusal, given), (asked, Refusal::Status, status), "{name}");
    let own_code = (asked != ServiceOperation::Module).then(|| u32::from(status) * 1000 + 1);
    assert_eq!((code, retry_after, clock), (own_code, None, None), "{name}");
    assert!(tracking_id.is_some() && message.is_some(), "{name}: what the service said is passed on");
}

/// Runs into a fault that stays.
fn stuck(place: &Place, fault: &Fault) -> (Run, String) {
    let (cloud, mut now) = (cloud(2), now());
    let client = client(&cloud, []);
    if place.on == Operation::LookUpRegistration {
        drive(&plan(), &mut now, |request| exchange(&client, request)).result.unwrap();
    }
    cloud.fault(place.on, fault.clone(), u32::MAX);
    let since = cloud.journal().entries().len();
    let run = drive(&place.plan(plan()), &mut now, |request| exchange(&client, request));
    (run, asked(&cloud, since))
}

fn first_of_each_kind() -> impl Iterator<Item = &'static Place> {
    Place::ALL.iter().filter(|place| place.skip == 0)
}

#[test]
fn a_service_that_stays_busy_is_given_up_after_seven_requests() {
    for place in first_of_each_kind() {
        let (run, asked) = stuck(place, &Fault::Status(503));
        let error = run.result.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), (Code::ServiceUnavailable, true), "{}", place.name());
        let waits: Vec<_> = [1, 2, 4, 8, 16, 32].map(|seconds| (Reason::Busy { status: 503 }, seconds)).into();
        assert_eq!(run.waits, waits);
        assert_eq!(asked, words(&[place.before, &format!("!{} ", place.verb()).repeat(7)]));
    }
}

#[test]
fn a_service_that_never_answers_is_given_up_after_seven_requests() {
    for place in first_of_each_kind() {
        let (run, asked) = stuck(place, &Fault::ResetMidBody);
        assert_eq!(run.result.unwrap_err(), Error::Unreachable { attempts: 7 }, "{}", place.name());
        let heard = format!("!{verb} {verb} ", verb = place.verb()).repeat(7);
        assert_eq!(asked, words(&[place.before, &heard]));
    }
}
