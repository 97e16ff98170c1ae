//! The validity of the server's certificate.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{Hub, StartError, World};
use rustls::{
    CertificateError, Error,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use std::{
    io::Write as _,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use support::{HUB, dial, play};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

const DAY: Duration = Duration::from_secs(86_400);

fn world() -> World {
    World::new().hub(Hub::new(HUB))
}

/// How a handshake ends with a server certificate of this validity.
fn handshake(not_before: SystemTime, not_after: SystemTime) -> Result<(), CertificateError> {
    let emulator = play(world().server_certificate_validity(not_before, not_after));
    let mut tls = dial(&emulator, emulator.https_address(), HUB);
    let Err(error) = tls.write_all(b"x") else { return Ok(()) };
    match error.get_ref().unwrap().downcast_ref() {
        Some(Error::InvalidCertificate(error)) => Err(error.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_certificates_are_valid_for_months() {
    let emulator = play(world());
    let mut tls = dial(&emulator, emulator.https_address(), HUB);
    tls.write_all(b"x").unwrap();
    let root = CertificateDer::from_pem_slice(emulator.root_pem().as_bytes()).unwrap();
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let (month, day) = (30 * 86_400, 86_400);
    for der in [&root, &tls.conn.peer_certificates().unwrap()[0]] {
        let (_, certificate) = X509Certificate::from_der(der).unwrap();
        let (from, to) = (certificate.validity().not_before.timestamp(), certificate.validity().not_after.timestamp());
        assert!((now - 2 * day..now).contains(&from), "{from}");
        assert!((now + month..now + 4 * month).contains(&to), "{to}");
    }
}

#[test]
fn a_client_sees_the_configured_validity() {
    let now = SystemTime::now();
    assert_eq!(handshake(now - DAY, now + DAY), Ok(()));
    let expired = handshake(now - 10 * DAY, now - 9 * DAY);
    assert!(matches!(expired, Err(CertificateError::ExpiredContext { .. })), "{expired:?}");
    let early = handshake(now + 9 * DAY, now + 10 * DAY);
    assert!(matches!(early, Err(CertificateError::NotValidYetContext { .. })), "{early:?}");
}

#[test]
fn a_validity_that_no_certificate_can_have_is_refused() {
    let now = SystemTime::now();
    for (from, to) in [(now, now - DAY), (UNIX_EPOCH - DAY, now), (now, now + 4_000_000 * DAY)] {
        let world = world().server_certificate_validity(from, to);
        let error = defender_auth_emulator::Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap_err();
        assert!(matches!(error, StartError::Certificate(_)), "{error}");
    }
}
