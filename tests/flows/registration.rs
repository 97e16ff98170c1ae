//! Registration with a key or a certificate: its arrows, its requests, its waits. What answers say is in `outcome`.

use crate::world::*;
use defender_auth::{
    Attempt, Device, Error, SharedAccessKey, UnixTime,
    credential::{Credential, Issuer},
    dps::{Attestation, Cloud, Profile, Registration, Sending, Step, Waiting},
    error::{ErrorKind, Refusal},
    http::{ApiVersion, Operation},
    identity::HostName,
    key::KeyUse,
    payload::Payload,
    wait::Reason,
};
use serde_json::json;
use std::iter::repeat_n;

impl World {
    /// A registration through its typed states: no state can be asked the wrong thing.
    pub(crate) fn register(&mut self, profile: Profile, proof: impl Into<Attestation>) -> Result<Device, Error> {
        let mut step = Step::Send(Registration::start(profile, proof, at(self.now), self.attempt())?);
        loop {
            step = match step {
                Step::Send(sending) => match self.exchange(sending.request()).response() {
                    Some(response) => sending.answered(at(self.now), response)?,
                    None => sending.unanswered(at(self.now))?,
                },
                Step::Wait(waiting) => {
                    self.wait(waiting.wait());
                    waiting.elapsed(at(self.now))?
                }
                Step::Activate(activating) => {
                    self.activate(activating.blob());
                    activating.activated(at(self.now))?
                }
                Step::Sign(signing) => {
                    let signature = self.sign(KeyUse::Registration, signing.string_to_sign().as_bytes());
                    Step::Send(signing.signed(at(self.now), &signature)?)
                }
                Step::Done(device, _) => return Ok(device),
            }
        }
    }

    pub(crate) fn register_by_key(&mut self) -> Result<Device, Error> {
        self.register(profile(), key(&DEVICE_KEY))
    }
}

fn sending(profile: Profile, deadline: UnixTime) -> Registration<Sending> {
    let attempt = Attempt::new(at(T0), deadline.since(T0));
    Registration::start(profile, key(&DEVICE_KEY), at(T0), attempt).unwrap()
}

/// The wait that an answer leads to.
fn waiting(reply: &Reply, deadline: UnixTime) -> Registration<Waiting> {
    let sending = sending(profile(), deadline);
    let step = match reply.response() {
        Some(response) => sending.answered(at(T0), response),
        None => sending.unanswered(at(T0)),
    };
    match step {
        Ok(Step::Wait(waiting)) => waiting,
        other => panic!("no wait: {other:?}"),
    }
}

fn body(profile: Profile) -> String {
    String::from_utf8(sending(profile, END).request().body().to_vec()).unwrap()
}

#[test]
fn a_key_registers_and_polls_with_one_token() {
    let mut world = World::new([assigning(), assigning(), assigned(json!({}))]);
    let device = world.register_by_key().unwrap();
    let registration = format!("{DPS}/0ne000A1B2C/registrations/dev-01");
    let poll = format!("GET {registration}/operations/{OPERATION}?api-version=2019-03-31 by token");
    let put = format!("PUT {registration}/register?api-version=2019-03-31 by token");
    assert_eq!(world.log, [&put, "wait 3 Assigning", &poll, "wait 3 Assigning", &poll]);

    let token = &world.tokens[0];
    assert!(world.tokens.iter().all(|other| other == token) && holds(token, &DEVICE_KEY, world.now));
    assert_eq!(field(token, "sr"), Some("0ne000A1B2C%2Fregistrations%2Fdev-01"));
    assert_eq!(field(token, "skn"), Some("registration"));
    assert_eq!(field(token, "se"), Some("1700000900"), "five minutes longer than the attempt");
    assert_eq!(device.identity().to_string(), format!("{HUB}/devices/dev-01"));
    assert_eq!(device.credential(), &Credential::from(key(&DEVICE_KEY)));
}

#[test]
fn an_assignment_at_once_needs_no_poll() {
    let mut world = World::new([assigned(json!({}))]);
    world.register_by_key().unwrap();
    assert_eq!(world.steps(), ["PUT"]);
}

#[test]
fn a_group_key_registers_a_device_by_the_key_derived_for_it() {
    let mut world = World::new([assigned(json!({}))]);
    let group = SharedAccessKey::from_bytes(&[9; 64]).unwrap();
    world.register(profile(), group.derive(profile().registration_id())).unwrap();
    assert!(holds(&world.tokens[0], &hmac(&[9; 64], b"dev-01"), T0));
}

#[test]
fn a_certificate_registers_without_a_token_and_becomes_the_credential() {
    let ours = certificate(Issuer::Authority);
    let mut world = World::new([assigning(), assigned(json!({}))]);
    let device = world.register(profile(), ours.clone()).unwrap();
    assert!([0, 2].iter().all(|line| world.log[*line].ends_with(" by certificate")), "{:?}", world.log);
    assert_eq!(device.credential(), &Credential::Certificate(ours));
}

#[test]
fn a_registration_whose_assignment_has_not_started_is_polled_too() {
    let unassigned = reply(202, &json!({ "operationId": OPERATION, "status": "unassigned" }));
    let mut world = World::new([unassigned.clone(), unassigned, assigned(json!({}))]);
    world.register_by_key().unwrap();
    assert_eq!(world.steps(), ["PUT", "wait", "GET", "wait", "GET"]);
}

#[test]
fn a_body_holds_the_registration_id_and_the_payload() {
    assert_eq!(body(profile()), r#"{"registrationId":"dev-01"}"#);
    let model = Payload::model_id("dtmi:a:b;1");
    let with_model = r#"{"registrationId":"dev-01","payload":{"modelId":"dtmi:a:b;1"}}"#;
    assert_eq!(body(profile().with_payload(model.clone())), with_model);
    assert_eq!(body(profile().with_payload(model).lookup_only(true)), body(profile()), "a lookup brings nothing");
}

#[test]
fn a_poll_has_no_body() {
    let Ok(Step::Send(poll)) = waiting(&assigning(), END).elapsed(at(T0 + seconds(3))) else { panic!() };
    assert!(poll.request().body().is_empty());
    assert!(matches!(poll.request().operation(), Operation::RegistrationStatus(id) if id.as_str() == OPERATION));
    assert!(poll.request().headers().all(|(name, _)| name != "content-type"));
}

#[test]
fn a_request_has_the_headers_that_its_body_and_its_token_need() {
    let sending = sending(profile(), END);
    let headers: Vec<_> = sending.request().headers().collect();
    let token = sending.request().token().unwrap().expose();
    let json = "application/json; charset=utf-8";
    assert_eq!(headers, [("accept", "application/json"), ("content-type", json), ("authorization", token)]);
}

#[test]
fn every_cloud_has_its_host_and_others_can_be_named() {
    let own: HostName = "dps.contoso.example".parse().unwrap();
    for (endpoint, host) in [
        (Cloud::Global.into(), "global.azure-devices-provisioning.net"),
        (Cloud::China.into(), "global.azure-devices-provisioning.cn"),
        (Cloud::UsGovernment.into(), "global.azure-devices-provisioning.us"),
        (own, "dps.contoso.example"),
    ] {
        let sending = sending(profile().with_endpoint(endpoint), END);
        assert_eq!(sending.request().host().as_str(), host);
    }
    assert_eq!(profile().endpoint().as_str(), DPS);
}

#[test]
fn the_api_version_is_a_parameter_of_every_request() {
    let profile = profile().with_api_version(ApiVersion::new("2021-06-01").unwrap());
    let mut world = World::new([assigning(), assigned(json!({})), reply(200, &state(json!({})))]);
    world.register(profile.clone(), key(&DEVICE_KEY)).unwrap();
    world.register(profile.lookup_only(true), key(&DEVICE_KEY)).unwrap();
    assert_eq!(world.steps(), ["PUT", "wait", "GET", "POST"]);
    for line in [0, 2, 3] {
        assert!(world.log[line].contains("?api-version=2021-06-01 "), "{}", world.log[line]);
    }
}

#[test]
fn a_lookup_asks_and_does_not_register() {
    let mut world = World::new([reply(200, &state(json!({})))]);
    world.register(profile().lookup_only(true), key(&DEVICE_KEY)).unwrap();
    assert_eq!(world.log, [format!("POST {DPS}/0ne000A1B2C/registrations/dev-01?api-version=2019-03-31 by token")]);
}

#[test]
fn a_lookup_waits_while_another_registration_is_in_progress() {
    let mut world = World::new([reply(200, &json!({ "status": "assigning" })), reply(200, &state(json!({})))]);
    world.register(profile().lookup_only(true), key(&DEVICE_KEY)).unwrap();
    assert_eq!(world.steps(), ["POST", "wait", "POST"]);
}

#[test]
fn a_lookup_of_a_device_that_is_not_registered_is_refused() {
    let mut world = World::new([reply(200, &json!({ "status": "unassigned" }))]);
    let error = world.register(profile().lookup_only(true), key(&DEVICE_KEY)).unwrap_err();
    assert_eq!(service_error(error).refusal, Refusal::Unassigned);
}

#[test]
fn waits_are_ranges_with_a_reason() {
    let busy = reply(429, "").with("Retry-After", "8");
    for (reply, range, reason) in [
        (busy, (8, 11), Reason::Busy { status: 429 }),
        (reply(503, ""), (1, 2), Reason::Busy { status: 503 }),
        (Reply::Silence, (1, 2), Reason::Unanswered),
        (assigning(), (3, 4), Reason::Assigning),
        (reply(202, &json!({ "operationId": "4", "status": "assigning" })), (2, 3), Reason::Assigning),
    ] {
        let wait = waiting(&reply, END).wait();
        assert_eq!((secs(wait), wait.reason), (range, reason));
        assert_eq!((wait.pick(0), wait.pick(u32::MAX)), (wait.at_least, wait.at_most));
    }
}

#[test]
fn retry_after_is_heeded_in_both_forms_and_not_shortened() {
    let in_a_minute = "Tue, 14 Nov 2023 22:14:20 GMT";
    let long_enough = T0 + seconds(100_000);
    for (value, wait) in
        [("7", 7), ("0", 1), ("86400", 86_400), (in_a_minute, 60), (T0_DATE, 1), (TWO_HOURS_LATER, 7_200)]
    {
        for reply in [reply(429, ""), reply(202, &json!({ "operationId": "4", "status": "assigning" }))] {
            assert_eq!(secs(waiting(&reply.with("retry-after", value), long_enough).wait()).0, wait, "{value}");
        }
    }
}

#[test]
fn a_retry_date_is_read_against_the_services_own_clock() {
    let busy = reply(503, "").with("Retry-After", "Wed, 15 Nov 2023 00:13:50 GMT").with("Date", TWO_HOURS_LATER);
    assert_eq!(secs(waiting(&busy, END).wait()).0, 30);
}

#[test]
fn a_busy_service_is_asked_again_with_growing_pauses_and_then_reported() {
    for status in [408, 429, 500, 502, 503, 504, 599] {
        let mut world = World::new(repeat_n(reply(status, &json!({ "errorCode": 503_000 })), 7));
        let error = world.register_by_key().unwrap_err();
        let waits: Vec<_> = world.log.iter().filter(|line| line.starts_with("wait")).collect();
        let expected = [1, 2, 4, 8, 16, 32].map(|wait| format!("wait {wait} Busy {{ status: {status} }}"));
        assert_eq!(waits, expected.iter().collect::<Vec<_>>());
        assert!(error.is_retryable(), "{error}");
        assert_eq!(service_error(error).status, status);
    }
}

#[test]
fn silence_is_asked_again_with_growing_pauses_and_then_unreachable() {
    let mut world = World::new(repeat_n(Reply::Silence, 7));
    let error = world.register_by_key().unwrap_err();
    assert_eq!((&error, world.now), (&Error::Unreachable { attempts: 7 }, T0 + seconds(63)));
    assert!(error.is_retryable());
}

#[test]
fn a_good_answer_renews_the_patience() {
    let trouble = || repeat_n(reply(500, ""), 3).chain(repeat_n(Reply::Silence, 3));
    let mut world = World::new(trouble().chain([assigning()]).chain(trouble()).chain([assigned(json!({}))]));
    world.register_by_key().unwrap();
}

#[test]
fn an_assignment_that_never_comes_ends_with_the_attempt() {
    let mut world = World::new(repeat_n(assigning(), 1000));
    assert_eq!(world.register_by_key().unwrap_err(), Error::OutOfTime);
    assert_eq!(world.now, END, "the attempt's time was used");
    assert!(holds(world.tokens.last().unwrap(), &DEVICE_KEY, world.now), "and never with a dead token");
}

#[test]
fn a_wait_that_just_fits_is_not_stretched_beyond_the_deadline() {
    let deadline = T0 + seconds(60);
    let waiting = waiting(&reply(429, "").with("Retry-After", "60"), deadline);
    assert_eq!(secs(waiting.wait()), (60, 60));
    assert!(waiting.elapsed(at(deadline)).is_ok(), "the deadline itself is in time");
}

#[test]
fn redirects_are_final_and_nothing_is_sent_elsewhere() {
    for status in [300, 301, 302, 303, 307, 308] {
        let mut world = World::new([reply(status, "").with("Location", "https://evil.example/")]);
        let error = world.register_by_key().unwrap_err();
        assert!(!error.is_retryable() && error.to_string().contains("check the host name"), "{error}");
        assert_eq!((service_error(error).status, world.steps()), (status, vec!["PUT"]));
    }
}

#[test]
fn other_refusals_are_final() {
    let rejections = [400, 401, 403, 404, 409, 410, 412].map(|status| (status, ErrorKind::Service));
    // Neither is an answer of the service to this request.
    for (status, kind) in [(100, ErrorKind::Peer), (304, ErrorKind::Peer)].into_iter().chain(rejections) {
        let mut world = World::new([reply(status, "")]);
        let error = world.register_by_key().unwrap_err();
        assert!(!error.is_retryable() && error.kind() == kind, "{error}");
        assert_eq!((service_error(error).status, world.steps()), (status, vec!["PUT"]));
    }
}
