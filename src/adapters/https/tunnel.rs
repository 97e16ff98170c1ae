//! Tunnels through an HTTP proxy: CONNECT (RFC 9110, section 9.3.6).
//!
//! ureq's own returns the proxy's status as text only, and gives each byte of a slow proxy's answer the whole time limit.

use super::secure::{time_left, tls_failure};
use crate::adapters::{
    open_files,
    proxy::{Proxy, ProxyProblem},
};
use alloc::{boxed::Box, string::ToString as _};
use core::fmt;
use std::io;
use ureq::{
    Error,
    http::Uri,
    unversioned::transport::{Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport},
};

/// Connects through a proxy, if there is one; its address is in the configuration.
#[derive(Debug)]
pub(super) struct Tunnel(pub(super) Option<Proxy>);

impl<In: Transport> Connector<In> for Tunnel {
    type Out = Either<In, Tunnelled>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        if let Some(transport) = chained {
            return Ok(Some(Either::A(transport)));
        }
        let (proxy, uri) = match (&self.0, details.config.proxy()) {
            // The second is the connection to the proxy itself.
            (Some(proxy), Some(address)) if details.uri != address.uri() => (proxy, address.uri()),
            _ => return Ok(None),
        };
        let mut transport = reach(details, uri).map_err(unreachable)?;
        ask(&mut transport, details, proxy)?;
        Ok(Some(Either::B(Tunnelled(transport))))
    }
}

fn reach(details: &ConnectionDetails<'_>, proxy: &Uri) -> Result<Box<dyn Transport>, Error> {
    let to_proxy = ConnectionDetails {
        uri: proxy,
        addrs: details.resolver.resolve(proxy, details.config, time_left(details))?,
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
    send(transport, details, proxy.request(host, port).expose().as_bytes()).map_err(unanswered)?;
    let mut answer = proxy.answer(port);
    loop {
        if transport.buffers().input().is_empty() {
            let arrived = transport.await_input(time_left(details)).map_err(unanswered)?;
            if !arrived {
                return Err(other(ProxyProblem::closed()));
            }
        }
        let buffers = transport.buffers();
        let input = buffers.input();
        let (taken, arrived) = (answer.take(input).map_err(other)?, input.len());
        buffers.input_consume(taken.unwrap_or(arrived));
        if taken.is_some() {
            return Ok(());
        }
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
            other(ProxyProblem::closed())
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
