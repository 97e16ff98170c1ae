//! What answers at a port of a host: the TLS handshake, and over HTTPS the head of an answer.

use crate::{Dial, Error, Transport, dial::without_brackets, link::secured};
use defender_auth::{
    UnixTime,
    tls::{Roots, client_config},
};
use rustls::ProtocolVersion;
use std::io::{ErrorKind, Read, Write as _};

/// The longest head of an answer that is read, in bytes.
const HEAD_LIMIT: u64 = 16 * 1024;

/// What a server is, as far as it tells without a login.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probe {
    /// The version of TLS: `TLS 1.2` or `TLS 1.3`.
    pub version: &'static str,
    /// The certificates of the server in DER, as it sends them: its own is the first.
    pub chain: Vec<Vec<u8>>,
    /// The head of its answer to `GET /` over HTTPS. `None` at the port for MQTT, and without an answer of HTTP.
    pub http: Option<HttpHead>,
}

/// The head of an answer of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpHead {
    /// The status.
    pub status: u16,
    /// The server's clock, in whole seconds.
    pub date: Option<UnixTime>,
}

impl Probe {
    /// Connects as [`Session::open`](crate::Session::open) does and verifies the server. No credential is used: over TCP the
    /// connection then ends without a packet, and with [`Transport::WebSocket`] `GET /` is sent.
    ///
    /// # Errors
    /// When the server is not reached, or cannot be verified. That it does not answer the request is none.
    pub fn run(host: &str, dial: &Dial, roots: Roots<'_>) -> Result<Self, Error> {
        let (mut stream, _) = secured(host, dial, client_config(roots)?)?;
        let version = match stream.conn.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
            _ => "TLS of an unknown version",
        };
        let chain = stream.conn.peer_certificates().unwrap_or_default().iter().map(|der| der.to_vec()).collect();
        let http = if dial.transport == Transport::WebSocket { head(&mut stream, host) } else { None };
        stream.conn.send_close_notify();
        let _ = stream.flush();
        Ok(Self { version, chain, http })
    }
}

fn head(stream: &mut (impl Read + std::io::Write), host: &str) -> Option<HttpHead> {
    let name = without_brackets(host);
    let name = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {name}\r\nUser-Agent: defender-auth/{}\r\nConnection: close\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    );
    stream.write_all(request.as_bytes()).and_then(|()| stream.flush()).ok()?;
    let (mut head, mut buffer, mut reader) = (Vec::new(), [0; 1024], stream.take(HEAD_LIMIT));
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => head.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    parsed(&String::from_utf8_lossy(&head))
}

/// The status and the date of a head.
fn parsed(head: &str) -> Option<HttpHead> {
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let date = lines.take_while(|line| !line.is_empty()).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("date").then(|| UnixTime::from_http_date(value.trim()))?
    });
    Some(HttpHead { status, date })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_has_a_status_and_perhaps_a_date() {
        let read = |text: &str| parsed(text).map(|head| (head.status, head.date.map(UnixTime::as_secs)));
        let date = "Tue, 01 Dec 2026 00:00:00 GMT";
        assert_eq!(read(&format!("HTTP/1.1 404 Not Found\r\nDate: {date}\r\n\r\n")), Some((404, Some(1_796_083_200))));
        assert_eq!(read(&format!("HTTP/1.0 302\r\ndate:{date}\r\n\r\n")), Some((302, Some(1_796_083_200))));
        assert_eq!(read(&format!("HTTP/1.1 200 OK\r\n\r\nDate: {date}\r\n")), Some((200, None)));
        assert_eq!(read("HTTP/1.1 200 OK\r\nDate: now\r\n\r\n"), Some((200, None)));
        for other in ["", "HTTP/2 200\r\n\r\n", "SSH-2.0-x\r\n", "HTTP/1.1 many\r\n\r\n"] {
            assert_eq!(read(other), None, "{other:?}");
        }
    }
}
