use crate::site::{HUB, Site, closed, error, through};
use defender_auth::{
    proxy::{Proxies, ProxyProblem},
    secret::SecretText,
};
use defender_auth_mqtt::{Dial, Error, Limits, Transport};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    thread,
    time::Duration,
};

const BOTH: [(Transport, u16); 2] = [(Transport::Mqtt, 8883), (Transport::WebSocket, 443)];

fn dial(proxies: Proxies, transport: Transport) -> Dial {
    Dial::host().with_proxies(proxies).with_transport(transport)
}

/// The problem of a proxy, which the error names by its variable.
#[track_caller]
fn problem(result: Result<defender_auth_mqtt::Session, Error>) -> ProxyProblem {
    match error(result) {
        Error::Proxy { variable: "HTTPS_PROXY", problem, place } if place.starts_with(HUB) => problem,
        other => panic!("{other}"),
    }
}

#[test]
fn both_transports_pass_a_proxy() {
    let site = Site::new();
    let proxy = site.0.proxy(None).unwrap();
    for (transport, port) in BOTH {
        let dial = dial(through(proxy.address(), ""), transport);
        let mut session = site.log_in(&dial).unwrap();
        session.subscribe("$iothub/twin/res/#").unwrap();
        session.close();
        assert_eq!(site.register(&dial).unwrap(), 202);
        let asked = [HUB, "global.azure-devices-provisioning.net"].map(|host| format!("CONNECT {host}:{port} 200"));
        assert!(proxy.asked().ends_with(&asked), "{:?}", proxy.asked());
    }
}

#[test]
fn a_login_is_sent_to_the_proxy_from_its_url_or_given_apart() {
    let site = Site::new();
    let proxy = site.0.proxy(Some("plant:p@ss word")).unwrap();
    for (transport, port) in BOTH {
        site.log_in(&dial(through(proxy.address(), "plant:p%40ss%20word@"), transport)).unwrap().close();
        let given = through(proxy.address(), "").with_login(SecretText::new("plant:p@ss word".into()));
        site.log_in(&dial(given, transport)).unwrap().close();
        let missing = problem(site.log_in(&dial(through(proxy.address(), ""), transport)));
        assert_eq!(missing, ProxyProblem::LoginRequired { has_login: false });
        let wrong = problem(site.log_in(&dial(through(proxy.address(), "plant:hunter2@"), transport)));
        assert_eq!(wrong, ProxyProblem::LoginRequired { has_login: true });
        assert_eq!(proxy.asked().last().unwrap(), &format!("CONNECT {HUB}:{port} 407"));
    }
}

#[test]
fn a_host_that_is_excluded_is_reached_without_the_proxy() {
    let site = Site::new();
    let proxy = site.0.proxy(None).unwrap();
    let excluded = Proxies::new(|name| match name {
        "HTTPS_PROXY" => Some(format!("http://{}", proxy.address())),
        "NO_PROXY" => Some(".azure-devices.net:8883".into()),
        _ => None,
    });
    assert!(excluded.of(HUB, 8883).is_none() && excluded.of(HUB, 443).is_some());
    // An address of its own is reached without a proxy, too.
    let at = site.dial(Transport::WebSocket).with_proxies(excluded);
    site.log_in(&at).unwrap().close();
    assert!(proxy.asked().is_empty());
}

/// A proxy with one answer.
fn answering(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(answer);
    });
    address
}

#[test]
fn a_proxy_that_makes_no_tunnel_is_named_with_the_reason() {
    let site = Site::new();
    let no_tunnel = |reason: &str| ProxyProblem::NoTunnel { reason: reason.into() };
    for (answer, expected) in [
        (&b"HTTP/1.1 403 Forbidden\r\n\r\n"[..], ProxyProblem::Rejected { status: 403, port: 8883 }),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>", no_tunnel("what follows its answer is not TLS")),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", no_tunnel("its answer is not HTTP")),
        (b"HTTP/1.1 200 OK\r\n", no_tunnel("it closed the connection without an answer")),
        (b"", no_tunnel("it closed the connection without an answer")),
    ] {
        let dial = dial(through(answering(answer), ""), Transport::Mqtt);
        assert_eq!(problem(site.log_in(&dial)), expected);
    }
    let unreachable = problem(site.log_in(&dial(through(closed(), ""), Transport::Mqtt)));
    assert!(matches!(unreachable, ProxyProblem::Unreachable { .. }), "{unreachable}");
}

#[test]
fn a_proxy_that_is_silent_or_behind_tls_is_named() {
    let site = Site::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let limits = Limits { reach: Duration::from_millis(300), ..Limits::default() };
    let proxies = through(silent.local_addr().unwrap(), "");
    let waited = problem(site.log_in(&dial(proxies, Transport::Mqtt).with_limits(limits)));
    assert!(waited.to_string().contains("did not answer within"), "{waited}");
    let behind_tls =
        Proxies::new(|name| (name == "HTTPS_PROXY").then(|| format!("https://{}", site.0.https_address())));
    assert_eq!(problem(site.log_in(&dial(behind_tls, Transport::Mqtt))), ProxyProblem::Encrypted);
}
