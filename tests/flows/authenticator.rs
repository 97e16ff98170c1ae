//! Plans as one machine: every plan, every action, every event in every state.

use crate::world::*;
use allocation_counter::measure;
use defender_auth::{
    Action, Authenticator, ConnectionString, Device, Error, Event, Now, Outcome, Plan,
    credential::{ClientCertificate, Credential, Issuer, SymmetricKeys},
    device_mode::Target,
    dps::Attestation,
    error::{ApiMisuse, Code, ErrorKind, PlanError, TpmError},
    http::Response,
    identity::{Identity, ModuleId},
    key::Signature,
    sas::SasToken,
};
use serde_json::json;
use std::iter::repeat_n;

fn module_id() -> ModuleId {
    ModuleId::azureiotsecurity()
}

fn module_identity() -> Identity {
    Identity::module(HUB.parse().unwrap(), "dev-01".parse().unwrap(), module_id())
}

fn provision_then_device_mode() -> Plan {
    Plan::provision(profile(), key(&DEVICE_KEY)).unwrap().in_device_mode(module_id()).unwrap()
}

/// Every state, reached as in life, with the action that is pending in it. Machines are not `Clone`: each call makes them
/// anew.
pub(crate) fn every_state() -> Vec<(&'static str, Authenticator)> {
    let signed = || Err(Event::Signed(Signature::from_bytes([7; 32])));
    let life = [
        ("Send", Ok(challenge())),
        ("Activate", Err(Event::Activated)),
        ("Sign", signed()),
        ("Send", Ok(assigning())),
        ("Wait", Err(Event::Elapsed)),
        ("Send", Ok(assigned_with_hub_key())),
        ("Activate", Err(Event::Activated)),
        ("Sign", signed()),
        ("Send", Ok(reply(429, ""))),
        ("Wait", Err(Event::Elapsed)),
        ("Send", Ok(module_keys())),
        ("Done", Err(Event::Unanswered)),
    ];
    let plan = Plan::provision(profile(), tpm()).unwrap().in_device_mode(module_id()).unwrap();
    let after = |steps: usize| {
        let mut auth = Authenticator::new(&plan, at(T0), LIMIT);
        for (_, event) in &life[..steps] {
            let event = match event {
                Ok(reply) => Event::Answered(reply.response().unwrap()),
                Err(event) => *event,
            };
            auth.handle(at(T0), event).unwrap();
        }
        auth
    };
    let failed = |steps: usize| {
        let mut auth = after(steps);
        auth.handle(at(T0), Event::Answered(Response::new(404, b""))).unwrap();
        auth
    };
    let states = life.iter().enumerate().map(|(steps, (action, _))| (*action, after(steps)));
    states.chain([("Failed", failed(0)), ("Failed", failed(10))]).collect()
}

static TPM_LOST: Error = Error::Tpm(TpmError::NoRegistrationKey);

pub(crate) fn every_event() -> [(&'static str, Event<'static>); 6] {
    [
        ("Answered", Event::Answered(Response::new(200, b"{}"))),
        ("Unanswered", Event::Unanswered),
        ("Elapsed", Event::Elapsed),
        ("Activated", Event::Activated),
        ("Signed", Event::Signed(Signature::from_bytes([0; 32]))),
        ("TpmFailed", Event::TpmFailed(&TPM_LOST)),
    ]
}

#[test]
fn every_event_in_every_state_is_the_answer_or_misuse_that_changes_nothing() {
    let answers = |action: &str| match action {
        "Send" => &["Answered", "Unanswered"][..],
        "Wait" => &["Elapsed"],
        "Activate" => &["Activated", "TpmFailed"],
        "Sign" => &["Signed", "TpmFailed"],
        _ => &[],
    };
    let (mut taken, mut refused) = (0, 0);
    for (given, event) in every_event() {
        for (pending, mut auth) in every_state() {
            let before = format!("{auth:?}");
            if answers(pending).contains(&given) {
                assert_eq!(auth.handle(at(T0), event), Ok(()), "{given} in {pending}");
                assert_ne!(before, format!("{auth:?}"), "{given} in {pending}");
                taken += 1;
            } else {
                assert_eq!(auth.handle(at(T0), event), Err(ApiMisuse { pending, given }));
                assert_eq!(before, format!("{auth:?}"), "{given} in {pending}");
                refused += 1;
            }
        }
    }
    assert_eq!((taken, refused), (20, 64));
}

#[test]
fn polling_changes_nothing() {
    for (pending, auth) in every_state() {
        let (state, action) = (format!("{auth:?}"), format!("{:?}", auth.poll()));
        assert!(action.starts_with(pending), "{action}");
        assert_eq!((state, action), (format!("{auth:?}"), format!("{:?}", auth.poll())));
    }
}

#[test]
fn a_failed_machine_keeps_its_reason() {
    let (_, mut auth) = every_state().pop().unwrap();
    for (given, event) in every_event() {
        assert_eq!(auth.handle(at(T0), event), Err(ApiMisuse { pending: "Failed", given }));
    }
    assert!(matches!(auth.poll(), Action::Failed(Error::Service(error)) if error.status == 404));
    assert_eq!(service_error(auth.into_outcome().unwrap_err()).status, 404);
}

#[test]
fn a_tpm_that_fails_ends_the_run_with_its_own_error() {
    let states = every_state().into_iter().filter(|(pending, _)| matches!(*pending, "Activate" | "Sign"));
    for (pending, mut auth) in states {
        auth.handle(at(T0), Event::TpmFailed(&TPM_LOST)).unwrap();
        assert!(matches!(auth.poll(), Action::Failed(error) if *error == TPM_LOST), "{pending}");
        assert_eq!(auth.into_outcome().unwrap_err(), TPM_LOST, "{pending}");
    }
}

#[test]
fn any_holder_of_a_key_can_say_why_it_does_not_sign() {
    let plan = Plan::device(device(Credential::ExternalSigner)).in_device_mode(module_id()).unwrap();
    let mut auth = Authenticator::new(&plan, at(T0), LIMIT);
    let locked = Error::NotSupported { what: "a token without its PIN" };
    auth.handle(at(T0), Event::TpmFailed(&locked)).unwrap();
    assert_eq!(auth.into_outcome().unwrap_err(), locked);
}

#[test]
fn asking_too_early_for_the_outcome_names_what_is_pending() {
    for (pending, auth) in every_state().into_iter().take(11) {
        assert_eq!(auth.into_outcome().unwrap_err(), Error::ApiMisuse(ApiMisuse { pending, given: "into_outcome" }));
    }
}

#[test]
fn an_action_can_be_answered_while_it_is_looked_at() {
    let mut auth = Authenticator::new(&provision_then_device_mode(), at(T0), LIMIT);
    match auth.poll() {
        // `Action` is `Copy`: nothing holds the borrow to the end of the arm.
        Action::Send(request) if !request.body().is_empty() => auth.handle(at(T0), Event::Unanswered).unwrap(),
        action => panic!("{action:?}"),
    }
    assert!(matches!(auth.poll(), Action::Wait(_)));
}

#[test]
fn a_known_module_or_device_needs_no_network_request() {
    let token = SasToken::parse("SharedAccessSignature sr=x&sig=y&se=1800000000").unwrap();
    let elsewhere = ClientCertificate::held_elsewhere(None);
    for credential in [Credential::from(key(&MODULE_KEY)), token.into(), elsewhere.into(), Credential::ExternalSigner] {
        let plans = [Plan::known(module_identity(), credential.clone()), Plan::device(device(credential.clone()))];
        for plan in plans {
            let outcome = World::new([]).run(&plan).unwrap();
            assert_eq!((plan.outcome(), outcome.credential()), (Some(&outcome), &credential));
            assert_eq!(plan.into_outcome(), Some(outcome));
        }
    }
}

#[test]
fn device_mode_asks_the_hub() {
    let plan = Plan::device(device(key(&DEVICE_KEY))).in_device_mode(Target::default()).unwrap();
    let mut world = World::new([module_keys()]);
    let outcome = world.run(&plan).unwrap();
    assert_eq!((world.steps(), outcome.identity()), (vec!["GET"], &module_identity()));
    assert_eq!(plan.outcome(), None);
    assert_eq!(plan.into_outcome(), None);
}

#[test]
fn provisioning_ends_with_the_device() {
    let mut world = World::new([assigning(), assigned(json!({}))]);
    let outcome = world.run(&Plan::provision(profile(), key(&DEVICE_KEY)).unwrap()).unwrap();
    assert_eq!(world.steps(), ["PUT", "wait", "GET"]);
    assert_eq!(outcome.identity().to_string(), format!("{HUB}/devices/dev-01"));
    assert_eq!(outcome.registration_state().unwrap().etag.as_deref(), Some("e1"));
}

#[test]
fn provisioning_goes_on_in_device_mode() {
    let mut world = World::new([assigning(), assigned(json!({})), module_keys()]);
    let outcome = world.run(&provision_then_device_mode()).unwrap();
    assert_eq!(world.steps(), ["PUT", "wait", "GET", "GET"]);
    assert!(world.log[3].contains(HUB) && holds(&world.tokens[2], &DEVICE_KEY, world.now));
    assert_eq!(outcome.identity(), &module_identity());
    assert_eq!(
        outcome.credential(),
        &Credential::SymmetricKeys(SymmetricKeys::new(key(&MODULE_KEY), Some(key(&MODULE_KEY_2))))
    );
    assert!(outcome.registration_state().is_some(), "what the service said about the device is kept");
}

#[test]
fn a_lookup_goes_on_in_device_mode_as_the_agents_do_it() {
    let plan = Plan::provision(profile().lookup_only(true), key(&DEVICE_KEY)).unwrap();
    let mut world = World::new([reply(200, &state(json!({}))), module_keys()]);
    world.run(&plan.in_device_mode(module_id()).unwrap()).unwrap();
    assert_eq!(world.steps(), ["POST", "GET"]);
}

#[test]
fn a_plan_can_be_told_whether_to_look_up_or_to_register() {
    let plan = Plan::provision(profile(), key(&DEVICE_KEY)).unwrap().lookup_only(true).unwrap();
    for (plan, reply, step) in [
        (plan.clone(), reply(200, &state(json!({}))), "POST"),
        (plan.lookup_only(false).unwrap(), assigned(json!({})), "PUT"),
    ] {
        let mut world = World::new([reply]);
        world.run(&plan).unwrap();
        assert_eq!(world.steps(), [step]);
    }
}

#[test]
fn a_tpm_and_device_mode_need_every_action_there_is() {
    let plan = Plan::provision(profile(), tpm()).unwrap().in_device_mode(module_id()).unwrap();
    let mut world = World::new([challenge(), assigning(), assigned_with_hub_key(), reply(503, ""), module_keys()]);
    let outcome = world.run(&plan).unwrap();
    let steps = ["PUT", "activate", "sign", "PUT", "wait", "GET", "activate", "sign", "GET", "wait", "GET"];
    assert_eq!(world.steps(), steps);
    assert!(holds(&world.tokens[0], &REGISTRATION_KEY, world.now) && holds(&world.tokens[2], &HUB_KEY, world.now));
    assert!(outcome.password(END).into_token().is_some(), "the module's key is in memory");
}

#[test]
fn a_self_signed_certificate_proves_both_flows() {
    let plan =
        Plan::provision(profile(), certificate(Issuer::SelfSigned)).unwrap().in_device_mode(module_id()).unwrap();
    let mut world = World::new([assigned(json!({})), module_keys()]);
    world.run(&plan).unwrap();
    assert!(world.log.iter().all(|line| line.ends_with(" by certificate")), "{:?}", world.log);
}

#[test]
fn plans_that_cannot_be_are_refused_when_they_are_made() {
    let ca = || certificate(Issuer::Authority);
    let provisioned = Plan::provision(profile(), ca()).unwrap();
    assert_eq!(provisioned.in_device_mode(module_id()).unwrap_err(), PlanError::DeviceModeNeedsSelfSigned);
    let known = Plan::device(device(ca()));
    assert_eq!(known.in_device_mode(module_id()).unwrap_err(), PlanError::DeviceModeNeedsSelfSigned);
    let module = Plan::known(module_identity(), key(&MODULE_KEY));
    assert_eq!(module.in_device_mode(module_id()).unwrap_err(), PlanError::AlreadyAModule);
    let lookup = Plan::provision(profile().lookup_only(true), tpm());
    assert_eq!(lookup.unwrap_err(), PlanError::TpmCannotLookUp);
    let registering = || Plan::provision(profile(), tpm()).unwrap();
    assert_eq!(registering().lookup_only(true).unwrap_err(), PlanError::TpmCannotLookUp);
    assert!(registering().lookup_only(false).is_ok());
}

#[test]
fn a_plan_says_what_it_begins_with() {
    let module = Plan::known(module_identity(), key(&MODULE_KEY));
    let known = Plan::device(device(key(&DEVICE_KEY)));
    let provision = Plan::provision(profile(), key(&DEVICE_KEY)).unwrap();
    for (plan, begins) in
        [(&module, [true, false, false]), (&known, [true, true, false]), (&provision, [false, false, true])]
    {
        assert_eq!([plan.outcome().is_some(), plan.known_device().is_some(), plan.profile().is_some()], begins);
        assert_eq!(plan.attestation().is_some(), plan.profile().is_some());
    }
    assert!(matches!(provision.attestation(), Some(Attestation::SymmetricKey(held)) if *held == key(&DEVICE_KEY)));
}

#[test]
fn a_device_that_is_merely_known_can_go_on_in_device_mode() {
    let identity = Identity::device(HUB.parse().unwrap(), "dev-01".parse().unwrap());
    let plan = Plan::known(identity, key(&DEVICE_KEY)).in_device_mode(module_id()).unwrap();
    assert_eq!(World::new([module_keys()]).run(&plan).unwrap().identity(), &module_identity());
}

#[test]
fn a_connection_string_is_a_plan() {
    let text = format!("HostName={HUB};DeviceId=dev-01;SharedAccessKey={};GatewayHostName=edge", base64(&DEVICE_KEY));
    let plan = Plan::from(ConnectionString::parse(&text).unwrap());
    assert_eq!(plan.outcome().unwrap().connection_string().unwrap().expose().expose(), text);
    let mut world = World::new([module_keys()]);
    let outcome = world.run(&plan.in_device_mode(module_id()).unwrap()).unwrap();
    assert_eq!(outcome.identity(), &module_identity().with_gateway("edge".parse().unwrap()));
    assert!(holds(&world.tokens[0], &DEVICE_KEY, T0));
}

#[test]
fn one_deadline_spans_both_flows() {
    let busy = repeat_n(reply(429, "").with("Retry-After", "5"), 9);
    let mut world = World::new([assigning(), assigning(), assigned(json!({}))].into_iter().chain(busy));
    world.deadline = T0 + seconds(20);
    let error = service_error(world.run(&provision_then_device_mode()).unwrap_err());
    assert_eq!((error.status, error.retry_after), (429, Some(seconds(5))));
    assert_eq!(world.now, T0 + seconds(3 + 3 + 5 + 5), "another five seconds would have been too long");
}

#[test]
fn a_longer_pause_than_there_is_time_for_is_reported_at_once() {
    let plan = Plan::provision(profile(), key(&DEVICE_KEY)).unwrap();
    let body = json!({ "operationId": OPERATION, "status": "assigning" });
    let mut world = World::new([reply(202, &body).with("Retry-After", "120")]);
    world.deadline = T0 + seconds(60);
    let error = world.run(&plan).unwrap_err();
    assert_eq!(error, Error::WaitTooLong { asked: seconds(120), left: seconds(60) });
    assert_eq!(
        (error.retry_after(), error.code(), error.kind()),
        (Some(seconds(120)), Code::OutOfTime, ErrorKind::Time)
    );
    assert!(error.is_retryable() && error.to_string().starts_with("the service asked for 2 min"), "{error}");
    assert_eq!(world.now, T0, "no time was spent on it");
}

#[test]
fn a_busy_service_that_asks_for_too_long_a_pause_is_reported_with_it() {
    let mut world = World::new([reply(429, "").with("Retry-After", "120")]);
    world.deadline = T0 + seconds(60);
    let error = world.run(&Plan::provision(profile(), key(&DEVICE_KEY)).unwrap()).unwrap_err();
    assert!(error.to_string().contains("the service asked for 2 min"), "{error}");
    assert_eq!((error.retry_after(), error.code(), world.now), (Some(seconds(120)), Code::ServiceThrottled, T0));
}

/// Everything that a run takes is given back, however many there are; and the last needs no more than the first.
#[test]
fn ten_thousand_runs_do_not_grow() {
    let devices = Plan::from(Device::new(HUB.parse().unwrap(), "dev-01".parse().unwrap(), key(&DEVICE_KEY)));
    let plans = [
        (devices.in_device_mode(module_id()).unwrap(), vec![module_keys()]),
        (provision_then_device_mode(), vec![assigning(), assigned(json!({})), module_keys()]),
    ];
    for (plan, script) in plans {
        let runs = |count: u64| {
            measure(|| {
                for i in 0..count {
                    let mut world = World::new(script.iter().cloned());
                    world.now = T0 + seconds(i % 100);
                    world.run(&plan).unwrap();
                }
            })
        };
        let (one, many) = (runs(1), runs(10_000));
        assert_eq!((many.bytes_current, many.count_current), (0, 0));
        assert_eq!((many.bytes_max, many.count_total), (one.bytes_max, one.count_total * 10_000));
    }
}

#[test]
fn machines_and_what_they_make_move_between_threads() {
    fn portable<T: Send + Sync + 'static>() {}
    portable::<(Plan, Authenticator, Outcome, Error)>();
    portable::<(Action<'static>, Event<'static>, Now)>();
}

#[test]
fn a_pause_of_hours_is_reported_whole() {
    for value in ["7200", "99999999999999999999"] {
        let mut world = World::new([reply(429, "").with("Retry-After", value)]);
        let error = world.run(&Plan::provision(profile(), key(&DEVICE_KEY)).unwrap()).unwrap_err();
        assert_eq!(error.retry_after(), Some(seconds(value.parse().unwrap_or(u64::MAX))));
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn the_assigned_device_outlives_a_module_that_is_missing() {
    let plan = provision_then_device_mode();
    let now = at(T0);
    let mut auth = Authenticator::new(&plan, now, seconds(600));
    assert_eq!(auth.assigned(), None);
    for reply in [assigned(json!({})), reply(404, "")] {
        auth.handle(now, Event::Answered(reply.response().unwrap())).unwrap();
    }
    assert!(matches!(auth.poll(), Action::Failed(_)), "{auth:?}");
    let device = auth.assigned().unwrap().clone();
    assert_eq!(device.identity().hub().as_str(), HUB);
    let again = Plan::device(device).in_device_mode(module_id()).unwrap();
    assert_eq!(World::new([module_keys()]).run(&again).unwrap().identity(), &module_identity());
}
