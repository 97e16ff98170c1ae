//! Each kind of TLS failure, as real servers cause it, is told apart in the same way over HTTPS and MQTT.

use crate::{
    scripted_key::Scripted,
    world::{ATTEMPT, DPS, HUB, both, host, key, now, registration},
};
use defender_auth::{
    Action, Authenticator, Plan,
    credential::{ClientCertificate, Issuer},
    dps::Profile,
    error::{ErrorKind, TlsFailure},
    https::{Client, HttpsError},
    identity::Identity,
    mqtt::Connect,
    sas::{Resource, SasToken},
    tls::Roots,
};
use defender_auth_mqtt::{Dial, Error as MqttError, Proof, Session};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, crypto::ring, pki_types::PrivateKeyDer, server::WebPkiClientVerifier,
};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// A server that does this with each connection.
fn serving(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap())));
    address
}

/// One that answers the greeting with these bytes.
pub(crate) fn answering(answer: &'static [u8]) -> SocketAddr {
    serving(move |mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(answer);
        // The rest is read, so that the end is no reset.
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

/// How both protocols fail there: with a certificate, or a key.
pub(crate) fn failures(at: SocketAddr, root: &str, certificate: Option<&ClientCertificate>) -> [TlsFailure; 2] {
    let roots = Roots::Pem(root.as_bytes());
    let client = Client::with(roots, [HUB, DPS].map(|name| (host(name), at)).into()).unwrap();
    let profile = Profile::new("0ne00000A0A".parse().unwrap(), "dev-01".parse().unwrap());
    let plan = match certificate {
        Some(certificate) => Plan::provision(profile, certificate.clone()).unwrap(),
        None => registration(),
    };
    let auth = Authenticator::new(&plan, both(now()), ATTEMPT);
    let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
    let https = match client.exchange(request).unwrap_err() {
        HttpsError::Tls { failure, .. } => failure,
        other => panic!("{other:?}"),
    };
    let me = Identity::device(host(HUB), "dev-01".parse().unwrap());
    let token = SasToken::sign(&key(), &Resource::of(&me), now() + ATTEMPT);
    let proof = certificate.map_or(Proof::Token(&token), Proof::Certificate);
    let mqtt = match Session::open(&Connect::hub(&me, None), proof, &Dial::at(at), roots).err().unwrap() {
        MqttError::TlsFailed { failure, .. } => failure,
        other => panic!("{other:?}"),
    };
    assert_eq!(https.as_str(), mqtt.as_str(), "{https:?} {mqtt:?}");
    [https, mqtt]
}

pub(crate) fn any_root() -> String {
    rcgen::generate_simple_self_signed([HUB.into()]).unwrap().cert.pem()
}

#[test]
fn alerts_are_told_apart_by_their_numbers() {
    let root = any_root();
    for (answer, kind, word) in [
        (b"\x15\x03\x03\0\x02\x02\x28", "incompatible", "alert 40 (handshake_failure)"),
        (b"\x15\x03\x03\0\x02\x02\x46", "incompatible", "alert 70 (protocol_version)"),
        (b"\x15\x03\x03\0\x02\x02\x2a", "client-rejected", "alert 42 (bad_certificate)"),
        (b"\x15\x03\x03\0\x02\x02\x30", "client-rejected", "alert 48 (unknown_ca)"),
        (b"\x15\x03\x03\0\x02\x02\x74", "client-rejected", "alert 116 (certificate_required)"),
        (b"\x15\x03\x03\0\x02\x02\x2d", "client-expired", "as expired"),
        (b"\x15\x03\x03\0\x02\x02\x70", "server-wrong-name", "for another name"),
        (b"\x15\x03\x03\0\x02\x02\x50", "alert", "alert 80 (internal_error)"),
        (b"\x15\x03\x03\0\x02\x02\xf0", "alert", "alert 240"),
    ] {
        for failure in failures(answering(answer), &root, None) {
            assert_eq!(failure.as_str(), kind, "{failure:?}");
            assert!(failure.to_string().contains(word), "{failure}");
        }
    }
}

#[test]
fn a_server_without_tls_is_told_as_plain_text() {
    let root = any_root();
    for answer in [&b"HTTP/1.1 400 Bad Request\r\n\r\n<html>"[..], b"SSH-2.0-OpenSSH_9.6\r\n", b"\x20\x02\0\0 CONNACK"]
    {
        for failure in failures(answering(answer), &root, None) {
            assert_eq!((&failure, failure.kind()), (&TlsFailure::PlainText, ErrorKind::Network));
        }
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([HUB.into(), DPS.into()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A server that requires a client certificate of its authority, its root, and a client certificate with this validity.
fn requiring(not_before: i32, not_after: i32) -> (SocketAddr, String, ClientCertificate) {
    let [root_key, server_key, client_key] = [(); 3].map(|()| KeyPair::generate().unwrap());
    let mut root = named("root");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = root.self_signed(&root_key).unwrap();
    let issuer = rcgen::Issuer::new(root, &root_key);
    let server = named("server").signed_by(&server_key, &issuer).unwrap();
    let mut client = named("dev-01");
    (client.not_before, client.not_after) = (date_time_ymd(not_before, 1, 1), date_time_ymd(not_after, 1, 1));
    let client = client.signed_by(&client_key, &issuer).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider)).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![server.der().clone()], PrivateKeyDer::try_from(server_key.serialize_der()).unwrap())
        .unwrap();
    let config = Arc::new(config);
    // It closes the connection at once, so that the client's request meets a closed connection and the alert before it.
    let address = serving(move |mut stream| {
        let mut tls = ServerConnection::new(Arc::clone(&config)).unwrap();
        let _ = tls.complete_io(&mut stream);
    });
    let client =
        ClientCertificate::from_der(vec![client.der().to_vec()], &client_key.serialize_der(), Issuer::Authority);
    (address, certificate.pem(), client)
}

#[test]
fn a_server_that_requires_a_client_certificate_rejects_a_client_without_one() {
    let (address, root, _) = requiring(2020, 2090);
    for _ in 0..20 {
        for failure in failures(address, &root, None) {
            assert_eq!((&failure, failure.kind()), (&TlsFailure::ClientRejected { alert: 116 }, ErrorKind::Input));
        }
    }
}

#[test]
fn a_client_certificate_that_has_expired_is_reported_with_its_validity() {
    let (address, root, held) = requiring(2020, 2022);
    let (elsewhere, _) = Scripted::of(&held).certify(&held);
    let fail = |certificate| failures(address, &root, Some(certificate));
    for failure in [&held, &elsewhere].into_iter().flat_map(fail) {
        assert!(matches!(failure, TlsFailure::ClientExpired { validity: Some(_) }), "{failure:?}");
        let text = failure.to_string();
        assert!(text.contains("valid from 2020-01-01T00:00:00Z to 2022-01-01T00:00:00Z"), "{text}");
        assert!(text.contains("renew the certificate") && failure.kind() == ErrorKind::Input, "{text}");
    }
}

#[test]
fn a_client_certificate_that_is_not_yet_valid_is_reported_with_the_clock() {
    let (address, root, certificate) = requiring(2088, 2090);
    for failure in failures(address, &root, Some(&certificate)) {
        assert!(matches!(failure, TlsFailure::ClientNotYetValid { .. }), "{failure:?}");
        let text = failure.to_string();
        assert!(text.contains("from 2088-01-01T00:00:00Z") && text.contains("set the clock"), "{text}");
        assert_eq!(failure.kind(), ErrorKind::Time);
    }
}

#[test]
fn a_valid_client_certificate_that_is_rejected_is_only_rejected() {
    let (_, _, stranger) = requiring(2020, 2090);
    let (address, root, _) = requiring(2020, 2090);
    for failure in failures(address, &root, Some(&stranger)) {
        assert!(matches!(failure, TlsFailure::ClientRejected { .. }), "{failure:?}");
    }
}
