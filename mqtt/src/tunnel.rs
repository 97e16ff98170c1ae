//! A tunnel through an HTTP proxy, before TLS begins.

use crate::{open_files, socket::Socket};
use defender_auth::{
    proxy::{Proxy, ProxyProblem},
    wait::Readable,
};
use std::io::{self, ErrorKind, Read as _, Write as _};

/// Asks the proxy at the other end for a tunnel to a host. Until the host was sent something, the proxy's answer is all
/// that arrives.
pub(crate) fn open(socket: &mut Socket, proxy: &Proxy, host: &str, port: u16) -> Result<(), ProxyProblem> {
    let unanswered = |socket: &Socket, error| unanswered(socket, &error);
    let request = proxy.request(host, port);
    socket.write_all(request.expose().as_bytes()).map_err(|error| unanswered(socket, error))?;
    let (mut answer, mut buffer) = (proxy.answer(port), [0; 1024]);
    loop {
        let read = socket.read(&mut buffer).map_err(|error| unanswered(socket, error))?;
        match answer.take(buffer.get(..read).unwrap_or_default())? {
            _ if read == 0 => return Err(ProxyProblem::closed()),
            Some(taken) if taken < read => return Err(ProxyProblem::overrun()),
            Some(_) => return Ok(()),
            None => {}
        }
    }
}

/// Why a proxy was not reached. `None` when the cause is this process, whatever it connects to.
pub(crate) fn unreachable(error: &io::Error) -> Option<ProxyProblem> {
    (!open_files::are_too_many(error)).then(|| ProxyProblem::Unreachable { reason: error.to_string() })
}

/// The connection to the proxy ended while it was asked.
fn unanswered(socket: &Socket, error: &io::Error) -> ProxyProblem {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => ProxyProblem::closed(),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            let limit = Readable(socket.deadline.limit);
            ProxyProblem::Unreachable { reason: format!("it did not answer within {limit}") }
        }
        _ => ProxyProblem::Unreachable { reason: error.to_string() },
    }
}
