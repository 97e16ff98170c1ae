//! Hosts, proxies and exceptions that are IPv6 addresses. A machine without a loopback address of IPv6 is told, and what can be
//! is tested there.

use crate::world::{ATTEMPT, DEVICE_KEY, MODULE_KEY, host, key, now};
use defender_auth::{
    Device, Plan,
    device_mode::Target,
    https::{Client, HttpsError},
    mqtt::Connect,
    proxy::Proxies,
    tls::Roots,
};
use defender_auth_emulator as emulator;
use defender_auth_emulator::{Emulator, Hub, World};
use defender_auth_mqtt::{Dial, Session, Transport};
use std::net::TcpListener;

const NAME: &str = "[::1]";

/// A hub at the loopback address of IPv6 whose name is this, with the security module of one device.
fn cloud(name: &str) -> Option<Emulator> {
    if let Err(error) = TcpListener::bind("[::1]:0") {
        eprintln!("not tested: this machine has no loopback address of IPv6: {error}");
        return None;
    }
    let module = emulator::Module::new("azureiotsecurity", MODULE_KEY);
    let hub = Hub::new(name).device(emulator::Device::new("dev-01", DEVICE_KEY).module(module));
    Some(Emulator::play(World::new().hub(hub), "[::1]:0".parse().unwrap()).unwrap())
}

fn plan(name: &str) -> Plan {
    Plan::device(Device::new(host(name), "dev-01".parse().unwrap(), key())).in_device_mode(Target::default()).unwrap()
}

/// Becomes the module by HTTPS, and logs in by MQTT.
fn whole(cloud: &Emulator, name: &str, client: &Client, dials: &[Dial]) {
    let me = client.authenticate(&plan(name)).unwrap();
    let token = me.password(now() + ATTEMPT).into_token().unwrap();
    let login = Connect::hub(me.identity(), None);
    assert_eq!(login.host.as_str(), name);
    for dial in dials {
        Session::open(&login, &token, dial, Roots::Pem(cloud.root_pem().as_bytes())).unwrap().close();
    }
}

#[test]
fn a_hub_at_an_ipv6_address_is_reached_and_verified() {
    for name in [NAME, "edge.local"] {
        let Some(cloud) = cloud(name) else { return };
        let roots = Roots::Pem(cloud.root_pem().as_bytes());
        let client = Client::with(roots, vec![(host(name), cloud.https_address())]).unwrap();
        let websocket = Dial::at(cloud.https_address()).with_transport(Transport::WebSocket);
        whole(&cloud, name, &client, &[Dial::at(cloud.address()), websocket]);
        let elsewhere = Client::with(roots, Vec::new()).unwrap().connect_to("::1", cloud.https_address().port());
        whole(&cloud, name, &elsewhere, &[]);
    }
}

#[test]
fn a_certificate_for_another_address_is_for_another_name() {
    let Some(cloud) = cloud(NAME) else { return };
    let roots = Roots::Pem(cloud.root_pem().as_bytes());
    let client = Client::with(roots, vec![(host("[2001:db8::1]"), cloud.https_address())]).unwrap();
    let error = client.authenticate(&plan("[2001:db8::1]")).unwrap_err();
    let HttpsError::Tls { failure, .. } = &error else { panic!("{error:?}") };
    assert_eq!(failure.as_str(), "server-wrong-name", "{error}");
    assert!(error.to_string().starts_with("[2001:db8::1]: "), "{error}");
}

#[test]
fn a_proxy_at_an_ipv6_address_carries_to_one() {
    let Some(cloud) = cloud(NAME) else { return };
    let proxy = cloud.proxy(Some("plant:hunter2")).unwrap();
    assert!(proxy.address().is_ipv6());
    let named = |exceptions: &'static str| {
        let url = format!("http://plant:hunter2@{}", proxy.address());
        Proxies::new(move |name| match name {
            "HTTPS_PROXY" => Some(url.clone()),
            "NO_PROXY" => Some(exceptions.into()),
            _ => None,
        })
    };
    let client = Client::with(Roots::Pem(cloud.root_pem().as_bytes()), Vec::new()).unwrap();
    let dial = |transport| Dial::host().with_transport(transport).with_proxies(named(""));
    whole(&cloud, NAME, &client.clone().with_proxies(named("")), &[dial(Transport::Mqtt), dial(Transport::WebSocket)]);
    let asked = [443, 8883, 443].map(|port| format!("CONNECT {NAME}:{port} 200"));
    assert_eq!(proxy.asked(), asked);
    // Nothing listens at the ports of the protocols, and the proxy is not asked.
    for exceptions in ["::1", "[::1]", "::/64", "0:0:0:0:0:0:0:1", "[::1]:443"] {
        let direct = client.clone().with_proxies(named(exceptions));
        let auth = defender_auth::Authenticator::new(&plan(NAME), crate::world::both(now()), ATTEMPT);
        let defender_auth::Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
        let error = direct.exchange(request).unwrap_err();
        assert!(matches!(error, HttpsError::NoAnswer { .. }), "{exceptions}: {error}");
    }
    assert_eq!(proxy.asked(), asked);
}
