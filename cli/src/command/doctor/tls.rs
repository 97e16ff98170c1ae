//! What answers at a port: the server that the device is to trust, or something else on the way.

use super::{
    command::Command,
    examination::Examination,
    ports::Port,
    step::{Found, NOT_NEEDED},
};
use crate::{
    network::route::Network,
    system::{clock::now, platform::Platform},
    terminal::{one_line::one_line, progress},
};
use defender_auth::{
    error::{Code, ErrorKind, TlsFailure},
    identity::HostName,
    proxy::ProxyProblem,
    wait::Readable,
    x509::Certificate,
};
use defender_auth_mqtt::{Error, Limits, Probe};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream, ToSocketAddrs as _},
    time::{Duration, Instant},
};

/// The time limit of each part, at most: the connection, and the handshake with the answer.
const LIMIT: Duration = Duration::from_secs(10);

/// Names in the issuers of the services' certificates.
const ISSUERS: [&str; 3] = ["Microsoft", "DigiCert", "Baltimore"];

/// The domains of the services.
const DOMAINS: [&str; 2] = [".azure-devices.net", ".azure-devices-provisioning.net"];

/// Asks what answers at each port that is open, by the system's clock and so many seconds.
pub(super) fn ask(ports: &mut [Port], network: &Network, clock_offset: i64) {
    for port in ports.iter_mut().filter(|port| port.is_open) {
        let limit = 2 * network.at_most(LIMIT);
        progress::step(&format!("TLS handshake with {}, for {} at most", port.place(), Readable(limit)));
        let begun = Instant::now();
        port.answer = Some(once(port, network, clock_offset));
        port.answered_at = now();
        port.took = begun.elapsed();
    }
}

/// The answer at one port.
pub(super) fn once(port: &Port, network: &Network, clock_offset: i64) -> Result<Probe, Error> {
    let limit = network.at_most(LIMIT);
    let limits = Limits { reach: limit, greet: limit, ..Limits::default() };
    let dial = port.dial(network).with_limits(limits).with_clock_offset(clock_offset);
    Probe::run(port.host.as_str(), &dial, network.roots())
}

/// Reports the answers.
pub(super) fn report(examination: &mut Examination, ports: &[Port], network: &Network) {
    for port in ports {
        let place = Some(port.place());
        match &port.answer {
            None => {
                let why =
                    if port.is_known { "because nothing accepts connections there" } else { "because step dns failed" };
                examination.skip("tls", place, why);
            }
            Some(_) if port.is_behind_tls() => {
                examination.skip("tls", place, "the proxy is behind TLS itself; the first request goes through it");
            }
            Some(answer) => {
                let found = match answer {
                    Ok(probe) => verified(probe),
                    Err(error) => failed(port, error, network),
                };
                let found = if port.is_needed { found } else { found.softened(NOT_NEEDED) };
                examination.add("tls", place, port.took, found);
            }
        }
    }
}

fn verified(probe: &Probe) -> Found {
    let chain: Vec<_> = probe.chain.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
    let Some(leaf) = chain.first() else { return Found::ok(format!("{}, verified", probe.version)) };
    let found = Found::ok(format!(
        "{}, verified; {} by {}, until {}",
        probe.version,
        leaf.subject(),
        leaf.issuer(),
        leaf.not_after()
    ));
    chain.iter().skip(1).fold(found, |found, above| {
        found.note(format!("chain: {} by {}, until {}", above.subject(), above.issuer(), above.not_after()))
    })
}

fn failed(port: &Port, error: &Error, network: &Network) -> Found {
    let look = Command::Handshake {
        host: port.host.as_str(),
        port: port.number,
        at: port.address.map_or_else(|| port.place(), |address| address.to_string()),
    };
    let unanswered = |what: String| Found::failed(Code::NoResponse, ErrorKind::Network, what);
    match error {
        Error::TlsFailed { failure, .. } => {
            let of = |what: String| Found::failed(failure.code(), failure.kind(), what);
            match failure {
                TlsFailure::Intercepted { issuer } => {
                    let by = issuer.as_deref().unwrap_or("an unknown issuer");
                    of(format!("this looks like a company's inspecting proxy ({by}): {failure}")).next(look)
                }
                TlsFailure::ServerUntrusted { issuer } => {
                    let found = of(untrusted(&port.host, issuer.as_deref(), failure)).next(look);
                    roots_on_demand(Platform::THIS).into_iter().fold(found, Found::note)
                }
                TlsFailure::PlainText => {
                    of(portal(port, failure, network.at_most(LIMIT))).next(Command::Plain(port.host.as_str()))
                }
                TlsFailure::ServerWrongName { .. } => {
                    let note = "a captive portal, or a name server that gives another address, looks like this";
                    of(failure.to_string()).note(note).next(look)
                }
                _ => of(failure.to_string()).next(look),
            }
        }
        Error::Proxy { problem, .. } => {
            let found = unanswered(error.to_string());
            match problem {
                ProxyProblem::LoginRequired { .. } => {
                    found.next("defenderauth doctor … --proxy-login-file FILE, which holds USER:PASSWORD")
                }
                _ => found.next(Command::ProxyVariables),
            }
        }
        // The file of the roots is named.
        Error::Tls(error) => Found::of(&network.mqtt_failed(Error::Tls(error.clone()))),
        _ => unanswered(error.to_string()).next(look),
    }
}

fn untrusted(host: &HostName, issuer: Option<&str>, failure: &TlsFailure) -> String {
    let is_service = DOMAINS.iter().any(|domain| host.as_str().to_ascii_lowercase().ends_with(domain));
    match issuer {
        Some(issuer) if is_service && !ISSUERS.iter().any(|known| issuer.contains(known)) => format!(
            "{failure}. The services of Azure have no certificates of {issuer}: either this is a company's inspecting proxy, \
             whose root is not among the trust anchors, or another server"
        ),
        Some(issuer) => format!(
            "{failure}. Either the server does not send its intermediate certificate, or the root above {issuer} is not \
             among the trust anchors"
        ),
        None => failure.to_string(),
    }
}

/// Why a root may be missing that the system has trusted from the first.
const fn roots_on_demand(platform: Platform) -> Option<&'static str> {
    match platform {
        Platform::Unix => None,
        Platform::Windows => Some(
            "Windows installs a root certificate when a program of its own first needs it, as curl.exe does; or give \
             --azure-roots",
        ),
    }
}

/// What answers without TLS: a captive portal sends its own page.
fn portal(port: &Port, failure: &TlsFailure, limit: Duration) -> String {
    let address = port.address.or_else(|| (port.host.as_str(), port.number).to_socket_addrs().ok()?.next());
    let said = address.filter(|_| port.proxy.is_none()).and_then(|address| http(address, &port.host, limit));
    match said {
        Some((status, Some(location))) => format!(
            "a captive portal answers in place of the server (HTTP status {status}, Location: {location}); log in to the \
             network there"
        ),
        Some((status, None)) => format!(
            "what answers speaks HTTP without TLS (status {status}): a captive portal, or a proxy; log in to the network, or \
             check the address"
        ),
        None => failure.to_string(),
    }
}

/// The status and the `Location` of an answer to `GET /` without TLS.
fn http(address: SocketAddr, host: &HostName, limit: Duration) -> Option<(u16, Option<String>)> {
    let mut tcp = TcpStream::connect_timeout(&address, limit).ok()?;
    tcp.set_read_timeout(Some(limit)).and_then(|()| tcp.set_write_timeout(Some(limit))).ok()?;
    tcp.write_all(format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).ok()?;
    let (mut head, end) = (Vec::new(), Instant::now() + limit);
    let mut buffer = [0; 1024];
    while head.len() < 16 * 1024 && Instant::now() < end && !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match tcp.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(read) => head.extend_from_slice(buffer.get(..read).unwrap_or_default()),
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut lines = head.lines();
    let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let location = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        // What follows a question mark may identify the session of a user.
        let place = value.trim().split('?').next().unwrap_or_default();
        name.eq_ignore_ascii_case("location").then(|| one_line(place).chars().take(200).collect())
    });
    Some((status, location))
}
