//! Clients over MQTT after their login.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{Device, Dps, Emulator, Entry, Fault, Group, Hub, Module, Operation, Refusal, World};
use mqtt_protocol_core::mqtt::{
    packet::Qos,
    result_code::{ConnectReturnCode, SubackReturnCode},
};
use serde_json::{Value, json};
use support::{DPS, HUB, KEY, Mqtt, OTHER, play, token};

const ANSWERS: &str = "$dps/registrations/res/#";
const REGISTER: &str = "$dps/registrations/PUT/iotdps-register/?$rid=";

fn emulator() -> Emulator {
    let module = Module::new("m", OTHER).desired(json!({ "a": 1 }));
    let hub = Hub::new(HUB).device(Device::new("dev-01", KEY).module(module));
    play(World::new().hub(hub).dps(Dps::new("0ne").retry_after(7).group(Group::new("fleet", OTHER))))
}

fn registrant(emulator: &Emulator, key: &str) -> Mqtt {
    let user = "0ne/registrations/new-1/api-version=2019-03-31&ClientVersion=test%2F1";
    let (mut client, code) = Mqtt::connect(emulator, DPS, "new-1", user, &token("0ne%2Fregistrations%2Fnew-1", key));
    assert_eq!(code, ConnectReturnCode::Accepted);
    assert_eq!(client.subscribe(ANSWERS, Qos::AtLeastOnce), SubackReturnCode::SuccessMaximumQos1);
    client
}

#[test]
fn a_device_registers_and_logs_in() {
    let emulator = emulator();
    let key = Group::device_key(OTHER, "new-1").unwrap();
    let mut client = registrant(&emulator, &key);
    assert_eq!(client.subscribe("devices/#", Qos::AtMostOnce), SubackReturnCode::Failure);
    client.publish(&format!("{REGISTER}a-1"), r#"{"registrationId":"new-1","payload":[1]}"#);
    let (topic, body, qos) = client.message().unwrap();
    assert_eq!((topic.as_str(), qos), ("$dps/registrations/res/202/?$rid=a-1&retry-after=7", Qos::AtLeastOnce));
    let body: Value = serde_json::from_str(&body).unwrap();
    let operation = body["operationId"].as_str().unwrap();
    client.publish(&format!("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId={operation}"), "");
    let (topic, body, _) = client.message().unwrap();
    assert_eq!(topic, "$dps/registrations/res/200/?$rid=2");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["registrationState"]["assignedHub"], HUB);
    assert_eq!(emulator.received_payload("new-1"), Some(json!([1])));

    let user = format!("{HUB}/new-1/?api-version=2020-09-30");
    let (_, code) = Mqtt::connect(&emulator, HUB, "new-1", &user, &token(HUB, &key));
    assert_eq!(code, ConnectReturnCode::Accepted);
}

#[test]
fn a_bad_token_is_answered_at_the_registration() {
    let emulator = emulator();
    let mut client = registrant(&emulator, KEY);
    client.publish(&format!("{REGISTER}1"), "");
    let (topic, body, _) = client.message().unwrap();
    assert_eq!(topic, "$dps/registrations/res/401/?$rid=1");
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["errorCode"], 401_002);
    let denied = Entry::denied("register 0ne/new-1", 401, Refusal::Signature);
    assert_eq!(emulator.journal().entries(), [denied]);
}

#[test]
fn a_bad_user_name_is_answered_at_once() {
    let emulator = emulator();
    let ask = |emulator: &Emulator, id: &str, user: &str| Mqtt::connect(emulator, "localhost", id, user, "").1;
    let user = "0ne/registrations/new-1/api-version=2019-03-31";
    assert_eq!(ask(&emulator, "other", user), ConnectReturnCode::NotAuthorized);
    let version = "0ne/registrations/new-1/api-version=2010-01-01";
    assert_eq!(ask(&emulator, "new-1", version), ConnectReturnCode::BadUserNameOrPassword);
    assert_eq!(ask(&play(World::new().hub(Hub::new(HUB))), "new-1", user), ConnectReturnCode::NotAuthorized);
    let refused = [Entry::refused("other", Refusal::ClientId), Entry::refused("new-1", Refusal::ApiVersion)];
    assert_eq!(emulator.journal().entries(), refused);
}

#[test]
fn faults_apply_to_registrations_over_mqtt() {
    let emulator = emulator();
    let mut client = registrant(&emulator, &Group::device_key(OTHER, "new-1").unwrap());
    emulator.fault(Operation::Register, Fault::Status(429).retry_after("3"), 1);
    emulator.fault(Operation::Register, Fault::ResetMidBody, 1);
    client.publish(&format!("{REGISTER}1"), "");
    assert_eq!(client.message().unwrap().0, "$dps/registrations/res/429/?$rid=1&retry-after=3");
    client.publish(&format!("{REGISTER}2"), "");
    assert!(client.message().is_none());
}

#[test]
fn a_twin_is_read_reported_and_followed() {
    let emulator = emulator();
    let user = format!("{HUB}/dev-01/m/?api-version=2020-09-30");
    let password = token(&format!("{HUB}%2Fdevices%2Fdev-01%2Fmodules%2Fm"), OTHER);
    let (mut client, _) = Mqtt::connect(&emulator, HUB, "dev-01/m", &user, &password);
    client.publish("$iothub/twin/GET/?$rid=0", "");
    assert_eq!(client.subscribe("$iothub/twin/res/#", Qos::AtMostOnce), SubackReturnCode::SuccessMaximumQos0);
    client.subscribe("$iothub/twin/PATCH/properties/desired/#", Qos::AtLeastOnce);
    client.publish("$iothub/twin/GET/?$rid=x%201", "");
    let (topic, body, qos) = client.message().unwrap();
    assert_eq!((topic.as_str(), qos), ("$iothub/twin/res/200/?$rid=x%201", Qos::AtMostOnce));
    let twin = json!({ "desired": { "a": 1, "$version": 1 }, "reported": { "$version": 1 } });
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), twin);
    client.publish("$iothub/twin/PATCH/properties/reported/?$rid=2", r#"{"b":{"c":1},"d":null}"#);
    let answer = ("$iothub/twin/res/204/?$rid=2&$version=2".to_owned(), String::new(), Qos::AtMostOnce);
    assert_eq!(client.message(), Some(answer));
    assert_eq!(emulator.reported(HUB, "dev-01", Some("m")), Some(json!({ "b": { "c": 1 } })));
    assert_eq!(emulator.reported(HUB, "dev-01", None), Some(json!({})));
    client.publish("$iothub/twin/PATCH/properties/reported/?$rid=3", "[]");
    assert_eq!(client.message().unwrap().0, "$iothub/twin/res/400/?$rid=3");

    emulator.set_desired(HUB, "dev-01", Some("m"), json!({ "a": null })).unwrap();
    let (topic, body, qos) = client.message().unwrap();
    assert_eq!((topic.as_str(), qos), ("$iothub/twin/PATCH/properties/desired/?$version=2", Qos::AtLeastOnce));
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), json!({ "a": null, "$version": 2 }));
    assert!(emulator.set_desired(HUB, "dev-01", Some("m"), json!([])).is_err());
    emulator.remove_module(HUB, "dev-01", "m").unwrap();
    assert!(client.message().is_none(), "a removed module is disconnected");
    let unheard = Entry::Unheard { topic: "$iothub/twin/res/200/?$rid=0".into() };
    assert!(emulator.journal().entries().contains(&unheard));
    assert!(matches!(emulator.journal().entries().last(), Some(Entry::Ended { .. })));
}

#[test]
fn a_packet_has_a_limit() {
    let emulator = emulator();
    let key = Group::device_key(OTHER, "new-1").unwrap();
    let topic = format!("{REGISTER}1");
    let mut client = registrant(&emulator, &key);
    client.publish(&topic, &"x".repeat(256 * 1024 - (1 + 3 + 2 + topic.len())));
    let (answered, ..) = client.message().unwrap();
    assert_eq!(answered, "$dps/registrations/res/400/?$rid=1", "it is not JSON, but it is read");
    let mut client = registrant(&emulator, &key);
    // A PUBLISH with a length of one byte more: four bytes, and 262,141 more.
    client.begin(&[0x30, 0xfd, 0xff, 0x0f]);
    assert_eq!(client.message(), None);
}
