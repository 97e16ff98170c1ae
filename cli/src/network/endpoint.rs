//! `HOST=ADDR:PORT`: the address at which a host is reached.

use defender_auth::identity::HostName;
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
        let with_port = |host: &str| format!("{host}={text}");
        let endpoint = match text.rsplit_once(':') {
            Some(_) if text.contains('=') => text.parse::<Endpoint>()?,
            Some((host, _)) => with_port(host).parse::<Endpoint>()?,
            None => {
                let host = text.parse().map_err(|error| format!("{error}"))?;
                return Ok(Self { host, endpoint: None });
            }
        };
        Ok(Self { host: endpoint.host.clone(), endpoint: Some(endpoint) })
    }
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
        let (host, port) = match name.split_once(':') {
            Some((host, port)) => {
                (host, Some(port.parse().map_err(|_| "the port after `HOST:` must be a number: 443 or 8883")?))
            }
            None => (name, None),
        };
        let host = host.parse().map_err(|error| format!("{error}"))?;
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
}
