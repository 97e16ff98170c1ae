//! Where a daemon listens.

use crate::{base::encode, error::by_system::BySystem};
use alloc::boxed::Box;
use core::{fmt, str::FromStr};

/// Where a daemon listens: a Unix socket, or a port as on old hosts with Windows containers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// A Unix socket, by its absolute path.
    Socket(Box<str>),
    /// HTTP without TLS over TCP: `http://host:port`.
    Http {
        /// A name or an address; one of IPv6 without its brackets.
        host: Box<str>,
        /// The port.
        port: u16,
    },
}

/// An address of the workload API.
const EXAMPLE: BySystem = BySystem::new("unix:///run/iotedge/workload.sock", "http://172.17.0.1:15581");

const SOCKET: BySystem = BySystem::new(
    "one as `/run/aziot/keyd.sock`",
    "an address that begins with `http://`: Windows has no such daemons",
);

/// Why a text is not the address of a daemon.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Neither `unix://` nor `http://`.
    #[error("the daemon's address does not begin with `unix:///` or `http://`; give one as `{}`", EXAMPLE)]
    Scheme,
    /// The path is relative, too long for a socket, or has a character that none has.
    #[error("the path of the daemon's socket is not an absolute path of at most 107 bytes; give {}", SOCKET)]
    Path,
    /// The host or the port is missing or not valid.
    #[error("the daemon's address has no valid host and port; give one as `http://172.17.0.1:15581`")]
    Host,
}

crate::base::debug::debug_as_text! { EndpointError }

/// The longest path of a Unix socket: `sun_path` has 108 bytes with the one that ends it (`unix(7)`).
const PATH_LIMIT: usize = 107;

impl Endpoint {
    /// A Unix socket.
    ///
    /// # Errors
    /// When the path is relative, too long or has a control character.
    pub fn socket(path: &str) -> Result<Self, EndpointError> {
        let fits = path.len() > 1 && path.len() <= PATH_LIMIT && path.starts_with('/');
        if fits && !path.contains(char::is_control) { Ok(Self::Socket(path.into())) } else { Err(EndpointError::Path) }
    }

    fn http(authority: &str) -> Result<Self, EndpointError> {
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => rest.split_once(']').ok_or(EndpointError::Host)?,
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(port) => encode::number(port).filter(|port| *port != 0).ok_or(EndpointError::Host)?,
            None if port.is_empty() => 80,
            None => return Err(EndpointError::Host),
        };
        let is_in_brackets = authority.starts_with('[');
        let allowed = |byte: u8| match byte {
            b':' => is_in_brackets,
            _ => byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'),
        };
        if host.is_empty() || !host.bytes().all(allowed) {
            return Err(EndpointError::Host);
        }
        Ok(Self::Http { host: host.into(), port })
    }
}

/// As in `IOTEDGE_WORKLOADURI`: `unix:///path` or `http://host:port`.
impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        match text.split_once("://") {
            Some(("unix", path)) => Self::socket(path),
            Some(("http", authority)) => Self::http(authority),
            _ => Err(EndpointError::Scheme),
        }
    }
}

/// As it is parsed.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "unix://{path}"),
            Self::Http { host, port } if host.contains(':') => write!(f, "http://[{host}]:{port}"),
            Self::Http { host, port } => write!(f, "http://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString as _};

    #[test]
    fn sockets_and_ports_are_read_and_written_again() {
        for (text, written) in [
            ("unix:///var/lib/aziot/edged/mnt/azureiotsecurity.sock", None),
            ("unix:///run/iotedge/workload.sock", None),
            ("http://172.17.0.1:15581", None),
            ("http://[fe80::1]:15581", None),
            ("http://localhost:15581/", Some("http://localhost:15581")),
            ("http://gateway", Some("http://gateway:80")),
            ("http://[::1]", Some("http://[::1]:80")),
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!(endpoint.to_string(), written.unwrap_or(text));
            assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
        }
    }

    #[test]
    fn each_mistake_has_its_error() {
        let long = format!("unix:///{}", "a".repeat(107));
        for (text, error) in [
            ("", EndpointError::Scheme),
            ("/run/x.sock", EndpointError::Scheme),
            ("fd://aziot-edged.workload.socket", EndpointError::Scheme),
            ("https://h:1", EndpointError::Scheme),
            ("unix://", EndpointError::Path),
            ("unix:///", EndpointError::Path),
            ("unix://run/x.sock", EndpointError::Path),
            ("unix:///a\nb", EndpointError::Path),
            (&long, EndpointError::Path),
            ("http://", EndpointError::Host),
            ("http://:1", EndpointError::Host),
            ("http://h:0", EndpointError::Host),
            ("http://h:65536", EndpointError::Host),
            ("http://h:", EndpointError::Host),
            ("http://h:1/path", EndpointError::Host),
            ("http://u@h:1", EndpointError::Host),
            ("http://[::1", EndpointError::Host),
            ("http://[::1]1", EndpointError::Host),
            ("http://::1", EndpointError::Host),
        ] {
            assert_eq!(text.parse::<Endpoint>(), Err(error), "{text}");
        }
        assert!(Endpoint::socket(&format!("/{}", "a".repeat(106))).is_ok());
    }
}
