//! Runs that are cancelled or exceed their time limit in any state, and how they continue.

use crate::{
    stall::{Crowded, Deaf, EVERYTHING, relay},
    world::{ATTEMPT, asked, both, client, cloud, is_the_module, now, plan, registration},
};
use defender_auth::{
    Action, Authenticator,
    https::{Cancel, Client, HttpsError},
    tls::Roots,
    wait::Reason,
};
use defender_auth_emulator::{Emulator, Fault, Operation};
use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

/// A moment, in which a run comes to where it stalls.
const MOMENT: Duration = Duration::from_millis(500);

/// Far more than a run takes to notice its end, far less than it would wait otherwise.
const SOON: Duration = Duration::from_secs(8);

/// A client that goes to one place and trusts an emulator there.
fn at(place: SocketAddr, cloud: &Emulator) -> Client {
    let client = Client::with(Roots::Pem(cloud.root_pem().as_bytes()), Vec::new()).unwrap();
    client.connect_to(place.ip().to_string(), place.port())
}

fn begin() -> Authenticator {
    Authenticator::new(&plan(), both(now()), ATTEMPT)
}

/// How a run ends, and soon.
fn end_of(client: &Client, auth: &mut Authenticator) -> Result<(), HttpsError> {
    let begin = Instant::now();
    let result = client.run(auth);
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    result
}

/// How a run ends that another thread cancels.
fn end_when_cancelled(client: Client, auth: &mut Authenticator) -> Result<(), HttpsError> {
    let cancel = Cancel::new();
    let client = client.cancelled_by(&cancel);
    let other = thread::spawn(move || {
        thread::sleep(MOMENT);
        cancel.cancel();
    });
    let result = end_of(&client, auth);
    other.join().unwrap();
    assert_eq!(end_of(&client, auth), Err(HttpsError::Cancelled), "and every later run");
    result
}

/// Neither a time-out nor a cancellation during a stall changes a run, which then succeeds elsewhere.
fn continues_after(stalled: &Client, cloud: &Emulator) {
    let mut auth = begin();
    for _ in 0..2 {
        assert_eq!(end_of(&stalled.clone().stop_after(MOMENT), &mut auth), Err(HttpsError::TimedOut));
        assert!(matches!(auth.poll(), Action::Send(_)), "{auth:?}");
    }
    assert_eq!(end_when_cancelled(stalled.clone(), &mut auth), Err(HttpsError::Cancelled));
    assert!(matches!(auth.poll(), Action::Send(_)), "{auth:?}");
    client(cloud, []).run(&mut auth).unwrap();
    assert!(is_the_module(&auth.into_outcome().unwrap()));
}

#[test]
fn a_server_that_never_answers_does_not_hold_a_run() {
    let (cloud, deaf) = (cloud(0), Deaf::open());
    continues_after(&at(deaf.address(), &cloud), &cloud);
}

#[test]
fn a_server_that_stalls_within_its_answer_does_not_hold_a_run() {
    let cloud = cloud(0);
    // Three runs stall. Each time the service has answered, as the journal says.
    cloud.fault(Operation::Register, Fault::Oversized, 3);
    continues_after(&at(relay(cloud.https_address(), 20_000), &cloud), &cloud);
    assert_eq!(asked(&cloud, 0), format!("{} register read", ["!register register"; 3].join(" ")));
}

#[test]
fn an_address_that_does_not_answer_does_not_hold_a_run() {
    let (cloud, crowded) = (cloud(0), Crowded::open());
    continues_after(&at(crowded.address(), &cloud), &cloud);
}

#[test]
fn a_connection_that_is_slow_to_come_is_waited_for() {
    let (cloud, crowded) = (cloud(0), Crowded::open());
    let client = at(crowded.address(), &cloud);
    crowded.relay_later(cloud.https_address());
    assert!(is_the_module(&client.authenticate(&plan()).unwrap()));
}

#[test]
fn an_address_that_goes_away_while_it_is_waited_for_is_no_answer() {
    let (cloud, crowded) = (cloud(0), Crowded::open());
    let client = at(crowded.address(), &cloud);
    crowded.leave_later();
    let auth = begin();
    let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
    let error = client.exchange(request).unwrap_err();
    assert!(matches!(&error, HttpsError::NoAnswer { reason, .. } if reason.contains("refused")), "{error}");
}

#[test]
fn an_answer_that_does_not_come_is_waited_for_in_the_same_run() {
    let cloud = cloud(0);
    cloud.fault(Operation::Register, Fault::ResetMidBody, 1);
    let client = client(&cloud, []);
    let mut auth = begin();
    assert_eq!(end_of(&client.clone().stop_after(MOMENT), &mut auth), Err(HttpsError::TimedOut));
    assert!(matches!(auth.poll(), Action::Wait(wait) if wait.reason == Reason::Unanswered), "{auth:?}");
    assert_eq!(end_of(&client.clock_offset(400), &mut auth), Ok(()));
    assert!(is_the_module(&auth.into_outcome().unwrap()));
}

#[test]
fn a_long_wait_is_interrupted_and_continues_meanwhile() {
    let cloud = cloud(0);
    cloud.fault(Operation::Register, Fault::Status(429).retry_after("300"), 1);
    let client = client(&cloud, []);
    let mut auth = begin();
    for _ in 0..2 {
        assert_eq!(end_of(&client.clone().stop_after(MOMENT), &mut auth), Err(HttpsError::TimedOut));
        let Action::Wait(wait) = auth.poll() else { panic!("{auth:?}") };
        assert_eq!(wait.reason, Reason::Busy { status: 429 });
    }
    assert_eq!(end_when_cancelled(client.clone(), &mut auth), Err(HttpsError::Cancelled));
    // When the next run begins nothing of the wait is left.
    assert_eq!(end_of(&client.clock_offset(400), &mut auth), Ok(()));
    assert!(is_the_module(&auth.into_outcome().unwrap()));
}

#[test]
fn a_run_without_time_sends_no_request() {
    let cloud = cloud(0);
    let hasty = client(&cloud, []).stop_after(Duration::ZERO);
    assert_eq!(hasty.run(&mut begin()), Err(HttpsError::TimedOut));
    assert_eq!(asked(&cloud, 0), "");
}

#[test]
fn a_run_may_have_all_the_time_there_is() {
    let cloud = cloud(0);
    let patient = client(&cloud, []).stop_after(Duration::MAX);
    assert!(is_the_module(&patient.authenticate(&plan()).unwrap()));
}

#[test]
fn a_run_that_is_done_does_not_time_out() {
    let cloud = cloud(0);
    let client = client(&cloud, []);
    let mut auth = begin();
    client.run(&mut auth).unwrap();
    assert_eq!(client.stop_after(Duration::ZERO).run(&mut auth), Ok(()));
}

#[test]
fn a_cancelled_client_sends_nothing_at_all() {
    let cloud = cloud(0);
    let cancel = Cancel::new();
    let client = client(&cloud, []).cancelled_by(&cancel);
    cancel.cancel();
    let auth = begin();
    let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
    assert_eq!(client.exchange(request).map(|reply| format!("{reply:?}")), Err(HttpsError::Cancelled));
    assert_eq!(client.authenticate(&registration()).map(drop), Err(HttpsError::Cancelled));
    assert_eq!(asked(&cloud, 0), "");
}

#[test]
fn one_address_serves_every_host() {
    let cloud = cloud(1);
    assert!(is_the_module(&at(relay(cloud.https_address(), EVERYTHING), &cloud).authenticate(&plan()).unwrap()));
    let by_name = Client::with(Roots::Pem(cloud.root_pem().as_bytes()), Vec::new()).unwrap();
    let by_name = by_name.connect_to("localhost", cloud.https_address().port());
    assert!(is_the_module(&by_name.authenticate(&plan()).unwrap()));
}

#[test]
fn a_clock_offset_corrects_the_clock() {
    let cloud = cloud(0);
    cloud.clock_offset(7200);
    let client = client(&cloud, []);
    assert!(matches!(client.authenticate(&plan()), Err(HttpsError::Failed(_))));
    assert!(is_the_module(&client.clock_offset(7200).authenticate(&plan()).unwrap()));
}
