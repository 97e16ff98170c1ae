//! What a back end sends to devices: messages and direct methods.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{ChangeError, Device, Emulator, Hub, Module, Refusal, World};
use mqtt_protocol_core::mqtt::{packet::Qos, result_code::ConnectReturnCode::Accepted};
use serde_json::json;
use std::{thread, time::Duration};
use support::{HUB, KEY, Mqtt, OTHER, https, play, token};

const BOUND: &str = "devices/dev-01/messages/devicebound/";
const LONG: Duration = Duration::from_secs(60);

fn emulator() -> Emulator {
    play(World::new().hub(Hub::new(HUB).device(Device::new("dev-01", KEY).module(Module::new("m", OTHER)))))
}

fn client(emulator: &Emulator, id: &str, key: &str) -> Mqtt {
    let user = format!("{HUB}/{id}/?api-version=2020-09-30");
    let (client, code) = Mqtt::connect(emulator, HUB, id, &user, &token(HUB, key));
    assert_eq!(code, Accepted);
    client
}

#[test]
fn messages_from_the_cloud_wait_for_a_subscription_and_come_in_their_order() {
    let emulator = emulator();
    for text in ["1", "2"] {
        emulator.send_to_device(HUB, "dev-01", &[("a b", "ü"), ("$.mid", text)], text.as_bytes()).unwrap();
    }
    let mut device = client(&emulator, "dev-01", KEY);
    assert!(device.ping());
    assert_eq!(emulator.waiting_messages(HUB, "dev-01"), 2);
    device.subscribe(&format!("{BOUND}#"), Qos::AtLeastOnce);
    for text in ["1", "2"] {
        let topic = format!("{BOUND}a%20b=%C3%BC&%24.mid={text}&%24.to=%2Fdevices%2Fdev-01%2Fmessages%2Fdevicebound");
        assert_eq!(device.message().unwrap(), (topic, text.into(), Qos::AtLeastOnce));
    }
    emulator.send_to_device(HUB, "dev-01", &[], b"3").unwrap();
    assert_eq!(device.message().unwrap().1, "3", "it comes to a connected device at once");
    assert!(device.ping(), "its acknowledgement is before that");
    assert_eq!(emulator.waiting_messages(HUB, "dev-01"), 0);
    assert!(matches!(emulator.send_to_device(HUB, "dev-09", &[], b""), Err(ChangeError::Unknown(_))));
}

#[test]
fn a_message_that_is_not_acknowledged_comes_again() {
    let emulator = emulator();
    for text in ["1", "2"] {
        emulator.send_to_device(HUB, "dev-01", &[], text.as_bytes()).unwrap();
    }
    let mut device = client(&emulator, "dev-01", KEY);
    device.acknowledge(false);
    device.subscribe(&format!("{BOUND}#"), Qos::AtLeastOnce);
    assert_eq!([device.message().unwrap().1, device.message().unwrap().1], ["1", "2"]);
    drop(device);
    let mut again = client(&emulator, "dev-01", KEY);
    again.subscribe(&format!("{BOUND}#"), Qos::AtMostOnce);
    assert_eq!([again.message().unwrap().1, again.message().unwrap().1], ["1", "2"]);
}

#[test]
fn a_hub_keeps_fifty_messages_for_a_device() {
    let emulator = emulator();
    for _ in 0..50 {
        emulator.send_to_device(HUB, "dev-01", &[], b"").unwrap();
    }
    let error = emulator.send_to_device(HUB, "dev-01", &[], b"").unwrap_err();
    assert!(matches!(error, ChangeError::QueueFull(_)), "{error}");
}

#[test]
fn messages_from_the_cloud_are_received_and_settled_over_https() {
    let emulator = emulator();
    let token = token(HUB, KEY);
    let bound = |method: &str, rest: &str| {
        https(
            &emulator,
            &format!("{method} /devices/dev-01/messages/devicebound{rest}?api-version=2021-04-12"),
            HUB,
            &token,
            "",
        )
    };
    assert_eq!(bound("GET", "").status, 204);
    emulator.send_to_device(HUB, "dev-01", &[("k", "v"), ("$.mid", "7")], b"hello").unwrap();
    let lock = |answer: &support::Answer| answer.header("ETag").unwrap().trim_matches('"').to_owned();
    let first = bound("GET", "");
    assert_eq!((first.status, first.body.as_str()), (200, "hello"));
    assert_eq!((first.header("iothub-app-k"), first.header("iothub-messageid")), (Some("v"), Some("7")));
    assert_eq!(bound("GET", "").status, 204, "it is locked");
    assert_eq!(bound("POST", &format!("/{}/abandon", lock(&first))).status, 204);
    let second = bound("GET", "");
    assert_eq!(second.body, "hello");
    assert_eq!(bound("DELETE", &format!("/{}", lock(&second))).status, 204);
    assert_eq!((bound("DELETE", &format!("/{}", lock(&second))).status, bound("GET", "").status), (412, 204));
}

#[test]
fn a_method_is_answered_by_a_device_and_by_its_module() {
    let emulator = emulator();
    for (id, key, module) in [("dev-01", KEY, None), ("dev-01/m", OTHER, Some("m"))] {
        let mut client = client(&emulator, id, key);
        client.subscribe("$iothub/methods/POST/#", Qos::AtMostOnce);
        let answer = thread::scope(|scope| {
            let call = || emulator.call_method(HUB, "dev-01", module, "reboot", &json!({ "in": 5 }), LONG);
            let called = scope.spawn(call);
            let (topic, payload, _) = client.message().unwrap();
            assert_eq!(payload, r#"{"in":5}"#);
            let rid = topic.strip_prefix("$iothub/methods/POST/reboot/?$rid=").unwrap();
            client.publish(&format!("$iothub/methods/res/207/?$rid={rid}"), r#"{"ok":true}"#);
            called.join().unwrap()
        });
        assert_eq!(answer, Ok((207, json!({ "ok": true }))));
    }
}

#[test]
fn a_method_without_a_client_or_an_answer_has_a_reason() {
    let emulator = emulator();
    let call = |device: &str, name: &str, wait| emulator.call_method(HUB, device, None, name, &json!(null), wait);
    let reason = |called: Result<_, ChangeError>| match called {
        Err(ChangeError::Method(_, reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(call("dev-09", "m", LONG)), Refusal::UnknownDevice);
    assert_eq!(reason(call("dev-01", "m", LONG)), Refusal::NotConnected);
    let mut device = client(&emulator, "dev-01", KEY);
    assert_eq!(reason(call("dev-01", "a/b", LONG)), Refusal::MethodName);
    assert_eq!(reason(call("dev-01", "m", Duration::from_millis(1))), Refusal::NoAnswer, "it has not subscribed");
    device.subscribe("$iothub/methods/POST/#", Qos::AtMostOnce);
    assert!(device.ping(), "the call that was given up does not come");
}
