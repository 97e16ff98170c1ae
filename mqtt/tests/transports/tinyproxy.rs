//! A proxy that others wrote, which hands what it carries to the emulator's: it looks up no name.

use crate::{
    scratch::Scratch,
    site::{HUB, Site, error, through},
};
use defender_auth::proxy::ProxyProblem;
use defender_auth_mqtt::{Dial, Error, Transport};
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

struct Tinyproxy {
    process: Child,
    address: SocketAddr,
    _folder: Scratch,
}

impl Tinyproxy {
    /// In front of another proxy, with these settings.
    fn start(upstream: SocketAddr, settings: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = Scratch::new();
        let port = address.port();
        let text =
            format!("Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nUpstream http {upstream}\n{settings}\n");
        let file = folder.write("tinyproxy.conf", text);
        let mut command = Command::new("tinyproxy");
        command.args(["-d", "-c", &file]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let this = Self { process, address, _folder: folder };
        for _ in 0..200 {
            if TcpStream::connect(address).is_ok() {
                return this;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("tinyproxy does not listen");
    }

    fn dial(&self, login: &str, transport: Transport) -> Dial {
        Dial::host().with_proxies(through(self.address, login)).with_transport(transport)
    }
}

impl Drop for Tinyproxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "needs tinyproxy, which `cargo xtask test` brings"]
fn tinyproxy_carries_what_its_login_and_its_ports_allow() {
    let site = Site::new();
    let emulators = site.0.proxy(None).unwrap();
    let proxy = Tinyproxy::start(emulators.address(), "BasicAuth plant hunter2\nConnectPort 443");
    let mut session = site.log_in(&proxy.dial("plant:hunter2@", Transport::Auto)).unwrap();
    assert_eq!(session.transport(), Transport::WebSocket);
    session.subscribe("$iothub/twin/res/#").unwrap();
    session.publish("devices/dev-01/messages/events/", &vec![7; 100_000]).unwrap();
    session.close();
    assert_eq!(site.register(&proxy.dial("plant:hunter2@", Transport::WebSocket)).unwrap(), 202);
    let dps = "global.azure-devices-provisioning.net";
    assert_eq!(emulators.asked(), [HUB, dps].map(|host| format!("CONNECT {host}:443 200")));
    for (login, transport, has_login) in [("", Transport::WebSocket, false), ("plant:wrong@", Transport::Mqtt, true)] {
        let refused = error(site.log_in(&proxy.dial(login, transport)));
        match refused {
            // Versions before 1.11.2 answer 401 to a wrong login.
            Error::Proxy { problem: ProxyProblem::Rejected { status: 401, .. }, .. } if has_login => {}
            Error::Proxy { problem, .. } => assert_eq!(problem, ProxyProblem::LoginRequired { has_login }),
            other => panic!("{other}"),
        }
    }
}

#[test]
#[ignore = "needs tinyproxy, which `cargo xtask test` brings"]
fn tinyproxy_without_a_login_carries_both_transports() {
    let site = Site::new();
    let emulators = site.0.proxy(None).unwrap();
    let proxy = Tinyproxy::start(emulators.address(), "");
    for transport in [Transport::Mqtt, Transport::WebSocket] {
        site.log_in(&proxy.dial("", transport)).unwrap().close();
    }
    assert_eq!(emulators.asked(), ["8883", "443"].map(|port| format!("CONNECT {HUB}:{port} 200")));
}
