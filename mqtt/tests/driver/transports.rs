//! Connections over WebSocket.

use crate::{
    gate::Mode,
    site::{HOUR, HUB, Site, one_key},
};
use defender_auth::session::Policy;
use defender_auth_mqtt::{
    Transport,
    driver::{Driver, Event, Qos},
};
use std::time::Duration;

fn driver(site: &Site, transport: Transport) -> Driver {
    let options = site.options().with_transport(transport);
    Driver::new(vec![one_key("key", 1)], Policy::default(), options).unwrap()
}

#[test]
fn a_connection_over_a_websocket_is_kept_and_renewed() {
    let site = Site::new();
    site.gate.set(Mode::Shut);
    let mut driver = driver(&site, Transport::WebSocket);
    let connected = format!("connected as {HUB}/devices/dev-01 with key over WebSocket");
    assert_eq!(site.connect(&mut driver), [connected]);
    driver.subscribe("devices/dev-01/messages/devicebound/#", Qos::AtLeastOnce).unwrap();
    driver.publish("devices/dev-01/messages/events/", &vec![7; 100_000], Qos::AtLeastOnce).unwrap();
    site.pass(7 * HOUR);
    let anew = format!("connected anew as {HUB}/devices/dev-01 with key over WebSocket");
    assert_eq!(site.connect(&mut driver).last(), Some(&anew));
    assert_eq!(site.emulator.connections(), 1);
}

#[test]
fn a_port_that_is_closed_later_leads_to_a_websocket() {
    let site = Site::new();
    let mut driver = driver(&site, Transport::Auto);
    assert_eq!(site.connect(&mut driver), [format!("connected as {HUB}/devices/dev-01 with key")]);
    site.gate.set(Mode::Shut);
    assert_eq!(site.emulator.disconnect_all(), 1);
    let lines =
        site.until(&mut driver, |event| matches!(event, Event::Connected { transport: Transport::WebSocket, .. }));
    assert!(lines.last().unwrap().ends_with("over WebSocket"), "{lines:?}");
    assert!(driver.next(Duration::from_millis(50)).unwrap().is_none());
}
