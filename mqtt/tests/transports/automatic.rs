use crate::site::{Site, closed, error, through};
use defender_auth::error::TlsFailure;
use defender_auth_emulator::{Fault, Operation};
use defender_auth_mqtt::{Dial, Error, Transport};

#[test]
fn the_first_transport_is_tcp() {
    let site = Site::new();
    let session = site.log_in(&site.dial(Transport::Auto)).unwrap();
    assert_eq!(session.transport(), Transport::Mqtt);
}

#[test]
fn a_closed_port_leads_to_a_websocket() {
    let site = Site::new();
    let dial = Dial::at(closed()).with_websocket_at(site.0.https_address()).with_transport(Transport::Auto);
    assert_eq!(site.log_in(&dial).unwrap().transport(), Transport::WebSocket);
    assert_eq!(site.register(&dial).unwrap(), 202);
}

#[test]
fn a_firewall_that_answers_for_the_port_leads_to_a_websocket() {
    let site = Site::new();
    for fault in [Fault::PlainText, Fault::Truncated, Fault::ResetMidBody] {
        site.0.fault(Operation::MqttHandshake, fault, 1);
        let session = site.log_in(&site.dial(Transport::Auto)).unwrap();
        assert_eq!(session.transport(), Transport::WebSocket);
    }
}

#[test]
fn a_proxy_that_allows_one_port_leads_to_a_websocket() {
    let site = Site::new();
    let proxy = site.0.proxy(None).unwrap();
    let dial = Dial::host().with_proxies(through(proxy.address(), "")).with_transport(Transport::Auto);
    assert_eq!(site.log_in(&dial).unwrap().transport(), Transport::Mqtt);
    proxy.refuse(8883);
    assert_eq!(site.log_in(&dial).unwrap().transport(), Transport::WebSocket);
    let asked = ["8883 200", "8883 403", "443 200"].map(|rest| format!("CONNECT contoso.azure-devices.net:{rest}"));
    assert_eq!(proxy.asked(), asked);
}

/// A server that is not trusted, and one that refuses the login, are the same by the other transport.
#[test]
fn what_the_server_decides_is_not_tried_again() {
    let site = Site::new();
    let wrong = error(site.log_in_with(&site.dial(Transport::Auto), "QEFCQ0RFRkdISUpLTE1OTw=="));
    assert!(matches!(wrong, Error::Refused(_)), "{wrong}");
    site.0.fault(Operation::MqttHandshake, Fault::ServerCertificateUntrusted, 1);
    let untrusted = error(site.log_in(&site.dial(Transport::Auto)));
    assert!(matches!(untrusted, Error::TlsFailed { failure: TlsFailure::ServerUntrusted { .. }, .. }), "{untrusted}");
}

#[test]
fn both_failures_are_named_when_there_is_no_transport() {
    let site = Site::new();
    let (mqtt, websocket) = (closed(), closed());
    let dial = Dial::at(mqtt).with_websocket_at(websocket).with_transport(Transport::Auto);
    let text = error(site.log_in(&dial)).to_string();
    assert!(text.contains(&format!("{mqtt} cannot be reached")), "{text}");
    assert!(text.contains(&format!("Over WebSocket: {websocket} cannot be reached")), "{text}");
    assert!(!text.contains('\n'), "{text}");
}
