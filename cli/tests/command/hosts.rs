//! Names and addresses of hosts, versions of TLS, and versions of the services' interfaces.

use crate::support::{
    HOST, KEY, Run, command, defenderauth, device,
    registrar::{Registrar, enrollment},
    run, service,
    site::{DPS, SCOPE, Site},
};
use defender_auth_emulator::{Device, Dps, Emulator, Hub, TlsVersions, World};
use std::net::{SocketAddr, TcpListener};

const DEVICE_NAME: &str = "contoso.device.azure-devices.net";

fn string(host: &str) -> String {
    format!("HostName={host};DeviceId=dev-01;SharedAccessKey={KEY}")
}

/// A login at a host that is found there.
fn at(site: &Site, host: &str, address: SocketAddr, more: &[&str]) -> Run {
    let endpoint = format!("{host}={address}");
    let arguments = ["authenticate", "-", "--connect", "--ca-file", &site.roots, "--endpoint", &endpoint];
    defenderauth(&[&arguments[..], more].concat(), string(host))
}

fn hub() -> Hub {
    Hub::new(HOST).device(Device::new("dev-01", KEY))
}

#[test]
fn a_hubs_name_for_back_ends_is_refused_before_a_login() {
    let site = Site::play(World::new().hub(hub()));
    for cloud in ["net", "us", "cn"] {
        let name = format!("contoso.service.azure-devices.{cloud}");
        let what = "`HostName` is the hub's name for back ends (`.service.`), where no device can log in; use the name";
        at(&site, &name, site.emulator.address(), &[]).failed(2, &[what]);
    }
    assert!(site.emulator.journal().entries().is_empty());
}

#[test]
fn an_assigned_name_for_back_ends_is_refused_with_its_cure() {
    let registrar = Registrar::of(enrollment().hub("contoso.service.azure-devices.net"));
    let run = registrar.register("https", &[]);
    let name = "the registration assigns the hub's name for back ends (`.service.`): contoso.service.azure-devices.net";
    run.failed(1, &[name, "link the hub to the provisioning service by its name without `.service`"]);
}

#[test]
fn either_name_of_a_hub_may_be_in_the_login() {
    let site = Site::play(World::new().hub(hub()).tls(TlsVersions::ByName));
    let mqtt = site.emulator.address();
    let run = at(&site, DEVICE_NAME, mqtt, &[]).done();
    assert!(run.out.contains(&format!("user name     {DEVICE_NAME}/dev-01/?")), "{run:?}");
    let run = at(&site, DEVICE_NAME, mqtt, &["--classic-hub-name", "--json"]).done().json();
    assert_eq!(run["mqtt"]["host"], DEVICE_NAME);
    assert!(run["mqtt"]["user_name"].as_str().unwrap().starts_with(&format!("{HOST}/dev-01/?")), "{run}");
    assert_eq!((&run["host_name"], &run["gateway_host_name"]), (&HOST.into(), &DEVICE_NAME.into()));
    let run = at(&site, HOST, mqtt, &["--classic-hub-name"]).done();
    assert!(run.out.contains(&format!("MQTT host     {HOST}:8883\n")), "{run:?}");
}

#[test]
fn a_token_may_have_the_classic_name_of_a_hub() {
    let token = |arguments: &[&str], text: &str| {
        defenderauth(&[&["token", "-", "--expires-at", "4000000000"], arguments].concat(), text).done().out
    };
    let classic = ["--classic-hub-name"];
    let expected = token(&[], &string(HOST));
    for host in [DEVICE_NAME, HOST] {
        assert_eq!(token(&classic, &string(host)), expected, "{host}");
    }
    assert!(token(&[], &string(DEVICE_NAME)).contains(&format!("sr={DEVICE_NAME}%2F")));
    let gateway = string(DEVICE_NAME) + ";GatewayHostName=edge.local";
    assert_eq!(token(&classic, &gateway), token(&[], &gateway), "a gateway has a name of its own");
    defenderauth(&["token", "-", "--ttl", "1h", "--service", "--classic-hub-name"], service())
        .misused(&["--classic-hub-name", "cannot be used with"]);
}

#[test]
fn a_registration_writes_the_classic_name_and_the_assigned_one() {
    let registrar = Registrar::of(enrollment().hub(DEVICE_NAME));
    let file = registrar.site.scratch.path("device.string");
    let run = registrar.register("https", &["--classic-hub-name", "--write-connection-string", &file, "--json"]).done();
    assert_eq!(run.json()["host_name"], HOST);
    assert_eq!(run.json()["gateway_host_name"], DEVICE_NAME);
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.starts_with(&format!("HostName={HOST};")), "{}", text.len());
    assert!(text.trim_end().ends_with(&format!(";GatewayHostName={DEVICE_NAME}")), "{}", text.len());
    assert!(registrar.register("https", &["--json"]).done().json()["gateway_host_name"].is_null());
}

#[test]
fn a_version_of_an_interface_can_be_set_and_is_named_when_it_is_refused() {
    let registrar = Registrar::of(enrollment());
    registrar.register("https", &["--dps-api-version", "2021-06-01"]).done();
    registrar.register("mqtt", &["--dps-api-version", "2021-06-01"]).done();
    registrar.register("https", &["--dps-api-version", "2018-01-01"]).failed(1, &["and the API version 2018-01-01"]);
    registrar.register("mqtt", &["--dps-api-version", "2018-01-01"]).failed(1, &["and the API version 2018-01-01"]);
    for (bad, why) in [("", "1 to 32 characters"), ("2021 06", "not allowed at byte 4"), ("2021&x", "at byte 4")] {
        let run = registrar.register("https", &["--dps-api-version", bad]);
        run.misused(&["--dps-api-version", why]);
    }
    let site = Site::play(World::new().hub(hub()));
    let hub = |more: &[&str]| at(&site, HOST, site.emulator.address(), more);
    let run = hub(&["--hub-api-version", "2021-04-12"]).done();
    assert!(run.out.contains("?api-version=2021-04-12&"), "{run:?}");
    let run =
        hub(&["--hub-api-version", "2099-01-01"]).failed(1, &["the hub does not support the API version 2099-01-01"]);
    assert!(run.err.contains("CONNACK 4"), "{run:?}");
    hub(&["--hub-api-version", "a/b"]).misused(&["--hub-api-version", "at byte 1"]);
}

#[test]
fn a_server_of_an_old_version_of_tls_is_named() {
    let site = Site::play(World::new().hub(hub()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            use std::io::{Read as _, Write as _};
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let hello = b"\x16\x03\x02\0\x2a\x02\0\0\x26\x03\x020123456789abcdef0123456789abcdef\0\0\x2f\0";
            let _ = stream.write_all(hello);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    let what = "the server speaks TLS 1.1 or older only, and this client TLS 1.2 and 1.3";
    at(&site, HOST, address, &[]).failed(1, &[what, "fault: the server, or its versions of TLS"]);
}

#[test]
fn a_hub_and_its_proxy_may_be_ipv6_addresses() {
    if let Err(error) = TcpListener::bind("[::1]:0") {
        eprintln!("not tested: this machine has no loopback address of IPv6: {error}");
        return;
    }
    let world = World::new()
        .hub(Hub::new("[::1]").device(Device::new("dev-01", KEY)))
        .dps(Dps::new(SCOPE).enrollment(enrollment()));
    let emulator = Emulator::play(world, "[::1]:0".parse().unwrap()).unwrap();
    let site = Site::new();
    let roots = site.scratch.write("ipv6.pem", emulator.root_pem());
    let [mqtt, https] =
        [format!("[::1]:8883={}", emulator.address()), format!("[::1]:443={}", emulator.https_address())];
    let arguments = ["authenticate", "-", "--connect", "--ca-file", &roots, "--endpoint", &mqtt, "--endpoint", &https];
    let run = defenderauth(&arguments, string("[::1]")).done();
    assert!(run.out.contains("MQTT host     [::1]:8883\n") && run.out.ends_with("accepted\n"), "{run:?}");
    let proxy = emulator.proxy(None).unwrap();
    for transport in ["mqtt", "mqtt-ws"] {
        let mut command = command(&["authenticate", "-", "--connect", "--ca-file", &roots, "--transport", transport]);
        command.env_clear().env("HTTPS_PROXY", format!("http://{}", proxy.address()));
        assert!(self::run(command, string("[::1]").as_bytes()).done().out.ends_with("accepted\n"));
    }
    assert_eq!(proxy.asked(), ["CONNECT [::1]:8883 200", "CONNECT [::1]:443 200"]);
    let key = site.scratch.write("device.key", KEY);
    let service = format!("{DPS}={}", emulator.https_address());
    let register = ["provision", "--endpoint", &service, "--ca-file", &roots, "--id-scope", SCOPE];
    let run = defenderauth(&[&register[..], &["--registration-id", "dev-02", "--key-file", &key]].concat(), "").done();
    assert!(run.out.contains("[::1]"), "{run:?}");
}

#[test]
fn a_malformed_address_is_named() {
    for (name, why) in [
        ("::1", "is an IPv6 address without brackets"),
        ("[fe80::1%eth0]", "is an IPv6 address with a zone ID"),
        ("[::1", "is not a valid IPv6 address"),
        ("[1::2::3]", "is not a valid IPv6 address"),
        ("[::1]:8883", "has a port"),
    ] {
        defenderauth(&["authenticate", "-"], string(name)).failed(2, &["`HostName`: the host name", why]);
    }
    let gateway = device() + ";GatewayHostName=fe80::1%eth0";
    defenderauth(&["authenticate", "-"], gateway).failed(2, &["`GatewayHostName`: ", "zone ID"]);
    for (endpoint, why) in [("h.net=::1", "without brackets"), ("h.net=[fe80::1%eth0]:1", "has a zone ID")] {
        defenderauth(&["authenticate", "-", "--endpoint", endpoint], device()).misused(&["--endpoint", why]);
    }
}
