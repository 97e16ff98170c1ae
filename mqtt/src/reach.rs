//! The way to a server before TLS begins, and what failures on it mean.

use crate::{Dial, Error, dial::Way, limits::Deadline, open_files, socket::Socket, tunnel};
use defender_auth::{error::TlsFailure, proxy::ProxyProblem};
use std::{
    io::{self, ErrorKind},
    time::Duration,
};

/// A connection to the server, before TLS begins.
pub(crate) fn reach(dial: &Dial, way: &Way<'_>) -> Result<Socket, Error> {
    let (place, limit) = (way.place(), dial.limits.reach);
    let deadline = Deadline::after(limit);
    let tcp = dial.connect(way, deadline);
    let socket = tcp.and_then(|tcp| Socket::new(tcp, deadline, dial.interrupt.clone()));
    let Some(proxy) = way.proxy else { return socket.map_err(|error| unreachable(&place, limit, error)) };
    let problem = |problem| Error::Proxy { place: place.clone(), variable: proxy.variable(), problem };
    let mut socket = socket.map_err(|error| match tunnel::unreachable(&error) {
        Some(reason) => problem(reason),
        None => unreachable(&place, limit, error),
    })?;
    if proxy.is_encrypted() {
        return Err(problem(ProxyProblem::Encrypted));
    }
    tunnel::open(&mut socket, proxy, way.host, way.port).map_err(problem)?;
    Ok(socket)
}

/// The error of a handshake, which has another meaning in a tunnel.
pub(crate) fn behind(way: &Way<'_>, error: Error) -> Error {
    match (way.proxy, error) {
        (Some(proxy), Error::TlsFailed { place, failure }) => match ProxyProblem::of_tunnel(failure) {
            Ok(failure) => Error::TlsFailed { place, failure },
            Err(problem) => Error::Proxy { place, variable: proxy.variable(), problem },
        },
        (_, error) => error,
    }
}

/// What a connection that was not made means.
pub(crate) fn unreachable(place: &str, limit: Duration, error: io::Error) -> Error {
    let place = place.into();
    if open_files::are_too_many(&error) {
        return Error::TooManyOpen { place };
    }
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Error::Silent { place, limit },
        _ => Error::Unreachable { place, error },
    }
}

/// What a failed read or write means.
pub(crate) fn broken(place: &str, limit: Duration, error: io::Error) -> Error {
    if let Some(failure) = TlsFailure::of(&error) {
        return Error::TlsFailed { place: place.into(), failure };
    }
    match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            Error::Closed { place: place.into() }
        }
        _ => unreachable(place, limit, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{AlertDescription, Error as Tls};

    fn broken(error: io::Error) -> Error {
        super::broken("h:8883", Duration::from_secs(1), error)
    }

    #[test]
    fn a_connection_that_breaks_is_reported_with_the_cause() {
        for kind in [ErrorKind::WouldBlock, ErrorKind::TimedOut] {
            assert!(matches!(broken(kind.into()), Error::Silent { .. }), "{kind}");
        }
        for kind in [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset, ErrorKind::BrokenPipe] {
            assert!(matches!(broken(kind.into()), Error::Closed { .. }), "{kind}");
        }
        assert!(matches!(broken(ErrorKind::HostUnreachable.into()), Error::Unreachable { .. }));
        let tls = |error: Tls| match broken(io::Error::new(ErrorKind::InvalidData, error)) {
            Error::TlsFailed { failure, .. } => failure,
            other => panic!("{other:?}"),
        };
        let alert = Tls::AlertReceived(AlertDescription::BadCertificate);
        assert_eq!(tls(alert), TlsFailure::ClientRejected { alert: 42 });
        assert!(matches!(tls(Tls::NoCertificatesPresented), TlsFailure::ServerCertificate { .. }));
    }
}
