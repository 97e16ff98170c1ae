//! Servers that speak one version of TLS, by HTTPS and by MQTT: what they speak is spoken, and what is too old is named.

use crate::{
    DPS, client, nginx,
    outside::{Authority, HUB, P256, Server, Version},
    provision,
};
use defender_auth::{
    credential::ClientCertificate, error::TlsFailure, https::HttpsError, identity::Identity, mqtt::Connect, tls::Roots,
};
use defender_auth_mqtt::{Dial, Error, Session};
use std::net::SocketAddr;

/// How an MQTT login with the certificate ends at a server that is no broker.
fn over_mqtt(authority: &Authority, at: SocketAddr, certificate: &ClientCertificate) -> Error {
    let me = Identity::device(HUB.parse().unwrap(), "dev-01".parse().unwrap());
    let roots = authority.read("root.pem");
    let dial = Dial::at(at);
    Session::open(&Connect::hub(&me, None), certificate, &dial, Roots::Pem(roots.as_bytes())).err().unwrap()
}

fn old_versions_are_named(authority: &Authority, server: &Server) {
    let certificate = authority.client("dev-01");
    let https = client(authority, server).authenticate(&provision(&certificate)).unwrap_err();
    let HttpsError::Tls { failure: https, .. } = https else { panic!("{https:?}") };
    let mqtt = over_mqtt(authority, server.address, &certificate);
    let Error::TlsFailed { failure: mqtt, .. } = mqtt else { panic!("{mqtt:?}") };
    for failure in [https, mqtt] {
        assert!(matches!(failure, TlsFailure::Incompatible { .. }), "{failure:?}");
        let text = failure.to_string();
        assert!(text.contains("TLS 1.2 and 1.3") && !failure.is_about_client(), "{text}");
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn openssls_server_of_tls_1_1_is_named_as_that() {
    let authority = Authority::new(P256);
    let server = Server::start(|address| {
        let mut command = Server::openssl_with(&authority, "-tls1_1", address);
        command.args(["-cipher", "DEFAULT:@SECLEVEL=0"]);
        command
    });
    old_versions_are_named(&authority, &server);
}

#[test]
#[ignore = "needs nginx and openssl, which `cargo xtask test` brings"]
fn nginx_of_tls_1_1_is_named_as_that() {
    let authority = Authority::new(P256);
    let server = nginx::start_old(&authority);
    old_versions_are_named(&authority, &server);
}

#[test]
#[ignore = "needs nginx and openssl, which `cargo xtask test` brings"]
fn one_version_is_enough_for_either_protocol() {
    let authority = Authority::new(P256);
    let certificate = authority.client("dev-01");
    for version in Version::BOTH {
        let server = nginx::start(&authority, "root.pem", version);
        server.assert_speaks(version);
        let device = client(&authority, &server).authenticate(&provision(&certificate)).unwrap();
        assert_eq!(device.identity().hub(), HUB, "{DPS} has assigned it");
        // The handshake is done: nginx does not understand what follows.
        let error = over_mqtt(&authority, server.address, &certificate);
        assert!(matches!(error, Error::Protocol { .. } | Error::Closed { .. }), "{version:?}: {error}");
    }
}
