//! What a WebSocket and a proxy add to a login: round trips, and no thread.

use crate::site::{HUB, Site};
use defender_auth::{proxy::Proxies, tls::Roots};
use defender_auth_emulator::{Device, Emulator, Hub, TlsVersions, World};
use defender_auth_mqtt::{Dial, Session, Transport};
use std::{
    env,
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

/// Holds address, transport and proxy for [`child`], and the root certificate.
const PLAN: &str = "DEFENDER_AUTH_FLIGHTS_CHILD";
const ROOT: &str = "DEFENDER_AUTH_FLIGHTS_ROOT";

/// TLS 1.2, in which each side waits for the other before every flight, so that they can be counted.
fn site() -> Site {
    let hub = Hub::new(HUB).device(Device::new("dev-01", "AwoRGB8mLTQ7QklQV15lbA=="));
    let world = World::new().hub(hub).tls(TlsVersions::Tls12);
    Site(Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap())
}

/// A server that hands everything on, and how often the client began to send after the other side had.
struct Recorder {
    address: SocketAddr,
    flights: Arc<Mutex<Flights>>,
}

#[derive(Default)]
struct Flights {
    number: u32,
    is_clients: bool,
}

impl Recorder {
    fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let flights = Arc::new(Mutex::new(Flights::default()));
        let inside = Arc::clone(&flights);
        thread::spawn(move || {
            for near in listener.incoming() {
                let (near, far) = (near.unwrap(), TcpStream::connect(target).unwrap());
                let (back, out) = ((far.try_clone().unwrap(), near.try_clone().unwrap()), (near, far));
                for ((from, to), is_clients) in [(out, true), (back, false)] {
                    let flights = Arc::clone(&inside);
                    thread::spawn(move || relay(from, to, is_clients, &flights));
                }
            }
        });
        Self { address, flights }
    }

    /// The number so far.
    fn number(&self) -> u32 {
        self.flights.lock().unwrap().number
    }
}

/// Counts before it hands on, so that nobody can answer what was not counted yet.
fn relay(mut from: TcpStream, mut to: TcpStream, is_clients: bool, flights: &Mutex<Flights>) {
    let mut buffer = [0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        {
            let mut flights = flights.lock().unwrap();
            flights.number += u32::from(is_clients && !flights.is_clients);
            flights.is_clients = is_clients;
        }
        if to.write_all(buffer.get(..read).unwrap()).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// How a login comes to the hub.
fn dial(at: SocketAddr, transport: Transport, login: Option<&str>) -> Dial {
    match login {
        None => Dial::at(at).with_transport(transport),
        Some(login) => {
            let proxies = Proxies::new(|name| (name == "HTTPS_PROXY").then(|| format!("http://{login}{at}")));
            Dial::host().with_proxies(proxies).with_transport(transport)
        }
    }
}

/// The round trips until the hub has accepted a login.
fn round_trips(site: &Site, transport: Transport, login: Option<&str>) -> u32 {
    let address = if transport == Transport::WebSocket { site.0.https_address() } else { site.0.address() };
    let proxy =
        login.map(|login| site.0.proxy(Some(login.trim_end_matches('@')).filter(|login| !login.is_empty())).unwrap());
    let recorder = Recorder::before(proxy.as_ref().map_or(address, defender_auth_emulator::Proxy::address));
    let session = site.log_in(&dial(recorder.address, transport, login)).unwrap();
    let number = recorder.number();
    session.close();
    number
}

#[test]
fn a_websocket_and_a_proxy_cost_one_round_trip_each() {
    let site = site();
    let mqtt = round_trips(&site, Transport::Mqtt, None);
    // Two of the handshake, and CONNECT.
    assert_eq!(mqtt, 3);
    assert_eq!(round_trips(&site, Transport::WebSocket, None), mqtt + 1);
    for login in ["", "plant:hunter2@"] {
        assert_eq!(round_trips(&site, Transport::Mqtt, Some(login)), mqtt + 1, "through a proxy");
        assert_eq!(round_trips(&site, Transport::WebSocket, Some(login)), mqtt + 2, "through a proxy");
    }
}

/// Logs in once, if a test below has started it.
#[test]
#[ignore = "a part of the test below"]
fn child() {
    let Ok(plan) = env::var(PLAN) else { return };
    let [at, transport, login] = plan.split('|').collect::<Vec<_>>().try_into().unwrap();
    let transport = if transport == "ws" { Transport::WebSocket } else { Transport::Mqtt };
    let login = login.strip_prefix("proxy ");
    let root = env::var(ROOT).unwrap();
    let (connect, token) = crate::site::login("AwoRGB8mLTQ7QklQV15lbA==");
    let dial = dial(at.parse().unwrap(), transport, login);
    Session::open(&connect, &token, &dial, Roots::Pem(root.as_bytes())).unwrap().close();
}

#[test]
#[ignore = "needs strace, which `cargo xtask test` brings"]
fn a_login_starts_no_thread_by_any_way() {
    let (site, scratch) = (site(), crate::scratch::Scratch::new());
    let proxy = site.0.proxy(Some("plant:hunter2")).unwrap();
    let [mqtt, https, proxy] = [site.0.address(), site.0.https_address(), proxy.address()].map(|it| it.to_string());
    for (at, transport, login) in [
        (&mqtt, "mqtt", ""),
        (&https, "ws", ""),
        (&proxy, "mqtt", "proxy plant:hunter2@"),
        (&proxy, "ws", "proxy plant:hunter2@"),
    ] {
        let trace = scratch.path("trace");
        let mut command = Command::new("strace");
        command.args(["-f", "-o", &trace, "-e", "trace=clone,clone3,fork,vfork,connect"]);
        command.arg(env::current_exe().unwrap()).args([
            "--exact",
            "flights::child",
            "--include-ignored",
            "--test-threads=1",
        ]);
        command.env(PLAN, format!("{at}|{transport}|{login}")).env(ROOT, site.0.root_pem()).stdin(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let calls = std::fs::read_to_string(trace).unwrap();
        assert_eq!(calls.matches("connect(").count(), 1, "{transport} {login}: {calls}");
        // The one in which a test runs is the test program's.
        let threads = calls.lines().filter(|call| ["clone", "fork"].iter().any(|name| call.contains(name))).count();
        assert_eq!(threads, 1, "{transport} {login}: {calls}");
    }
}
