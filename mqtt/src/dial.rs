use defender_auth::{identity::HostName, mqtt::PORT};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs as _, UdpSocket},
    time::Duration,
};

/// Where to connect to. The server's certificate must bear the host's name all the same.
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
            None => self.place.to_socket_addrs().map_err(or_too_many_open)?.collect(),
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

/// Whether this process, or the whole system, has as many files open as it may: `EMFILE` and `ENFILE`.
pub(crate) fn is_too_many_open(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

/// Why a name was not found. A look-up that cannot open what it needs fails with a reason that means nothing, so that it
/// is seen whether anything can be opened.
fn or_too_many_open(error: io::Error) -> io::Error {
    match UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)) {
        Err(cause) if is_too_many_open(&cause) => cause,
        _ => error,
    }
}
