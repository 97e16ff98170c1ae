use defender_auth::{identity::HostName, mqtt::PORT, open_files};
use std::{
    io,
    net::{SocketAddr, TcpStream, ToSocketAddrs as _},
    time::Duration,
};

/// Where to connect to. The server's certificate must have the host's name nevertheless.
#[derive(Clone, Debug)]
pub struct Dial {
    place: String,
    address: Option<SocketAddr>,
}

impl Dial {
    /// To the host itself, port 8883.
    #[must_use]
    pub fn host(host: &HostName) -> Self {
        Self { place: format!("{host}:{PORT}"), address: None }
    }

    /// To this address, whatever the host's name says: an emulator, a tunnel.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self { place: address.to_string(), address: Some(address) }
    }

    /// What errors call it.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Tries each address in turn.
    pub(crate) fn connect(&self, limit: Duration) -> io::Result<TcpStream> {
        let addresses: Vec<SocketAddr> = match self.address {
            Some(address) => vec![address],
            None => self.place.to_socket_addrs().map_err(open_files::or_too_many)?.collect(),
        };
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            match TcpStream::connect_timeout(&address, limit) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}
