//! The REST interfaces for back ends: identities, twins and methods of a hub, and enrollments and registrations.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{Device, Dps, Emulator, Fault, Group, Hub, Module, Operation, Permission, World};
use mqtt_protocol_core::mqtt::{packet::Qos, result_code::ConnectReturnCode::Accepted};
use serde_json::{Value, json};
use std::thread;
use support::{Answer, DPS, HUB, KEY, Mqtt, OTHER, answer, https, play, raw, request, token};

const SERVICE: &str = "contoso.azure-devices-provisioning.net";

fn emulator() -> Emulator {
    let device = Device::new("dev-01", KEY).module(Module::new("m", OTHER)).desired(json!({ "a": 1, "b": 2 }));
    let hub = Hub::new(HUB).device(device).policy("owner", KEY);
    let hub = hub.policy_with("reader", OTHER, &[Permission::RegistryRead]);
    let dps = Dps::new("0ne").service_at(SERVICE).policy("owner", KEY).group(Group::new("fleet", KEY).pending(0));
    play(World::new().hub(hub).dps(dps))
}

fn by(policy: &str, key: &str, host: &str) -> String {
    format!("{}&skn={policy}", token(host, key))
}

/// A request of the owner.
fn ask(emulator: &Emulator, host: &str, line: &str, body: &Value) -> Answer {
    ask_if(emulator, host, line, body, None)
}

fn ask_if(emulator: &Emulator, host: &str, line: &str, body: &Value, if_match: Option<&str>) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let text = request(&format!("{line}?api-version=2021-04-12"), host, &by("owner", KEY, host), &body);
    let if_match = if_match.map(|etag| format!("If-Match: {etag}\r\n")).unwrap_or_default();
    answer(&raw(emulator, host, &text.replace("Connection:", &format!("{if_match}Connection:"))).unwrap())
}

fn log_in(emulator: &Emulator, id: &str, key: &str) -> (Mqtt, bool) {
    let user = format!("{HUB}/{id}/?api-version=2020-09-30");
    let (client, code) = Mqtt::connect(emulator, HUB, id, &user, &token(HUB, key));
    (client, code == Accepted)
}

#[test]
fn a_back_end_creates_changes_and_deletes_a_device() {
    let emulator = emulator();
    let line = "PUT /devices/dev%4002";
    let made = ask(&emulator, HUB, line, &json!({ "deviceId": "dev@02" }));
    assert_eq!(made.status, 200, "{made:?}");
    let key = made.json()["authentication"]["symmetricKey"]["primaryKey"].as_str().unwrap().to_owned();
    let (client, accepted) = log_in(&emulator, "dev@02", &key);
    assert!(accepted, "{:?}", emulator.journal());
    let read = ask(&emulator, HUB, "GET /devices/dev%4002", &Value::Null).json();
    assert_eq!((&read["connectionState"], &read["status"]), (&json!("Connected"), &json!("enabled")));
    drop(client);
    assert_eq!(ask(&emulator, HUB, line, &json!({ "deviceId": "dev@02" })).status, 409, "it exists");
    let body = json!({ "deviceId": "dev@02", "status": "disabled", "authentication":
        { "type": "sas", "symmetricKey": { "primaryKey": OTHER, "secondaryKey": KEY } } });
    assert_eq!(ask_if(&emulator, HUB, line, &body, Some("\"x\"")).status, 412);
    let etag = made.json()["etag"].as_str().unwrap().to_owned();
    let changed = ask_if(&emulator, HUB, line, &body, Some(&format!("\"{etag}\"")));
    assert_eq!((changed.status, &changed.json()["status"]), (200, &json!("disabled")));
    assert_ne!(changed.json()["etag"], json!(etag));
    assert!(!log_in(&emulator, "dev@02", OTHER).1);
    assert_eq!(ask(&emulator, HUB, "GET /devices", &Value::Null).json().as_array().unwrap().len(), 2);
    assert_eq!(ask_if(&emulator, HUB, "DELETE /devices/dev%4002", &Value::Null, Some("*")).status, 204);
    assert_eq!(ask(&emulator, HUB, "GET /devices/dev%4002", &Value::Null).status, 404);
    for body in [json!({ "deviceId": "other" }), json!([]), json!({ "deviceId": "dev@02", "status": "x" })] {
        assert_eq!(ask(&emulator, HUB, line, &body).status, 400, "{body}");
    }
}

#[test]
fn a_back_end_creates_a_module_with_a_certificate() {
    let emulator = emulator();
    let authentication = json!({ "type": "selfSigned", "x509Thumbprint": { "primaryThumbprint": "AB".repeat(20) } });
    let body = json!({ "deviceId": "dev-01", "moduleId": "n", "authentication": authentication });
    let made = ask(&emulator, HUB, "PUT /devices/dev-01/modules/n", &body);
    assert_eq!((made.status, &made.json()["authentication"]["type"]), (200, &json!("selfSigned")));
    assert_eq!(ask(&emulator, HUB, "GET /devices/dev-01/modules", &Value::Null).json().as_array().unwrap().len(), 2);
}

#[test]
fn a_policy_without_the_permission_and_a_device_are_refused() {
    let emulator = emulator();
    let ask =
        |line: &str, token: &str| https(&emulator, &format!("{line}?api-version=2021-04-12"), HUB, token, "{}").status;
    let reader = by("reader", OTHER, HUB);
    assert_eq!(ask("GET /devices/dev-01", &reader), 200);
    for line in ["PUT /devices/dev-02", "DELETE /devices/dev-01", "GET /twins/dev-01", "PUT /devices/dev-01/modules/x"]
    {
        assert_eq!(ask(line, &reader), 401, "{line}");
        let line = emulator.journal().entries().pop().unwrap().to_string();
        assert!(line.contains("lacks the permission"), "{line}");
    }
    assert_eq!((ask("GET /devices/dev-01", &token(HUB, KEY)), ask("GET /twins/dev-01", "")), (401, 401));
    assert!(!log_in_by(&emulator, &reader), "it lacks DeviceConnect");
    assert!(log_in_by(&emulator, &by("owner", KEY, HUB)));
}

fn log_in_by(emulator: &Emulator, password: &str) -> bool {
    Mqtt::connect(emulator, HUB, "dev-01", &format!("{HUB}/dev-01/?api-version=2020-09-30"), password).1 == Accepted
}

#[test]
fn a_back_end_changes_a_twin_and_the_client_is_sent_the_change() {
    let emulator = emulator();
    let (mut client, _) = log_in(&emulator, "dev-01", KEY);
    client.subscribe("$iothub/twin/PATCH/properties/desired/#", Qos::AtMostOnce);
    let body = json!({ "tags": { "site": "north" }, "properties": { "desired": { "a": null, "c": 3 } } });
    let patched = ask(&emulator, HUB, "PATCH /twins/dev-01", &body).json();
    assert_eq!(patched["properties"]["desired"], json!({ "b": 2, "c": 3, "$version": 2 }));
    assert_eq!((&patched["tags"], &patched["connectionState"]), (&json!({ "site": "north" }), &json!("Connected")));
    let (topic, patch, _) = client.message().unwrap();
    assert_eq!(topic, "$iothub/twin/PATCH/properties/desired/?$version=2");
    assert_eq!(serde_json::from_str::<Value>(&patch).unwrap(), json!({ "a": null, "c": 3, "$version": 2 }));
    let replaced = ask(&emulator, HUB, "PUT /twins/dev-01", &json!({ "properties": { "desired": { "d": 4 } } })).json();
    assert_eq!(replaced["properties"]["desired"], json!({ "d": 4, "$version": 3 }));
    assert_eq!(replaced["tags"], json!({}));
    let refused = json!({ "tags": { "x": 1 }, "properties": { "desired": { "a.b": 1 } } });
    assert_eq!(ask(&emulator, HUB, "PATCH /twins/dev-01", &refused).status, 400);
    let read = ask(&emulator, HUB, "GET /twins/dev-01", &Value::Null).json();
    assert_eq!(
        (&read["tags"], &read["properties"]["desired"]["$version"]),
        (&json!({}), &json!(3)),
        "nothing is changed"
    );
    assert_eq!(ask(&emulator, HUB, "GET /twins/dev-01/modules/m", &Value::Null).json()["moduleId"], "m");
    assert_eq!(ask(&emulator, HUB, "GET /twins/dev-01/modules/x", &Value::Null).status, 404);
}

#[test]
fn a_back_end_calls_a_method() {
    let emulator = emulator();
    let line = "POST /twins/dev-01/methods";
    let body = json!({ "methodName": "reboot", "payload": { "in": 5 }, "responseTimeoutInSeconds": 60 });
    assert_eq!(ask(&emulator, HUB, line, &body).status, 404, "it is not connected");
    let (mut client, _) = log_in(&emulator, "dev-01", KEY);
    client.subscribe("$iothub/methods/POST/#", Qos::AtMostOnce);
    let answered = thread::scope(|scope| {
        let call = scope.spawn(|| ask(&emulator, HUB, line, &body));
        let (topic, payload, _) = client.message().unwrap();
        assert_eq!(payload, r#"{"in":5}"#);
        let rid = topic.rsplit_once('=').unwrap().1;
        client.publish(&format!("$iothub/methods/res/200/?$rid={rid}"), "");
        call.join().unwrap()
    });
    assert_eq!((answered.status, answered.json()), (200, json!({ "status": 200, "payload": null })));
    for body in [json!({ "methodName": "a/b" }), json!({}), json!({ "methodName": "a", "responseTimeoutInSeconds": 1 })]
    {
        assert_eq!(ask(&emulator, HUB, line, &body).status, 400, "{body}");
    }
}

#[test]
fn a_back_end_enrolls_a_device_which_registers() {
    let emulator = emulator();
    let body = json!({ "registrationId": "dev-07", "attestation": { "type": "symmetricKey" }, "iotHubHostName": HUB });
    let made = ask(&emulator, SERVICE, "PUT /enrollments/dev-07", &body);
    assert_eq!((made.status, &made.json()["provisioningStatus"]), (200, &json!("enabled")), "{made:?}");
    let keys = ask(&emulator, SERVICE, "POST /enrollments/dev-07/attestationmechanism", &Value::Null).json();
    let key = keys["symmetricKey"]["primaryKey"].as_str().unwrap();
    let register = |id: &str, key: &str| {
        let line = format!("PUT /0ne/registrations/{id}/register?api-version=2021-06-01");
        let token = token(&format!("0ne/registrations/{id}"), key);
        https(&emulator, &line, DPS, &token, &json!({ "registrationId": id }).to_string())
    };
    assert_eq!(register("dev-07", key).status, 202);
    let state = ask(&emulator, SERVICE, "GET /registrations/dev-07", &Value::Null).json();
    assert_eq!(state["status"], "assigning");
    let disabled = json!({ "registrationId": "dev-07", "provisioningStatus": "disabled",
        "attestation": { "type": "symmetricKey", "symmetricKey": { "primaryKey": OTHER, "secondaryKey": KEY } } });
    assert_eq!(ask_if(&emulator, SERVICE, "PUT /enrollments/dev-07", &disabled, Some("x")).status, 412);
    assert_eq!(ask(&emulator, SERVICE, "PUT /enrollments/dev-07", &disabled).status, 200);
    assert_eq!(register("dev-07", OTHER).json()["status"], "disabled");
    assert_eq!(ask(&emulator, SERVICE, "POST /enrollments/query", &json!({})).json().as_array().unwrap().len(), 1);
    assert_eq!(ask(&emulator, SERVICE, "DELETE /enrollments/dev-07", &Value::Null).status, 204);
    assert_eq!(ask(&emulator, SERVICE, "GET /enrollments/dev-07", &Value::Null).status, 404);

    let derived = Group::device_key(KEY, "dev-08").unwrap();
    assert_eq!(register("dev-08", &derived).status, 200);
    let group = ask(&emulator, SERVICE, "POST /registrations/fleet/query", &json!({})).json();
    assert_eq!((&group[0]["registrationId"], &group[0]["assignedHub"]), (&json!("dev-08"), &json!(HUB)));
    assert_eq!(ask(&emulator, SERVICE, "DELETE /registrations/dev-08", &Value::Null).status, 204);
    assert_eq!(ask(&emulator, SERVICE, "DELETE /registrations/dev-08", &Value::Null).status, 404);
    let unfit =
        json!({ "enrollmentGroupId": "g", "attestation": { "type": "tpm", "tpm": { "endorsementKey": "AAAA" } } });
    assert_eq!(ask(&emulator, SERVICE, "PUT /enrollmentGroups/g", &unfit).status, 400);
    assert_eq!(https(&emulator, "GET /enrollments/x?api-version=2021-10-01", SERVICE, "", "").status, 401);
}

#[test]
fn a_back_end_is_throttled_on_request() {
    let emulator = emulator();
    emulator.fault(Operation::BackEnd, Fault::Status(429).retry_after("7"), 2);
    let busy = ask(&emulator, HUB, "GET /devices/dev-01", &Value::Null);
    assert_eq!((busy.status, busy.header("Retry-After")), (429, Some("7")));
    assert_eq!(ask(&emulator, HUB, "POST /twins/dev-01/methods", &json!({ "methodName": "m" })).status, 429);
    assert_eq!(ask(&emulator, HUB, "GET /devices/dev-01", &Value::Null).status, 200);
}
