//! A certificate in the place of a password, and the topics that go with it.

use crate::{
    Broker, login,
    outside::{Authority, KINDS, P256, Version},
    token,
};
use defender_auth::{credential::ClientCertificate, tls::Roots};
use defender_auth_mqtt::{Dial, Error, Proof, Session};

/// A broker that knows each client with a certificate of this authority by its common name, and leaves each its own
/// topics.
pub(crate) fn start(authority: &Authority, version: Version) -> Broker {
    start_with(authority, version, "")
}

/// The same with a setting of its TLS.
pub(crate) fn start_with(authority: &Authority, version: Version, tls: &str) -> Broker {
    let rights = authority.folder.write("rights", "pattern readwrite devices/%u/#\n");
    let settings = [
        format!("cafile {}", authority.path("root.pem")),
        "require_certificate true".into(),
        "use_identity_as_username true".into(),
        format!("acl_file {rights}"),
    ];
    let broker = Broker::start_with(authority, Some(version), &settings, tls);
    broker.0.assert_speaks(version);
    broker
}

pub(crate) fn open<'a>(
    broker: &Broker,
    authority: &Authority,
    id: &str,
    proof: impl Into<Proof<'a>>,
) -> Result<Session, Error> {
    let root = authority.read("root.pem");
    Session::open(&login(id), proof, &Dial::at(broker.0.address), Roots::Pem(root.as_bytes()))
}

fn topic(id: &str) -> String {
    format!("devices/{id}/messages/events/")
}

/// It logs in, and has its own topics.
pub(crate) fn is_accepted(broker: &Broker, authority: &Authority, id: &str, certificate: &ClientCertificate) {
    let mut session = open(broker, authority, id, certificate).unwrap();
    session.subscribe(&topic(id)).unwrap();
    session.publish(&topic(id), b"{}").unwrap();
    assert_eq!(session.next_message().unwrap().topic, topic(id));
    session.close();
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn mosquitto_knows_a_device_by_its_certificate_whatever_the_key_is() {
    for kind in KINDS {
        let authority = Authority::new(kind);
        let certificate = authority.client("dev-01");
        for version in Version::BOTH {
            is_accepted(&start(&authority, version), &authority, "dev-01", &certificate);
        }
    }
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn it_is_the_certificate_that_says_who_it_is() {
    let authority = Authority::new(P256);
    let broker = start(&authority, Version::Tls13);
    let certificate = authority.client("dev-01");
    // The user name of this login is another device's.
    let mut session = open(&broker, &authority, "dev-02", &certificate).unwrap();
    for id in ["dev-02", "dev-01"] {
        session.subscribe(&topic(id)).unwrap();
    }
    for id in ["dev-02", "dev-01"] {
        session.publish(&topic(id), b"{}").unwrap();
    }
    assert_eq!(session.next_message().unwrap().topic, topic("dev-01"), "dev-02 is not its own");
    session.close();
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn a_client_without_a_certificate_of_the_authority_is_rejected_with_the_servers_alert() {
    let (authority, stranger) = (Authority::new(P256), Authority::new(P256).client("dev-01"));
    let token = token("dev-01");
    for version in Version::BOTH {
        let broker = start(&authority, version);
        for proof in [Proof::from(&token), Proof::from(&stranger)] {
            let error = open(&broker, &authority, "dev-01", proof).err().unwrap();
            let Error::TlsFailed { failure, .. } = &error else { panic!("{error:?}") };
            assert!(failure.is_about_client(), "{error:?}");
            assert!(
                error.to_string().contains(": alert ") && error.to_string().contains("check the client certificate")
            );
        }
    }
}
