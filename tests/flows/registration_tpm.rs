//! Registration with a TPM: the challenge, the two keys, and what must not come to harm when it breaks off.

use crate::world::*;
use defender_auth::{
    Error,
    credential::Credential,
    dps::{Activating, Registration, Sending, Signing, Step},
    error::{PlanError, ProtocolError, ProtocolProblem},
    http::BODY_LIMIT,
    key::{KeyUse, Signature},
};
use serde_json::{Value, json};

/// A world whose TPM has the key of an earlier registration.
fn world(script: impl IntoIterator<Item = Reply>) -> World {
    let mut world = World::new(script);
    world.tpm.persistent = Some(DEVICE_KEY);
    world
}

/// A 401 with these members in place of a challenge's.
fn challenged_with(members: &Value) -> Result<World, Error> {
    let mut world = world([reply(401, members), assigned_with_hub_key()]);
    world.register(profile(), tpm()).map(|_| world)
}

fn sending() -> Registration<Sending> {
    Registration::start(profile(), tpm(), at(T0), attempt()).unwrap()
}

fn activating(sending: Registration<Sending>, reply: &Reply) -> Registration<Activating> {
    match sending.answered(at(T0), reply.response().unwrap()) {
        Ok(Step::Activate(activating)) => activating,
        other => panic!("nothing to activate: {other:?}"),
    }
}

fn signing() -> Registration<Signing> {
    match activating(sending(), &challenge()).activated(at(T0)) {
        Ok(Step::Sign(signing)) => signing,
        other => panic!("nothing to sign: {other:?}"),
    }
}

#[test]
fn a_tpm_is_challenged_signs_and_takes_the_hubs_key_too() {
    let mut world = world([challenge(), assigning(), assigned_with_hub_key()]);
    let device = world.register(profile(), tpm()).unwrap();
    assert_eq!(world.steps(), ["PUT", "activate", "sign", "PUT", "wait", "GET", "activate"]);
    assert!(world.log[0].ends_with(" by nothing"), "the first request proves nothing");
    assert_eq!(world.log[1..3], ["activate Registration", "sign Registration"]);
    assert_eq!(world.log[6], "activate Hub");
    assert!(world.tokens.iter().all(|token| holds(token, &REGISTRATION_KEY, world.now)), "{:?}", world.tokens);
    assert_eq!(field(&world.tokens[0], "se"), Some("1700000900"), "five minutes longer than the attempt");
    assert_eq!(device.credential(), &Credential::ExternalSigner);
    assert_eq!((world.tpm.persistent, world.tpm.transient), (Some(HUB_KEY), None));
}

#[test]
fn a_tpm_tells_its_public_keys_with_both_requests() {
    let body = json!({
        "registrationId": "dev-01",
        "tpm": { "endorsementKey": base64(&[1; 316]), "storageRootKey": base64(&[2; 284]) },
    });
    let first = sending();
    let second = signing().signed(at(T0), &Signature::from_bytes([1; 32])).unwrap();
    for sending in [first, second] {
        assert_eq!(serde_json::from_slice::<Value>(sending.request().body()).unwrap(), body);
    }
}

#[test]
fn a_challenge_names_the_policy_or_leaves_it_at_registration() {
    let key = base64(&blob(&REGISTRATION_KEY));
    for (name, skn) in [(json!("a/b"), "a%2Fb"), (Value::Null, "registration")] {
        let world = challenged_with(&json!({ "authenticationKey": key, "keyName": name })).unwrap();
        assert_eq!(field(&world.tokens[0], "skn"), Some(skn));
    }
    let error = challenged_with(&json!({ "authenticationKey": key, "keyName": "no name" })).map(|_| ()).unwrap_err();
    assert_eq!(protocol_error(error).field, "keyName");
}

#[test]
fn a_401_without_a_key_is_a_refusal() {
    let refusal = json!({ "errorCode": 401_002, "trackingId": "t-1", "message": "Unauthorized" });
    let error = service_error(challenged_with(&refusal).map(|_| ()).unwrap_err());
    assert_eq!((error.status, error.code, error.tracking_id.as_deref()), (401, Some(401_002), Some("t-1")));
}

#[test]
fn an_error_code_beside_a_key_is_a_refusal() {
    let both = json!({ "errorCode": 401_002, "authenticationKey": base64(&blob(&REGISTRATION_KEY)) });
    let mut world = world([reply(401, &both)]);
    let error = service_error(world.register(profile(), tpm()).unwrap_err());
    assert_eq!((error.code, world.tpm.transient), (Some(401_002), None));
}

#[test]
fn a_second_challenge_is_a_refusal() {
    let mut world = world([challenge(), challenge()]);
    let error = service_error(world.register(profile(), tpm()).unwrap_err());
    assert_eq!(error.status, 401);
    assert_eq!(world.steps(), ["PUT", "activate", "sign", "PUT"]);
}

#[test]
fn a_challenge_is_for_a_tpm_only() {
    let mut world = World::new([challenge()]);
    assert_eq!(service_error(world.register_by_key().unwrap_err()).status, 401);
}

#[test]
fn a_wrapped_key_that_is_cut_or_no_base64_is_the_services_fault() {
    let whole = blob(&REGISTRATION_KEY);
    for key in [base64(&whole[..700]), "!!!".to_owned()] {
        let error = challenged_with(&json!({ "authenticationKey": key })).map(|_| ()).unwrap_err();
        let expected = ProtocolError { field: "authenticationKey", problem: ProtocolProblem::Unreadable };
        assert_eq!(protocol_error(error), expected, "{key}");
        let last = assigned(json!({ "tpm": { "authenticationKey": key } }));
        let error = protocol_error(world([challenge(), last]).register(profile(), tpm()).unwrap_err());
        assert_eq!(error, ProtocolError { field: "registrationState.tpm.authenticationKey", ..expected }, "{key}");
    }
}

#[test]
fn a_challenge_is_read_up_to_the_limit_of_a_body() {
    let padded =
        |length: usize| world([challenge().padded(length), assigned_with_hub_key()]).register(profile(), tpm());
    padded(BODY_LIMIT).unwrap();
    assert_eq!(protocol_error(padded(BODY_LIMIT + 1).unwrap_err()).problem, ProtocolProblem::TooLong);
}

#[test]
fn a_tpm_that_gets_no_key_of_the_hub_is_not_done() {
    let mut world = world([challenge(), assigned(json!({}))]);
    let error = protocol_error(world.register(profile(), tpm()).unwrap_err());
    let field = "registrationState.tpm.authenticationKey";
    assert_eq!(error, ProtocolError { field, problem: ProtocolProblem::Missing });
}

#[test]
fn a_tpm_that_is_not_challenged_does_not_go_on_without_proof() {
    for reply in [assigning(), assigned_with_hub_key()] {
        let error = protocol_error(world([reply]).register(profile(), tpm()).unwrap_err());
        assert_eq!(error, ProtocolError { field: "authenticationKey", problem: ProtocolProblem::Missing });
    }
}

#[test]
fn a_challenge_may_come_from_a_service_that_was_busy_first() {
    let mut world = world([reply(503, ""), Reply::Silence, challenge(), assigned_with_hub_key()]);
    world.register(profile(), tpm()).unwrap();
    assert_eq!(world.steps(), ["PUT", "wait", "PUT", "wait", "PUT", "activate", "sign", "PUT", "activate"]);
    assert!(world.log[4].ends_with(" by nothing"));
}

#[test]
fn a_lookup_by_a_tpm_has_no_beginning() {
    let error = Registration::start(profile().lookup_only(true), tpm(), at(T0), attempt()).unwrap_err();
    assert_eq!(error, Error::Plan(PlanError::TpmCannotLookUp));
}

#[test]
fn a_registration_that_breaks_off_leaves_the_hubs_key_in_the_tpm() {
    let mut world = world([challenge(), reply(400, "")]);
    world.register(profile(), tpm()).unwrap_err();
    assert_eq!(world.tpm.transient, Some(REGISTRATION_KEY));
    let signature = world.tpm.sign(KeyUse::Hub, b"a renewal of the old identity's token");
    assert_eq!(signature.as_bytes(), &hmac(&DEVICE_KEY, b"a renewal of the old identity's token"));
}

#[test]
fn a_slow_tpm_ends_the_attempt_before_a_dead_token_is_sent() {
    let late = END + seconds(1);
    let signature = Signature::from_bytes([1; 32]);
    assert_eq!(sending().answered(at(late), challenge().response().unwrap()).unwrap_err(), Error::OutOfTime);
    assert_eq!(activating(sending(), &challenge()).activated(at(late)).unwrap_err(), Error::OutOfTime);
    assert_eq!(signing().signed(at(late), &signature).unwrap_err(), Error::OutOfTime);
    assert!(signing().signed(at(END), &signature).is_ok(), "the deadline itself is in time");
}

#[test]
fn the_hubs_key_is_never_lost_however_slow_the_tpm_is() {
    let proved = signing().signed(at(T0), &Signature::from_bytes([1; 32])).unwrap();
    let step = activating(proved, &assigned_with_hub_key()).activated(at(END + seconds(86_400)));
    assert!(matches!(step, Ok(Step::Done(..))));
}

#[test]
fn an_x509_or_key_device_ignores_a_wrapped_key() {
    let mut world = World::new([assigned_with_hub_key()]);
    let device = world.register_by_key().unwrap();
    assert_eq!(world.steps(), ["PUT"], "no TPM is asked to take it");
    assert_eq!(device.credential(), &Credential::from(key(&DEVICE_KEY)));
}
