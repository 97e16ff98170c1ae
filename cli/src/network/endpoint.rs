//! `HOST=ADDR:PORT`: the address at which a host is reached.

use defender_auth::identity::{HostName, IdentifierError};
use std::{
    net::{SocketAddr, ToSocketAddrs as _},
    str::FromStr,
};

/// The host name of a service, and another address for it if one is given.
#[derive(Clone, Debug)]
pub(crate) struct ServiceEndpoint {
    pub(crate) host: HostName,
    pub(crate) endpoint: Option<Endpoint>,
}

impl FromStr for ServiceEndpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let endpoint = match split_port(text) {
            _ if text.contains('=') => text.parse::<Endpoint>()?,
            (host, Some(_)) => format!("{host}={text}").parse::<Endpoint>()?,
            (host, None) => return Ok(Self { host: self::host(host)?, endpoint: None }),
        };
        Ok(Self { host: endpoint.host.clone(), endpoint: Some(endpoint) })
    }
}

/// A host, and the port behind it. The colons of an IPv6 address are in brackets.
fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') && (text.starts_with('[') || !host.contains(':')) => {
            (host, Some(port))
        }
        _ => (text, None),
    }
}

fn host(text: &str) -> Result<HostName, String> {
    text.parse().map_err(|error: IdentifierError| error.to_string())
}

/// Another address for a host, or for one of its ports.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) host: HostName,
    pub(crate) port: Option<u16>,
    pub(crate) address: SocketAddr,
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, address) = text.split_once('=').ok_or("it must be HOST=ADDR:PORT")?;
        let (name, port) = split_port(name);
        let number = |port: &str| port.parse().map_err(|_| "the port after `HOST:` must be a number: 443 or 8883");
        let (host, port) = (host(name)?, port.map(number).transpose()?);
        match HostName::new(address) {
            Err(IdentifierError::Brackets) => {
                return Err(format!(
                    "the address `{address}` is one of IPv6 without brackets; write [2001:db8::1]:8883"
                ));
            }
            Err(IdentifierError::Zone) => {
                return Err(format!("the address `{address}` has a zone ID (`%`); give an address without one"));
            }
            _ => {}
        }
        let addresses =
            address.to_socket_addrs().map_err(|error| format!("the address `{address}` cannot be used: {error}"))?;
        // `localhost` often has an IPv6 address as well, and few programs listen on both.
        let addresses: Vec<_> = addresses.collect();
        let address = addresses.iter().find(|address| address.is_ipv4()).or_else(|| addresses.first());
        Ok(Self { host, port, address: *address.ok_or("the name after the `=` has no address")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_a_host_and_an_address() {
        let endpoint: Endpoint = "h.net=127.0.0.1:8883".parse().unwrap();
        assert_eq!((endpoint.host.as_str(), endpoint.address.port()), ("h.net", 8883));
        let endpoint: Endpoint = "h.net:443=127.0.0.1:8443".parse().unwrap();
        assert_eq!((endpoint.host.as_str(), endpoint.port), ("h.net", Some(443)));
        for bad in ["h.net", "=127.0.0.1:1", "h.net=127.0.0.1", "https://h=127.0.0.1:1", "h:x=127.0.0.1:1"] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_ipv6_address_is_in_brackets_on_both_sides() {
        for (text, host, port, address) in [
            ("h.net=[::1]:8883", "h.net", None, "[::1]:8883"),
            ("h.net:443=[2001:db8::1]:8443", "h.net", Some(443), "[2001:db8::1]:8443"),
            ("[::1]=[::1]:8883", "[::1]", None, "[::1]:8883"),
            ("[2001:db8::1]:8883=127.0.0.1:1", "[2001:db8::1]", Some(8883), "127.0.0.1:1"),
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!((endpoint.host.as_str(), endpoint.port), (host, port), "{text}");
            assert_eq!(endpoint.address.to_string(), address, "{text}");
        }
        for (bad, why) in [
            ("h.net=::1", "without brackets"),
            ("h.net=2001:db8::1:8883", "without brackets"),
            ("h.net=[fe80::1%eth0]:8883", "zone ID"),
            ("::1=127.0.0.1:1", "brackets"),
            ("[::g]=127.0.0.1:1", "not a valid IPv6 address"),
            ("[fe80::1%eth0]=127.0.0.1:1", "zone ID"),
            ("h.net=[::1]", "cannot be used"),
            ("[::1]:x=127.0.0.1:1", "must be a number"),
        ] {
            let error = bad.parse::<Endpoint>().unwrap_err();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }

    #[test]
    fn a_service_has_a_host_and_perhaps_an_address() {
        let read = |text: &str| {
            let service: ServiceEndpoint = text.parse().unwrap();
            (service.host.to_string(), service.endpoint.map(|endpoint| endpoint.address.to_string()))
        };
        assert_eq!(read("h.net"), ("h.net".into(), None));
        assert_eq!(read("[::1]"), ("[::1]".into(), None));
        assert_eq!(read("[::1]:8443"), ("[::1]".into(), Some("[::1]:8443".into())));
        assert_eq!(read("h.net=[::1]:8443"), ("h.net".into(), Some("[::1]:8443".into())));
        assert_eq!(read("127.0.0.1:8443"), ("127.0.0.1".into(), Some("127.0.0.1:8443".into())));
        for bad in ["::1", "[::1", "[fe80::1%2]", "h.net:x"] {
            assert!(bad.parse::<ServiceEndpoint>().is_err(), "{bad}");
        }
    }
}
