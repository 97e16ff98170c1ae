//! Clients with certificates at the provisioning service, over HTTPS and MQTT, and then at their hub.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{Config, Dps, Emulator, Enrollment, Entry, Group, Hub, Refusal, World};
use mqtt_protocol_core::mqtt::{packet::Qos, result_code::ConnectReturnCode};
use serde_json::Value;
use support::{
    Answer, DPS, HUB, KEY, Mqtt, OTHER, Shown, answer,
    certificates::{Authority, Leaf},
    dial_as, play, raw_as, token,
};

fn ask(emulator: &Emulator, method: &str, path: &str, shown: Option<Shown<'_>>, token: &str) -> Answer {
    let authorization = if token.is_empty() { String::new() } else { format!("Authorization: {token}\r\n") };
    let line = format!("{method} /0ne/registrations/{path}?api-version=2019-03-31 HTTP/1.1");
    let text = format!("{line}\r\nHost: {DPS}\r\n{authorization}Connection: close\r\n\r\n");
    answer(&raw_as(emulator, DPS, shown, &text).unwrap())
}

/// The final state.
fn provision(emulator: &Emulator, id: &str, shown: Shown<'_>) -> Value {
    let first = ask(emulator, "PUT", &format!("{id}/register"), Some(shown), "");
    assert_eq!(first.status, 202, "{first:?}");
    let operation = first.json()["operationId"].as_str().unwrap().to_owned();
    let last = ask(emulator, "GET", &format!("{id}/operations/{operation}"), Some(shown), "");
    assert_eq!(last.status, 200, "{last:?}");
    last.json()["registrationState"].clone()
}

fn denied(emulator: &Emulator, id: &str, shown: Option<Shown<'_>>, token: &str, reason: Refusal) {
    let answer = ask(emulator, "PUT", &format!("{id}/register"), shown, token);
    let entry = Entry::denied(&format!("register 0ne/{id}"), 401, reason);
    assert_eq!(emulator.journal().entries().pop().unwrap(), entry);
    assert_eq!((answer.status, &answer.json()["errorCode"]), (401, &401_002.into()));
}

fn log_in(emulator: &Emulator, id: &str, shown: Shown<'_>) -> ConnectReturnCode {
    let tls = dial_as(emulator, emulator.address(), HUB, Some(shown));
    Mqtt::connect_over(tls, id, &format!("{HUB}/{id}/?api-version=2020-09-30"), None).1
}

#[test]
fn a_device_registers_with_its_own_certificate_and_logs_in() {
    let (one, two, pem) = (Leaf::self_signed("dev-1"), Leaf::self_signed("dev-1"), Leaf::self_signed("dev-2"));
    let (odd, signed) = (Leaf::self_signed("dev-4"), Authority::root("root"));
    let dps = Dps::new("0ne")
        .enrollment(Enrollment::with_thumbprint("dev-1", &one.sha1()).secondary_thumbprint(&two.sha1()))
        .enrollment(Enrollment::with_certificate("dev-2", &odd.pem()).secondary_certificate(&pem.pem()))
        .enrollment(Enrollment::with_thumbprint("dev-3", &odd.sha256()))
        .enrollment(Enrollment::with_certificate("dev-5", &signed.pem()).device_id("pump"))
        .enrollment(Enrollment::new("by-key", KEY));
    let emulator = play(World::new().hub(Hub::new(HUB)).dps(dps));
    let show = |leaf| Shown(leaf, &[]);

    let state = provision(&emulator, "dev-1", show(&one));
    assert_eq!((&state["assignedHub"], &state["deviceId"]), (&HUB.into(), &"dev-1".into()));
    let x509 = &state["x509"];
    assert_eq!((&x509["enrollmentGroupId"], &x509["signingCertificateInfo"]), (&Value::Null, &Value::Null));
    assert_eq!(x509["certificateInfo"]["sha1Thumbprint"], one.sha1());
    assert_eq!(x509["certificateInfo"]["notAfterUtc"], "2100-01-01T00:00:00.0000000Z");
    assert_eq!(log_in(&emulator, "dev-1", show(&one)), ConnectReturnCode::Accepted);
    assert_eq!(log_in(&emulator, "dev-1", show(&two)), ConnectReturnCode::NotAuthorized);
    provision(&emulator, "dev-1", show(&two));
    assert_eq!(log_in(&emulator, "dev-1", show(&two)), ConnectReturnCode::Accepted, "the hub knows the new one");
    provision(&emulator, "DEV-2", show(&pem));
    assert_eq!(provision(&emulator, "dev-5", Shown(&signed.leaf("dev-5"), &[]))["deviceId"], "pump");

    let name = Refusal::CommonName { expected: "dev-3".into(), found: Some("dev-4".into()) };
    denied(&emulator, "dev-3", Some(show(&odd)), "", name);
    denied(&emulator, "dev-1", Some(show(&pem)), "", Refusal::Thumbprint { presented: pem.sha1() });
    denied(&emulator, "dev-2", Some(show(&one)), "", Refusal::Thumbprint { presented: one.sha256() });
    denied(&emulator, "dev-5", Some(show(&one)), "", Refusal::UnknownAuthority { issuer: "CN=dev-1".into() });
    denied(&emulator, "dev-1", None, "", Refusal::NoCertificate);
    let key = token("0ne/registrations/dev-1", KEY);
    denied(&emulator, "dev-1", None, &key, Refusal::NotByKey);
    denied(&emulator, "dev-1", Some(show(&one)), &key, Refusal::TwoCredentials);
    denied(&emulator, "by-key", Some(show(&one)), "", Refusal::NotByCertificate);
}

#[test]
fn a_group_accepts_chains_that_lead_to_its_ca() {
    let (root, stranger) = (Authority::root("root"), Authority::root("stranger"));
    let (between, second) = (root.authority("between"), Authority::root("second"));
    let below = between.authority("below");
    let dps = Dps::new("0ne")
        .group(Group::new("keys", OTHER))
        .group(Group::with_authority("fleet", &between.pem()).secondary_authority(&second.pem()));
    let emulator = play(World::new().hub(Hub::new(HUB)).dps(dps));
    let leaf = below.leaf("new-1");

    let with = [below.der()];
    let state = provision(&emulator, "new-1", Shown(&leaf, &with));
    assert_eq!(state["x509"]["enrollmentGroupId"], "fleet");
    assert_eq!(state["x509"]["certificateInfo"]["issuerName"], "CN=below");
    assert_eq!(state["x509"]["signingCertificateInfo"]["subjectName"], "CN=between");
    assert!(state.get("symmetricKey").is_none());
    // This hub trusts no CA, so it authenticates the device by its thumbprint.
    assert_eq!(log_in(&emulator, "new-1", Shown(&leaf, &[])), ConnectReturnCode::Accepted);
    let again = below.leaf("new-1");
    assert_eq!(log_in(&emulator, "new-1", Shown(&again, &with)), ConnectReturnCode::NotAuthorized);
    provision(&emulator, "new-1", Shown(&again, &with));
    assert_eq!(log_in(&emulator, "new-1", Shown(&again, &[])), ConnectReturnCode::Accepted);
    provision(&emulator, "new-2", Shown(&second.leaf("new-2"), &[]));

    let unknown = |issuer: &str| Refusal::UnknownAuthority { issuer: issuer.into() };
    denied(&emulator, "new-1", Some(Shown(&leaf, &[])), "", unknown("CN=below"));
    denied(&emulator, "x", Some(Shown(&root.leaf("x"), &[])), "", unknown("CN=root"));
    denied(&emulator, "x", Some(Shown(&stranger.leaf("x"), &[])), "", unknown("CN=stranger"));
    let name = Refusal::CommonName { expected: "new-3".into(), found: Some("new-1".into()) };
    denied(&emulator, "new-3", Some(Shown(&leaf, &with)), "", name);
    denied(&emulator, "between", Some(Shown(&between.as_leaf(), &[])), "", Refusal::AuthorityAsLeaf);
    denied(&emulator, "x", Some(Shown(&between.leaf_for_servers("x"), &[])), "", Refusal::Usage);
    denied(&emulator, "x", None, "", Refusal::NoToken);
    let key = Group::device_key(OTHER, "new-9").unwrap();
    let registered = ask(&emulator, "PUT", "new-9/register", None, &token("0ne/registrations/new-9", &key));
    assert_eq!(registered.status, 202, "the other group is not affected");
    emulator.clock_offset(100 * 366 * 86_400);
    let over = ask(&emulator, "PUT", "new-1/register", Some(Shown(&leaf, &with)), "");
    assert_eq!(over.status, 401);
    assert!(emulator.journal().entries().pop().unwrap().to_string().contains("expired"));
}

#[test]
fn a_hub_that_trusts_the_ca_authenticates_the_device_by_it() {
    let root = Authority::root("root");
    let dps = Dps::new("0ne").group(Group::with_authority("fleet", &root.pem()));
    let emulator = play(World::new().hub(Hub::new(HUB).authority(&root.pem())).dps(dps));
    provision(&emulator, "new-1", Shown(&root.leaf("new-1"), &[]));
    assert_eq!(log_in(&emulator, "new-1", Shown(&root.leaf("new-1"), &[])), ConnectReturnCode::Accepted, "any of them");
}

#[test]
fn a_certificate_registers_over_mqtt() {
    let root = Authority::root("root");
    let between = root.authority("between");
    let dps = Dps::new("0ne").group(Group::with_authority("fleet", &root.pem()));
    let emulator = play(World::new().hub(Hub::new(HUB)).dps(dps));
    let leaf = between.leaf("new-1");
    let register = |with| {
        let tls = dial_as(&emulator, emulator.address(), DPS, Some(Shown(&leaf, with)));
        let user = "0ne/registrations/new-1/api-version=2019-03-31";
        let (mut client, code) = Mqtt::connect_over(tls, "new-1", user, None);
        assert_eq!(code, ConnectReturnCode::Accepted);
        client.subscribe("$dps/registrations/res/#", Qos::AtLeastOnce);
        client.publish("$dps/registrations/PUT/iotdps-register/?$rid=1", r#"{"registrationId":"new-1"}"#);
        let (topic, body, _) = client.message().unwrap();
        (client, topic, serde_json::from_str::<Value>(&body).unwrap())
    };
    let (_, topic, body) = register(&[]);
    assert_eq!((topic.as_str(), &body["errorCode"]), ("$dps/registrations/res/401/?$rid=1", &401_002.into()));
    let unknown = Refusal::UnknownAuthority { issuer: "CN=between".into() };
    assert_eq!(emulator.journal().entries(), [Entry::denied("register 0ne/new-1", 401, unknown)]);

    let with = [between.der()];
    let (mut client, topic, body) = register(&with);
    assert!(topic.starts_with("$dps/registrations/res/202/"), "{topic}");
    let operation = body["operationId"].as_str().unwrap();
    client.publish(&format!("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId={operation}"), "");
    let (topic, body, _) = client.message().unwrap();
    assert_eq!(topic, "$dps/registrations/res/200/?$rid=2");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["registrationState"]["x509"]["signingCertificateInfo"]["subjectName"], "CN=root");
    assert_eq!(log_in(&emulator, "new-1", Shown(&leaf, &[])), ConnectReturnCode::Accepted);
}

#[test]
fn a_file_configures_all_of_it() {
    let (root, own) = (Authority::root("root"), Leaf::self_signed("dev-1"));
    let text = format!(
        r#"
[[hub]]
host_name = "{HUB}"
[[hub.authority]]
certificate = """{root}"""
verified = false
[[hub.device]]
id = "ca"
authentication = "certificateAuthority"
[[hub.device]]
id = "own"
authentication = "selfSigned"
thumbprint = "{thumbprint}"
[dps]
id_scope = "0ne"
[[dps.enrollment]]
id = "dev-1"
certificate = """{own}"""
[[dps.group]]
id = "fleet"
certificate = """{root}"""
"#,
        root = root.pem(),
        own = own.pem(),
        thumbprint = own.sha256(),
    );
    let emulator = play(World::from(Config::parse(&text).unwrap()));
    provision(&emulator, "dev-1", Shown(&own, &[]));
    provision(&emulator, "dev-2", Shown(&root.leaf("dev-2"), &[]));
    assert_eq!(log_in(&emulator, "own", Shown(&own, &[])), ConnectReturnCode::Accepted);
    let leaf = root.leaf("ca");
    assert_eq!(log_in(&emulator, "ca", Shown(&leaf, &[])), ConnectReturnCode::NotAuthorized);
    let proof = root.leaf(&emulator.verification_code("root"));
    emulator.verify_possession("root", &proof.pem()).unwrap();
    assert_eq!(log_in(&emulator, "ca", Shown(&leaf, &[])), ConnectReturnCode::Accepted);
}
