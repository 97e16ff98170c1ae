//! Clients by MQTT 5 at a hub with the connection profile `mqttV5`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{Device, Dps, Emulator, Enrollment, Entry, Fault, Hub, Operation, Refusal, World};
use mqtt_protocol_core::mqtt::{
    Version,
    packet::{
        CorrelationData, Packet, Properties, Property, Qos, SessionExpiryInterval, SubEntry, SubOpts, UserProperty,
        v5_0,
    },
    prelude::PropertyValueAccess as _,
    result_code::ConnectReturnCode,
};
use serde_json::{Value, json};
use std::time::Duration;
use support::{HUB, KEY, Mqtt, Shown, Tls, certificates::Leaf, dial_as, play, raw_as, token, wire::Wire};

const NONCE: &str = "0123456789ab4def8123456789abcdef";
const BYTES: [u8; 16] =
    [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0x4d, 0xef, 0x81, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
const TOPIC: &str = "ih/dev-01/srv/presence";
const ANSWER: &str = "ih/dev-01/dev/presence";

fn user_name() -> String {
    format!("correlationId={NONCE}&clientVersion=test%2F1")
}

/// A client of MQTT 5, as far as the tests need it.
struct Client {
    wire: Wire,
}

impl Client {
    /// Sends a CONNECT, and reads its answer: the reason code, and whether there is a session.
    fn connect(tls: Tls, id: &str, user: &str, password: Option<&str>, expiry: u32) -> (Self, Option<(u8, bool)>) {
        let mut client = Self { wire: Wire::new(tls, Version::V5_0) };
        let connect = v5_0::Connect::builder().client_id(id).unwrap().user_name(user).unwrap().clean_start(false);
        let connect = match password {
            Some(password) => connect.password(password).unwrap(),
            None => connect,
        };
        let properties = vec![SessionExpiryInterval::new(expiry).unwrap().into()];
        client.wire.send(connect.props(properties).build().unwrap().into());
        let answer = match client.wire.receive() {
            Some(Packet::V5_0Connack(answer)) => Some((answer.reason_code() as u8, answer.session_present())),
            None => None,
            other => panic!("{other:?}"),
        };
        (client, answer)
    }

    /// The reason code of the SUBACK. `None` when the connection ends.
    fn subscribe(&mut self, filter: &str) -> Option<u8> {
        self.ask_for(filter);
        match self.wire.receive()? {
            Packet::V5_0Suback(suback) => Some(suback.reason_codes()[0] as u8),
            Packet::V5_0Disconnect(_) => None,
            other => panic!("{other:?}"),
        }
    }

    fn ask_for(&mut self, filter: &str) {
        let entry = SubEntry::new(filter, SubOpts::new().set_qos(Qos::AtLeastOnce)).unwrap();
        let id = self.wire.engine.acquire_packet_id().unwrap();
        self.wire.send(v5_0::Subscribe::builder().packet_id(id).entries(vec![entry]).build().unwrap().into());
    }

    fn publish(&mut self, topic: &str, kind: Option<&str>, correlation: Option<&[u8]>, payload: &[u8]) {
        let mut properties = Properties::new();
        properties.extend(kind.map(|kind| Property::from(UserProperty::new("type", kind).unwrap())));
        properties.extend(correlation.map(|bytes| Property::from(CorrelationData::new(bytes.to_vec()).unwrap())));
        let publish = v5_0::Publish::builder().topic_name(topic).unwrap().payload(payload.to_vec()).props(properties);
        self.wire.send(publish.qos(Qos::AtMostOnce).build().unwrap().into());
    }

    /// The next message: topic, type, correlation, payload. `None` when the connection ends.
    fn message(&mut self) -> Option<(String, String, Vec<u8>, Vec<u8>)> {
        match self.wire.receive()? {
            Packet::V5_0Publish(it) => {
                let (_, kind) = it.props().iter().find_map(Property::as_key_value).unwrap();
                let correlation = it.props().iter().find_map(|property| match property {
                    Property::CorrelationData(data) => Some(data.val().to_vec()),
                    _ => None,
                });
                let payload = it.payload().as_slice().to_vec();
                Some((it.topic_name().into(), kind.into(), correlation.unwrap(), payload))
            }
            Packet::V5_0Disconnect(_) => None,
            other => panic!("{other:?}"),
        }
    }

    /// The reason code of the DISCONNECT that comes next.
    fn ended(&mut self) -> u8 {
        match self.wire.receive() {
            Some(Packet::V5_0Disconnect(it)) => it.reason_code().map_or(0, |code| code as u8),
            other => panic!("{other:?}"),
        }
    }
}

/// A hub of the profile with one device, whose certificate this is, and a classic one with the same.
struct Site {
    emulator: Emulator,
    leaf: Leaf,
}

const CLASSIC: &str = "fabrikam.azure-devices.net";

impl Site {
    fn new() -> Self {
        let leaf = Leaf::self_signed("dev-01");
        let device = || Device::with_thumbprint("dev-01", &leaf.sha256()).desired(json!({ "a": 1 }));
        let hub = Hub::new(HUB).connection_profile(Hub::MQTT_V5).device(device()).device(Device::new("key", KEY));
        let dps = Dps::new("0ne").enrollment(Enrollment::with_thumbprint("dev-01", &leaf.sha256()).hub(HUB));
        let emulator = play(World::new().hub(hub).hub(Hub::new(CLASSIC).device(device())).dps(dps));
        Self { emulator, leaf }
    }

    fn dial(&self, name: &str) -> Tls {
        let tls = dial_as(&self.emulator, self.emulator.address(), name, Some(Shown(&self.leaf, &[])));
        tls.sock.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        tls
    }

    /// A client that has logged in, and whether it has a session.
    fn client(&self, expiry: u32) -> (Client, bool) {
        let (client, answer) = Client::connect(self.dial(HUB), "dev-01", &user_name(), None, expiry);
        let (code, session_present) = answer.unwrap();
        assert_eq!(code, 0, "{:?}", self.emulator.journal().entries());
        (client, session_present)
    }

    /// One that has subscribed.
    fn subscribed(&self) -> Client {
        let mut client = self.client(0).0;
        assert_eq!(client.subscribe("ih/dev-01/dev/#"), Some(1));
        client
    }

    fn last(&self) -> Entry {
        self.emulator.journal().entries().pop().unwrap()
    }
}

#[test]
fn a_device_is_acknowledged_after_its_birth() {
    let site = Site::new();
    for (kind, answered, payload, said) in [
        ("birth:1", "birth-ack:1", &[][..], "birth:1, no payload"),
        ("birth", "birth-ack", &[], "birth, no payload"),
        ("birth:1", "birth-ack:1", &[0x60, 1, 0x68, 1], "birth:1, session present false, push [true, true]"),
    ] {
        let mut client = site.subscribed();
        client.publish(TOPIC, Some(kind), Some(&BYTES), payload);
        // The twin's versions: 1 and 1.
        let expected = (ANSWER.to_owned(), answered.to_owned(), BYTES.to_vec(), vec![0x50, 1, 0x58, 1]);
        assert_eq!(client.message(), Some(expected));
        assert_eq!(site.last().to_string(), format!("acknowledged the birth of \"{HUB}/dev-01\": {said}"));
    }
}

#[test]
fn the_correlation_is_accepted_in_either_case() {
    let site = Site::new();
    let user = format!("correlationId={}&clientVersion=a", NONCE.to_ascii_uppercase());
    let (mut client, answer) = Client::connect(site.dial(HUB), "dev-01", &user, None, 0);
    assert_eq!(answer, Some((0, false)));
    client.subscribe("ih/dev-01/dev/#").unwrap();
    client.publish(TOPIC, Some("birth:1"), Some(&BYTES), &[]);
    assert_eq!(client.message().unwrap().2, BYTES);
}

#[test]
fn a_session_outlives_its_connection_for_as_long_as_it_asks() {
    let site = Site::new();
    assert!(!site.client(3600).1);
    let ended = |site: &Site| site.emulator.connections() == 0;
    let wait = |site: &Site| {
        for _ in 0..6000 {
            if ended(site) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the connection did not end");
    };
    wait(&site);
    let (mut client, session_present) = site.client(3600);
    assert!(session_present, "within an hour");
    client.subscribe("ih/dev-01/dev/#").unwrap();
    client.publish(TOPIC, Some("birth:1"), Some(&BYTES), &[8, 1]);
    assert!(client.message().is_some());
    drop(client);
    wait(&site);
    site.emulator.clock_offset(3700);
    let (mut client, session_present) = site.client(0);
    assert!(!session_present, "later");
    client.subscribe("ih/dev-01/dev/#").unwrap();
    client.publish(TOPIC, Some("birth:1"), Some(&BYTES), &[8, 1]);
    assert_eq!(client.ended(), 0x99, "it claims a session that it has not");
    drop(client);
    wait(&site);
    assert!(!site.client(0).1, "an interval of 0 keeps nothing");
}

#[test]
fn a_login_is_refused_with_the_reason_code_of_the_profile() {
    let site = Site::new();
    let refused = |name: &str, id: &str, user: &str, password: Option<&str>, code: u8, reason: Refusal| {
        let (_, answer) = Client::connect(site.dial(name), id, user, password, 0);
        assert_eq!(answer, Some((code, false)), "{reason}");
        assert_eq!(site.last(), Entry::Rejected { client_id: id.into(), code, reason });
    };
    let (user, token) = (user_name(), token(HUB, KEY));
    refused(HUB, "dev-01/m", &user, None, 0x85, Refusal::NotDeviceId);
    refused(HUB, "dev-01", &format!("{HUB}/dev-01/?api-version=2020-09-30"), None, 0x86, Refusal::CorrelatedUserName);
    refused(HUB, "other", &user, None, 0x87, Refusal::UnknownDevice);
    refused(HUB, "key", &user, Some(&token), 0x8c, Refusal::NotByPassword);
    refused(HUB, "key", &user, None, 0x87, Refusal::NotByCertificate);
    refused("localhost", "dev-01", &user, None, 0x87, Refusal::UnknownHub);
    refused(CLASSIC, "dev-01", &user, None, 0x84, Refusal::Profile);
    refused(support::DPS, "dev-01", &user, None, 0x84, Refusal::Profile);
    let classic = format!("{HUB}/dev-01/?api-version=2020-09-30");
    let (_, code) = Mqtt::connect_over(site.dial(HUB), "dev-01", &classic, None);
    assert_eq!(code, ConnectReturnCode::UnacceptableProtocolVersion, "MQTT 3.1.1 at the hub of MQTT 5");
    assert_eq!(site.last(), Entry::refused("dev-01", Refusal::Profile));
}

#[test]
fn what_is_not_the_clients_own_is_refused() {
    let site = Site::new();
    let mut client = site.client(0).0;
    assert_eq!(client.subscribe("ih/other/dev/#"), Some(0x87));
    assert_eq!(client.subscribe("#"), Some(0x87));
    client.publish(TOPIC, Some("birth:1"), Some(&BYTES), &[]);
    client.publish("ih/dev-01/srv/telemetry", None, None, b"{}");
    client.publish("devices/dev-01/messages/events/", None, None, b"{}");
    assert_eq!(client.ended(), 0x90);
    let entries = site.emulator.journal().entries();
    assert!(entries.contains(&Entry::Unheard { topic: ANSWER.into() }), "a birth without a subscription: {entries:?}");
    assert!(entries.contains(&Entry::Received {
        identity: format!("{HUB}/dev-01"),
        properties: "telemetry".into(),
        bytes: 2
    }));
    for (correlation, payload, code) in [
        (Some(&[7; 16][..]), &[][..], 0x82),
        (None, &[], 0x82),
        (Some(&BYTES), b"{}", 0x99),
        (Some(&BYTES), &[8, 1], 0x99),
    ] {
        let mut client = site.subscribed();
        client.publish(TOPIC, Some("birth:1"), correlation, payload);
        assert_eq!(client.ended(), code, "{correlation:?} {payload:?}");
    }
}

#[test]
fn every_step_meets_its_faults() {
    let site = Site::new();
    let fault = |operation, fault| site.emulator.fault(operation, fault, 1);
    for code in [0x85, 0x86, 0x87, 0x88, 0x8a, 0x8c, 0x97, 0x9d, 0x9f] {
        fault(Operation::Connect, Fault::Connack(code));
        let (_, answer) = Client::connect(site.dial(HUB), "dev-01", &user_name(), None, 0);
        assert_eq!(answer, Some((code, false)));
    }
    fault(Operation::Connect, Fault::Status(503));
    let (_, answer) = Client::connect(site.dial(HUB), "dev-01", &user_name(), None, 0);
    assert_eq!(answer, Some((0x88, false)));
    fault(Operation::Connect, Fault::ResetMidBody);
    let (_, answer) = Client::connect(site.dial(HUB), "dev-01", &user_name(), None, 0);
    assert_eq!(answer, None);

    fault(Operation::Subscribe, Fault::Suback(0x97));
    assert_eq!(site.client(0).0.subscribe("ih/dev-01/dev/#"), Some(0x97));
    fault(Operation::Subscribe, Fault::Disconnect(0x8b));
    let mut client = site.client(0).0;
    client.ask_for("ih/dev-01/dev/#");
    assert_eq!(client.ended(), 0x8b);
    fault(Operation::Subscribe, Fault::NoAnswer);
    let mut client = site.client(0).0;
    client.ask_for("ih/dev-01/dev/#");
    assert_eq!(client.subscribe("ih/dev-01/dev/#"), Some(1), "the next one is answered");

    fault(Operation::Birth, Fault::Disconnect(0x87));
    let mut client = site.subscribed();
    client.publish(TOPIC, Some("birth:1"), Some(&BYTES), &[]);
    assert_eq!(client.ended(), 0x87);
    let mut client = site.subscribed();
    fault(Operation::Birth, Fault::NoAnswer);
    fault(Operation::Birth, Fault::OtherCorrelation);
    fault(Operation::Birth, Fault::Truncated);
    for _ in 0..3 {
        client.publish(TOPIC, Some("birth:1"), Some(&BYTES), &[]);
    }
    let (.., correlation, payload) = client.message().unwrap();
    assert_eq!((&correlation[..15], payload.len()), (&BYTES[..15], 4));
    assert_ne!(correlation, BYTES);
    assert_eq!(client.message().unwrap().3, [0x50, 1, 0x58]);
}

#[test]
fn a_connection_ends_with_the_reason_code_of_its_end() {
    let site = Site::new();
    let mut first = site.subscribed();
    let mut second = site.subscribed();
    assert_eq!(first.ended(), 0x8e, "a later connection");
    site.emulator.disconnect(HUB, "dev-01", None).unwrap();
    assert_eq!(second.ended(), 0x98);
    let mut third = site.subscribed();
    site.emulator.disable_device(HUB, "dev-01").unwrap();
    assert_eq!(third.ended(), 0x87);
    assert!(site.last().to_string().contains("removed or disabled (DISCONNECT 0x87)"), "{}", site.last());
}

#[test]
fn a_registration_tells_the_profile_from_its_api_version_on() {
    let site = Site::new();
    let register = |version: &str| {
        let line = format!("PUT /0ne/registrations/dev-01/register?api-version={version}");
        let text = support::request(&line, support::DPS, "", r#"{"registrationId":"dev-01"}"#);
        let shown = Some(Shown(&site.leaf, &[]));
        let answer = support::answer(&raw_as(&site.emulator, support::DPS, shown, &text).unwrap());
        assert!(answer.status == 200 || answer.status == 202, "{answer:?}");
        let state: Value = answer.json()["registrationState"].clone();
        if state["status"] == "assigned" {
            return state;
        }
        let operation = answer.json()["operationId"].as_str().unwrap().to_owned();
        let line = format!("GET /0ne/registrations/dev-01/operations/{operation}?api-version={version}");
        let text = support::request(&line, support::DPS, "", "");
        let shown = Some(Shown(&site.leaf, &[]));
        let answer = support::answer(&raw_as(&site.emulator, support::DPS, shown, &text).unwrap());
        answer.json()["registrationState"].clone()
    };
    for version in ["2019-03-31", "2021-06-01", "2025-07-01-preview"] {
        assert_eq!(register(version).get("connectionProfile"), None, "{version}");
    }
    assert_eq!(register("2026-11-02-preview")["connectionProfile"], "mqttV5");
    site.emulator.move_enrollment("dev-01", CLASSIC).unwrap();
    assert_eq!(register("2026-11-02-preview").get("connectionProfile"), None, "a classic hub has none");
}
