//! Device mode: the hub is asked for the module's identity, and answers.

use crate::{Shown, world::*};
use defender_auth::{
    Device, Error, Outcome, Password,
    credential::{ClientCertificate, Credential, Issuer, PolicyKey, SymmetricKeys},
    device_mode::{ModuleLookup, Step, Target},
    error::{ErrorKind, ModuleError, PlanError, ProtocolError, ProtocolProblem, ServiceOperation},
    http::BODY_LIMIT,
    identity::{DeviceId, ModuleId},
    key::KeyUse,
    sas::{Audience, Resource, SasToken},
    wait::Reason,
};
use serde_json::{Value, json};
use std::iter::repeat_n;

const GET: &str = "GET contoso.azure-devices.net/devices/dev-01/modules/azureiotsecurity?api-version=2018-06-30";

impl World {
    /// Device mode through its typed states.
    pub(crate) fn become_module(&mut self, device: Device, target: impl Into<Target>) -> Result<Outcome, Error> {
        let mut step = ModuleLookup::start(device, target, at(self.now), self.attempt())?;
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
                Step::Sign(signing) => {
                    let signature = self.sign(KeyUse::Hub, signing.string_to_sign().as_bytes());
                    Step::Send(signing.signed(at(self.now), &signature)?)
                }
                Step::Done(outcome) => return Ok(outcome),
            }
        }
    }

    fn by_key(&mut self) -> Result<Outcome, Error> {
        self.become_module(device(key(&DEVICE_KEY)), Target::default())
    }
}

fn by_key(reply: Reply) -> Result<Outcome, Error> {
    World::new([reply]).by_key()
}

#[test]
fn a_devices_key_opens_the_way_to_the_modules_keys() {
    let mut world = World::new([module_keys()]);
    let outcome = world.by_key().unwrap();
    assert_eq!(world.log, [format!("{GET} by token")]);
    let token = &world.tokens[0];
    assert!(holds(token, &DEVICE_KEY, T0));
    assert_eq!(field(token, "sr"), Some("contoso.azure-devices.net%2Fdevices%2Fdev-01"));
    assert_eq!((field(token, "skn"), field(token, "se")), (None, Some("1700000900")));
    assert_eq!(outcome.identity().to_string(), format!("{HUB}/devices/dev-01/modules/azureiotsecurity"));
    let keys = SymmetricKeys::new(key(&MODULE_KEY), Some(key(&MODULE_KEY_2)));
    assert_eq!((outcome.credential(), outcome.registration_state()), (&Credential::SymmetricKeys(keys), None));
}

#[test]
fn the_audience_of_the_security_agents_is_there_by_name() {
    let mut world = World::new([module_keys()]);
    world.become_module(device(key(&DEVICE_KEY)), Target::default().with_audience(Audience::HubOnly)).unwrap();
    assert_eq!(field(&world.tokens[0], "sr"), Some(HUB));
}

#[test]
fn ids_are_encoded_in_path_and_token_and_not_in_the_outcome() {
    let symmetric = json!({ "primaryKey": base64(&MODULE_KEY) });
    let authentication = json!({ "type": "sas", "symmetricKey": symmetric });
    let answer = json!({ "moduleId": "m+1", "deviceId": "a#b?c", "authentication": authentication });
    let mut world = World::new([reply(200, &answer)]);
    let odd = Device::new(HUB.parse().unwrap(), DeviceId::new("a#b?c").unwrap(), key(&DEVICE_KEY));
    let outcome = world.become_module(odd, ModuleId::new("m+1").unwrap()).unwrap();
    assert!(world.log[0].contains("/devices/a%23b%3Fc/modules/m%2B1?"), "{}", world.log[0]);
    assert_eq!(field(&world.tokens[0], "sr"), Some("contoso.azure-devices.net%2Fdevices%2Fa%23b%3Fc"));
    assert_eq!(outcome.identity().to_string(), format!("{HUB}/devices/a#b?c/modules/m+1"));
    assert_eq!(outcome.credential(), &Credential::from(key(&MODULE_KEY)), "a secondary key is not needed");
}

#[test]
fn a_device_behind_a_gateway_asks_the_hub_and_goes_on_behind_the_gateway() {
    let behind = device(key(&DEVICE_KEY)).with_gateway("edge.local".parse().unwrap());
    let mut world = World::new([module_keys()]);
    let outcome = world.become_module(behind, Target::default()).unwrap();
    assert_eq!(world.log, [format!("{GET} by token")]);
    assert_eq!((outcome.identity().hub().as_str(), outcome.identity().endpoint().as_str()), (HUB, "edge.local"));
}

#[test]
fn a_self_signed_certificate_or_one_that_is_not_known_is_enough() {
    for ours in [certificate(Issuer::SelfSigned), ClientCertificate::held_elsewhere(None)] {
        let mut world = World::new([module_keys()]);
        world.become_module(device(ours), Target::default()).unwrap();
        assert_eq!(world.log, [format!("{GET} by certificate")]);
    }
}

#[test]
fn a_certificate_of_an_authority_is_refused_before_anything_is_sent() {
    for theirs in [certificate(Issuer::Authority), ClientCertificate::held_elsewhere(Some(Issuer::Authority))] {
        let error = ModuleLookup::start(device(theirs), Target::default(), at(T0), attempt()).unwrap_err();
        assert_eq!(error, Error::Plan(PlanError::DeviceModeNeedsSelfSigned));
    }
}

#[test]
fn a_key_in_a_tpm_signs_for_the_question() {
    let mut world = World::new([module_keys()]);
    world.tpm.persistent = Some(HUB_KEY);
    world.become_module(device(Credential::ExternalSigner), Target::default()).unwrap();
    assert_eq!(world.log, ["sign Hub", &format!("{GET} by token")]);
    assert!(holds(&world.tokens[0], &HUB_KEY, T0));
}

#[test]
fn a_signature_that_comes_too_late_is_not_sent() {
    let Ok(Step::Sign(signing)) =
        ModuleLookup::start(device(Credential::ExternalSigner), Target::default(), at(T0), attempt())
    else {
        panic!()
    };
    let signature = Tpm { persistent: Some(HUB_KEY), ..Tpm::default() }.sign(KeyUse::Hub, b"");
    assert_eq!(signing.signed(at(END + seconds(1)), &signature).unwrap_err(), Error::OutOfTime);
}

#[test]
fn a_policys_key_asks_in_the_policys_name() {
    let mut world = World::new([module_keys()]);
    let policy = PolicyKey { policy: "device".parse().unwrap(), key: key(&DEVICE_KEY) };
    world.become_module(device(policy), Target::default()).unwrap();
    assert!(holds(&world.tokens[0], &DEVICE_KEY, T0));
    assert_eq!((field(&world.tokens[0], "sr"), field(&world.tokens[0], "skn")), (Some(HUB), Some("device")));
}

#[test]
fn a_given_token_is_sent_as_it_is() {
    let text = "SharedAccessSignature sr=x&sig=y&se=1800000000";
    let mut world = World::new([module_keys()]);
    world.become_module(device(SasToken::parse(text).unwrap()), Target::default()).unwrap();
    assert_eq!(world.tokens, [text]);
}

#[test]
fn a_given_token_that_has_expired_is_named_as_the_cause() {
    let ends_at = |secs: u64| SasToken::parse(&format!("SharedAccessSignature sr=x&sig=y&se={secs}")).unwrap();
    let refused = |secs: u64, reply: Reply| {
        World::new([reply]).become_module(device(ends_at(secs)), Target::default()).unwrap_err()
    };
    let denied = || reply(401, "");
    assert_eq!(refused(T0.as_secs(), denied()), Error::TokenExpired { at: T0 });
    assert!(matches!(refused(T0.as_secs() + 1, denied()), Error::Service(_)));
    // By this clock it is valid for another hour. The hub's clock decides.
    let error = refused(T0.as_secs() + 3600, denied().with("Date", TWO_HOURS_LATER));
    assert!(matches!(error, Error::TokenExpired { .. }), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::Time);
}

#[test]
fn a_module_that_wants_a_certificate_gets_the_targets_own() {
    for kind in ["selfSigned", "certificateAuthority"] {
        let answer = module(&json!({ "symmetricKey": { "primaryKey": null, "secondaryKey": null }, "type": kind }));
        assert_eq!(by_key(answer.clone()).unwrap_err(), Error::Module(ModuleError::NeedsCertificate));
        let own = certificate(Issuer::Authority);
        let target = Target::default().with_certificate(own.clone());
        let outcome = World::new([answer]).become_module(device(key(&DEVICE_KEY)), target).unwrap();
        assert_eq!(outcome.password(END), Password::Certificate(own));
    }
}

#[test]
fn a_module_without_authentication_is_named() {
    let error = by_key(module(&json!({ "type": "none" }))).unwrap_err();
    assert_eq!(error, Error::Module(ModuleError::NoAuthentication));
    assert!(error.to_string().contains("at the hub"), "{error}");
}

#[test]
fn an_answer_is_checked_before_it_is_used() {
    const PRIMARY: &str = "authentication.symmetricKey.primaryKey";
    const SECONDARY: &str = "authentication.symmetricKey.secondaryKey";
    let good = json!({ "type": "sas", "symmetricKey": { "primaryKey": base64(&MODULE_KEY) } });
    let with = |symmetric: Value| json!({ "authentication": { "type": "sas", "symmetricKey": symmetric } });
    for (members, field, problem) in [
        (json!({ "deviceId": "other" }), "deviceId", ProtocolProblem::Unexpected),
        (json!({ "deviceId": "DEV-01" }), "deviceId", ProtocolProblem::Unexpected),
        (json!({ "deviceId": null }), "deviceId", ProtocolProblem::Missing),
        (json!({ "moduleId": "$edgeAgent" }), "moduleId", ProtocolProblem::Unexpected),
        (json!({ "moduleId": null }), "moduleId", ProtocolProblem::Missing),
        (json!({ "moduleId": 7 }), "body", ProtocolProblem::Unreadable),
        (json!({ "authentication": null }), "authentication", ProtocolProblem::Missing),
        (json!({ "authentication": {} }), "authentication.type", ProtocolProblem::Missing),
        (json!({ "authentication": { "type": "oauth" } }), "authentication.type", ProtocolProblem::Unexpected),
        (json!({ "authentication": { "type": "sas" } }), "authentication.symmetricKey", ProtocolProblem::Missing),
        (with(json!({ "primaryKey": null })), PRIMARY, ProtocolProblem::Missing),
        (with(json!({ "primaryKey": "" })), PRIMARY, ProtocolProblem::Unreadable),
        (with(json!({ "primaryKey": "!!!" })), PRIMARY, ProtocolProblem::Unreadable),
        (
            with(json!({ "primaryKey": base64(&MODULE_KEY), "secondaryKey": "!" })),
            SECONDARY,
            ProtocolProblem::Unreadable,
        ),
    ] {
        let mut answer = json!({ "moduleId": "azureiotsecurity", "deviceId": "dev-01", "authentication": good });
        let Value::Object(members) = members else { panic!() };
        answer.as_object_mut().unwrap().extend(members);
        let error = protocol_error(by_key(reply(200, &answer)).unwrap_err());
        assert_eq!(error, ProtocolError { field, problem }, "{answer}");
    }
    assert_eq!(protocol_error(by_key(reply(200, "<html>")).unwrap_err()).field, "body");
}

#[test]
fn a_body_is_read_up_to_the_limit() {
    let padded = |length: usize| by_key(module_keys().padded(length));
    padded(BODY_LIMIT).unwrap();
    let problem = protocol_error(padded(BODY_LIMIT + 1).unwrap_err()).problem;
    assert_eq!((BODY_LIMIT, problem), (65_536, ProtocolProblem::TooLong));
}

#[test]
fn a_key_whose_slashes_are_escaped_is_read() {
    let Reply::Answer { body, .. } = module_keys() else { panic!() };
    let slashes = base64(&[0xff; 32]);
    let body = body.replace(&base64(&MODULE_KEY), &slashes.replace('/', "\\/"));
    let outcome = by_key(reply(200, &body)).unwrap();
    assert_eq!(
        outcome.credential(),
        &Credential::SymmetricKeys(SymmetricKeys::new(key(&[0xff; 32]), Some(key(&MODULE_KEY_2))))
    );
}

#[test]
fn a_refusal_of_the_hub_keeps_status_words_and_tracking_id() {
    for status in [301, 400, 401, 403, 404, 412] {
        let id = "cc4e0f9d23e14d46-G:10-TimeStamp:08/11/2020 20:23:42";
        let words = "ErrorCode:ModuleNotFound;nothing";
        let hidden = format!("Tracking ID:{id}");
        let error = by_key(reply(status, &json!({ "Message": words, "ExceptionMessage": hidden }))).unwrap_err();
        assert!(
            !error.is_retryable() && error.kind() == if status == 301 { ErrorKind::Peer } else { ErrorKind::Service },
            "{error}"
        );
        assert!(error.to_string().contains("the hub answered") && error.to_string().contains(id), "{error}");
        let error = service_error(error);
        assert_eq!(
            (error.asked, error.status, error.message.as_deref()),
            (ServiceOperation::Module, status, Some(words))
        );
        assert_eq!(error.tracking_id.as_deref(), Some(id));
    }
}

#[test]
fn a_busy_or_silent_hub_is_asked_again_with_the_same_token() {
    let mut world = World::new([reply(429, "").with("Retry-After", "9"), Reply::Silence, module_keys()]);
    world.by_key().unwrap();
    let get = format!("{GET} by token");
    let busy = format!("wait 9 {:?}", Reason::Busy { status: 429 });
    assert_eq!(world.log, [&get, &busy, &get, "wait 2 Unanswered", &get]);
    assert!(world.tokens.iter().all(|token| *token == world.tokens[0]));
}

#[test]
fn a_hub_that_stays_busy_or_silent_is_reported() {
    let error = World::new(repeat_n(reply(503, ""), 7)).by_key().unwrap_err();
    assert!(matches!(&error, Error::Service(error) if error.status == 503) && error.is_retryable());
    let error = World::new(repeat_n(Reply::Silence, 7)).by_key().unwrap_err();
    assert!(matches!(error, Error::Unreachable { attempts: 7 }) && error.is_retryable());
}

/// Keys and tokens in messages that are wrong somewhere else.
#[test]
fn no_error_about_an_answer_shows_a_secret() {
    let mut shown = Shown::default();
    let Reply::Answer { body: keys, .. } = module_keys() else { panic!() };
    let token = SasToken::sign(&key(&DEVICE_KEY), &Resource::from_plain("h").unwrap(), END);
    shown.token(token.expose());
    let broken =
        [keys.replace("dev-01", "dev-02"), keys.replace("sas", "?"), keys[9..].to_owned(), format!("[{keys}]")];
    let quoting = json!({ "message": token.expose(), "trackingId": token.expose() }).to_string();
    for status in [200, 400, 401, 404, 200, 400, 401, 404] {
        for body in broken.iter().chain([&quoting]) {
            let module = World::new([reply(status, body)]).become_module(device(token.clone()), Target::default());
            shown.error(&module.unwrap_err());
            shown.error(&World::new([reply(status, body)]).register_by_key().unwrap_err());
        }
    }
    shown.assert_silent();
}
