use rustls::ClientConnection;
use std::io;

/// The alert that the server sent before it closed the connection, if a write failed for that reason; otherwise the error
/// itself. A server may reject a client certificate while the client is still sending, with TLS 1.3 even a request.
///
/// For a driver on rustls, which passes the error of each write through it before
/// [`TlsFailure::of`](crate::error::TlsFailure::of).
#[must_use]
pub fn alert_behind(tls: &mut ClientConnection, socket: &mut impl io::Read, error: io::Error) -> io::Error {
    use io::ErrorKind as Kind;
    let is_closed = matches!(error.kind(), Kind::BrokenPipe | Kind::ConnectionReset | Kind::ConnectionAborted);
    if !is_closed || tls.read_tls(socket).is_err() {
        return error;
    }
    match tls.process_new_packets() {
        Err(alert) => io::Error::new(Kind::InvalidData, alert),
        Ok(_) => error,
    }
}
