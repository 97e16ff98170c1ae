//! openssl's server verifies clients, and shows their certificates.

use crate::{
    client,
    outside::{Authority, HUB, KINDS, P256, Server, Version},
    provision, provision_by_key,
};
use defender_auth::{
    credential::ClientCertificate,
    https::HttpsError,
    tls::{Roots, client_config_with},
};
use rustls::{ClientConnection, StreamOwned};
use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

/// The page on which it says what it has seen.
pub(crate) fn page(authority: &Authority, server: &Server, certificate: &ClientCertificate) -> io::Result<String> {
    page_at(&authority.read("root.pem"), server.address, certificate)
}

/// The same of a server at an address, which is trusted by this root.
pub(crate) fn page_at(root: &str, address: SocketAddr, certificate: &ClientCertificate) -> io::Result<String> {
    let config = client_config_with(Roots::Pem(root.as_bytes()), certificate).unwrap();
    let tls = ClientConnection::new(Arc::new(config), HUB.try_into().unwrap()).unwrap();
    let tcp = TcpStream::connect(address)?;
    tcp.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut stream = StreamOwned::new(tls, tcp);
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut page = String::new();
    stream.read_to_string(&mut page).map(|_| page)
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn openssl_verifies_a_chain_whatever_the_key_is() {
    for kind in KINDS {
        let authority = Authority::new(kind);
        let certificate = authority.client("dev-01");
        for version in Version::BOTH {
            let page = page(&authority, &Server::openssl(&authority, version), &certificate).unwrap();
            let version = format!("New, {},", version.name());
            for seen in ["Verify return code: 0 (ok)", "Subject: CN=dev-01", &version] {
                assert!(page.contains(seen), "{kind}: no {seen:?} in {page}");
            }
        }
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn a_handshake_that_openssl_ends_is_told_with_its_reason() {
    let (authority, stranger) = (Authority::new(P256), Authority::new(P256).client("dev-01"));
    for version in Version::BOTH {
        let server = Server::openssl(&authority, version);
        assert!(page(&authority, &server, &stranger).unwrap_err().to_string().contains("received fatal alert"));
        for plan in [provision_by_key(), provision(&stranger)] {
            let error = client(&authority, &server).authenticate(&plan).unwrap_err();
            let HttpsError::Tls { failure, .. } = &error else { panic!("{error:?}") };
            assert!(failure.is_about_client() && !error.is_transient(), "{error:?}");
            assert!(error.to_string().contains("check the client certificate"), "{error}");
        }
    }
}
