//! Messages from devices and modules to their hubs.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{Device, Emulator, Entry, Fault, Hub, Module, Operation, World};
use std::time::{Duration, Instant};
use support::{HUB, KEY, Mqtt, OTHER, play, token};

const TOPIC: &str = "devices/dev-01/messages/events/";
const OF_MODULE: &str = "devices/dev-01/modules/m/messages/events/";

fn emulator() -> Emulator {
    play(World::new().hub(Hub::new(HUB).device(Device::new("dev-01", KEY).module(Module::new("m", OTHER)))))
}

fn device(emulator: &Emulator) -> Mqtt {
    let user = format!("{HUB}/dev-01/?api-version=2020-09-30");
    Mqtt::connect(emulator, HUB, "dev-01", &user, &token(&format!("{HUB}%2Fdevices%2Fdev-01"), KEY)).0
}

fn module(emulator: &Emulator) -> Mqtt {
    let user = format!("{HUB}/dev-01/m/?api-version=2020-09-30");
    let resource = format!("{HUB}%2Fdevices%2Fdev-01%2Fmodules%2Fm");
    Mqtt::connect(emulator, HUB, "dev-01/m", &user, &token(&resource, OTHER)).0
}

fn received(identity: &str, properties: &str, bytes: usize) -> Entry {
    Entry::Received { identity: format!("{HUB}/{identity}"), properties: properties.into(), bytes }
}

#[test]
fn messages_of_a_device_and_of_its_module_are_counted_apart() {
    let emulator = emulator();
    let (mut device, mut module) = (device(&emulator), module(&emulator));
    assert!(device.publish_acknowledged(&format!("{TOPIC}a=b&%24.ct=application%2Fjson"), "{}"));
    assert_eq!(emulator.journal().entries().pop(), Some(received("dev-01", "a=b&%24.ct=application%2Fjson", 2)));
    device.publish(TOPIC, "second");
    assert!(device.ping(), "the message before it has arrived");
    assert!(module.publish_acknowledged(OF_MODULE, ""));
    assert_eq!(emulator.journal().entries().pop(), Some(received("dev-01/m", "", 0)));
    let counts = [None, Some("m"), Some("x")].map(|module| emulator.message_count(HUB, "dev-01", module));
    assert_eq!(counts, [2, 1, 0]);
    let messages = emulator.messages("Contoso.azure-devices.net", "dev-01", None);
    assert_eq!((messages.len(), messages[1].payload.as_slice()), (2, b"second".as_slice()));
    assert_eq!(messages[0].properties, "a=b&%24.ct=application%2Fjson");
}

#[test]
fn a_message_on_a_topic_of_another_identity_ends_the_connection() {
    let emulator = emulator();
    for topic in ["devices/dev-02/messages/events/", OF_MODULE, "devices/dev-01/messages/devicebound/", "telemetry"] {
        let mut client = device(&emulator);
        assert!(!client.publish_acknowledged(topic, "{}"), "{topic}");
        let entry = emulator.journal().entries().pop().unwrap().to_string();
        assert!(entry.contains("not a topic of its own") && entry.contains(topic), "{entry}");
    }
    let mut client = module(&emulator);
    assert!(!client.publish_acknowledged(TOPIC, "{}"));
    assert_eq!(emulator.message_count(HUB, "dev-01", None), 0);
}

#[test]
fn a_message_at_qos_2_ends_the_connection() {
    let emulator = emulator();
    let mut client = device(&emulator);
    // A PUBLISH with the packet identifier 1 and an empty payload.
    let length = u8::try_from(2 + TOPIC.len() + 2).unwrap();
    client.begin(&[&[0x34, length, 0, TOPIC.len().try_into().unwrap()], TOPIC.as_bytes(), &[0, 1]].concat());
    assert_eq!(client.message(), None);
    let entry = emulator.journal().entries().pop().unwrap().to_string();
    assert!(entry.contains("QoS 2"), "{entry}");
}

#[test]
fn a_message_meets_a_fault_as_the_end_of_its_connection_or_a_delay() {
    let emulator = emulator();
    emulator.fault_after(Operation::SendMessage, 1, Fault::Status(429), 1);
    let mut client = device(&emulator);
    assert!(client.publish_acknowledged(TOPIC, "1"));
    assert!(!client.publish_acknowledged(TOPIC, "2"));
    assert_eq!(emulator.message_count(HUB, "dev-01", None), 1);
    let delay = Duration::from_millis(300);
    emulator.fault(Operation::SendMessage, Fault::Stall(delay), 1);
    let (mut client, begin) = (device(&emulator), Instant::now());
    assert!(client.publish_acknowledged(TOPIC, "3"));
    assert!(begin.elapsed() >= delay);
    assert_eq!(emulator.message_count(HUB, "dev-01", None), 2);
}
