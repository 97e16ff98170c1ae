//! Tunnels through an HTTP proxy: CONNECT (RFC 9110, section 9.3.6).
//!
//! ureq's own returns the proxy's status as text only, and gives each byte of a slow proxy's answer the whole time limit.

use super::{
    USER_AGENT,
    proxy_error::ProxyProblem,
    secure::{time_left, tls_failure},
};
use crate::{
    adapters::open_files,
    base::{encode::base64, secret::SecretText},
};
use alloc::{boxed::Box, format, string::ToString as _, vec::Vec};
use core::fmt;
use std::io;
use ureq::{
    Error, Proxy,
    unversioned::transport::{Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport},
};

/// The longest head of a proxy's answer that is read, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;

const CLOSED: &str = "it closed the connection without an answer";

/// Connects through the configured proxy, if there is one.
#[derive(Debug)]
pub(super) struct Tunnel;

impl<In: Transport> Connector<In> for Tunnel {
    type Out = Either<In, Tunnelled>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        if let Some(transport) = chained {
            return Ok(Some(Either::A(transport)));
        }
        let proxy = match details.config.proxy() {
            // The second is the connection to the proxy itself.
            Some(proxy) if details.uri != proxy.uri() => proxy,
            _ => return Ok(None),
        };
        let mut transport = reach(details, proxy).map_err(unreachable)?;
        ask(&mut transport, details, proxy)?;
        Ok(Some(Either::B(Tunnelled(transport))))
    }
}

fn reach(details: &ConnectionDetails<'_>, proxy: &Proxy) -> Result<Box<dyn Transport>, Error> {
    let to_proxy = ConnectionDetails {
        uri: proxy.uri(),
        addrs: details.resolver.resolve(proxy.uri(), details.config, time_left(details))?,
        config: details.config,
        request_level: details.request_level,
        resolver: details.resolver,
        now: details.now,
        timeout: details.timeout,
        current_time: details.current_time.clone(),
        run_connector: details.run_connector.clone(),
        register_shutdown: details.register_shutdown.clone(),
    };
    (details.run_connector)(&to_proxy)
}

/// Requests the tunnel, and reads the head of the answer and no byte of what follows it.
fn ask(transport: &mut Box<dyn Transport>, details: &ConnectionDetails<'_>, proxy: &Proxy) -> Result<(), Error> {
    let host = details.uri.host().unwrap_or_default();
    let port = details.uri.port_u16().unwrap_or(443);
    let mut head = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: {USER_AGENT}\r\n");
    let login = proxy.username().zip(proxy.password().or(Some("")));
    if let Some((user, password)) = login {
        let login = SecretText::build(user.len() + password.len() + 1, |text| {
            text.extend([user, ":", password]);
        });
        let login = SecretText::new(base64(login.expose().as_bytes()));
        let parts = [&head, "Proxy-Authorization: Basic ", login.expose(), "\r\n\r\n"];
        let whole = SecretText::build(parts.iter().map(|part| part.len()).sum(), |text| text.extend(parts));
        send(transport, details, whole.expose().as_bytes()).map_err(unanswered)?;
    } else {
        head.push_str("\r\n");
        send(transport, details, head.as_bytes()).map_err(unanswered)?;
    }
    let answer = receive(transport, details).map_err(unanswered)?;
    match status(&answer) {
        Some(200..=299) => Ok(()),
        Some(407) => Err(other(ProxyProblem::LoginRequired { has_login: login.is_some() })),
        Some(status) => Err(other(ProxyProblem::Rejected { status })),
        None => Err(other(ProxyProblem::NoTunnel { reason: "its answer is not HTTP".into() })),
    }
}

fn send(transport: &mut Box<dyn Transport>, details: &ConnectionDetails<'_>, head: &[u8]) -> Result<(), Error> {
    let mut rest = head;
    while !rest.is_empty() {
        let room = transport.buffers().output();
        let amount = rest.len().min(room.len());
        let (now, later) = rest.split_at(amount);
        room.get_mut(..amount).unwrap_or_default().copy_from_slice(now);
        transport.transmit_output(amount, time_left(details))?;
        rest = later;
    }
    Ok(())
}

fn receive(transport: &mut Box<dyn Transport>, details: &ConnectionDetails<'_>) -> Result<Vec<u8>, Error> {
    const END: &[u8] = b"\r\n\r\n";
    let no_tunnel = |reason: &str| other(ProxyProblem::NoTunnel { reason: reason.into() });
    let mut head = Vec::new();
    while head.len() < HEAD_LIMIT {
        if transport.buffers().input().is_empty() && !transport.await_input(time_left(details))? {
            return Err(no_tunnel(CLOSED));
        }
        let buffers = transport.buffers();
        let begin = head.len().saturating_sub(END.len() - 1);
        let before = head.len();
        head.extend_from_slice(buffers.input());
        let end = head.get(begin..).unwrap_or_default().windows(END.len()).position(|window| window == END);
        let whole = end.map_or(head.len(), |end| begin + end + END.len());
        buffers.input_consume(whole - before);
        if end.is_some() {
            head.truncate(whole);
            return Ok(head);
        }
    }
    Err(no_tunnel("the head of its answer has no end"))
}

/// The number in `HTTP/1.1 200 OK`.
fn status(head: &[u8]) -> Option<u16> {
    let line = core::str::from_utf8(head.split(|byte| *byte == b'\r').next()?).ok()?;
    let mut words = line.strip_prefix("HTTP/1.")?.split(' ').skip(1);
    words.next().filter(|status| status.len() == 3)?.parse().ok()
}

fn other(problem: ProxyProblem) -> Error {
    Error::Other(Box::new(problem))
}

/// The connection to the proxy ended while it was asked.
fn unanswered(error: Error) -> Error {
    use io::ErrorKind as Kind;
    match error {
        // What was found already.
        Error::Other(_) => error,
        Error::Io(error)
            if matches!(error.kind(), Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe) =>
        {
            other(ProxyProblem::NoTunnel { reason: CLOSED.into() })
        }
        error => unreachable(error),
    }
}

/// The proxy was not reached, or not verified.
fn unreachable(error: Error) -> Error {
    match (tls_failure(&error), error) {
        (Some(failure), _) => other(ProxyProblem::Tls(failure)),
        // The cause is this process, whatever it connects to.
        (None, Error::Io(error)) if open_files::are_too_many(&error) => Error::Io(error),
        (None, error) => other(ProxyProblem::Unreachable { reason: error.to_string() }),
    }
}

/// A connection through a proxy, on which nothing is encrypted yet.
pub(super) struct Tunnelled(Box<dyn Transport>);

impl fmt::Debug for Tunnelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tunnelled(..)")
    }
}

impl Transport for Tunnelled {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    // Not that of the tunnel's end, even if the connection to the proxy is encrypted.
    fn is_tls(&self) -> bool {
        false
    }
}
