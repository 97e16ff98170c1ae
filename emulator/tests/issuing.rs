//! Certificates that are issued at a registration and renewed through a hub.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{
    ChainFault, Config, Device, Dps, Emulator, Enrollment, Entry, Fault, Group, Hub, Issuing, KeyType, Operation,
    Refusal, World,
};
use mqtt_protocol_core::mqtt::{
    packet::Qos,
    result_code::ConnectReturnCode::{self, Accepted, NotAuthorized},
};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use serde_json::{Value, json};
use std::time::Duration;
use support::{DPS, HUB, KEY, Mqtt, dial, dial_by, https, play, token};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

const ANSWERS: &str = "$iothub/credentials/res/#";
const RID: &str = "request-1";

/// A key and its request.
struct Requested {
    key: KeyPair,
    csr: String,
}

fn requested(name: &str) -> Requested {
    requested_by(name, &PKCS_ECDSA_P384_SHA384)
}

fn requested_by(name: &str, algorithm: &'static SignatureAlgorithm) -> Requested {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let csr = data_encoding::BASE64.encode(params.serialize_request(&key).unwrap().der());
    Requested { key, csr }
}

/// One hub with the device dev-02, and an enrollment of dev-01.
fn world(policy: &Issuing) -> World {
    let enrollment = Enrollment::new("dev-01", KEY).issuing(policy.clone()).pending(0);
    let hub =
        Hub::new(HUB).device(Device::new("dev-02", KEY).issuing(policy.clone())).device(Device::new("dev-03", KEY));
    World::new().hub(hub).dps(Dps::new("0ne").enrollment(enrollment))
}

fn register(emulator: &Emulator, csr: &str) -> Value {
    let body = json!({ "registrationId": "dev-01", "csr": csr }).to_string();
    let line = "PUT /0ne/registrations/dev-01/register?api-version=2025-07-01-preview";
    https(emulator, line, DPS, &token("0ne%2Fregistrations%2Fdev-01", KEY), &body).json()
}

fn chain(value: &Value) -> Vec<CertificateDer<'static>> {
    let texts = value.as_array().unwrap().iter().map(|text| text.as_str().unwrap());
    texts.map(|text| data_encoding::BASE64.decode(text.as_bytes()).unwrap().into()).collect()
}

/// Whether each certificate is signed by the next, and the last by itself.
fn is_chain(chain: &[CertificateDer<'_>]) -> bool {
    let read = |at: usize| X509Certificate::from_der(&chain[at.min(chain.len() - 1)]).unwrap().1;
    (0..chain.len()).all(|at| read(at).verify_signature(Some(read(at + 1).public_key())).is_ok())
}

fn user(id: &str) -> String {
    format!("{HUB}/{id}/?api-version=2025-08-01-preview")
}

fn log_in(emulator: &Emulator, id: &str, chain: &[CertificateDer<'static>], key: &KeyPair) -> ConnectReturnCode {
    let root = CertificateDer::from_pem_slice(emulator.root_pem().as_bytes()).unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let tls = dial_by(root, emulator.address(), HUB, Some((chain.to_vec(), key)));
    Mqtt::connect_over(tls, id, &user(id), None).1
}

fn connect(emulator: &Emulator, id: &str, is_clean: bool) -> (Mqtt, bool) {
    let password = token(&format!("{HUB}%2Fdevices%2F{id}"), KEY);
    let tls = dial(emulator, emulator.address(), HUB);
    let (client, connack) = Mqtt::connect_as(tls, id, &user(id), Some(&password), 0, is_clean);
    let (code, is_earlier) = connack.unwrap();
    assert_eq!(code, Accepted);
    (client, is_earlier)
}

/// A client of dev-02 with its subscription.
fn subscribed(emulator: &Emulator) -> Mqtt {
    let mut client = connect(emulator, "dev-02", true).0;
    client.subscribe(ANSWERS, Qos::AtLeastOnce);
    client
}

/// Ends a connection, and waits until the emulator has noticed.
fn disconnected(emulator: &Emulator, client: Mqtt) {
    drop(client);
    for _ in 0..500 {
        if emulator.connections() == 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it is still connected");
}

fn ask(client: &mut Mqtt, rid: &str, body: &str) {
    client.publish(&format!("$iothub/credentials/POST/issueCertificate/?$rid={rid}"), body);
}

fn body(csr: &str) -> String {
    json!({ "id": "dev-02", "csr": csr }).to_string()
}

fn replacing(csr: &str, replace: &str) -> String {
    json!({ "id": "dev-02", "csr": csr, "replace": replace }).to_string()
}

/// The next answer: its status, and its body.
fn answer(client: &mut Mqtt, rid: &str) -> (u16, Value) {
    let (topic, payload, _) = client.message().unwrap();
    let rest = topic.strip_prefix("$iothub/credentials/res/").unwrap();
    let (status, query) = rest.split_once("/?").unwrap();
    assert_eq!(query, format!("$rid={rid}"));
    (status.parse().unwrap(), serde_json::from_str(&payload).unwrap())
}

/// The code of an answer that is an error.
fn refused(client: &mut Mqtt, rid: &str, body: &str) -> (u64, Value) {
    ask(client, rid, body);
    let (status, body) = answer(client, rid);
    let code = body["errorCode"].as_u64().unwrap();
    assert_eq!(u64::from(status), code / 1000);
    assert!(body["trackingId"].is_string() && body["timestampUtc"].is_string() && body["message"].is_string());
    (code, body["info"].clone())
}

#[test]
fn a_registration_issues_one_chain_and_the_device_logs_in_with_it() {
    let emulator = play(world(&Issuing::new()));
    let own = requested("dev-01");
    let body = register(&emulator, &own.csr);
    let issued = chain(&body["registrationState"]["issuedCertificateChain"]);
    assert!(issued.len() == 3 && is_chain(&issued));
    assert_eq!(issued[2].as_ref(), emulator.issuing_root().unwrap());
    let (_, leaf) = X509Certificate::from_der(&issued[0]).unwrap();
    assert_eq!(leaf.subject().to_string(), "CN=dev-01");
    let days = leaf.validity().not_after.timestamp() - leaf.validity().not_before.timestamp();
    assert_eq!(days, 30 * 86_400);
    assert_eq!(leaf.public_key().subject_public_key.data.as_ref(), own.key.public_key_raw());
    assert_eq!(log_in(&emulator, "dev-01", &issued, &own.key), Accepted);
    assert_eq!(log_in(&emulator, "dev-02", &issued, &own.key), NotAuthorized, "it is another device's");
    assert_eq!(emulator.issued_certificates(HUB, "dev-01").len(), 1);
    let operation = body["operationId"].as_str().unwrap();
    let line = format!("GET /0ne/registrations/dev-01/operations/{operation}?api-version=2025-07-01-preview");
    let ask = |line: &str| https(&emulator, line, DPS, &token("0ne%2Fregistrations%2Fdev-01", KEY), "").json();
    assert_eq!(ask(&line)["registrationState"], body["registrationState"], "the status of the operation has it");
    let look_up = "POST /0ne/registrations/dev-01?api-version=2025-07-01-preview";
    let state = ask(look_up);
    assert_eq!(
        (&state["status"], &state["issuedCertificateChain"]),
        (&json!("assigned"), &Value::Null),
        "its own has not"
    );
    assert_eq!(emulator.issued_certificates(HUB, "dev-01").len(), 1);
}

#[test]
fn a_registration_in_the_place_of_one_that_is_pending_issues_a_second_certificate() {
    let enrollment = Enrollment::new("dev-01", KEY).hub(HUB).pending(1).issuing(Issuing::new());
    let emulator = play(World::new().hub(Hub::new(HUB)).dps(Dps::new("0ne").enrollment(enrollment)));
    let own = requested("dev-01");
    let [first, second] = [(); 2].map(|()| register(&emulator, &own.csr)["operationId"].clone());
    let ask = |operation: &Value| {
        let operation = operation.as_str().unwrap();
        let line = format!("GET /0ne/registrations/dev-01/operations/{operation}?api-version=2025-07-01-preview");
        https(&emulator, &line, DPS, &token("0ne%2Fregistrations%2Fdev-01", KEY), "")
    };
    assert_eq!(ask(&first).status, 404);
    assert_eq!(chain(&ask(&second).json()["registrationState"]["issuedCertificateChain"]).len(), 3);
    assert_eq!(emulator.issued_certificates(HUB, "dev-01").len(), 2);
}

#[test]
fn a_registration_over_mqtt_issues_a_chain_when_it_is_done() {
    let group = Group::new("fleet", KEY).issuing(Issuing::new().depth(2)).pending(1);
    let emulator = play(World::new().hub(Hub::new(HUB)).dps(Dps::new("0ne").group(group)));
    let user = "0ne/registrations/new-1/api-version=2025-07-01-preview&ClientVersion=test";
    let key = Group::device_key(KEY, "new-1").unwrap();
    let (mut client, code) = Mqtt::connect(&emulator, DPS, "new-1", user, &token("0ne%2Fregistrations%2Fnew-1", &key));
    assert_eq!(code, Accepted);
    client.subscribe("$dps/registrations/res/#", Qos::AtLeastOnce);
    let own = requested("new-1");
    let body = format!(r#"{{"csr":"{}","payload":{{"a":1}}}}"#, own.csr);
    client.publish("$dps/registrations/PUT/iotdps-register/?$rid=1", &body);
    let pending: Value = serde_json::from_str(&client.message().unwrap().1).unwrap();
    let operation = pending["operationId"].as_str().unwrap();
    client.publish(&format!("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId={operation}"), "");
    let done: Value = serde_json::from_str(&client.message().unwrap().1).unwrap();
    let issued = chain(&done["registrationState"]["issuedCertificateChain"]);
    assert!(issued.len() == 2 && is_chain(&issued));
    assert_eq!(log_in(&emulator, "new-1", &issued, &own.key), Accepted);
    assert_eq!(emulator.received_payload("new-1"), Some(json!({ "a": 1 })));
}

#[test]
fn without_a_policy_or_with_an_older_version_no_chain_is_issued() {
    let own = requested("dev-01");
    let enrollment = Enrollment::new("dev-01", KEY).pending(0);
    let emulator = play(World::new().hub(Hub::new(HUB)).dps(Dps::new("0ne").enrollment(enrollment)));
    let state = register(&emulator, &own.csr)["registrationState"].clone();
    assert_eq!((&state["status"], &state["issuedCertificateChain"]), (&json!("assigned"), &Value::Null));
    let emulator = play(world(&Issuing::new()));
    let body = json!({ "csr": own.csr }).to_string();
    let line = "PUT /0ne/registrations/dev-01/register?api-version=2021-06-01";
    let state =
        https(&emulator, line, DPS, &token("0ne%2Fregistrations%2Fdev-01", KEY), &body).json()["registrationState"]
            .clone();
    assert_eq!((&state["status"], &state["issuedCertificateChain"]), (&json!("assigned"), &Value::Null));
}

#[test]
fn what_is_no_request_is_refused_and_what_the_policy_does_not_allow_fails() {
    let emulator = play(world(&Issuing::new().key_types([KeyType::P256])));
    for csr in ["", "not base64!", &"A".repeat(8196)] {
        assert_eq!(register(&emulator, csr)["errorCode"], 400_207, "{}", csr.len());
    }
    let swapped = data_encoding::BASE64.encode(b"\x30\x03\x02\x01\x00");
    for csr in [&requested("dev-01").csr, &requested_by("dev-01", &PKCS_ED25519).csr, &swapped] {
        let state = register(&emulator, csr)["registrationState"].clone();
        assert_eq!((&state["status"], &state["errorCode"]), (&json!("failed"), &json!(400_040)), "{state}");
    }
    let emulator = play(world(&Issuing::new()));
    let state = register(&emulator, &requested("dev-09").csr)["registrationState"].clone();
    assert!(state["errorMessage"].as_str().unwrap().contains("dev-09"), "{state}");
    let mut spoiled = data_encoding::BASE64.decode(requested("dev-01").csr.as_bytes()).unwrap();
    *spoiled.last_mut().unwrap() ^= 1;
    let state = register(&emulator, &data_encoding::BASE64.encode(&spoiled))["registrationState"].clone();
    assert_eq!(state["status"], "failed", "its signature is wrong");
    let line = "POST /0ne/registrations/dev-01?api-version=2025-07-01-preview";
    let body = json!({ "csr": requested("dev-01").csr }).to_string();
    assert_eq!(
        https(&emulator, line, DPS, &token("0ne%2Fregistrations%2Fdev-01", KEY), &body).status,
        400,
        "a lookup takes no request"
    );
}

#[test]
fn a_revoked_or_expired_certificate_does_not_log_in_until_the_device_registers_again() {
    let emulator = play(world(&Issuing::new().days(7)));
    let own = requested("dev-01");
    let issued = chain(&register(&emulator, &own.csr)["registrationState"]["issuedCertificateChain"]);
    emulator.order(&format!("revoke-certificates {HUB} dev-01")).unwrap();
    assert_eq!(log_in(&emulator, "dev-01", &issued, &own.key), NotAuthorized);
    assert_eq!(emulator.journal().entries().pop(), Some(Entry::refused("dev-01", Refusal::Revoked)));
    let issued = chain(&register(&emulator, &own.csr)["registrationState"]["issuedCertificateChain"]);
    assert_eq!(log_in(&emulator, "dev-01", &issued, &own.key), Accepted);
    emulator.clock_offset(8 * 86_400);
    assert_eq!(log_in(&emulator, "dev-01", &issued, &own.key), NotAuthorized);
    assert!(emulator.revoke_certificates(HUB, "dev-09").is_err());
}

#[test]
fn a_certificate_is_renewed_and_the_new_one_logs_in() {
    let emulator = play(world(&Issuing::new()));
    let own = requested("dev-02");
    let mut client = subscribed(&emulator);
    ask(&mut client, RID, &body(&own.csr));
    let (status, accepted) = answer(&mut client, RID);
    assert_eq!(status, 202);
    let expires = accepted["operationExpires"].as_str().unwrap();
    assert!(expires.ends_with('Z') && expires.split_once('.').unwrap().1.len() == 10, "{expires}");
    let (status, done) = answer(&mut client, RID);
    assert_eq!((status, &done["correlationId"]), (200, &accepted["correlationId"]));
    let issued = chain(&done["certificates"]);
    assert!(is_chain(&issued));
    assert_eq!(log_in(&emulator, "dev-02", &issued, &own.key), Accepted);
    assert_eq!(emulator.issued_certificates(HUB, "dev-02").len(), 1);
}

#[test]
fn a_request_before_the_subscription_has_no_answer_and_one_with_another_version_ends_the_connection() {
    let emulator = play(world(&Issuing::new()));
    let own = requested("dev-02");
    let mut client = connect(&emulator, "dev-02", true).0;
    ask(&mut client, RID, &body(&own.csr));
    client.subscribe(ANSWERS, Qos::AtLeastOnce);
    assert!(client.ping(), "nothing came");
    assert_eq!(emulator.issued_certificates(HUB, "dev-02").len(), 0);
    let password = token(&format!("{HUB}%2Fdevices%2Fdev-02"), KEY);
    let user = format!("{HUB}/dev-02/?api-version=2021-04-12");
    let (mut client, _) = Mqtt::connect(&emulator, HUB, "dev-02", &user, &password);
    client.subscribe(ANSWERS, Qos::AtLeastOnce);
    ask(&mut client, RID, &body(&own.csr));
    assert_eq!(client.message(), None);
}

#[test]
fn every_mistake_of_a_request_has_its_code() {
    let emulator = play(world(&Issuing::new()));
    let csr = requested("dev-02").csr;
    let mut client = subscribed(&emulator);
    for (bad, code) in [
        (String::new(), 400_004),
        ("{".into(), 400_006),
        ("[]".into(), 400_004),
        (json!({ "id": "dev-01", "csr": csr }).to_string(), 400_004),
        (json!({ "csr": csr }).to_string(), 400_004),
        (json!({ "id": "dev-02" }).to_string(), 400_004),
        (json!({ "id": "dev-02", "csr": "" }).to_string(), 400_004),
        (json!({ "id": "dev-02", "csr": "A".repeat(8196) }).to_string(), 400_004),
        (json!({ "id": "dev-02", "csr": "-----" }).to_string(), 400_004),
        (json!({ "id": "dev-02", "csr": csr, "more": 1 }).to_string(), 400_004),
        (replacing(&csr, "123"), 400_004),
        (replacing(&csr, "unknown-1"), 412_001),
        (replacing(&csr, "*"), 412_001),
    ] {
        assert_eq!(refused(&mut client, RID, &bad).0, code, "{bad}");
    }
    assert_eq!(refused(&mut client, "-bad-", &body(&csr)).0, 400_004);
    assert_eq!(emulator.issued_certificates(HUB, "dev-02").len(), 0);
}

#[test]
fn a_bad_request_of_good_base64_is_accepted_and_then_refused_by_the_authority() {
    let emulator = play(world(&Issuing::new().key_types([KeyType::P384])));
    let mut client = subscribed(&emulator);
    for csr in ["MAA=", &requested_by("dev-02", &PKCS_ED25519).csr, &requested("dev-09").csr] {
        ask(&mut client, RID, &body(csr));
        assert_eq!(answer(&mut client, RID).0, 202);
        let (status, body) = answer(&mut client, RID);
        assert_eq!(
            (status, &body["errorCode"], &body["info"]["credentialError"]),
            (400, &json!(400_040), &json!("400000"))
        );
    }
    let mut other = connect(&emulator, "dev-03", true).0;
    other.subscribe(ANSWERS, Qos::AtLeastOnce);
    ask(&mut other, RID, &json!({ "id": "dev-03", "csr": requested("dev-03").csr }).to_string());
    assert_eq!(answer(&mut other, RID).0, 202);
    let (_, body) = answer(&mut other, RID);
    assert!(body["info"]["credentialMessage"].as_str().unwrap().contains("no policy"), "{body}");
}

#[test]
fn a_device_has_one_operation_at_a_time_which_can_be_replaced() {
    let emulator = play(world(&Issuing::new().seconds(60)));
    let (first, second) = (requested("dev-02"), requested("dev-02"));
    let mut client = subscribed(&emulator);
    ask(&mut client, RID, &body(&first.csr));
    assert_eq!(answer(&mut client, RID).0, 202);
    let (code, info) = refused(&mut client, "request-2", &body(&second.csr));
    assert_eq!((code, &info["requestId"]), (409_005, &json!(RID)));
    assert!(info["operationExpires"].is_string());
    assert_eq!(refused(&mut client, RID, &body(&second.csr)).0, 409_005, "the same ID with another request");
    assert_eq!(refused(&mut client, "request-2", &replacing(&second.csr, "unknown-1")).0, 412_001);
    ask(&mut client, RID, &body(&first.csr));
    assert_eq!(answer(&mut client, RID).0, 202, "the same again is the same operation");
    ask(&mut client, "request-2", &replacing(&second.csr, RID));
    assert_eq!(answer(&mut client, "request-2").0, 202);
    ask(&mut client, "request-3", &replacing(&second.csr, "*"));
    assert_eq!(answer(&mut client, "request-3").0, 202);
    emulator.clock_offset(61);
    let (status, done) = answer(&mut client, "request-3");
    assert_eq!(status, 200);
    let issued = chain(&done["certificates"]);
    emulator.clock_offset(0);
    assert_eq!(log_in(&emulator, "dev-02", &issued, &second.key), Accepted);
}

#[test]
fn the_answer_is_lost_with_a_clean_session_and_comes_with_the_next_one_otherwise() {
    let emulator = play(world(&Issuing::new().seconds(60)));
    let own = requested("dev-02");
    let (mut client, is_earlier) = connect(&emulator, "dev-02", false);
    assert!(!is_earlier);
    client.subscribe(ANSWERS, Qos::AtLeastOnce);
    ask(&mut client, RID, &body(&own.csr));
    assert_eq!(answer(&mut client, RID).0, 202);
    disconnected(&emulator, client);
    emulator.clock_offset(61);
    let (mut client, is_earlier) = connect(&emulator, "dev-02", false);
    assert!(is_earlier);
    assert_eq!(answer(&mut client, RID).0, 200, "without another subscription");

    emulator.clock_offset(0);
    ask(&mut client, "request-2", &body(&own.csr));
    assert_eq!(answer(&mut client, "request-2").0, 202);
    disconnected(&emulator, client);
    let (mut client, is_earlier) = connect(&emulator, "dev-02", true);
    assert!(!is_earlier);
    client.subscribe(ANSWERS, Qos::AtLeastOnce);
    emulator.clock_offset(61);
    assert!(client.ping() && client.ping(), "nothing came");
    ask(&mut client, "request-2", &body(&own.csr));
    assert_eq!((answer(&mut client, "request-2").0, answer(&mut client, "request-2").0), (202, 200), "asked again");
    assert_eq!(emulator.issued_certificates(HUB, "dev-02").len(), 2, "no further certificate");
}

#[test]
fn every_row_of_the_errors_comes_on_request() {
    let emulator = play(world(&Issuing::new()));
    let csr = requested("dev-02").csr;
    let mut client = subscribed(&emulator);
    for code in [400_004, 400_006, 409_004, 409_005, 412_001, 429_001, 429_002, 429_003, 500_001, 503_001] {
        emulator.fault(Operation::IssueCertificate, Fault::ErrorCode { code, retry_after: Some(7) }, 1);
        ask(&mut client, RID, &body(&csr));
        let (_, error) = answer(&mut client, RID);
        assert_eq!((&error["errorCode"], &error["retryAfter"]), (&json!(code), &json!(7)));
        assert_eq!(error["info"]["requestId"].is_string(), matches!(code / 1000, 409 | 412), "{error}");
    }
    for code in [400_037, 400_040] {
        let line = format!("fault {{ operation = 'issueCertificate', fault = 'errorCode', code = {code} }}");
        emulator.order(&line).unwrap();
        ask(&mut client, RID, &body(&csr));
        assert_eq!(answer(&mut client, RID).0, 202);
        assert_eq!(answer(&mut client, RID).1["errorCode"], code);
        // Another operation than the one that was refused.
        ask(&mut client, "request-2", &body(&csr));
        assert_eq!((answer(&mut client, "request-2").0, answer(&mut client, "request-2").0), (202, 200));
    }
    emulator.fault(Operation::IssueCertificate, Fault::Status(429).retry_after("3"), 1);
    ask(&mut client, RID, &body(&csr));
    let (status, error) = answer(&mut client, RID);
    assert_eq!((status, &error["retryAfter"]), (429, &json!(3)));
}

#[test]
fn the_faults_of_answers_come_on_request() {
    let emulator = play(world(&Issuing::new()));
    let csr = requested("dev-02").csr;
    let mut client = subscribed(&emulator);
    emulator.fault(Operation::IssueCertificate, Fault::NoAnswer, 1);
    ask(&mut client, RID, &body(&csr));
    assert!(client.ping(), "nothing came");
    for (fault, query) in [(Fault::VersionFirst, "$version=1&$rid=v-11"), (Fault::VersionLast, "$rid=v-11&$version=1")]
    {
        emulator.fault(Operation::IssueCertificate, fault, 1);
        ask(&mut client, "v-11", &body(&csr));
        for status in [202, 200] {
            let topic = client.message().unwrap().0;
            assert_eq!(topic, format!("$iothub/credentials/res/{status}/?{query}"));
        }
    }
    emulator.fault(Operation::IssueCertificate, Fault::Truncated, 1);
    ask(&mut client, "request-4", &body(&csr));
    assert_eq!(answer(&mut client, "request-4").0, 202);
    assert!(serde_json::from_str::<Value>(&client.message().unwrap().1).is_err());
    emulator.fault(Operation::IssueCertificate, Fault::Stall(Duration::from_secs(60)), 1);
    ask(&mut client, "request-5", &body(&csr));
    assert_eq!(answer(&mut client, "request-5").0, 202);
    assert!(client.ping(), "nothing came");
    emulator.clock_offset(60);
    assert_eq!(answer(&mut client, "request-5").0, 200);
    emulator.fault(Operation::IssueCertificate, Fault::ResetMidBody, 1);
    ask(&mut client, "request-6", &body(&csr));
    assert_eq!(client.message(), None);
}

#[test]
fn a_chain_has_the_fault_that_was_requested() {
    let emulator = play(world(&Issuing::new()));
    let own = requested("dev-01");
    let with = |fault| {
        emulator.fault(Operation::Register, Fault::Chain(fault), 1);
        register(&emulator, &own.csr)["registrationState"]["issuedCertificateChain"].clone()
    };
    assert_eq!(with(ChainFault::Absent), Value::Null);
    assert!(data_encoding::BASE64.decode(with(ChainFault::NotBase64)[0].as_str().unwrap().as_bytes()).is_err());
    let mut reversed = chain(&with(ChainFault::Reversed));
    assert!(!is_chain(&reversed));
    reversed.reverse();
    assert!(is_chain(&reversed));
    let long = chain(&with(ChainFault::TooLong));
    assert!(long.len() == 7 && is_chain(&long));
    let leaf = |fault| {
        let issued = chain(&with(fault));
        let (_, leaf) = X509Certificate::from_der(&issued[0]).unwrap();
        let is_own = leaf.public_key().subject_public_key.data.as_ref() == own.key.public_key_raw();
        (is_chain(&issued), leaf.validity().is_valid(), is_own, leaf.subject().to_string())
    };
    let name = || "CN=dev-01".to_owned();
    assert_eq!(leaf(ChainFault::Expired), (true, false, true, name()));
    assert_eq!(leaf(ChainFault::AnotherKey), (true, true, false, name()));
    assert_eq!(leaf(ChainFault::AnotherName), (true, true, true, "CN=another-name".into()));
    assert_eq!(leaf(ChainFault::BadSignature), (false, true, true, name()));
}

#[test]
fn a_policy_comes_from_a_configuration() {
    let text = format!(
        r#"
[[hub]]
host_name = "{HUB}"
[[hub.device]]
id = "dev-02"
primary_key = "{KEY}"
issuing = {{ key_types = ["RSA", "P-384"], days = 10 }}
[dps]
id_scope = "0ne"
[[dps.enrollment]]
id = "dev-01"
primary_key = "{KEY}"
pending = 0
issuing = {{ depth = 4, seconds = 5 }}
"#
    );
    let emulator = play(World::from(Config::parse(&text).unwrap()));
    let state = register(&emulator, &requested("dev-01").csr)["registrationState"].clone();
    assert_eq!(chain(&state["issuedCertificateChain"]).len(), 4);
    for bad in ["depth = 1", "depth = 9", "days = 0", "days = 3651"] {
        let text = text.replace("days = 10", "days = 10, depth = 3").replace("depth = 4, seconds = 5", bad);
        let config = Config::parse(&text).unwrap();
        let error = Emulator::play(World::from(config), "127.0.0.1:0".parse().unwrap()).err().unwrap().to_string();
        assert!(error.contains("of enrollment dev-01"), "{error}");
    }
    assert!(Config::parse(&text.replace("\"RSA\"", "\"DSA\"")).is_err());
}

#[test]
fn a_device_reports_its_certificate_in_its_twin() {
    let emulator = play(world(&Issuing::new()));
    let mut client = connect(&emulator, "dev-02", true).0;
    let report =
        json!({ "certificate": { "validFrom": "2026-03-01T00:00:00Z", "validUntil": "2026-03-31T00:00:00Z" } });
    client.publish("$iothub/twin/PATCH/properties/reported/?$rid=1", &report.to_string());
    assert!(client.ping());
    let reported = emulator.reported(HUB, "dev-02", None).unwrap();
    assert_eq!(reported["certificate"], report["certificate"]);
}
