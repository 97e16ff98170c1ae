//! Logins at servers of others, which require a client certificate: openssl's, nginx and mosquitto.

use crate::{
    alone::alone,
    outside::{Authority, HUB, P256, Server, Version},
    token::{KINDS, Kind, Token},
};
use defender_auth::{
    credential::{CertificateRequest, ClientCertificate},
    identity::Identity,
    mqtt::Connect,
    tls::{Roots, client_config_with},
};
use defender_auth_mqtt::{Dial, Session};
use defender_auth_pkcs11::TokenKey;
use rustls::{ClientConnection, StreamOwned};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
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

/// What a web server has seen.
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

/// Opens each kind of key, and has it log in.
fn every_kind(test: &str, kind: Kind, log_in: impl Fn(&Authority, &ClientCertificate, &str)) {
    alone(test, kind, make_all, |token| {
        let authority = Authority::new(P256);
        for (number, kind) in KINDS.into_iter().enumerate() {
            let key = token.open(&format!("key{number}")).unwrap();
            log_in(&authority, &certificate(&authority, key), kind);
        }
    });
}

fn is_seen_by_openssl(authority: &Authority, certificate: &ClientCertificate, kind: &str) {
    for version in Version::BOTH {
        let page = page(authority, &Server::openssl(authority, version), certificate);
        let version = format!("New, {},", version.name());
        for seen in ["Verify return code: 0 (ok)", "Subject: CN=dev-01", &version] {
            assert!(page.contains(seen), "{kind}: no {seen:?} in {page}");
        }
    }
}

#[test]
#[ignore = "needs softhsm2, opensc and openssl"]
fn openssl_accepts_a_key_in_softhsm() {
    every_kind("servers::openssl_accepts_a_key_in_softhsm", Kind::SoftHsm, is_seen_by_openssl);
}

#[test]
#[ignore = "needs tpm2-pkcs11, swtpm, opensc and openssl"]
fn openssl_accepts_a_key_in_tpm2_pkcs11() {
    every_kind("servers::openssl_accepts_a_key_in_tpm2_pkcs11", Kind::Tpm2, is_seen_by_openssl);
}

/// It answers a client with what it knows of its certificate.
const SITE: &str = r"
daemon off;
master_process off;
pid nginx.pid;
events {}
http {
    access_log off;
    client_body_temp_path client;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {
        listen LISTEN ssl;
        ssl_protocols VERSION;
        ssl_certificate server.pem;
        ssl_certificate_key server.key;
        ssl_client_certificate root.pem;
        ssl_verify_client on;
        ssl_verify_depth 2;
        location / {
            return 200 '$ssl_client_verify $ssl_client_s_dn $ssl_protocol';
        }
    }
}
";

fn nginx(authority: &Authority, version: Version) -> Server {
    let server = Server::start(|address| {
        let site = SITE.replace("LISTEN", &address.to_string()).replace("VERSION", version.name());
        authority.folder.write("nginx.conf", site);
        let mut command = Command::new("nginx");
        command.args(["-p", &authority.folder.folder(), "-c", "nginx.conf", "-e", "error.log"]);
        command
    });
    server.assert_speaks(version);
    server
}

fn is_seen_by_nginx(authority: &Authority, certificate: &ClientCertificate, kind: &str) {
    for version in Version::BOTH {
        let page = page(authority, &nginx(authority, version), certificate);
        let seen = format!("SUCCESS CN=dev-01 {}", version.name());
        assert!(page.starts_with("HTTP/1.1 200 OK") && page.ends_with(&seen), "{kind}: no {seen:?} in {page}");
    }
}

#[test]
#[ignore = "needs softhsm2, opensc, nginx and openssl, which `cargo xtask test` brings"]
fn nginx_accepts_a_key_in_softhsm() {
    every_kind("servers::nginx_accepts_a_key_in_softhsm", Kind::SoftHsm, is_seen_by_nginx);
}

#[test]
#[ignore = "needs tpm2-pkcs11, swtpm, opensc, nginx and openssl, which `cargo xtask test` brings"]
fn nginx_accepts_a_key_in_tpm2_pkcs11() {
    every_kind("servers::nginx_accepts_a_key_in_tpm2_pkcs11", Kind::Tpm2, is_seen_by_nginx);
}

/// It knows each client by its certificate's common name, and leaves it its own topics.
fn mosquitto(authority: &Authority, version: Version) -> Server {
    let path = |name: &str| authority.path(name);
    let rights = authority.folder.write("rights", "pattern readwrite devices/%u/#\n");
    let name = version.name();
    // A setting of its own pins the lowest version only.
    let tls = authority.folder.write(
        "openssl.cnf",
        format!(
            "openssl_conf = all\n[all]\nssl_conf = tls\n[tls]\nsystem_default = versions\n[versions]\nMinProtocol = \
             {name}\nMaxProtocol = {name}\n"
        ),
    );
    let server = Server::start(|address| {
        let settings = [
            format!("listener {} 127.0.0.1", address.port()),
            "user root".into(),
            format!("certfile {}", path("server.pem")),
            format!("keyfile {}", path("server.key")),
            format!("cafile {}", path("root.pem")),
            "require_certificate true".into(),
            "use_identity_as_username true".into(),
            format!("acl_file {rights}"),
        ];
        let file = authority.folder.write("mosquitto.conf", settings.join("\n"));
        let mut command = Command::new("mosquitto");
        command.args(["-c", &file]).env("OPENSSL_CONF", &tls);
        command
    });
    server.assert_speaks(version);
    server
}

fn is_known_to_mosquitto(authority: &Authority, certificate: &ClientCertificate, kind: &str) {
    let login = Connect::hub(&Identity::device(HUB.parse().unwrap(), "dev-01".parse().unwrap()), None);
    let (root, topic) = (authority.read("root.pem"), "devices/dev-01/messages/events/");
    for version in Version::BOTH {
        let broker = mosquitto(authority, version);
        let session = Session::open(&login, certificate, &Dial::at(broker.address), Roots::Pem(root.as_bytes()));
        let mut session = session.unwrap_or_else(|error| panic!("{kind} {version:?}: {error}"));
        session.subscribe(topic).unwrap();
        session.publish(topic, b"{}").unwrap();
        assert_eq!(session.next_message().unwrap().topic, topic);
        session.close();
    }
}

#[test]
#[ignore = "needs softhsm2, opensc, mosquitto and openssl, which `cargo xtask test` brings"]
fn mosquitto_accepts_a_key_in_softhsm() {
    every_kind("servers::mosquitto_accepts_a_key_in_softhsm", Kind::SoftHsm, is_known_to_mosquitto);
}

#[test]
#[ignore = "needs tpm2-pkcs11, swtpm, opensc, mosquitto and openssl, which `cargo xtask test` brings"]
fn mosquitto_accepts_a_key_in_tpm2_pkcs11() {
    every_kind("servers::mosquitto_accepts_a_key_in_tpm2_pkcs11", Kind::Tpm2, is_known_to_mosquitto);
}
