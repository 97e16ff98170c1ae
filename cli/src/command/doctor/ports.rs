//! The way to each port of a host before TLS begins: its name's addresses, and a connection.

use super::{
    command::Command,
    examination::Examination,
    step::{Found, NOT_NEEDED, OUT_OF_TIME, Status},
};
use crate::{
    network::route::{HTTPS, Network},
    system::platform::Platform,
    terminal::progress,
};
use defender_auth::{
    UnixTime,
    error::{Code, ErrorKind},
    identity::HostName,
    mqtt::PORT,
    proxy::ProxyProblem,
    wait::Readable,
};
use defender_auth_mqtt::{Dial, Error, Probe, Transport};
use std::{
    io,
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// How long a name is looked up, at most.
const LOOK_UP: Duration = Duration::from_secs(10);

/// What looks slow.
const SLOW: Duration = Duration::from_secs(2);

/// How long a connection to one address may take, at most.
const CONNECT: Duration = Duration::from_secs(5);

/// The number of a name's addresses that are tried.
const MOST: usize = 4;

/// A port of a host, and what is known of the way there.
pub(super) struct Port {
    pub(super) host: HostName,
    pub(super) number: u16,
    /// Whether the device gets in without it.
    pub(super) is_needed: bool,
    /// The address that is given in place of the host.
    pub(super) address: Option<SocketAddr>,
    /// The variable of the proxy on the way.
    pub(super) proxy: Option<&'static str>,
    /// Whether there is an address to connect to.
    pub(super) is_known: bool,
    pub(super) is_open: bool,
    /// What answered, once it was tried.
    pub(super) answer: Option<Result<Probe, Error>>,
    /// The time of this device then.
    pub(super) answered_at: UnixTime,
    /// How long that took.
    pub(super) took: Duration,
}

impl Port {
    /// The name of it in steps.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.host, self.number)
    }

    /// Whether it is open and its server was verified, or will be by the request that is sent there.
    pub(super) fn is_good(&self) -> bool {
        matches!(self.answer, Some(Ok(_))) || self.is_behind_tls()
    }

    /// Whether the proxy itself is behind TLS, which HTTPS alone supports.
    pub(super) fn is_behind_tls(&self) -> bool {
        let is_encrypted = matches!(self.answer, Some(Err(Error::Proxy { problem: ProxyProblem::Encrypted, .. })));
        self.number == HTTPS && is_encrypted
    }

    /// How the MQTT client reaches it.
    pub(super) fn dial(&self, network: &Network) -> Dial {
        let transport = if self.number == PORT { Transport::Mqtt } else { Transport::WebSocket };
        let dial = self.address.map_or_else(Dial::host, Dial::at);
        dial.with_transport(transport).with_proxies(network.proxies().clone())
    }
}

/// What a connection of a port goes to.
struct Target {
    name: String,
    port: u16,
    proxy: Option<&'static str>,
    address: Option<SocketAddr>,
}

/// Examines the ports of a host: their numbers, and whether they are needed.
pub(super) fn reach(
    examination: &mut Examination,
    network: &Network,
    host: &HostName,
    wanted: &[(u16, bool)],
) -> Vec<Port> {
    let (mut ports, mut known) = (Vec::new(), Vec::<(String, Option<Vec<IpAddr>>)>::new());
    for &(number, is_needed) in wanted {
        let place = format!("{host}:{number}");
        if !examination.has_time() {
            examination.skip("tcp", Some(place), OUT_OF_TIME);
            continue;
        }
        let target = match network.address(host, number) {
            Ok(address) => target(network, host, number, address),
            Err(_) if !is_needed => {
                examination.skip("tcp", Some(place), "no --endpoint is for this port, and it is not needed");
                continue;
            }
            Err(failure) => {
                examination.step("tcp", Some(place), || Found::of(&failure));
                continue;
            }
        };
        let mut port = Port {
            host: host.clone(),
            number,
            is_needed,
            address: target.address,
            proxy: target.proxy,
            is_known: false,
            is_open: false,
            answer: None,
            answered_at: UnixTime::from_secs(0),
            took: Duration::ZERO,
        };
        let addresses = match target.address {
            Some(address) => Some(vec![address]),
            None => addresses(examination, &mut known, &target, network.at_most(LOOK_UP)),
        };
        port.is_known = addresses.is_some();
        match addresses {
            Some(addresses) => {
                let (begun, found) = (Instant::now(), connect(&target, &addresses, number, network.at_most(CONNECT)));
                port.is_open = found.status != Status::Failed;
                let found = if is_needed { found } else { found.softened(NOT_NEEDED) };
                examination.add("tcp", Some(place), begun.elapsed(), found);
            }
            None => examination.skip("tcp", Some(place), "because step dns failed"),
        }
        ports.push(port);
    }
    ports
}

fn target(network: &Network, host: &HostName, number: u16, address: Option<SocketAddr>) -> Target {
    let proxy = network.proxies().of(host.as_str(), number).filter(|_| address.is_none());
    let bare = |name: &str| name.trim_start_matches('[').trim_end_matches(']').to_owned();
    match proxy {
        Some(proxy) => Target { name: bare(proxy.host()), port: proxy.port(), proxy: Some(proxy.variable()), address },
        None => Target { name: bare(host.as_str()), port: number, proxy: None, address },
    }
}

/// The addresses of a target's name, which is looked up once.
fn addresses(
    examination: &mut Examination,
    known: &mut Vec<(String, Option<Vec<IpAddr>>)>,
    target: &Target,
    limit: Duration,
) -> Option<Vec<SocketAddr>> {
    let with_port = |found: &Option<Vec<IpAddr>>| {
        found.as_ref().map(|found| found.iter().map(|ip| SocketAddr::new(*ip, target.port)).collect())
    };
    if let Ok(ip) = target.name.parse::<IpAddr>() {
        return Some(vec![SocketAddr::new(ip, target.port)]);
    }
    if let Some((_, found)) = known.iter().find(|(name, _)| *name == target.name) {
        return with_port(found);
    }
    let mut found = None;
    examination.step("dns", Some(target.name.clone()), || {
        let begun = Instant::now();
        let looked_up = look_up(&target.name, limit);
        let result = judged(&target.name, &looked_up, begun.elapsed());
        found = looked_up.ok();
        result
    });
    let result = with_port(&found);
    known.push((target.name.clone(), found));
    result
}

/// Looks up a name within the limit. The system's own limit may be a longer one.
fn look_up(name: &str, limit: Duration) -> Result<Vec<IpAddr>, String> {
    progress::step(&format!("looking up {name}, for {} at most", Readable(limit)));
    let (sender, receiver) = mpsc::channel();
    let asked = name.to_owned();
    // It ends with the process if the system takes longer.
    thread::spawn(move || {
        let found = (asked.as_str(), 0).to_socket_addrs();
        let _ = sender.send(found.map(|found| found.map(|address| address.ip()).collect::<Vec<_>>()));
    });
    match receiver.recv_timeout(limit) {
        Ok(Ok(mut found)) => {
            let mut seen = Vec::new();
            found.retain(|ip| {
                !seen.contains(ip) && {
                    seen.push(*ip);
                    true
                }
            });
            if found.is_empty() { Err("the name has no address".into()) } else { Ok(found) }
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {}", Readable(limit))),
    }
}

fn judged(name: &str, looked_up: &Result<Vec<IpAddr>, String>, took: Duration) -> Found {
    let next = Command::LookUp(name);
    match looked_up {
        Ok(found) => {
            let of = |kind: &str, is_in: fn(&IpAddr) -> bool| {
                let texts: Vec<_> = found.iter().filter(|ip| is_in(ip)).map(ToString::to_string).collect();
                if texts.is_empty() { format!("no {kind}") } else { format!("{kind} {}", texts.join(" ")) }
            };
            let text =
                format!("{}; {}; in {} ms", of("A", IpAddr::is_ipv4), of("AAAA", IpAddr::is_ipv6), took.as_millis());
            if took < SLOW { Found::ok(text) } else { Found::warning(format!("slow: {text}")).next(next) }
        }
        Err(error) => {
            let what = format!(
                "the name cannot be looked up: {error}; check the spelling of the host name (a hub that does not exist has \
                 none), and the name server in {}",
                Platform::THIS.choose("/etc/resolv.conf", "the settings of the network")
            );
            Found::failed(Code::NoResponse, ErrorKind::Network, what).next(next)
        }
    }
}

/// Connects to the first of these addresses that answers.
fn connect(target: &Target, addresses: &[SocketAddr], number: u16, limit: Duration) -> Found {
    let mut failures = Vec::new();
    for address in addresses.iter().take(MOST) {
        progress::step(&format!("connecting to {address}, for {} at most", Readable(limit)));
        match TcpStream::connect_timeout(address, limit) {
            Ok(_) => {
                let what = match target.proxy {
                    Some(variable) => format!("the proxy of {variable} at {address} accepts connections"),
                    None => format!("{address} accepts connections"),
                };
                return match failures.pop() {
                    None => Found::ok(what),
                    Some(failed) => {
                        failures.into_iter().fold(Found::warning(format!("{what}, and {failed}")), Found::note)
                    }
                };
            }
            Err(error) => failures.push(format!("{address} {}", refused(&error, limit))),
        }
    }
    let what = failures.pop().unwrap_or_else(|| "there is no address".into());
    let cure = match (target.proxy, number) {
        (Some(variable), _) => format!("check the proxy that {variable} names"),
        (None, PORT) => {
            "have the firewall allow port 8883, or use WebSocket over port 443 (--transport mqtt-ws)".into()
        }
        (None, HTTPS) => "have the firewall allow port 443".into(),
        (None, _) => "check the firewall".into(),
    };
    let first = addresses.first().map_or_else(String::new, |address| Command::Connect(*address).into());
    failures
        .into_iter()
        .fold(Found::failed(Code::NoResponse, ErrorKind::Network, format!("{what}; {cure}")).next(first), Found::note)
}

/// Why there was no connection.
fn refused(error: &io::Error, limit: Duration) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "refuses connections: the port is closed".into(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            format!("does not answer within {}: a firewall may drop what is sent there", Readable(limit))
        }
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => format!("has no route: {error}"),
        _ => format!("is not reached: {error}"),
    }
}
