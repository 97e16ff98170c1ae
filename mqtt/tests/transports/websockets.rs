use crate::site::{Site, error};
use defender_auth::mqtt::ConnectRefused;
use defender_auth_emulator::{Fault, Operation};
use defender_auth_mqtt::{Dial, Error, Limits, Transport};
use std::{net::TcpListener, time::Duration};

const TOPIC: &str = "devices/dev-01/messages/devicebound/#";

#[test]
fn a_hub_is_logged_in_to_over_a_websocket() {
    let site = Site::new();
    let mut session = site.log_in(&site.dial(Transport::WebSocket)).unwrap();
    assert_eq!(session.transport(), Transport::WebSocket);
    session.subscribe(TOPIC).unwrap();
    session.publish("devices/dev-01/messages/events/", &vec![7; 200_000]).unwrap();
    session.subscribe("$iothub/methods/POST/#").unwrap();
    session.close();
    let device = "contoso.azure-devices.net/dev-01";
    let log: Vec<String> = site.0.journal().entries().iter().map(ToString::to_string).collect();
    assert!(log.iter().any(|line| line.contains(device)), "{log:?}");
}

#[test]
fn a_registration_is_carried_over_a_websocket() {
    let site = Site::new();
    assert_eq!(site.register(&site.dial(Transport::WebSocket)).unwrap(), 202);
}

#[test]
fn a_refusal_arrives_over_a_websocket() {
    let site = Site::new();
    let refused = error(site.log_in_with(&site.dial(Transport::WebSocket), "QEFCQ0RFRkdISUpLTE1OTw=="));
    assert!(matches!(refused, Error::Refused(ConnectRefused::NotAuthorized)), "{refused}");
}

/// The MQTT port answers with MQTT only, and no server of another kind is taken for a WebSocket.
#[test]
fn a_server_without_websockets_is_named() {
    let site = Site::new();
    let mqtt_only = Dial::at(site.0.address()).with_transport(Transport::WebSocket);
    let error = error(site.log_in(&mqtt_only));
    assert!(matches!(error, Error::Closed { .. } | Error::WebSocket { .. }), "{error}");
}

#[test]
fn a_server_that_is_silent_is_not_waited_for_longer_than_the_limit() {
    let site = Site::new();
    let second = Duration::from_secs(1);
    let limits = Limits { reach: second, greet: second / 5, answer: second, ..Limits::default() };
    site.0.fault(Operation::HttpsHandshake, Fault::Stall(3 * second), 1);
    let error = error(site.log_in(&site.dial(Transport::WebSocket).with_limits(limits)));
    assert!(matches!(error, Error::Silent { limit, .. } if limit == second / 5), "{error}");
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let dial = Dial::at(deaf.local_addr().unwrap()).with_transport(Transport::WebSocket).with_limits(limits);
    assert!(matches!(site.log_in(&dial).err().unwrap(), Error::Silent { .. }));
}
