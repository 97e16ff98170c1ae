//! A user name and a password.

use crate::{
    Broker, login,
    outside::{Authority, P256, run},
    token,
};
use defender_auth::{error::TlsFailure, mqtt::Connect, sas::SasToken, tls::Roots};
use defender_auth_mqtt::{Dial, Error, Session};
use std::process::Command;

/// A broker that knows one user name and password.
fn start(authority: &Authority, login: &Connect, token: &SasToken) -> Broker {
    // A user who sees this system's processes sees a token that no hub knows.
    let passwords = authority.path("passwords");
    run(Command::new("mosquitto_passwd").args(["-c", "-b", &passwords, &login.user_name, token.expose()]));
    Broker::start(authority, None, &["allow_anonymous false".into(), format!("password_file {passwords}")])
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn mosquitto_accepts_the_login_and_refuses_another() {
    let (authority, connect, right) = (Authority::new(P256), login("dev-01"), token("dev-01"));
    let broker = start(&authority, &connect, &right);
    let (root, dial) = (authority.read("root.pem"), Dial::at(broker.0.address));
    let open = |token| Session::open(&connect, token, &dial, Roots::Pem(root.as_bytes()));
    open(&right).unwrap().close();
    match open(&token("dev-02")) {
        Err(Error::Refused(refusal)) => assert_eq!(refusal.code(), 5),
        other => panic!("{:?}", other.err()),
    }
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn a_server_of_another_name_is_not_trusted() {
    let (authority, mut connect, token) = (Authority::new(P256), login("dev-01"), token("dev-01"));
    let broker = start(&authority, &connect, &token);
    connect.host = "contoso.azure.example".parse().unwrap();
    let root = authority.read("root.pem");
    let answer = Session::open(&connect, &token, &Dial::at(broker.0.address), Roots::Pem(root.as_bytes()));
    assert!(
        matches!(answer, Err(Error::TlsFailed { failure: TlsFailure::ServerWrongName { .. }, .. })),
        "{:?}",
        answer.err()
    );
}
