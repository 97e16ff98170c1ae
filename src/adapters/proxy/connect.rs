//! CONNECT (RFC 9110, section 9.3.6): the request, and the head of the answer.

use super::{Proxy, ProxyProblem};
use crate::base::{encode::base64, secret::SecretText};
use alloc::{format, vec::Vec};

/// The longest head of an answer that is read, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;

/// How this library introduces itself to a proxy.
const USER_AGENT: &str = concat!("defender-auth/", env!("CARGO_PKG_VERSION"));

impl Proxy {
    /// The request for a tunnel to a host, with the login if there is one.
    #[must_use]
    pub fn request(&self, host: &str, port: u16) -> SecretText {
        let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.into() };
        let head = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: {USER_AGENT}\r\n");
        let login = self.login.as_ref().map(|login| SecretText::new(base64(login.expose().as_bytes())));
        let login = login.as_ref().map(|login| ["Proxy-Authorization: Basic ", login.expose(), "\r\n"]);
        let parts = || [head.as_str()].into_iter().chain(login.into_iter().flatten()).chain(["\r\n"]);
        SecretText::build(parts().map(str::len).sum(), |text| text.extend(parts()))
    }

    /// For the answer to the request for a tunnel to this port.
    #[must_use]
    pub const fn answer(&self, port: u16) -> Answer {
        Answer { head: Vec::new(), has_login: self.login.is_some(), port }
    }
}

/// The head of a proxy's answer, which arrives in pieces of any size.
#[derive(Debug)]
pub struct Answer {
    head: Vec<u8>,
    has_login: bool,
    port: u16,
}

impl Answer {
    /// Takes the next bytes. The number of those that belong to the answer, once it is complete and the tunnel exists: what
    /// follows is the other end's. `None` when more of the answer is to come.
    ///
    /// # Errors
    /// When the proxy creates no tunnel, or its answer is not one to CONNECT.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Option<usize>, ProxyProblem> {
        const END: &[u8] = b"\r\n\r\n";
        let before = self.head.len();
        let room = bytes.get(..bytes.len().min(HEAD_LIMIT - before)).unwrap_or_default();
        self.head.extend_from_slice(room);
        let begin = before.saturating_sub(END.len() - 1);
        let found = self.head.get(begin..).unwrap_or_default().windows(END.len()).position(|window| window == END);
        match found {
            Some(at) => self.status().map(|()| Some(begin + at + END.len() - before)),
            None if self.head.len() >= HEAD_LIMIT => Err(ProxyProblem::no_tunnel("the head of its answer has no end")),
            None => Ok(None),
        }
    }

    /// What the number in `HTTP/1.1 200 OK` means.
    fn status(&self) -> Result<(), ProxyProblem> {
        let line = self.head.split(|byte| *byte == b'\r').next().and_then(|line| core::str::from_utf8(line).ok());
        let mut words = line.and_then(|line| line.strip_prefix("HTTP/1.")).unwrap_or_default().split(' ').skip(1);
        let is_number = |status: &&str| status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit());
        match words.next().filter(is_number).and_then(|status| status.parse().ok()) {
            Some(200..=299) => Ok(()),
            Some(407) => Err(ProxyProblem::LoginRequired { has_login: self.has_login }),
            Some(status) => Err(ProxyProblem::Rejected { status, port: self.port }),
            None => Err(ProxyProblem::no_tunnel("its answer is not HTTP")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::proxy::Proxies;

    fn proxy(url: &str) -> Proxy {
        let proxies = Proxies::new(|name| (name == "HTTPS_PROXY").then(|| url.into()));
        proxies.of("h.net", 443).unwrap().clone()
    }

    fn taken(pieces: &[&[u8]]) -> Result<Option<usize>, ProxyProblem> {
        let mut answer = proxy("p:1").answer(8883);
        pieces.iter().try_fold(None, |_, piece| answer.take(piece))
    }

    #[test]
    fn the_request_names_host_and_port_and_carries_the_login() {
        let agent = format!("User-Agent: {USER_AGENT}\r\n");
        let expected = format!("CONNECT h.net:8883 HTTP/1.1\r\nHost: h.net:8883\r\n{agent}\r\n");
        assert_eq!(proxy("p:1").request("h.net", 8883).expose(), expected);
        let expected = format!(
            "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n{agent}Proxy-Authorization: Basic dXNlcjpwQHNz\r\n\r\n"
        );
        assert_eq!(proxy("http://us%65r:p%40ss@[::1]:3128").request("::1", 443).expose(), expected);
    }

    #[test]
    fn an_answer_is_the_same_in_any_pieces() {
        const ANSWER: &[u8] = b"HTTP/1.0 200 Connection established\r\nVia: 1.1 p\r\n\r\n";
        assert_eq!(taken(&[ANSWER]), Ok(Some(ANSWER.len())));
        assert_eq!(taken(&[&[ANSWER, b"\x16\x03"].concat()]), Ok(Some(ANSWER.len())));
        let single: Vec<&[u8]> = ANSWER.chunks(1).collect();
        assert_eq!(taken(&single), Ok(Some(1)));
        assert_eq!(taken(&single[..single.len() - 1]), Ok(None));
    }

    #[test]
    fn a_status_is_three_digits() {
        let rejected = |status| Err(ProxyProblem::Rejected { status, port: 8883 });
        assert_eq!(taken(&[b"HTTP/1.1 403 Forbidden\r\n\r\n"]), rejected(403));
        assert_eq!(taken(&[b"HTTP/1.1 100\r\n\r\n"]), rejected(100));
        for other in ["", "HTTP/1.1", "HTTP/1.1 +20 OK", "HTTP/1.1 2000 OK", "HTTP/2 200 OK", "SSH-2.0-OpenSSH_9.6"] {
            let answer = taken(&[format!("{other}\r\n\r\n").as_bytes()]);
            assert_eq!(answer, Err(ProxyProblem::no_tunnel("its answer is not HTTP")), "{other}");
        }
    }

    #[test]
    fn a_head_without_an_end_is_not_kept() {
        let mut answer = proxy("p:1").answer(443);
        let mut result = Ok(None);
        for _ in 0..40 {
            if result.is_ok() {
                result = answer.take(&[b'x'; 1000]);
            }
        }
        assert_eq!(
            (result, answer.head.len()),
            (Err(ProxyProblem::no_tunnel("the head of its answer has no end")), HEAD_LIMIT)
        );
    }
}
