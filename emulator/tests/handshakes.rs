//! Handshakes that fail on request.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{Alert, Device, Emulator, Entry, Fault, Hub, Operation, World};
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};
use std::{
    io::{self, Read as _, Write as _},
    net::SocketAddr,
};
use support::{HUB, KEY, Mqtt, Shown, certificates::Leaf, dial_as, play, token};

const OPERATIONS: [Operation; 2] = [Operation::HttpsHandshake, Operation::MqttHandshake];

fn emulator() -> Emulator {
    play(World::new().hub(Hub::new(HUB).device(Device::new("dev-01", KEY))))
}

fn address(emulator: &Emulator, operation: Operation) -> SocketAddr {
    if operation == Operation::MqttHandshake { emulator.address() } else { emulator.https_address() }
}

/// How a connection that begins with something unintelligible ends.
fn ending(emulator: &Emulator, operation: Operation, shown: Option<Shown<'_>>) -> io::Result<()> {
    let mut tls = dial_as(emulator, address(emulator, operation), HUB, shown);
    // An alert about the client's certificate arrives after the client's part of the handshake.
    tls.write_all(b"\0\0\r\n\r\n")?;
    tls.read_to_end(&mut Vec::new()).map(drop)
}

fn tls_error(ending: &io::Result<()>) -> &Error {
    let error = ending.as_ref().unwrap_err();
    error.get_ref().unwrap_or_else(|| panic!("{error:?}")).downcast_ref().unwrap()
}

fn fails(emulator: &Emulator, operation: Operation, fault: &Fault, shown: Option<Shown<'_>>) -> Error {
    emulator.fault(operation, fault.clone(), 1);
    let ended = ending(emulator, operation, shown);
    let faulted = Entry::Faulted { request: operation.to_string(), fault: fault.to_string() };
    assert!(emulator.journal().entries().contains(&faulted), "{fault}");
    assert_eq!(emulator.forget_faults(), 0, "one connection meets it");
    tls_error(&ended).clone()
}

fn succeeds(emulator: &Emulator) {
    let user = format!("{HUB}/dev-01/?api-version=2020-09-30");
    assert!(Mqtt::connect(emulator, HUB, "dev-01", &user, &token(HUB, KEY)).1.is_success());
}

#[test]
fn a_server_certificate_is_wrong_in_each_way_and_then_right() {
    let emulator = emulator();
    for operation in OPERATIONS {
        let error = |fault| match fails(&emulator, operation, &fault, None) {
            Error::InvalidCertificate(error) => error,
            other => panic!("{other:?}"),
        };
        let expired = error(Fault::ServerCertificateExpired);
        assert!(matches!(expired, CertificateError::ExpiredContext { .. }), "{expired:?}");
        let early = error(Fault::ServerCertificateNotYetValid);
        assert!(matches!(early, CertificateError::NotValidYetContext { .. }), "{early:?}");
        let other = error(Fault::ServerCertificateWrongHost);
        assert!(matches!(other, CertificateError::NotValidForNameContext { .. }), "{other:?}");
        let untrusted = error(Fault::ServerCertificateUntrusted);
        assert!(matches!(untrusted, CertificateError::UnknownIssuer | CertificateError::BadSignature), "{untrusted:?}");
    }
    succeeds(&emulator);
}

#[test]
fn a_port_for_tls_answers_without_tls() {
    let emulator = emulator();
    for operation in OPERATIONS {
        let error = fails(&emulator, operation, &Fault::PlainText, None);
        assert_eq!(error, Error::InvalidMessage(InvalidMessage::InvalidContentType));
    }
    succeeds(&emulator);
}

#[test]
fn a_handshake_ends_with_an_alert() {
    let emulator = emulator();
    for (alert, description) in [
        (Alert::HandshakeFailure, AlertDescription::HandshakeFailure),
        (Alert::ProtocolVersion, AlertDescription::ProtocolVersion),
        (Alert::InternalError, AlertDescription::InternalError),
        (Alert::UnrecognizedName, AlertDescription::UnrecognisedName),
        (Alert::CertificateRequired, AlertDescription::CertificateRequired),
    ] {
        let error = fails(&emulator, Operation::MqttHandshake, &Fault::Alert(alert), None);
        assert_eq!(error, Error::AlertReceived(description));
    }
    succeeds(&emulator);
}

#[test]
fn a_client_certificate_is_rejected_with_an_alert() {
    let emulator = emulator();
    let leaf = Leaf::self_signed("dev-01");
    for operation in OPERATIONS {
        for (alert, description) in [
            (Alert::BadCertificate, AlertDescription::BadCertificate),
            (Alert::UnsupportedCertificate, AlertDescription::UnsupportedCertificate),
            (Alert::CertificateRevoked, AlertDescription::CertificateRevoked),
            (Alert::CertificateExpired, AlertDescription::CertificateExpired),
            (Alert::CertificateUnknown, AlertDescription::CertificateUnknown),
            (Alert::UnknownCa, AlertDescription::UnknownCA),
            (Alert::AccessDenied, AlertDescription::AccessDenied),
        ] {
            let error = fails(&emulator, operation, &Fault::Alert(alert), Some(Shown(&leaf, &[])));
            assert_eq!(error, Error::AlertReceived(description));
        }
    }
}

#[test]
fn a_client_without_a_certificate_does_not_meet_an_alert_about_one() {
    let emulator = emulator();
    emulator.fault(Operation::MqttHandshake, Fault::Alert(Alert::CertificateExpired), 1);
    succeeds(&emulator);
    emulator.fault(Operation::MqttHandshake, Fault::Alert(Alert::CertificateRequired), 1);
    let leaf = Leaf::self_signed("dev-01");
    let ended = ending(&emulator, Operation::MqttHandshake, Some(Shown(&leaf, &[])));
    assert!(ended.is_ok(), "the client sends one: {ended:?}");
}

#[test]
fn a_handshake_is_closed_or_reset() {
    let emulator = emulator();
    for operation in OPERATIONS {
        emulator.fault(operation, Fault::Truncated, 1);
        let closed = ending(&emulator, operation, None).unwrap_err();
        assert_eq!(closed.kind(), io::ErrorKind::UnexpectedEof);
        emulator.fault(operation, Fault::ResetMidBody, 1);
        let reset = ending(&emulator, operation, None).unwrap_err();
        assert!(matches!(reset.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe), "{reset:?}");
    }
    succeeds(&emulator);
}

#[test]
fn a_fault_of_one_port_is_not_met_at_the_other() {
    let emulator = emulator();
    emulator.fault(Operation::HttpsHandshake, Fault::PlainText, 1);
    succeeds(&emulator);
    assert_eq!(emulator.forget_faults(), 1);
}
