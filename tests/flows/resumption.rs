//! A registration that an earlier run has begun and that has issued a certificate since.

use crate::{certificate_request::request, world::*};
use defender_auth::{
    Authenticator, Event, Outcome, Plan,
    credential::Issuer,
    dps::{Attestation, Profile, Registration, Step},
    error::Refusal,
    mqtt::{Connect, provisioning_topic},
    outcome::Issuance,
};
use serde_json::json;

const OTHER: &str = "5.0123456789abcdef.00000000-0000-0000-0000-000000000000";

fn resumed() -> Profile {
    profile().with_certificate_request(request()).with_pending_operation(OTHER.parse().unwrap())
}

fn with_chain() -> Reply {
    assigned(json!({ "issuedCertificateChain": [base64(&[0x30, 1])] }))
}

fn run(profile: Profile, proof: impl Into<Attestation>, script: Vec<Reply>) -> (World, Outcome) {
    let mut world = World::new(script);
    let outcome = world.run(&Plan::provision(profile, proof).unwrap()).unwrap();
    (world, outcome)
}

fn is_issued(outcome: &Outcome) -> bool {
    matches!(outcome.registration_state().unwrap().issuance, Issuance::Issued(_))
}

#[test]
fn its_operation_is_asked_about_and_nothing_is_registered() {
    for script in [vec![with_chain()], vec![assigning(), assigning(), with_chain()], vec![Reply::Silence, with_chain()]]
    {
        let (world, outcome) = run(resumed(), key(&DEVICE_KEY), script);
        assert!(is_issued(&outcome));
        let target = format!("/registrations/dev-01/operations/{OTHER}?api-version=2025-07-01-preview by token");
        assert!(world.log[0].starts_with("GET ") && world.log[0].ends_with(&target), "{:?}", world.log);
        assert!(!world.steps().contains(&"PUT"), "{:?}", world.log);
    }
    let (world, _) = run(resumed(), certificate(Issuer::Authority), vec![with_chain()]);
    assert_eq!(world.steps(), ["GET"]);
}

#[test]
fn a_tpm_is_challenged_first() {
    let last = json!({
        "tpm": { "authenticationKey": base64(&blob(&HUB_KEY)) },
        "issuedCertificateChain": [base64(&[0x30, 1])],
    });
    let (world, outcome) = run(resumed(), tpm(), vec![challenge(), assigned(last.clone())]);
    assert_eq!(world.steps(), ["PUT", "activate", "sign", "GET", "activate"]);
    assert!(is_issued(&outcome) && world.log[0].ends_with(" by nothing"), "{:?}", world.log);
    let without = assigned(json!({ "issuedCertificateChain": [base64(&[0x30, 1])] }));
    let (world, _) = run(resumed(), tpm(), vec![challenge(), without, assigned(last)]);
    assert_eq!(world.steps(), ["PUT", "activate", "sign", "GET", "PUT", "activate"]);
}

#[test]
fn an_operation_with_nothing_for_the_device_leads_to_one_other_registration() {
    let failed = json!({ "operationId": OTHER, "status": "failed", "registrationState": { "status": "failed" } });
    for answer in [
        reply(404, "{}"),
        reply(400, "{}"),
        reply(410, ""),
        reply(409, ""),
        reply(200, &failed),
        reply(200, "not JSON"),
        reply(200, "{}"),
        assigned(json!({})),
        assigned(json!({ "issuedCertificateChain": "unreadable" })),
        assigned(json!({ "assignedHub": 1, "issuedCertificateChain": [base64(&[0x30, 1])] })),
    ] {
        let (world, outcome) = run(resumed(), key(&DEVICE_KEY), vec![answer, assigning(), with_chain()]);
        assert_eq!(world.steps(), ["GET", "PUT", "wait", "GET"]);
        assert!(is_issued(&outcome) && world.log[3].contains(OPERATION), "{:?}", world.log);
    }
    // The answer to the second is what it is.
    let mut world = World::new([reply(404, "{}"), reply(200, &failed)]);
    let error = world.run(&Plan::provision(resumed(), key(&DEVICE_KEY)).unwrap()).unwrap_err();
    assert_eq!(service_error(error).refusal, Refusal::Failed);
    let (_, outcome) = run(resumed(), key(&DEVICE_KEY), vec![assigned(json!({})), assigned(json!({}))]);
    assert_eq!(outcome.registration_state().unwrap().issuance, Issuance::Withheld);
}

#[test]
fn a_rejected_credential_and_a_busy_service_give_no_operation_up() {
    for status in [401, 403] {
        let mut world = World::new([reply(status, "{}")]);
        let error = world.run(&Plan::provision(resumed(), key(&DEVICE_KEY)).unwrap()).unwrap_err();
        assert_eq!((service_error(error).status, world.steps()), (status, vec!["GET"]));
    }
    for status in [408, 429, 500, 503] {
        let (world, _) = run(resumed(), key(&DEVICE_KEY), vec![reply(status, ""), with_chain()]);
        assert_eq!(world.steps(), ["GET", "wait", "GET"]);
    }
}

#[test]
fn an_operation_that_does_not_end_is_given_up_at_half_the_time() {
    let slow = || {
        let Reply::Answer { status, body, .. } = assigning() else { unreachable!() };
        Reply::Answer { status, headers: vec![("Retry-After", "100".into())], body }
    };
    let (world, outcome) =
        run(resumed(), key(&DEVICE_KEY), vec![slow(), slow(), slow(), slow(), slow(), slow(), with_chain()]);
    let expected = ["GET", "wait", "GET", "wait", "GET", "wait", "GET", "wait", "GET", "PUT", "wait", "GET"];
    assert_eq!(world.steps(), expected);
    assert!(is_issued(&outcome));
}

#[test]
fn it_is_told_from_the_first_answer_on() {
    let plan = Plan::provision(profile().with_certificate_request(request()), key(&DEVICE_KEY)).unwrap();
    let mut auth = Authenticator::new(&plan, at(T0), LIMIT);
    assert_eq!(auth.pending_operation(), None);
    auth.handle(at(T0), Event::Answered(assigning().response().unwrap())).unwrap();
    assert_eq!(auth.pending_operation().unwrap().as_str(), OPERATION);
    auth.handle(at(T0), Event::Elapsed).unwrap();
    assert_eq!(auth.pending_operation().unwrap().as_str(), OPERATION);
    auth.handle(at(T0), Event::Answered(with_chain().response().unwrap())).unwrap();
    assert_eq!(auth.pending_operation(), None);

    let plan = Plan::provision(resumed(), key(&DEVICE_KEY)).unwrap();
    let mut auth = Authenticator::new(&plan, at(T0), LIMIT);
    assert_eq!(auth.pending_operation().unwrap().as_str(), OTHER);
    auth.handle(at(T0), Event::Answered(reply(404, "{}").response().unwrap())).unwrap();
    assert_eq!(auth.pending_operation(), None, "it is forgotten");
    let plan = Plan::provision(resumed().lookup_only(true), key(&DEVICE_KEY)).unwrap();
    assert_eq!(Authenticator::new(&plan, at(T0), LIMIT).pending_operation(), None);
}

#[test]
fn over_mqtt_its_first_request_logs_in_and_asks() {
    let sending = Registration::start(resumed(), key(&DEVICE_KEY), at(T0), attempt()).unwrap();
    let login = Connect::provisioning(sending.request()).unwrap();
    assert!(login.user_name.contains("api-version=2025-07-01-preview"), "{}", login.user_name);
    let topic = provisioning_topic(sending.request(), 1).unwrap();
    assert_eq!(topic, format!("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=1&operationId={OTHER}"));
    let Ok(Step::Send(anew)) = sending.answered(at(T0), reply(404, "{}").response().unwrap()) else { panic!() };
    assert_eq!(provisioning_topic(anew.request(), 2).unwrap(), "$dps/registrations/PUT/iotdps-register/?$rid=2");
    assert!(String::from_utf8_lossy(anew.request().body()).contains("\"csr\":"));
}
