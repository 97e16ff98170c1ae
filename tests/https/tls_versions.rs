//! Versions of TLS: 1.3 where the server speaks it, 1.2 where it does not, and an error that names them where none is common.

use crate::{
    tls_failures::{answering, any_root, failures},
    world::{DPS, HUB, client, host, is_the_module, plan, registration, services},
};
use defender_auth::{
    Plan,
    credential::{ClientCertificate, Issuer},
    device_mode::Target,
    dps::Profile,
    error::{ErrorKind, TlsFailure},
    https::{Client, HttpsError},
    identity::Identity,
    mqtt::Connect,
    sas::{Resource, SasToken},
    tls::Roots,
};
use defender_auth_emulator::{Emulator, TlsVersions};
use defender_auth_mqtt::{Dial, Session};

const DEVICE_NAME: &str = "contoso.device.azure-devices.net";

fn speaking(versions: TlsVersions) -> Emulator {
    Emulator::play(services(0).tls(versions), "127.0.0.1:0".parse().unwrap()).unwrap()
}

/// Logs in by MQTT at a hub that is called so.
fn log_in(cloud: &Emulator, name: &str) {
    let me = Identity::device(host(name), "dev-01".parse().unwrap());
    let expiry = crate::world::now() + crate::world::ATTEMPT;
    let token = SasToken::sign(&crate::world::key(), &Resource::of(&me), expiry);
    let roots = Roots::Pem(cloud.root_pem().as_bytes());
    Session::open(&Connect::hub(&me, None), &token, &Dial::at(cloud.address()), roots).unwrap().close();
}

#[test]
fn either_version_is_spoken_where_the_server_has_no_other() {
    for versions in [TlsVersions::Tls12, TlsVersions::Tls13, TlsVersions::All, TlsVersions::ByName] {
        let cloud = speaking(versions);
        assert!(is_the_module(&client(&cloud, []).authenticate(&plan()).unwrap()), "{versions:?}");
        for name in [HUB, DEVICE_NAME] {
            log_in(&cloud, name);
        }
    }
}

/// The server names TLS 1.1 in its answer, as one does that does not know the extension for newer versions.
#[test]
fn a_server_of_before_tls_1_2_is_named_as_that() {
    const OLD: [&[u8]; 3] = [
        b"\x16\x03\x02\0\x2a\x02\0\0\x26\x03\x020123456789abcdef0123456789abcdef\0\0\x2f\0",
        b"\x16\x03\x01\0\x2a\x02\0\0\x26\x03\x010123456789abcdef0123456789abcdef\0\0\x2f\0",
        b"\x16\x03\x00\0\x2a\x02\0\0\x26\x03\x000123456789abcdef0123456789abcdef\0\0\x2f\0",
    ];
    for answer in OLD {
        let root = any_root();
        for failure in failures(answering(answer), &root, None) {
            let text = failure.to_string();
            assert!(
                text.contains("the server speaks TLS 1.1 or older only, and this client TLS 1.2 and 1.3"),
                "{text}"
            );
            assert_eq!((failure.as_str(), failure.kind()), ("incompatible", ErrorKind::Peer));
            assert!(!failure.is_about_client());
        }
    }
}

#[test]
fn a_rejection_of_the_versions_is_not_blamed_on_the_certificate() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["dev-01".into()]).unwrap();
    // It has expired, and that is not the reason.
    (params.not_before, params.not_after) = (rcgen::date_time_ymd(2000, 1, 1), rcgen::date_time_ymd(2001, 1, 1));
    let der = params.self_signed(&key).unwrap().der().to_vec();
    let certificate = ClientCertificate::from_der(vec![der], &key.serialize_der(), Issuer::SelfSigned);
    for certificate in [None, Some(&certificate)] {
        for failure in failures(answering(b"\x15\x03\x02\0\x02\x02\x46"), &any_root(), certificate) {
            assert!(matches!(failure, TlsFailure::Incompatible { alert: Some(70), .. }), "{failure:?}");
            assert!(failure.is_about_versions() && !failure.is_about_client());
            let text = failure.to_string();
            assert!(text.contains("alert 70 (protocol_version)") && text.contains("TLS 1.2 and 1.3"), "{text}");
        }
    }
}

/// A client that forces 1.3, at a name that has 1.2: the other side of the same mistake.
#[test]
fn a_classic_name_does_not_speak_tls_1_3() {
    let cloud = speaking(TlsVersions::ByName);
    let mut roots = rustls::RootCertStore::empty();
    let pem = cloud.root_pem().as_bytes();
    let der =
        <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::from_pem_slice(pem).unwrap();
    roots.add(der).unwrap();
    for (name, version, is_met) in [
        (HUB, &rustls::version::TLS13, false),
        (HUB, &rustls::version::TLS12, true),
        (DPS, &rustls::version::TLS13, false),
        (DEVICE_NAME, &rustls::version::TLS13, true),
        (DEVICE_NAME, &rustls::version::TLS12, false),
    ] {
        let config = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        for address in [cloud.address(), cloud.https_address()] {
            let server = name.to_owned().try_into().unwrap();
            let mut tls = rustls::ClientConnection::new(config.clone().into(), server).unwrap();
            let mut socket = std::net::TcpStream::connect(address).unwrap();
            let met = tls.complete_io(&mut socket);
            assert_eq!(met.is_ok(), is_met, "{name} {version:?}");
            let failure = met.err().and_then(|error| TlsFailure::of(&error));
            assert!(is_met || failure.is_some_and(|failure| failure.is_about_versions()));
        }
    }
}

/// A hub has two names for devices; each of them is good for tokens, user names and requests.
#[test]
fn a_plan_goes_to_the_name_that_is_given_with_either_name_in_its_tokens() {
    let cloud = speaking(TlsVersions::ByName);
    let services = [HUB, DPS, DEVICE_NAME].map(|name| (host(name), cloud.https_address()));
    // The classic name leads nowhere, so that what arrives was sent to the other.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let only = [(host(DEVICE_NAME), cloud.https_address()), (host(HUB), closed)];
    let roots = || Roots::Pem(cloud.root_pem().as_bytes());
    let client = Client::with(roots(), only.into()).unwrap();
    let device = || defender_auth::Device::new(host(DEVICE_NAME), "dev-01".parse().unwrap(), crate::world::key());
    for (plan, hub) in [
        (Plan::device(device()), DEVICE_NAME),
        (Plan::device(device()).with_classic_hub_name(), HUB),
        (Plan::device(device().with_classic_hub_name()), HUB),
    ] {
        let me = client.authenticate(&plan.in_device_mode(Target::default()).unwrap()).unwrap();
        assert_eq!((me.identity().hub().as_str(), me.identity().endpoint().as_str()), (hub, DEVICE_NAME));
        let login = Connect::hub(me.identity(), None);
        assert!(login.user_name.starts_with(&format!("{hub}/dev-01/azureiotsecurity/?")), "{}", login.user_name);
        let token = me.password(crate::world::now() + crate::world::ATTEMPT).into_token().unwrap();
        assert!(token.resource().starts_with(&format!("{hub}%2F")), "{}", token.resource());
        Session::open(&login, &token, &Dial::at(cloud.address()), roots()).unwrap().close();
    }
    // An assignment of the classic name has no other.
    let classic = Client::with(roots(), services.into()).unwrap();
    let profile = Profile::new("0ne00000A0A".parse().unwrap(), "dev-01".parse().unwrap()).with_classic_hub_name();
    let plan = Plan::provision(profile, crate::world::key()).unwrap();
    let me = classic.authenticate(&plan).unwrap();
    assert_eq!((me.identity().hub().as_str(), me.identity().gateway()), (HUB, None));
    assert!(matches!(classic.authenticate(&registration()), Ok(same) if same.identity() == me.identity()));
}

#[test]
fn no_request_goes_to_a_name_for_back_ends() {
    let cloud = speaking(TlsVersions::All);
    let service = host("contoso.service.azure-devices.net");
    let client =
        Client::with(Roots::Pem(cloud.root_pem().as_bytes()), vec![(service.clone(), cloud.https_address())]).unwrap();
    let device = defender_auth::Device::new(service.clone(), "dev-01".parse().unwrap(), crate::world::key());
    for plan in [Plan::device(device.clone()), Plan::device(device).in_device_mode(Target::default()).unwrap()] {
        let error = client.authenticate(&plan).unwrap_err();
        assert!(matches!(&error, HttpsError::Failed(defender_auth::Error::Plan(_))), "{error:?}");
        assert!(
            error.to_string().ends_with("use contoso.azure-devices.net, or contoso.device.azure-devices.net"),
            "{error}"
        );
    }
    let me = Identity::device(service, "dev-01".parse().unwrap());
    let token = SasToken::sign(&crate::world::key(), &Resource::of(&me), crate::world::now());
    let login = Connect::hub(&me, None);
    let roots = Roots::Pem(cloud.root_pem().as_bytes());
    let refused = Session::open(&login, &token, &Dial::at(cloud.address()), roots).err().unwrap();
    assert!(refused.to_string().contains("is the hub's name for back ends"), "{refused}");
    assert!(!refused.is_transient() && cloud.journal().entries().is_empty(), "{:?}", cloud.journal().entries());
}
