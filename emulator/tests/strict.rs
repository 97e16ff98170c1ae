//! What a hub refuses of a client that has logged in, and what it takes of one that most implementations would refuse.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{Device, Emulator, Entry, Hub, Module, Refusal, World};
use mqtt_protocol_core::mqtt::{
    packet::Qos,
    result_code::{ConnectReturnCode::Accepted, SubackReturnCode},
};
use support::{HUB, KEY, Mqtt, OTHER, answer, dial, https, play, raw, request, token};

fn emulator() -> Emulator {
    play(World::new().hub(Hub::new(HUB).device(Device::new("dev-01", KEY).module(Module::new("m", OTHER)))))
}

fn device(emulator: &Emulator) -> Mqtt {
    let user = format!("{HUB}/dev-01/?api-version=2020-09-30");
    let (client, code) = Mqtt::connect(emulator, HUB, "dev-01", &user, &token(HUB, KEY));
    assert_eq!(code, Accepted);
    client
}

fn last(emulator: &Emulator) -> String {
    let records = emulator.journal().records_after(0, 10_000, std::time::Duration::ZERO);
    records.last().unwrap().to_string()
}

#[test]
fn a_subscription_outside_of_the_clients_own_topics_is_refused_and_the_connection_stays() {
    let emulator = emulator();
    let mut client = device(&emulator);
    for filter in ["#", "devices/#", "devices/dev-02/messages/devicebound/#", "$iothub/#", "$dps/registrations/res/#"] {
        assert_eq!(client.subscribe(filter, Qos::AtLeastOnce), SubackReturnCode::Failure, "{filter}");
        let refused = Entry::NotGranted { identity: format!("{HUB}/dev-01"), filter: filter.into() };
        assert_eq!(emulator.journal().entries().last(), Some(&refused));
    }
    let line = last(&emulator);
    assert!(line.ends_with(&format!(", as {HUB}/dev-01, by SUBSCRIBE $dps/registrations/res/#]")), "{line}");
    for filter in ["devices/dev-01/messages/devicebound/#", "$iothub/methods/POST/#"] {
        assert_eq!(client.subscribe(filter, Qos::ExactlyOnce), SubackReturnCode::SuccessMaximumQos1, "{filter}");
    }
}

#[test]
fn a_message_to_a_topic_of_the_hub_that_is_not_the_clients_ends_its_connection() {
    for topic in [
        "$iothub/twin/res/200/?$rid=1",
        "$iothub/methods/POST/reboot/?$rid=1",
        "$iothub/anything",
        "devices/dev-02/messages/events/",
        "devices/dev-01/messages/devicebound/",
        "devices/dev-01/modules/m/messages/events/",
        "x",
    ] {
        let emulator = emulator();
        let mut client = device(&emulator);
        client.publish(topic, "{}");
        assert_eq!(client.message(), None, "{topic}");
        let line = last(&emulator);
        assert!(line.contains("not a topic of its own") && line.ends_with(&format!("by PUBLISH {topic}]")), "{line}");
    }
}

#[test]
fn a_reported_name_with_a_dot_or_a_dollar_is_refused_at_any_depth() {
    let emulator = emulator();
    let mut client = device(&emulator);
    client.subscribe("$iothub/twin/res/#", Qos::AtMostOnce);
    for patch in [r#"{"a.b":1}"#, r#"{"$a":1}"#, r#"{"x":{"y":{"a.b":null}}}"#, r#"{"x":[{"a b":1}]}"#] {
        client.publish("$iothub/twin/PATCH/properties/reported/?$rid=1", patch);
        assert_eq!(client.message().unwrap().0, "$iothub/twin/res/400/?$rid=1", "{patch}");
        let entry = emulator.journal().entries().pop().unwrap();
        assert!(matches!(entry, Entry::Denied { reason: Refusal::PropertyName { .. }, .. }), "{entry}");
    }
    client.publish("$iothub/twin/PATCH/properties/reported/?$rid=2", r#"{"a_b":1}"#);
    assert_eq!(client.message().unwrap().0, "$iothub/twin/res/204/?$rid=2&$version=2");
}

#[test]
fn a_will_is_delivered_when_the_connection_ends_without_a_disconnect() {
    let emulator = emulator();
    let topic = "devices/dev-01/messages/events/a=b";
    let (user, password) = (format!("{HUB}/dev-01/?api-version=2020-09-30"), token(HUB, KEY));
    let with_will = |topic: &str, qos| {
        let tls = dial(&emulator, emulator.address(), HUB);
        Mqtt::connect_with_will(tls, "dev-01", &user, &password, (topic, "gone", qos))
    };
    let (mut client, code) = with_will(topic, Qos::AtLeastOnce);
    assert_eq!(code, Accepted);
    client.disconnect();
    assert_eq!(client.message(), None);
    assert_eq!(emulator.message_count(HUB, "dev-01", None), 0, "it disconnected in order");
    let (mut client, _) = with_will(topic, Qos::AtLeastOnce);
    emulator.disconnect(HUB, "dev-01", None).unwrap();
    assert_eq!(client.message(), None);
    let will = emulator.messages(HUB, "dev-01", None).pop().unwrap();
    assert_eq!((will.properties.as_str(), will.payload), ("a=b&iothub-MessageType=Will", b"gone".to_vec()));
    for (topic, qos) in
        [("devices/dev-02/messages/events/", Qos::AtMostOnce), ("x", Qos::AtMostOnce), (topic, Qos::ExactlyOnce)]
    {
        assert_eq!(with_will(topic, qos).1 as u8, 5, "{topic}");
        let entry = emulator.journal().entries().pop().unwrap();
        assert!(matches!(entry, Entry::Refused { reason: Refusal::Will { .. }, .. }), "{entry}");
    }
}

#[test]
fn a_user_name_without_an_api_version_is_accepted() {
    let emulator = emulator();
    for (client, rest) in [("dev-01", ""), ("dev-01", "/"), ("dev-01", "/api-version=2016-11-14"), ("dev-01/m", "")] {
        let key = if client == "dev-01" { KEY } else { OTHER };
        let user = format!("{HUB}/{client}{rest}");
        assert_eq!(Mqtt::connect(&emulator, HUB, client, &user, &token(HUB, key)).1, Accepted, "{user}");
    }
}

const EVENTS: &str = "POST /devices/dev-01/messages/events?api-version=2021-04-12";

#[test]
fn a_body_may_come_in_chunks() {
    let emulator = emulator();
    let text = request(EVENTS, HUB, &token(HUB, KEY), "");
    let head = text.split_once("\r\n\r\n").unwrap().0;
    let head = head.replace("Content-Length: 0", "Transfer-Encoding: chunked\r\nIoTHub-App-Kind: x y");
    let sent = answer(&raw(&emulator, HUB, &format!("{head}\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")).unwrap());
    assert_eq!((sent.status, sent.body.as_str()), (204, ""));
    let message = emulator.messages(HUB, "dev-01", None).pop().unwrap();
    assert_eq!((message.properties.as_str(), message.payload), ("Kind=x%20y", b"abcde".to_vec()));
    let broken = answer(&raw(&emulator, HUB, &format!("{head}\r\n\r\nz\r\n")).unwrap());
    assert_eq!(broken.status, 400);
    assert!(last(&emulator).ends_with("by POST /devices/dev-01/messages/events]"), "{}", last(&emulator));
}

#[test]
fn messages_over_https_require_the_credential_of_the_device_or_module() {
    let emulator = emulator();
    let module = EVENTS.replace("/messages", "/modules/m/messages");
    assert_eq!(https(&emulator, EVENTS, HUB, &token(HUB, KEY), "{}").status, 204);
    assert_eq!(https(&emulator, &module, HUB, &token(HUB, OTHER), "{}").status, 204);
    for (line, key) in [(EVENTS, OTHER), (module.as_str(), KEY)] {
        assert_eq!(https(&emulator, line, HUB, &token(HUB, key), "{}").status, 401);
    }
    assert_eq!(https(&emulator, EVENTS, HUB, "", "{}").status, 401);
    assert_eq!(https(&emulator, &EVENTS.replace("dev-01", "dev-09"), HUB, &token(HUB, KEY), "{}").status, 404);
    let line = last(&emulator);
    assert!(
        line.contains("answered \"send a message from") && line.contains("404: the hub has no such device"),
        "{line}"
    );
    assert!(line.ends_with(&format!("as {HUB}/dev-09, by POST /devices/dev-09/messages/events]")), "{line}");
    let counts = [None, Some("m")].map(|module| emulator.message_count(HUB, "dev-01", module));
    assert_eq!(counts, [1, 1]);
}

#[test]
fn several_messages_come_in_one_body() {
    let emulator = emulator();
    let body = r#"[{"body":"YQ==","properties":{"iothub-app-k":"1"}},{"body":"b","base64Encoded":false}]"#;
    let batch = |body: &str| {
        let text = request(EVENTS, HUB, &token(HUB, KEY), body);
        let text = text.replace("Connection:", "Content-Type: application/vnd.microsoft.iothub.json\r\nConnection:");
        answer(&raw(&emulator, HUB, &text).unwrap()).status
    };
    assert_eq!(batch(body), 204);
    let messages = emulator.messages(HUB, "dev-01", None);
    let seen: Vec<(&str, &[u8])> = messages.iter().map(|it| (it.properties.as_str(), it.payload.as_slice())).collect();
    assert_eq!(seen, [("k=1", &b"a"[..]), ("", b"b")]);
    assert_eq!((batch("{}"), batch(r#"[{"body":"!"}]"#)), (400, 400));
    assert_eq!(emulator.message_count(HUB, "dev-01", None), 2);
}

#[test]
fn every_line_of_the_journal_names_the_client_who_it_is_and_its_request() {
    let emulator = emulator();
    let mut client = device(&emulator);
    client.subscribe("$iothub/twin/res/#", Qos::AtMostOnce);
    client.publish("$iothub/twin/GET/?$rid=1", "");
    client.message().unwrap();
    assert!(client.publish_acknowledged("devices/dev-01/messages/events/", "{}"));
    let user = format!("{HUB}/dev-09/?api-version=2020-09-30");
    assert_ne!(Mqtt::connect(&emulator, HUB, "dev-09", &user, &token(HUB, KEY)).1, Accepted);
    let module = "GET /devices/dev-01/modules/m?api-version=2021-04-12";
    assert_eq!(https(&emulator, module, HUB, "", "").status, 401);
    assert_eq!(https(&emulator, "GET /nothing", HUB, "", "").status, 404);
    let records = emulator.journal().records_after(0, 100, std::time::Duration::ZERO);
    let seen: Vec<String> = records
        .iter()
        .map(|record| {
            assert!(record.client.as_ref().unwrap().starts_with("127.0.0.1:") && !record.time.is_empty());
            let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
            let (identity, request) = (or(&record.identity), or(&record.request));
            format!("{identity} | {request} | {} | {}", record.entry.answer(), record.entry.is_refusal())
        })
        .collect();
    assert_eq!(
        seen,
        [
            format!("{HUB}/dev-01 | CONNECT dev-01 | CONNACK 0 | false"),
            format!("{HUB}/dev-01 | PUBLISH $iothub/twin/GET/?$rid=1 | 200 | false"),
            format!("{HUB}/dev-01 | PUBLISH devices/dev-01/messages/events/ | taken | false"),
            "dev-09 | CONNECT dev-09 | CONNACK 5 | true".into(),
            format!("{HUB}/dev-01 | GET /devices/dev-01/modules/m | 401 | true"),
            "- | GET /nothing | 404 | false".into(),
        ]
    );
}
