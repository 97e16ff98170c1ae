//! What answers lead to: a registration state, a refusal, an outcome for the months after.

use crate::world::*;
use defender_auth::{
    ConnectionString, Device, Error, Outcome, Password, Plan,
    credential::{Credential, SymmetricKeys},
    error::{ProtocolError, ProtocolProblem, Refusal},
    http::BODY_LIMIT,
    identity::{Identity, ModuleId},
    key::KeyUse,
    outcome::{RegistrationState, Substatus},
    sas::{Renewal, SasToken},
    wait::Reason,
};
use serde_json::{Value, json};

fn answered(reply: Reply) -> Result<Device, Error> {
    World::new([reply]).register_by_key()
}

fn looked_up(reply: Reply) -> Result<Device, Error> {
    World::new([reply]).register(profile().lookup_only(true), key(&DEVICE_KEY))
}

fn recorded(members: Value) -> RegistrationState {
    answered(assigned(members)).unwrap().registration_state().unwrap().clone()
}

/// An answer whose registration came to no good end.
fn ended(status: &str, more: Value) -> Reply {
    let mut state = json!({ "registrationId": "dev-01", "status": status });
    let Value::Object(more) = more else { panic!() };
    state.as_object_mut().unwrap().extend(more);
    reply(200, &json!({ "operationId": OPERATION, "status": status, "registrationState": state }))
}

fn refused_with(body: &Value) -> defender_auth::error::ServiceError {
    service_error(answered(reply(404, body)).unwrap_err())
}

fn module_outcome(credential: impl Into<Credential>) -> Outcome {
    let (hub, device) = (HUB.parse().unwrap(), "dev-01".parse().unwrap());
    let plan = Plan::known(Identity::module(hub, device, ModuleId::azureiotsecurity()), credential);
    plan.outcome().unwrap().clone()
}

#[test]
fn a_record_holds_what_the_service_noted() {
    let record = recorded(json!({ "payload": { "a": [1] } }));
    assert_eq!(record.last_updated.as_deref(), Some("2026-11-01T00:00:00Z"));
    assert_eq!(record.etag.as_deref(), Some("e1"));
    assert_eq!(record.payload.unwrap().as_str(), r#"{"a":[1]}"#);
    assert_eq!((record.substatus, record.others.len()), (None, 0));
    assert_eq!(recorded(json!({ "payload": null })).payload, None);
}

#[test]
fn a_record_can_be_shown_whatever_the_service_noted() {
    let noted = json!({ "lastUpdatedDateTimeUtc": "20\u{0}26\u{1b}[2J", "etag": "e\r\n\u{202e}1" });
    let record = recorded(noted);
    assert_eq!(record.last_updated.as_deref(), Some("20 26 [2J"), "for C it would end at the zero");
    assert_eq!(record.etag.as_deref(), Some("e   1"));
}

#[test]
fn every_substatus_has_its_name() {
    for (word, substatus) in [
        ("initialAssignment", Substatus::InitialAssignment),
        ("deviceDataMigrated", Substatus::DeviceDataMigrated),
        ("deviceDataReset", Substatus::DeviceDataReset),
        ("reprovisionedToInitialAssignment", Substatus::ReprovisionedToInitialAssignment),
        ("ofANewerVersion", Substatus::Other("ofANewerVersion".to_owned())),
    ] {
        assert_eq!(
            (substatus.to_string().as_str(), recorded(json!({ "substatus": word })).substatus),
            (word, Some(substatus))
        );
    }
}

#[test]
fn members_of_newer_versions_are_kept_as_they_are() {
    let members = json!({
        "networkProfile": { "port": 8883 }, "anotherChain": ["MIIB", "MIIC"], "invented": null,
    });
    for device in [answered(assigned(members.clone())), looked_up(reply(200, &state(members.clone())))] {
        let record = device.unwrap().registration_state().unwrap().clone();
        let others = record.others.iter().map(|(name, json)| format!("{name}: {}", json.as_str()));
        let chain = r#"anotherChain: ["MIIB","MIIC"]"#;
        assert_eq!(others.collect::<Vec<_>>(), [chain, "invented: null", r#"networkProfile: {"port":8883}"#]);
    }
}

#[test]
fn a_good_answer_about_another_registration_is_refused() {
    let other = json!({ "registrationId": "dev-02" });
    for result in [answered(assigned(other.clone())), looked_up(reply(200, &state(other)))] {
        let error = protocol_error(result.unwrap_err());
        assert_eq!((error.field, error.problem), ("registrationState.registrationId", ProtocolProblem::Unexpected));
    }
    assert!(answered(assigned(json!({ "registrationId": "DEV-01" }))).is_ok(), "case does not matter to the service");
    assert!(answered(assigned(json!({ "deviceId": "another-name" }))).is_ok(), "an enrollment names its device");
}

#[test]
fn any_answer_about_another_registration_is_refused() {
    for status in ["assigning", "failed", "disabled", "unassigned"] {
        let mut world = World::new([ended(status, json!({ "registrationId": "dev-02" })), assigned(json!({}))]);
        let result = world.register_by_key();
        assert!(matches!(result, Err(Error::Protocol(_))), "{status}: {result:?}");
    }
}

#[test]
fn a_registration_that_failed_says_what_the_service_said() {
    let words = json!({ "errorCode": 400_208, "errorMessage": "no hub" });
    for (status, refusal) in
        [("failed", Refusal::Failed), ("disabled", Refusal::Disabled), ("blacklisted", Refusal::Disabled)]
    {
        let error = service_error(answered(ended(status, words.clone())).unwrap_err());
        assert_eq!((error.refusal, error.status), (refusal, 200));
        assert_eq!((error.code, error.message.as_deref()), (Some(400_208), Some("no hub")), "{status}");
    }
}

#[test]
fn a_lookup_of_no_registration_says_what_the_service_said() {
    let words = json!({ "status": "unassigned", "errorCode": 404_201, "errorMessage": "nobody" });
    let error = looked_up(reply(200, &words)).unwrap_err();
    assert!(error.is_retryable(), "it may be registered later");
    let error = service_error(error);
    assert_eq!((error.refusal, error.code), (Refusal::Unassigned, Some(404_201)));
    assert_eq!(error.message.as_deref(), Some("nobody"));
}

#[test]
fn a_registration_that_failed_keeps_the_tracking_id() {
    let ends = ["failed", "disabled"].map(|status| (status, answered(ended(status, json!({ "trackingId": "t-1" })))));
    let lookup = looked_up(reply(200, &json!({ "status": "unassigned", "trackingId": "t-1" })));
    for (status, end) in ends.into_iter().chain([("unassigned", lookup)]) {
        assert_eq!(service_error(end.unwrap_err()).tracking_id.as_deref(), Some("t-1"), "{status}");
    }
}

#[test]
fn a_refusal_has_code_words_and_tracking_id_in_any_spelling() {
    for body in [
        json!({ "errorCode": 404_201, "trackingId": "t-1", "message": "Enrollment not found", "info": {} }),
        json!({ "code": 404_201, "TrackingId": "t-1", "errorMessage": "Enrollment not found" }),
        json!({ "errorCode": 404_201, "trackingID": "t-1", "Message": "Enrollment not found" }),
    ] {
        let error = refused_with(&body);
        assert_eq!((error.code, error.tracking_id.as_deref()), (Some(404_201), Some("t-1")), "{body}");
        assert_eq!(error.message.as_deref(), Some("Enrollment not found"));
        let text = error.to_string();
        let said = "the provisioning service answered 404 (404201): Enrollment not found [tracking id t-1]; ";
        assert!(text.starts_with(said), "{text}");
    }
}

#[test]
fn words_of_a_service_come_as_one_short_line() {
    let error = refused_with(&json!({ "message": format!("a\r\n\t\u{7}\u{1b}[31mb{}", "é".repeat(300)) }));
    let words = error.message.unwrap();
    assert!(words.starts_with("a     [31mb") && words.chars().count() == 256, "{words}");
}

fn assert_withheld(quote: &str) {
    for body in [
        json!({ "message": format!("bad: {quote}") }),
        json!({ "message": format!("{}{quote}", "a".repeat(250)) }),
        json!({ "trackingId": quote }),
        json!({ "ExceptionMessage": format!("Tracking ID:{quote}") }),
    ] {
        let text = refused_with(&body).to_string();
        assert!(text.contains("withheld") && !text.contains("c2Vj"), "{text}");
    }
    let text = answered(ended("failed", json!({ "errorMessage": quote }))).unwrap_err().to_string();
    assert!(text.contains("withheld"), "{text}");
}

#[test]
fn words_that_quote_a_credential_are_withheld() {
    assert_withheld("SharedAccessSignature sr=x&sig=c2VjcmV0&se=1");
    assert_withheld("HostName=h;DeviceId=d;SharedAccessKey=c2VjcmV0");
}

#[test]
fn words_that_quote_a_part_of_a_credential_are_withheld_too() {
    assert_withheld("sr=x&sig=c2VjcmV0&se=1");
    assert_withheld("sharedaccesskey=c2VjcmV0");
}

#[test]
fn an_answer_that_makes_no_sense_is_named_by_its_field() {
    use ProtocolProblem::{Missing, Unexpected, Unreadable};
    let status = |word: &str| reply(200, &json!({ "status": word }));
    for (reply, field, problem) in [
        (reply(200, "<html>"), "body", Unreadable),
        (reply(200, "[]"), "body", Unreadable),
        (reply(200, "{}"), "status", Missing),
        (status("dancing"), "status", Unexpected),
        (status("assigning"), "operationId", Missing),
        (reply(200, &json!({ "status": "assigned", "registrationState": 1 })), "registrationState", Unreadable),
        (status("assigned"), "registrationState.assignedHub", Missing),
        (assigned(json!({ "assignedHub": null })), "registrationState.assignedHub", Missing),
        (assigned(json!({ "assignedHub": "https://evil.example/" })), "registrationState.assignedHub", Unreadable),
        (assigned(json!({ "deviceId": null })), "registrationState.deviceId", Missing),
        (assigned(json!({ "deviceId": "a/b" })), "registrationState.deviceId", Unreadable),
    ] {
        assert_eq!(protocol_error(answered(reply).unwrap_err()), ProtocolError { field, problem });
    }
}

#[test]
fn an_operation_id_cannot_change_the_path_of_the_poll() {
    for id in ["", "../x", "a/b", "a?b", "a b", "a%2fb", "a#b", "a\r\nb", &"a".repeat(257)] {
        let error = answered(reply(202, &json!({ "operationId": id, "status": "assigning" }))).unwrap_err();
        assert_eq!(
            protocol_error(error),
            ProtocolError { field: "operationId", problem: ProtocolProblem::Unreadable },
            "{id}"
        );
    }
}

#[test]
fn a_body_is_read_up_to_the_limit() {
    let padded = |length: usize| answered(assigned(json!({})).padded(length));
    padded(BODY_LIMIT).unwrap();
    assert_eq!(protocol_error(padded(BODY_LIMIT + 1).unwrap_err()).problem, ProtocolProblem::TooLong);
}

#[test]
fn a_plan_runs_again_and_tells_what_changed() {
    let plan = Plan::provision(profile(), key(&DEVICE_KEY)).unwrap().in_device_mode(ModuleId::azureiotsecurity());
    let plan = plan.unwrap();
    let run = |state: Value, module: Reply| World::new([assigned(state), module]).run(&plan).unwrap();
    let first = run(json!({}), module_keys());
    let changes = |state: Value, module: Reply| {
        let changes = run(state, module).changes_since(&first);
        assert_eq!(changes.any(), changes.to_string() != "nothing changed");
        changes.to_string()
    };
    let touched = json!({ "lastUpdatedDateTimeUtc": "2026-12-24T00:00:00Z" });
    let moved =
        json!({ "lastUpdatedDateTimeUtc": "2026-12-24T00:00:00Z", "assignedHub": "fabrikam.azure-devices.net" });
    let rotated = json!({ "type": "sas", "symmetricKey": { "primaryKey": base64(&HUB_KEY) } });
    assert_eq!(changes(json!({}), module_keys()), "nothing changed");
    assert_eq!(changes(json!({}), module(&rotated)), "the credential changed");
    assert_eq!(changes(touched, module_keys()), "the registration changed");
    assert_eq!(changes(moved, module_keys()), "the hub, the registration changed");
    let unregistered = Outcome::new(first.identity().clone(), first.credential().clone());
    for (new, old) in [(&unregistered, &first), (&first, &unregistered)] {
        assert!(!new.changes_since(old).any(), "what is not repeated has not changed");
    }
}

#[test]
fn the_switch_to_the_secondary_key_happens_once_and_is_no_change() {
    let fresh = module_outcome(SymmetricKeys::new(key(&MODULE_KEY), Some(key(&MODULE_KEY_2))));
    let mut fallen = fresh.clone();
    assert!(fallen.fall_back() && !fallen.fall_back());
    let token = fallen.password(END).into_token().unwrap();
    assert!(holds(token.expose(), &MODULE_KEY_2, T0));
    assert!(!fresh.changes_since(&fallen).any());
    assert!(!module_outcome(Credential::ExternalSigner).fall_back());
}

#[test]
fn a_given_token_stays_what_it_is() {
    let text = "SharedAccessSignature sr=x&sig=y&se=1700000100";
    let token = module_outcome(SasToken::parse(text).unwrap()).password(END).into_token().unwrap();
    assert_eq!((token.expose(), token.expires_at()), (text, T0 + seconds(100)));
}

#[test]
fn the_connection_string_of_an_outcome_is_a_plan_again() {
    let outcome = module_outcome(key(&MODULE_KEY));
    let text = outcome.connection_string().unwrap().expose();
    let plan = Plan::from(ConnectionString::parse(text.expose()).unwrap());
    assert_eq!(plan.outcome(), Some(&outcome));
    assert!(module_outcome(Credential::ExternalSigner).connection_string().is_none());
}

#[test]
fn ninety_days_of_tokens_are_renewed_in_time_with_a_key_and_with_a_tpm() {
    let tpm = Tpm { persistent: Some(HUB_KEY), ..Tpm::default() };
    for (credential, secret) in
        [(Credential::from(key(&MODULE_KEY)), MODULE_KEY), (Credential::ExternalSigner, HUB_KEY)]
    {
        let outcome = module_outcome(credential);
        let (mut now, mut made) = (T0, 0_u32);
        while now < T0 + seconds(90 * 86_400) {
            let expiry = now + seconds(3600);
            let token = match outcome.password(expiry) {
                Password::Sign(string) => string.token(&tpm.sign(KeyUse::Hub, string.as_bytes())),
                password => password.into_token().unwrap(),
            };
            let wait = Renewal::of(now, expiry).wait(now);
            assert_eq!((secs(wait), wait.reason), ((2880, 3060), Reason::Renewal));
            now = now + wait.pick(made.wrapping_mul(2_654_435_761));
            assert!(holds(token.expose(), &secret, now), "renewed before its end");
            made += 1;
        }
        assert!(made > 2540, "{made} tokens");
    }
}
