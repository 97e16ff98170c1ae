//! Which servers the client trusts, which requests it repeats, and where it stops.

use crate::world::{
    ATTEMPT, DPS, ELSEWHERE, HUB, asked, both, client, cloud, host, is_the_module, key, now, plan, registration,
};
use defender_auth::{
    Action, Authenticator, Device, Error, Plan,
    credential::{ClientCertificate, Issuer},
    device_mode::Target,
    error::{Code, TlsError, TlsFailure},
    http::BODY_LIMIT,
    https::{Client, HttpsError},
    tls::Roots,
};
use defender_auth_emulator::{Fault, Operation};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// Asks for a registration at an address, once.
fn ask(at: SocketAddr, root_pem: &str) -> HttpsError {
    let client = Client::with(Roots::Pem(root_pem.as_bytes()), vec![(host(DPS), at)]).unwrap();
    let auth = Authenticator::new(&registration(), both(now()), ATTEMPT);
    let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
    client.exchange(request).unwrap_err()
}

/// A server that does this with one connection.
fn serving(serve: impl FnOnce(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || serve(listener.accept().unwrap().0));
    address
}

#[test]
fn a_whole_chain_succeeds() {
    let cloud = cloud(1);
    let client = client(&cloud, []);
    let mut auth = Authenticator::new(&plan(), both(now()), ATTEMPT);
    client.run(&mut auth).unwrap();
    let Action::Done(outcome) = auth.poll() else { panic!("{auth:?}") };
    assert!(is_the_module(outcome));
    assert_eq!(asked(&cloud, 0), "register poll read");
}

#[test]
fn one_client_serves_many_plans() {
    let cloud = cloud(0);
    let client = client(&cloud, []);
    let device = client.authenticate(&registration()).unwrap();
    assert_eq!((device.identity().hub().as_str(), device.identity().module_id()), (HUB, None));
    let module = client.authenticate(&Plan::from(device).in_device_mode(Target::default()).unwrap()).unwrap();
    assert!(is_the_module(&module));
    assert!(is_the_module(&client.authenticate(&plan().lookup_only(true).unwrap()).unwrap()));
    assert_eq!(asked(&cloud, 0), "register read look read");
}

#[test]
fn a_refusal_is_the_plans_own_error() {
    let cloud = cloud(0);
    cloud.disable_enrollment("dev-01").unwrap();
    match client(&cloud, []).authenticate(&plan()) {
        Err(HttpsError::Failed(error)) => assert_eq!(error.code(), Code::RegistrationDisabled),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_attempt_without_time_for_its_wait_does_not_wait() {
    let cloud = cloud(1);
    let client = client(&cloud, []).give_up_after(Duration::ZERO);
    assert_eq!(client.authenticate(&plan()).unwrap_err(), HttpsError::Failed(Error::OutOfTime));
}

#[test]
fn a_server_of_an_unknown_root_is_not_trusted_and_the_plan_can_go_on_elsewhere() {
    let (ours, other) = (cloud(0), cloud(0));
    let services = [HUB, DPS].map(|name| (host(name), ours.https_address()));
    let wary = Client::with(Roots::Pem(other.root_pem().as_bytes()), services.into()).unwrap();
    let mut auth = Authenticator::new(&plan(), both(now()), ATTEMPT);
    for _ in 0..2 {
        let error = wary.run(&mut auth).unwrap_err();
        let HttpsError::Tls { host, failure: TlsFailure::ServerUntrusted { issuer: Some(issuer) } } = &error else {
            panic!("{error:?}")
        };
        assert!(host.as_str() == DPS && error.to_string().contains(&format!("issued by {issuer}")), "{error}");
        assert!(!error.is_transient());
        assert!(matches!(auth.poll(), Action::Send(request) if request.host().as_str() == DPS), "{auth:?}");
    }
    client(&ours, []).run(&mut auth).unwrap();
    assert!(is_the_module(&auth.into_outcome().unwrap()));
}

#[test]
fn a_server_without_the_hosts_name_is_not_trusted_and_learns_nothing() {
    let cloud = cloud(0);
    let client = client(&cloud, [(host(ELSEWHERE), cloud.https_address())]);
    let device = Device::new(host(ELSEWHERE), "dev-01".parse().unwrap(), key());
    let plan = Plan::device(device).in_device_mode(Target::default()).unwrap();
    match client.authenticate(&plan) {
        Err(HttpsError::Tls { host, failure: TlsFailure::ServerWrongName { names } }) => {
            assert_eq!(host.as_str(), ELSEWHERE);
            assert!(names.iter().any(|name| name.contains(HUB)), "{names:?}");
        }
        other => panic!("{other:?}"),
    }
    assert!(!asked(&cloud, 0).contains("read"), "{}", asked(&cloud, 0));
}

#[test]
fn an_address_without_a_server_is_no_answer() {
    let cloud = cloud(0);
    // The near end of a connection: the port is taken, and no server listens on it.
    let taken = TcpStream::connect(cloud.address()).unwrap();
    let error = ask(taken.local_addr().unwrap(), cloud.root_pem());
    assert!(matches!(error, HttpsError::NoAnswer { .. }) && error.is_transient(), "{error:?}");
}

#[test]
fn a_connection_that_ends_at_once_is_no_answer() {
    let error = ask(serving(drop), cloud(0).root_pem());
    assert!(matches!(error, HttpsError::NoAnswer { .. }), "{error:?}");
}

#[test]
fn a_server_without_tls_is_not_trusted() {
    let portal = serving(|mut stream| {
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
        // The rest of the greeting is taken, so that the end is no reset.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let error = ask(portal, cloud(0).root_pem());
    assert!(matches!(error, HttpsError::Tls { failure: TlsFailure::PlainText, .. }), "{error:?}");
}

#[test]
fn a_body_is_read_to_one_byte_beyond_the_limit() {
    let cloud = cloud(0);
    cloud.fault(Operation::Register, Fault::Oversized, 1);
    let auth = Authenticator::new(&plan(), both(now()), ATTEMPT);
    let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
    let reply = client(&cloud, []).exchange(request).unwrap();
    assert_eq!(format!("{reply:?}"), format!("Response(200, {} bytes, ..)", BODY_LIMIT + 1));
}

#[test]
fn a_certificate_that_tls_cannot_use_is_refused_before_a_request_is_sent() {
    let unusable = ClientCertificate::from_der(vec![vec![0x30, 1]], &[0x30, 2], Issuer::SelfSigned);
    let elsewhere = ClientCertificate::held_elsewhere(Some(Issuer::SelfSigned));
    for certificate in [unusable, elsewhere] {
        let cloud = cloud(0);
        let is_held = certificate.der().is_some();
        let device = Device::new(host(HUB), "dev-01".parse().unwrap(), certificate);
        let plan = Plan::device(device).in_device_mode(Target::default()).unwrap();
        match client(&cloud, []).authenticate(&plan).unwrap_err() {
            HttpsError::Failed(Error::Tls(TlsError::ClientCertificate { .. })) => assert!(is_held),
            HttpsError::Failed(Error::Tls(TlsError::KeyElsewhere)) => assert!(!is_held),
            other => panic!("{other:?}"),
        }
        assert_eq!(asked(&cloud, 0), "");
    }
}

#[test]
fn a_client_prints_nothing_of_what_it_holds() {
    let cloud = cloud(0);
    assert_eq!(format!("{:?}", client(&cloud, [])), "Client(..)");
}

#[test]
fn a_client_without_roots_is_an_error() {
    assert_eq!(Client::with(Roots::Pem(b""), Vec::new()).unwrap_err(), TlsError::NoCertificate.into());
}
