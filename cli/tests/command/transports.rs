//! MQTT over WebSocket, and through a proxy.

use crate::support::{
    HOST, KEY, Run, command, defenderauth, device,
    registrar::{Registrar, enrollment},
    run,
    site::{DPS, SCOPE, Site},
};
use std::net::{SocketAddr, TcpListener};

/// A login through a proxy, which alone knows where the hub is.
fn through(site: &Site, proxy: SocketAddr, login: &str, more: &[&str]) -> Run {
    let mut command = command(&[&["authenticate", "-", "--connect", "--ca-file", &site.roots], more].concat());
    command.env_clear().env("HTTPS_PROXY", format!("http://{login}{proxy}"));
    run(command, device().as_bytes())
}

/// A login with other addresses for MQTT and for a WebSocket.
fn at(site: &Site, mqtt: SocketAddr, https: SocketAddr, transport: &str) -> Run {
    let [mqtt, https] = [format!("{HOST}:8883={mqtt}"), format!("{HOST}:443={https}")];
    let network = ["--ca-file", &site.roots, "--endpoint", &mqtt, "--endpoint", &https, "--transport", transport];
    defenderauth(&[&["authenticate", "-", "--connect"], &network[..]].concat(), device())
}

fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn a_login_passes_a_proxy_with_a_login_by_either_transport() {
    let site = Site::new();
    let proxy = site.emulator.proxy(Some("plant:hunter2")).unwrap();
    for (transport, port) in [("mqtt", 8883), ("mqtt-ws", 443)] {
        let run = through(&site, proxy.address(), "plant:hunter2@", &["--transport", transport]).done();
        assert!(run.out.contains(&format!("MQTT host     {HOST}:{port}\n")), "{run:?}");
        assert!(run.out.ends_with("hub           accepted\n") && !run.err.contains("PROXY"), "{run:?}");
        assert_eq!(proxy.asked().last().unwrap(), &format!("CONNECT {HOST}:{port} 200"));
    }
}

#[test]
fn the_login_of_a_proxy_may_be_in_a_file() {
    let site = Site::new();
    let proxy = site.emulator.proxy(Some("plant:hun ter2")).unwrap();
    let login = site.scratch.write("proxy.login", "plant:hun ter2\r\n");
    let with =
        |path: &str| through(&site, proxy.address(), "", &["--transport", "mqtt-ws", "--proxy-login-file", path]);
    assert!(with(&login).done().out.ends_with("hub           accepted\n"));
    let lacking = site.scratch.write("lacking.login", "plant\n");
    with(&lacking).failed(2, &["lacking.login: it must contain USER:PASSWORD, on one line"]);
    let run = with("plant:hunter2").failed(2, &["--proxy-login-file names does not exist"]);
    assert!(!run.err.contains("hunter2"), "{run:?}");
}

#[test]
fn a_proxy_that_refuses_is_named_without_its_login() {
    let site = Site::new();
    let proxy = site.emulator.proxy(Some("plant:right")).unwrap();
    let named = format!("{HOST}:443: the proxy of HTTPS_PROXY");
    let ws = ["--transport", "mqtt-ws"];
    through(&site, proxy.address(), "", &ws).failed(1, &[&named, "requires a login (407)", "the proxy"]);
    let run = through(&site, proxy.address(), "plant:hunter2@", &ws).failed(1, &[&named, "rejects the login", "(407)"]);
    assert!(!run.err.contains("hunter2"), "{run:?}");
    proxy.refuse(443);
    through(&site, proxy.address(), "plant:right@", &ws)
        .failed(1, &[&named, "refuses the connection (status 403)", "port 443"]);
}

#[test]
fn auto_takes_a_websocket_when_the_port_is_closed_and_says_so() {
    let site = Site::new();
    let run = at(&site, closed(), site.emulator.https_address(), "auto").done();
    assert!(run.err.contains(&format!("{HOST} is reached by MQTT over WebSocket, port 443")), "{run:?}");
    assert!(run.out.contains(&format!("MQTT host     {HOST}:443\n")), "{run:?}");
    let run = at(&site, site.emulator.address(), closed(), "auto").done();
    assert!(run.err.contains(&format!("{HOST} is reached by MQTT, port 8883")), "{run:?}");
    at(&site, closed(), closed(), "auto").failed(1, &["cannot be reached", "Over WebSocket: ", "the network path"]);
}

#[test]
fn a_transport_that_is_set_is_the_only_one() {
    let site = Site::new();
    at(&site, closed(), site.emulator.https_address(), "mqtt").failed(1, &["cannot be reached"]);
    at(&site, site.emulator.address(), closed(), "mqtt-ws").failed(1, &["cannot be reached"]);
    let run = at(&site, site.emulator.address(), site.emulator.address(), "mqtt-ws");
    assert!(run.code == 1 && run.err.contains(&site.emulator.address().to_string()), "{run:?}");
}

#[test]
fn a_registration_is_carried_by_a_websocket() {
    let registrar = Registrar::of(enrollment());
    let key = registrar.site.scratch.write("device.key", KEY);
    let endpoint = format!("{DPS}:443={}", registrar.site.emulator.https_address());
    let service = ["provision", "--endpoint", &endpoint, "--ca-file", &registrar.site.roots];
    let device = ["--id-scope", SCOPE, "--registration-id", "dev-02", "--key-file", &key];
    let with = |more: &[&str]| defenderauth(&[&service[..], &device, more].concat(), "");
    let run = with(&["--carrier", "mqtt", "--transport", "mqtt-ws"]).done();
    assert!(run.out.contains("dev-02"), "{run:?}");
    with(&["--transport", "auto"]).failed(2, &["add --carrier mqtt"]);
}
