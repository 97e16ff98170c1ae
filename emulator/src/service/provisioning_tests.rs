use super::{provisioning::provision, shared::Shared};
use crate::{
    answer::Answer,
    config::{Device, Dps, Enrollment, Group, Hub, Module, World},
    dps::{Asked, Carrier, Wanted},
    journal::{Entry, Journal, Refusal},
    sas::derive,
    test_tokens::{KEY, OTHER, token, token_until},
};
use serde_json::{Value, json};

const SCOPE: &str = "0ne000A1B2C";

fn shared() -> Shared {
    let dps = Dps::new(SCOPE)
        .retry_after(3)
        .enrollment(Enrollment::new("dev-01", KEY).secondary_key(OTHER).payload(json!({ "a": [1] })).pending(2))
        .enrollment(Enrollment::new("at-once", KEY).pending(0).device_id("other").hub("b.net"))
        .enrollment(Enrollment::new("off", KEY).disabled())
        .enrollment(Enrollment::new("bad", KEY).failing(400_209, "no"))
        .group(Group::new("fleet", OTHER));
    let world = World::new().hub(Hub::new("a.net")).hub(Hub::new("b.net")).dps(dps);
    Shared::new(world, Journal::default())
}

struct Client<'a> {
    shared: &'a Shared,
    id: &'a str,
    token: String,
}

impl<'a> Client<'a> {
    fn new(shared: &'a Shared, id: &'a str, key: &str) -> Self {
        let token = token(&format!("{SCOPE}%2Fregistrations%2F{id}"), key, "&skn=registration");
        Self { shared, id, token }
    }

    fn ask(&self, wanted: Wanted<'_>, body: &str) -> (Answer, Value) {
        let asked = Asked {
            scope: SCOPE,
            registration_id: self.id,
            wanted,
            carrier: Carrier::Https,
            api_version: "2019-03-31",
            token: Some(&self.token),
            chain: &[],
            body: body.as_bytes(),
        };
        let answer = provision(self.shared, &asked);
        let body = serde_json::from_str(&answer.body).unwrap();
        (answer, body)
    }

    /// The final answer.
    fn provision(&self) -> Value {
        let (mut answer, mut body) = self.ask(Wanted::Register, "");
        while answer.status == 202 {
            (answer, body) = self.ask(Wanted::Status(body["operationId"].as_str().unwrap()), "");
        }
        assert_eq!(answer.status, 200, "{body}");
        body
    }
}

#[test]
fn a_device_is_assigned_at_the_configured_poll() {
    let shared = shared();
    let client = Client::new(&shared, "dev-01", KEY);
    let (answer, body) = client.ask(Wanted::LookUp, r#"{"registrationId":"dev-01"}"#);
    assert_eq!((answer.status, &body), (200, &json!({ "registrationId": "dev-01", "status": "unassigned" })));

    let (answer, body) =
        client.ask(Wanted::Register, "{\"registrationId\":\"dev-01\",\"payload\":{\"modelId\":\"x\"}}\0");
    assert_eq!((answer.status, answer.retry_after.as_deref()), (202, Some("3")));
    assert_eq!(body["registrationState"], json!({ "registrationId": "dev-01", "status": "assigning" }));
    let operation = body["operationId"].as_str().unwrap().to_owned();
    assert!(operation.starts_with("5.") && operation.split('.').count() == 3, "{operation}");
    assert_eq!(shared.state().registrations.sent("DEV-01"), Some(&json!({ "modelId": "x" })));

    let (answer, _) = client.ask(Wanted::Status(&operation), " ");
    assert_eq!((answer.status, answer.retry_after.as_deref()), (202, Some("3")));
    let (answer, body) = client.ask(Wanted::Status(&operation), "");
    assert_eq!((answer.status, answer.retry_after), (200, None));
    assert_eq!(body["status"], "assigned");
    let state = &body["registrationState"];
    assert_eq!((&state["assignedHub"], &state["deviceId"]), (&json!("a.net"), &json!("dev-01")));
    assert_eq!((&state["substatus"], &state["payload"]), (&json!("initialAssignment"), &json!({ "a": [1] })));
    for member in ["createdDateTimeUtc", "lastUpdatedDateTimeUtc", "etag"] {
        assert!(state[member].is_string(), "{member}");
    }
    assert!(state.get("symmetricKey").is_none());
    assert_eq!(client.ask(Wanted::LookUp, "").1, *state, "the same, without its envelope");

    let state = shared.state();
    let keys = state.hub("a.net").unwrap().find("dev-01").unwrap().credentials.keys();
    assert_eq!(keys.map(|key| key.unwrap().text().to_owned()), [KEY, OTHER]);
}

#[test]
fn a_group_gives_its_devices_derived_keys() {
    let shared = shared();
    let key = derive(&data_encoding::BASE64.decode(OTHER.as_bytes()).unwrap(), "new-1");
    let state = &Client::new(&shared, "new-1", &key).provision()["registrationState"];
    assert_eq!(state["symmetricKey"], json!({ "enrollmentGroupId": "fleet" }));
    assert_eq!(shared.state().hub("a.net").unwrap().find("new-1").unwrap().credentials.keys()[0].unwrap().text(), key);
    // The individual enrollment of dev-01 takes precedence.
    let derived = derive(&data_encoding::BASE64.decode(OTHER.as_bytes()).unwrap(), "dev-01");
    assert_eq!(Client::new(&shared, "dev-01", &derived).ask(Wanted::Register, "").0.status, 401);
}

#[test]
fn assignments_end_in_other_ways_too() {
    let shared = shared();
    let (answer, body) = Client::new(&shared, "at-once", KEY).ask(Wanted::Register, "");
    assert_eq!((answer.status, &body["registrationState"]["deviceId"]), (200, &json!("other")));
    assert!(shared.state().hub("b.net").unwrap().find("other").is_some());
    let body = Client::new(&shared, "off", KEY).provision();
    assert_eq!((&body["status"], body["registrationState"].get("assignedHub")), (&json!("disabled"), None));
    let body = Client::new(&shared, "bad", KEY).provision();
    assert_eq!((&body["status"], &body["registrationState"]["errorCode"]), (&json!("failed"), &json!(400_209)));
    assert_eq!(body["registrationState"]["errorMessage"], "no");
    shared.state().hubs.clear();
    let body = Client::new(&shared, "dev-01", KEY).provision();
    assert_eq!(body["registrationState"]["errorCode"], 400_208, "there is no hub");
}

#[test]
fn a_move_migrates_the_device() {
    let shared = shared();
    let client = Client::new(&shared, "dev-01", KEY);
    let first = client.provision()["registrationState"].clone();
    shared.state().device_mut("a.net", "dev-01").unwrap().modules.push(Module::new("m", OTHER));
    let again = client.provision()["registrationState"].clone();
    assert_eq!(first, again, "nothing has changed");

    shared.state().dps.as_mut().unwrap().find_mut("dev-01").unwrap().assignment.hub = Some("b.net".into());
    assert_eq!(client.ask(Wanted::LookUp, "").1, first, "not before it registers again");
    let moved = client.provision()["registrationState"].clone();
    assert_eq!((&moved["assignedHub"], &moved["substatus"]), (&json!("b.net"), &json!("deviceDataMigrated")));
    assert_eq!(moved["createdDateTimeUtc"], first["createdDateTimeUtc"]);
    assert!(moved["lastUpdatedDateTimeUtc"].as_str() > first["lastUpdatedDateTimeUtc"].as_str());
    assert_ne!(moved["etag"], first["etag"]);
    assert_eq!(client.provision()["registrationState"], moved);
    let state = shared.state();
    assert!(state.hub("a.net").unwrap().find("dev-01").is_none());
    assert!(state.hub("b.net").unwrap().find("dev-01").unwrap().find("m").is_some());
}

#[test]
fn a_device_that_the_hub_has_is_unchanged() {
    let shared = shared();
    shared.state().hubs[0].devices.push(Device::new("dev-01", OTHER));
    Client::new(&shared, "dev-01", KEY).provision();
    assert_eq!(
        shared.state().hub("a.net").unwrap().find("dev-01").unwrap().credentials.keys()[0].unwrap().text(),
        OTHER
    );
}

#[test]
fn every_refusal_has_its_code_and_its_reason() {
    let shared = shared();
    let now = shared.clock.now().seconds();
    let resource = format!("{SCOPE}/registrations/dev-01");
    let refused = |scope: &str, id: &str, version: &str, token: &str, body: &str, code: u32, reason: Refusal| {
        let asked = Asked {
            scope,
            registration_id: id,
            wanted: Wanted::Register,
            carrier: Carrier::Https,
            api_version: version,
            token: Some(token),
            chain: &[],
            body: body.as_bytes(),
        };
        let answer = provision(&shared, &asked);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((u32::from(answer.status), &body["errorCode"]), (code / 1000, &json!(code)), "{reason:?}");
        assert!(body["trackingId"].is_string() && body["message"].is_string() && body["timestampUtc"].is_string());
        let entry = shared.journal.entries().pop().unwrap();
        assert_eq!(entry, Entry::denied(&format!("register {scope}/{id}"), answer.status, reason));
    };
    let (v, good) = ("2021-06-01", token(&resource, KEY, ""));
    refused(SCOPE, "dev-01", "2018-11-01", &good, "", 400_207, Refusal::ApiVersion);
    refused("0ne", "dev-01", v, &good, "", 401_002, Refusal::UnknownScope);
    refused(SCOPE, "dev-01", v, "", "", 401_002, Refusal::NoToken);
    refused(SCOPE, "dev-01", v, &token(&resource, "AAAA", ""), "", 401_002, Refusal::Signature);
    refused(SCOPE, "dev-01", v, &token(SCOPE, KEY, ""), "", 401_002, Refusal::Resource);
    refused(SCOPE, "dev-01", v, &token(&resource, KEY, "&skn=owner"), "", 401_002, Refusal::UnknownPolicy);
    let old = token_until(now - 100, &resource, KEY, "");
    shared.clock.set_offset(-200);
    assert_eq!(Client { shared: &shared, id: "dev-01", token: old.clone() }.ask(Wanted::LookUp, "").0.status, 200);
    shared.clock.set_offset(0);
    assert_eq!(Client { shared: &shared, id: "dev-01", token: old }.ask(Wanted::LookUp, "").0.status, 401);
    assert!(shared.journal.entries().pop().unwrap().to_string().contains("the token expired 10"));
    for id in ["dev@01", "dev-01.", ""] {
        refused(SCOPE, id, v, &good, "", 400_004, Refusal::RegistrationId);
    }
    let milliseconds = token_until(now * 1000, &resource, KEY, "");
    refused(SCOPE, "dev-01", v, &milliseconds, "", 401_002, Refusal::ExpiryTooLate { expiry: now * 1000 });
    for body in ["[]", "{", r#"{"registrationId":"dev-02"}"#, r#"{"registrationId":1}"#] {
        refused(SCOPE, "dev-01", v, &good, body, 400_207, Refusal::Body);
    }
    shared.state().dps.as_mut().unwrap().groups.clear();
    refused(SCOPE, "dev-09", v, &good, "", 404_201, Refusal::UnknownEnrollment);
    let client = Client::new(&shared, "dev-01", KEY);
    assert_eq!(client.ask(Wanted::Status("5.x"), "").1["errorCode"], 404_202);
    for rest in ["&skn=", "&skn=registration"] {
        let token = token(&resource, OTHER, rest);
        assert_eq!(Client { shared: &shared, id: "dev-01", token }.ask(Wanted::LookUp, "").0.status, 200);
    }
}

#[test]
fn a_device_is_assigned_to_an_mqtt_broker() {
    let shared = shared();
    let client = Client::new(&shared, "dev-01", KEY);
    client.provision();
    shared.state().dps.as_mut().unwrap().find_mut("dev-01").unwrap().assignment.mqtt_broker = Some("broker.net".into());
    let state = client.provision()["registrationState"].clone();
    assert_eq!((&state["status"], &state["deviceId"]), (&json!("assigned"), &json!("dev-01")));
    assert_eq!(state["assignedEndpoint"], json!({ "type": "MqttBroker", "hostName": "broker.net" }));
    assert!(state.get("assignedHub").is_none());
    assert!(shared.state().hub("a.net").unwrap().find("dev-01").is_none(), "it has left its hub");
    let last = shared.journal.entries().pop().unwrap().to_string();
    assert!(last.ends_with("assigned to the MQTT broker broker.net/dev-01"), "{last}");
}
