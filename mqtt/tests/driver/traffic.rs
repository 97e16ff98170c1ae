//! The agent's own messages.

use crate::{
    gate::Mode,
    site::{HOUR, HUB, Site, is_lost, one_key},
};
use defender_auth_mqtt::driver::{Driver, DriverError, Event, Qos};
use serde_json::json;
use std::time::Duration;

const EVENTS: &str = "devices/dev-01/messages/events/";
const DESIRED: &str = "$iothub/twin/PATCH/properties/desired/#";

fn connected(site: &Site) -> Driver {
    let mut driver = site.driver(vec![one_key("key", 1)]);
    site.connect(&mut driver);
    driver
}

fn is_message(event: &Event) -> bool {
    matches!(event, Event::Message(_))
}

#[test]
fn messages_arrive_at_the_hub_before_an_acknowledged_publish_returns() {
    let site = Site::new();
    let mut driver = connected(&site);
    for number in 1..=70 {
        driver.publish(&format!("{EVENTS}n={number}"), b"{}", Qos::AtLeastOnce).unwrap();
        assert_eq!(site.emulator.message_count(HUB, "dev-01", None), number);
    }
    driver.publish(EVENTS, b"", Qos::AtMostOnce).unwrap();
    crate::site::eventually(|| site.emulator.message_count(HUB, "dev-01", None) == 71);
}

#[test]
fn what_is_published_while_not_connected_is_refused() {
    let site = Site::new();
    let mut driver = site.driver(vec![one_key("key", 1)]);
    assert!(matches!(driver.publish(EVENTS, b"{}", Qos::AtLeastOnce), Err(DriverError::NotConnected)));
    site.connect(&mut driver);
    site.gate.set(Mode::Shut);
    site.until(&mut driver, is_lost);
    let error = driver.publish(EVENTS, b"{}", Qos::AtMostOnce).unwrap_err();
    assert_eq!(error.to_string(), "there is no connection to the hub; send again after the driver has connected");
    assert!(!driver.is_connected());
}

#[test]
fn what_no_hub_accepts_is_not_sent_and_leaves_the_connection() {
    let site = Site::new();
    let mut driver = connected(&site);
    let long = vec![0; defender_auth_mqtt::PACKET_LIMIT + 1];
    assert!(matches!(driver.publish(EVENTS, &long, Qos::AtLeastOnce), Err(DriverError::TooLong)));
    for topic in ["", "a/#", "a/+/b", "nul\0", &"t".repeat(70_000)] {
        let refused = driver.publish(topic, b"", Qos::AtLeastOnce);
        assert!(matches!(refused, Err(DriverError::Unsendable { .. })), "{:?} {refused:?}", topic.get(..9));
    }
    assert!(matches!(driver.subscribe(&"t".repeat(70_000), Qos::AtMostOnce), Err(DriverError::Unsendable { .. })));
    driver.publish(EVENTS, b"{}", Qos::AtLeastOnce).unwrap();
}

#[test]
fn a_connection_that_ends_instead_of_an_acknowledgement_is_made_again() {
    let site = Site::new();
    let mut driver = connected(&site);
    let error = driver.publish("devices/another/messages/events/", b"{}", Qos::AtLeastOnce).unwrap_err();
    assert!(matches!(error, DriverError::NotAcknowledged(_)), "{error}");
    let lines = site.connect(&mut driver);
    assert!(lines[0].starts_with("connection lost: "), "{lines:?}");
    driver.publish(EVENTS, b"{}", Qos::AtLeastOnce).unwrap();
}

#[test]
fn a_subscription_lasts_over_renewals_and_losses() {
    let site = Site::new();
    let mut driver = site.driver(vec![one_key("key", 1)]);
    // Before there is a connection.
    driver.subscribe(DESIRED, Qos::AtLeastOnce).unwrap();
    site.connect(&mut driver);
    let desire = |driver: &mut Driver, value: u32| {
        site.emulator.set_desired(HUB, "dev-01", None, json!({"value": value})).unwrap();
        let mut found = None;
        while found.is_none() {
            match driver.next(Duration::from_secs(20)).unwrap().expect("a message") {
                Event::Message(message) => found = Some(message),
                other => panic!("{other}"),
            }
        }
        let message = found.unwrap();
        assert!(message.topic.starts_with("$iothub/twin/PATCH/properties/desired/"), "{}", message.topic);
        let payload = String::from_utf8(message.payload).unwrap();
        assert!(payload.contains(&format!("\"value\":{value}")), "{payload}");
    };
    desire(&mut driver, 1);
    site.pass(7 * HOUR);
    site.connect(&mut driver);
    desire(&mut driver, 2);
    site.emulator.disconnect(HUB, "dev-01", None).unwrap();
    site.until(&mut driver, is_lost);
    site.connect(&mut driver);
    desire(&mut driver, 3);

    driver.unsubscribe(DESIRED).unwrap();
    site.emulator.set_desired(HUB, "dev-01", None, json!({"value": 4})).unwrap();
    assert!(Site::during(&mut driver, Duration::from_millis(500)).is_empty());
    site.pass(7 * HOUR);
    site.connect(&mut driver);
    site.emulator.set_desired(HUB, "dev-01", None, json!({"value": 5})).unwrap();
    assert!(Site::during(&mut driver, Duration::from_millis(500)).is_empty(), "it is not made again");
}

#[test]
fn messages_that_arrive_while_an_acknowledgement_is_waited_for_come_next() {
    let site = Site::new();
    let mut driver = connected(&site);
    driver.subscribe(DESIRED, Qos::AtLeastOnce).unwrap();
    for value in 0..20 {
        site.emulator.set_desired(HUB, "dev-01", None, json!({"value": value})).unwrap();
        driver.publish(EVENTS, b"{}", Qos::AtLeastOnce).unwrap();
    }
    site.until(&mut driver, is_message);
    assert!(driver.is_connected());
}
