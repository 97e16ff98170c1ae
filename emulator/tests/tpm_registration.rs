//! A device with a TPM at the provisioning service, and then at its hub. Two private keys replace the TPM.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;
#[path = "support/tpm.rs"]
mod tpm;

use defender_auth_emulator::{
    Config, Dps, Emulator, Enrollment, Entry, Fault, Group, Hub, Module, Operation, Refusal, World,
};
use mqtt_protocol_core::mqtt::{packet::Qos, result_code::ConnectReturnCode};
use serde_json::{Value, json};
use support::{Answer, DPS, HUB, KEY, Mqtt, OTHER, answer, certificates::Leaf, https, play, raw_as, token};
use tpm::Tpm;

const RESOURCE: &str = "0ne%2Fregistrations%2Fdev-01";
const MODULE: &str = "GET /devices/dev-01/modules/m?api-version=2018-06-30";

fn emulator() -> Emulator {
    let key = Tpm::new().endorsement_key();
    let dps = Dps::new("0ne")
        .enrollment(Enrollment::with_endorsement_key("dev-01", &key))
        .enrollment(Enrollment::new("by-key", KEY));
    play(World::new().hub(Hub::new(HUB)).dps(dps))
}

fn keys(tpm: &Tpm) -> Value {
    json!({ "endorsementKey": tpm.endorsement_key(), "storageRootKey": tpm.storage_root_key() })
}

fn ask(emulator: &Emulator, method: &str, path: &str, token: &str, body: &Value) -> Answer {
    let line = format!("{method} /0ne/registrations/{path}?api-version=2019-03-31");
    https(emulator, &line, DPS, token, &body.to_string())
}

fn register(emulator: &Emulator, token: &str, body: &Value) -> Answer {
    ask(emulator, "PUT", "dev-01/register", token, body)
}

/// The registration key of a challenge, in base64.
fn challenged(emulator: &Emulator, tpm: &Tpm) -> String {
    let answer = register(emulator, "", &json!({ "registrationId": "dev-01", "tpm": keys(tpm) }));
    assert_eq!(answer.status, 401);
    key_of(tpm, &answer.json()["authenticationKey"])
}

fn key_of(tpm: &Tpm, blob: &Value) -> String {
    data_encoding::BASE64.encode(&tpm.activate(blob.as_str().unwrap()).unwrap())
}

fn registration_token(key: &str) -> String {
    token(RESOURCE, key) + "&skn=registration"
}

/// The final state, with the key of a challenge.
fn assigned(emulator: &Emulator, key: &str) -> Value {
    let token = registration_token(key);
    let first = register(emulator, &token, &json!({ "registrationId": "dev-01" }));
    assert_eq!(first.status, 202, "{first:?}");
    let operation = first.json()["operationId"].as_str().unwrap().to_owned();
    let last = ask(emulator, "GET", &format!("dev-01/operations/{operation}"), &token, &json!({}));
    assert_eq!(last.status, 200, "{last:?}");
    last.json()["registrationState"].clone()
}

fn denied(emulator: &Emulator, answer: &Answer, code: u32, reason: &Refusal) {
    let body = answer.json();
    assert_eq!((u32::from(answer.status), &body["errorCode"]), (code / 1000, &json!(code)), "{reason:?}");
    assert!(body.get("authenticationKey").is_none());
    match emulator.journal().entries().pop().unwrap() {
        Entry::Denied { reason: given, .. } => assert_eq!(given, *reason),
        other => panic!("{other}"),
    }
}

#[test]
fn from_a_challenge_to_a_login_at_the_hub() {
    let (emulator, tpm) = (emulator(), Tpm::new());
    let body = json!({ "registrationId": "dev-01", "tpm": keys(&tpm) });
    let challenge = register(&emulator, "", &body);
    assert_eq!((challenge.status, challenge.header("Retry-After")), (401, None));
    let mut members = challenge.json();
    let blob = members["authenticationKey"].take();
    let message = "Authorization required, resend request using supplied key";
    let rest = json!({
        "message": message, "authenticationKey": null, "unencryptedAuthenticationKey": null, "keyName": "registration",
    });
    assert_eq!(members, rest, "and no errorCode");
    let entry = Entry::answered("register 0ne/dev-01", 401, "a challenge for the TPM");
    assert_eq!(emulator.journal().entries(), [entry]);

    let registration_key = key_of(&tpm, &blob);
    assert!(Tpm::other().activate(blob.as_str().unwrap()).is_err());
    let state = assigned(&emulator, &registration_key);
    assert_eq!((&state["assignedHub"], &state["deviceId"]), (&json!(HUB), &json!("dev-01")));
    assert!(state.get("symmetricKey").is_none() && state.get("x509").is_none());
    let hub_key = key_of(&tpm, &state["tpm"]["authenticationKey"]);
    assert_ne!(hub_key, registration_key);

    let user = format!("{HUB}/dev-01/?api-version=2020-09-30");
    let log_in =
        |key: &str| Mqtt::connect(&emulator, HUB, "dev-01", &user, &token(&format!("{HUB}%2Fdevices%2Fdev-01"), key)).1;
    assert_eq!(log_in(&hub_key), ConnectReturnCode::Accepted);
    assert_eq!(log_in(&registration_key), ConnectReturnCode::NotAuthorized);
    emulator.add_module(HUB, "dev-01", Module::new("m", OTHER)).unwrap();
    let module = https(&emulator, MODULE, HUB, &token(&format!("{HUB}/devices/dev-01"), &hub_key), "");
    assert_eq!(module.json()["authentication"]["symmetricKey"]["primaryKey"], OTHER);

    // Again, as clients that send the TPM's keys with their token as well.
    let key = challenged(&emulator, &tpm);
    assert_ne!(key, registration_key);
    let again = register(&emulator, &registration_token(&key), &body);
    assert_eq!(again.status, 202);
    let again = assigned(&emulator, &key);
    assert_eq!(key_of(&tpm, &again["tpm"]["authenticationKey"]), hub_key, "the hub's key stays");
    assert_ne!(again["tpm"], state["tpm"], "in another wrapping");
}

#[test]
fn a_registered_device_keeps_its_key() {
    let tpm = Tpm::new();
    let text = format!(
        "[[hub]]\nhost_name = '{HUB}'\n[[hub.device]]\nid = 'pump'\nprimary_key = '{KEY}'\n[dps]\nid_scope = '0ne'\n\
         [[dps.enrollment]]\nid = 'dev-01'\nendorsement_key = '{}'\ndevice_id = 'pump'\npending = 0\n",
        tpm.endorsement_key()
    );
    let emulator = play(World::from(Config::parse(&text).unwrap()));
    let register = |key: &str| {
        let answer = register(&emulator, &registration_token(key), &json!({}));
        assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("assigned")), "at once");
        key_of(&tpm, &answer.json()["registrationState"]["tpm"]["authenticationKey"])
    };
    assert_eq!(register(&challenged(&emulator, &tpm)), KEY);
    emulator.rotate_device_keys(HUB, "pump", OTHER, KEY).unwrap();
    assert_eq!(register(&challenged(&emulator, &tpm)), OTHER);
    emulator.move_enrollment("dev-01", "elsewhere.net").unwrap();
    assert_ne!(register(&challenged(&emulator, &tpm)), OTHER, "a hub that is not played has a new one");
}

#[test]
fn only_the_latest_challenge_is_valid_and_expires() {
    let (emulator, tpm) = (emulator(), Tpm::new());
    let send = |key: &str| register(&emulator, &registration_token(key), &json!({}));
    denied(&emulator, &send(KEY), 401_002, &Refusal::NoChallenge);
    let (first, second) = (challenged(&emulator, &tpm), challenged(&emulator, &tpm));
    denied(&emulator, &send(&first), 401_002, &Refusal::ChallengeSignature);
    assert_eq!(send(&second).status, 202);
    emulator.clock_offset(700);
    assert_eq!(send(&second).json()["errorCode"], 401_002);
    let late = emulator.journal().entries().pop().unwrap().to_string();
    assert!(late.contains("the token expired"), "{late}");
    emulator.clock_offset(3600);
    denied(&emulator, &send(&second), 401_002, &Refusal::NoChallenge);
}

#[test]
fn another_tpm_gets_no_key() {
    let (emulator, tpm) = (emulator(), Tpm::new());
    let (good, other) = (keys(&tpm), keys(&Tpm::other()));
    let send = |keys: &Value| register(&emulator, "", &json!({ "tpm": keys }));
    denied(&emulator, &send(&other), 401_002, &Refusal::AnotherTpm);
    denied(&emulator, &send(&Value::Null), 401_002, &Refusal::NoTpm);
    denied(&emulator, &send(&json!("keys")), 400_207, &Refusal::Body);
    let bad = |member: &'static str, value: Value, fault: &'static str| {
        let mut keys = good.clone();
        keys[member] = value;
        denied(&emulator, &send(&keys), 400_207, &Refusal::TpmKey { member, fault });
    };
    bad("endorsementKey", Value::Null, "it is missing, or not a string");
    bad("endorsementKey", json!("AToAAQ"), "it is not base64");
    let kind = "its attributes are those of another key of the TPM";
    bad("endorsementKey", good["storageRootKey"].clone(), kind);
    bad("storageRootKey", good["endorsementKey"].clone(), kind);
    bad("storageRootKey", json!("AAQAAQAL"), "it is truncated, or does not begin with its size");

    let mut mixed = good;
    mixed["storageRootKey"] = other["storageRootKey"].clone();
    let key = challenged(&emulator, &tpm);
    let answer = register(&emulator, &registration_token(&key), &json!({ "tpm": mixed }));
    denied(&emulator, &answer, 401_002, &Refusal::AnotherTpm);
}

#[test]
fn a_tpm_registers_over_https_only() {
    let (emulator, tpm) = (emulator(), Tpm::new());
    let body = json!({ "tpm": keys(&tpm) });
    let token = registration_token(&challenged(&emulator, &tpm));
    denied(&emulator, &ask(&emulator, "POST", "dev-01", "", &body), 401_002, &Refusal::LookupByTpm);
    denied(&emulator, &ask(&emulator, "POST", "dev-01", &token, &body), 401_002, &Refusal::LookupByTpm);
    let poll = ask(&emulator, "GET", "dev-01/operations/5.x", "", &json!({}));
    denied(&emulator, &poll, 401_002, &Refusal::NoToken);
    denied(&emulator, &ask(&emulator, "PUT", "by-key/register", "", &body), 401_002, &Refusal::NotByTpm);
    denied(&emulator, &ask(&emulator, "PUT", "dev-02/register", "", &body), 404_201, &Refusal::UnknownEnrollment);
    let leaf = Leaf::self_signed("dev-01");
    let line = "PUT /0ne/registrations/dev-01/register?api-version=2019-03-31 HTTP/1.1";
    let text = format!("{line}\r\nHost: {DPS}\r\nConnection: close\r\n\r\n");
    let shown = raw_as(&emulator, DPS, Some(support::Shown(&leaf, &[])), &text).unwrap();
    denied(&emulator, &answer(&shown), 401_002, &Refusal::NotByCertificate);

    let user = "0ne/registrations/dev-01/api-version=2019-03-31";
    for password in ["", &token] {
        let (mut client, code) = Mqtt::connect(&emulator, DPS, "dev-01", user, password);
        assert_eq!(code, ConnectReturnCode::Accepted);
        client.subscribe("$dps/registrations/res/#", Qos::AtMostOnce);
        client.publish("$dps/registrations/PUT/iotdps-register/?$rid=1", &body.to_string());
        let (topic, payload, _) = client.message().unwrap();
        assert_eq!(topic, "$dps/registrations/res/401/?$rid=1");
        assert!(!payload.contains("authenticationKey"));
        let reason = Entry::denied("register 0ne/dev-01", 401, Refusal::TpmOverMqtt);
        assert_eq!(emulator.journal().entries().pop().unwrap(), reason);
    }
}

#[test]
fn a_group_cannot_have_a_tpm() {
    let dps = Dps::new("0ne").group(Group::new("fleet", KEY));
    let emulator = play(World::new().hub(Hub::new(HUB)).dps(dps));
    let answer = register(&emulator, "", &json!({ "tpm": keys(&Tpm::new()) }));
    denied(&emulator, &answer, 401_002, &Refusal::NotByTpm);
}

#[test]
fn faults_spoil_the_key_or_challenge_twice() {
    let (emulator, tpm) = (emulator(), Tpm::new());
    let body = json!({ "tpm": keys(&tpm) });
    let activated = |fault: Fault| {
        emulator.fault(Operation::Register, fault, 1);
        let answer = register(&emulator, "", &body);
        assert_eq!(answer.status, 401);
        tpm.activate(answer.json()["authenticationKey"].as_str().unwrap())
    };
    assert_eq!(activated(Fault::BadKeyBlob), Err("the integrity of the credential"));
    assert_eq!(activated(Fault::ForeignEndorsementKey), Err("the seed of the credential"));
    assert!(activated(Fault::SecondChallenge).is_ok(), "it is the first");

    let key = challenged(&emulator, &tpm);
    emulator.fault(Operation::Register, Fault::SecondChallenge, 1);
    let second = register(&emulator, &registration_token(&key), &body);
    assert_eq!((second.status, second.json().get("errorCode")), (401, None));
    let key = key_of(&tpm, &second.json()["authenticationKey"]);
    emulator.fault(Operation::RegistrationStatus, Fault::BadKeyBlob, 1);
    let state = assigned(&emulator, &key);
    let spoilt = tpm.activate(state["tpm"]["authenticationKey"].as_str().unwrap());
    assert_eq!(spoilt, Err("the integrity of the credential"), "the hub's key as well");
    emulator.fault(Operation::RegistrationStatus, Fault::SecondChallenge, 1);
    let token = registration_token(&key);
    let operation = register(&emulator, &token, &body).json()["operationId"].as_str().unwrap().to_owned();
    let poll = ask(&emulator, "GET", &format!("dev-01/operations/{operation}"), &token, &json!({}));
    assert!(poll.status == 401 && poll.json()["authenticationKey"].is_string(), "a poll as well");
}
