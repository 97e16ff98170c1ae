//! TLS handshakes with openssl's server, which requires a client certificate.

use crate::{
    alone::alone,
    outside::{Authority, HUB, P256, Server, Version},
    token::{KINDS, Kind, Token},
};
use defender_auth::{
    credential::{CertificateRequest, ClientCertificate},
    tls::{Roots, client_config_with},
};
use defender_auth_pkcs11::TokenKey;
use rustls::{ClientConnection, StreamOwned};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

fn make_all(token: &Token) {
    for (number, kind) in KINDS.into_iter().enumerate() {
        token.make(kind, &format!("key{number}"), &format!("0{number}"));
    }
}

/// A certificate that openssl issues for the key's request.
fn certificate(authority: &Authority, key: TokenKey) -> ClientCertificate {
    let request = CertificateRequest::sign("dev-01", &key).unwrap();
    authority.certify(&request.to_pem()).with_private_key(Arc::new(key)).unwrap()
}

/// What openssl's server has seen.
fn page(authority: &Authority, server: &Server, certificate: &ClientCertificate) -> String {
    let root = authority.read("root.pem");
    let config = client_config_with(Roots::Pem(root.as_bytes()), certificate).unwrap();
    let tls = ClientConnection::new(Arc::new(config), HUB.try_into().unwrap()).unwrap();
    let tcp = TcpStream::connect(server.address).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut stream = StreamOwned::new(tls, tcp);
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

fn every_kind_authenticates(test: &str, kind: Kind) {
    alone(test, kind, make_all, |token| {
        let authority = Authority::new(P256);
        let servers = Version::BOTH.map(|version| Server::openssl(&authority, version));
        for (number, kind) in KINDS.into_iter().enumerate() {
            let key = token.open(&format!("key{number}")).unwrap();
            let certificate = certificate(&authority, key);
            for (server, version) in servers.iter().zip(Version::BOTH) {
                let page = page(&authority, server, &certificate);
                let version = format!("New, {},", version.name());
                for seen in ["Verify return code: 0 (ok)", "Subject: CN=dev-01", &version] {
                    assert!(page.contains(seen), "{kind}: no {seen:?} in {page}");
                }
            }
        }
    });
}

#[test]
#[ignore = "needs softhsm2, opensc and openssl"]
fn openssl_accepts_a_key_in_softhsm() {
    every_kind_authenticates("servers::openssl_accepts_a_key_in_softhsm", Kind::SoftHsm);
}

#[test]
#[ignore = "needs tpm2-pkcs11, swtpm, opensc and openssl"]
fn openssl_accepts_a_key_in_tpm2_pkcs11() {
    every_kind_authenticates("servers::openssl_accepts_a_key_in_tpm2_pkcs11", Kind::Tpm2);
}
