//! A broker that others wrote, over WebSocket.

use crate::{
    Broker, login,
    outside::{Authority, P256},
    token,
};
use defender_auth::tls::Roots;
use defender_auth_mqtt::{Dial, Error, Limits, Session, Transport};
use std::time::Duration;

fn start(authority: &Authority, protocol: &str) -> Broker {
    // Debian's version does not start with WebSockets alone, and takes the address for them only with a family.
    let other = format!("listener 0 {}", authority.path("mosquitto.sock"));
    Broker::start(
        authority,
        None,
        &[format!("protocol {protocol}"), "socket_domain ipv4".into(), "allow_anonymous true".into(), other],
    )
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn mosquitto_carries_messages_of_any_size_over_a_websocket() {
    let authority = Authority::new(P256);
    let broker = start(&authority, "websockets");
    let root = authority.read("root.pem");
    let dial = Dial::at(broker.0.address).with_transport(Transport::WebSocket);
    let mut session = Session::open(&login("dev-01"), &token("dev-01"), &dial, Roots::Pem(root.as_bytes())).unwrap();
    session.subscribe("devices/dev-01/#").unwrap();
    for size in [0, 1, 125, 126, 5_000, 65_535, 65_536, 200_000] {
        let sent: Vec<u8> = (0..size).map(|index: usize| index.to_le_bytes()[0]).collect();
        session.publish("devices/dev-01/messages/events/", &sent).unwrap();
        assert!(session.next_message().unwrap().payload == sent, "{size}");
    }
    session.close();
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn a_broker_without_websockets_does_not_look_like_one() {
    let authority = Authority::new(P256);
    let broker = start(&authority, "mqtt");
    let root = authority.read("root.pem");
    let limits = Limits { greet: Duration::from_secs(2), ..Limits::default() };
    let dial = Dial::at(broker.0.address).with_transport(Transport::WebSocket).with_limits(limits);
    let error = Session::open(&login("dev-01"), &token("dev-01"), &dial, Roots::Pem(root.as_bytes())).err().unwrap();
    assert!(matches!(error, Error::Closed { .. } | Error::WebSocket { .. } | Error::Silent { .. }), "{error}");
}
