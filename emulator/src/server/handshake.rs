//! The start of a connection: TLS as usual, or the fault that the handshake meets.

use super::{authority::Authority, tls_versions::Offered, verifier::Verdict};
use crate::{
    fault::{Alert, Fault, Operation},
    service::{Shared, TICK},
    wire::{PATIENCE, Tls},
};
use rustls::ServerConfig;
use std::{
    error::Error,
    io::{ErrorKind, Read as _, Write as _},
    net::{Shutdown, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

/// The answer without TLS, as of a captive portal. It is longer than the head of a TLS record, for which a client waits.
const HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A connection over TLS. `None` when a fault has ended it, and an error when there is none.
pub(super) fn open(
    stream: TcpStream,
    authority: &Authority,
    shared: &Shared,
    operation: Operation,
) -> Result<Option<Tls>, String> {
    let fault = shared.meet(operation, &operation.to_string());
    match &fault {
        Some(Fault::PlainText) => return instead(stream, shared, HTTP),
        Some(Fault::Alert(alert)) if alert.is_about_client_hello() => {
            // A record of an alert, which is fatal.
            return instead(stream, shared, &[21, 3, 3, 0, 2, 2, alert.code()]);
        }
        Some(Fault::Truncated) => return instead(stream, shared, &[]),
        Some(Fault::ResetMidBody) => {
            let reset = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
            return reset.map(|()| None).map_err(|error| error.to_string());
        }
        Some(Fault::Stall(time)) => shared.wait(*time),
        _ => {}
    }
    let config = |name: Option<&str>| {
        let config = config(authority, authority.offered(name), fault.as_ref());
        config.map_err(|error| error.to_string())
    };
    Tls::accept(stream, shared, config).map(Some)
}

/// What a connection is configured with: the usual server, or what the fault has in its place.
fn config(
    authority: &Authority,
    offered: Offered,
    fault: Option<&Fault>,
) -> Result<Arc<ServerConfig>, Box<dyn Error + Send + Sync>> {
    let other = match fault {
        Some(Fault::ServerCertificateExpired) => authority.expired(),
        Some(Fault::ServerCertificateNotYetValid) => authority.not_yet_valid(),
        Some(Fault::ServerCertificateWrongHost) => authority.wrong_host(),
        Some(Fault::ServerCertificateUntrusted) => return Ok(authority.untrusted()?.config(offered)),
        Some(Fault::Alert(Alert::CertificateRequired)) => {
            return authority.server().with_verdict(offered, Verdict::Require);
        }
        Some(Fault::Alert(alert)) => return authority.server().with_verdict(offered, Verdict::Reject(*alert)),
        _ => return Ok(authority.server().config(offered)),
    };
    Ok(other?.config(offered))
}

/// Reads the `ClientHello`, writes `answer` in place of one by TLS, and closes the connection in order.
fn instead(mut stream: TcpStream, shared: &Shared, answer: &[u8]) -> Result<Option<Tls>, String> {
    let wrong = |error: std::io::Error| error.to_string();
    stream.set_read_timeout(Some(TICK)).map_err(wrong)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(wrong)?;
    let (mut buffer, mut hello, deadline) = ([0; 4096], Vec::new(), Instant::now() + PATIENCE);
    // What was not read would reset the connection.
    while !is_record(&hello) {
        if shared.stops() || Instant::now() >= deadline {
            return Err("the client sent nothing for too long".into());
        }
        match stream.read(&mut buffer) {
            Ok(0) => return Err("the client closed the connection".into()),
            Ok(count) => hello.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(wrong(error)),
        }
    }
    stream.write_all(answer).and_then(|()| stream.shutdown(Shutdown::Write)).map_err(wrong)?;
    Ok(None)
}

/// Whether it is a whole TLS record, or none at all.
fn is_record(bytes: &[u8]) -> bool {
    match bytes {
        [22, _, _, high, low, rest @ ..] => rest.len() >= usize::from(u16::from_be_bytes([*high, *low])),
        [22, ..] | [] => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_whole_with_all_its_bytes() {
        assert!(!is_record(&[]) && !is_record(&[22, 3, 1, 0]) && !is_record(&[22, 3, 1, 0, 2, 1]));
        assert!(is_record(&[22, 3, 1, 0, 2, 1, 0]) && is_record(b"GET"));
    }
}
