use crate::{
    limits::{Deadline, Limits},
    open_files,
    socket::Interrupt,
};
use defender_auth::{UnixTime, identity::HostName, mqtt::PORT};
use std::{
    io,
    net::{SocketAddr, TcpStream, ToSocketAddrs as _},
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Where to connect to, for how long, and by which clock. The server's certificate must contain the host's name in any case.
#[derive(Clone, Debug)]
pub struct Dial {
    place: String,
    address: Option<SocketAddr>,
    pub(crate) limits: Limits,
    pub(crate) clock_offset: i64,
    /// In seconds.
    pub(crate) keep_alive: u16,
    pub(crate) interrupt: Option<Arc<dyn Interrupt>>,
}

/// The keep-alive interval in seconds, the C SDK's.
pub(crate) const KEEP_ALIVE: u16 = 240;

impl Dial {
    /// To the host itself, port 8883.
    #[must_use]
    pub fn host(host: &HostName) -> Self {
        Self::to(format!("{host}:{PORT}"), None)
    }

    /// To this address, whatever the host's name is: an emulator, a tunnel.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self::to(address.to_string(), Some(address))
    }

    fn to(place: String, address: Option<SocketAddr>) -> Self {
        Self { place, address, limits: Limits::default(), clock_offset: 0, keep_alive: KEEP_ALIVE, interrupt: None }
    }

    /// With other time limits than 15 seconds each.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds so many seconds to the system's clock, which is known to be wrong: for the validity of the server's certificate.
    #[must_use]
    pub const fn with_clock_offset(mut self, seconds: i64) -> Self {
        self.clock_offset = seconds;
        self
    }

    /// With another keep-alive interval than 240 seconds.
    #[must_use]
    pub const fn with_keep_alive(mut self, seconds: u16) -> Self {
        self.keep_alive = seconds;
        self
    }

    /// What errors call it.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// This device's time.
    pub(crate) fn now(&self) -> UnixTime {
        UnixTime::from_secs(UnixTime::from(SystemTime::now()).as_secs().saturating_add_signed(self.clock_offset))
    }

    /// The first of the host's addresses that answers.
    pub(crate) fn connect(&self, deadline: Deadline) -> io::Result<TcpStream> {
        let addresses: Vec<SocketAddr> = match self.address {
            Some(address) => vec![address],
            None => self.place.to_socket_addrs().map_err(open_files::or_too_many)?.collect(),
        };
        connect_any(&addresses, deadline, self.interrupt.as_deref())
    }
}

/// Tries each address in turn. Each has an equal part of the time that is left.
fn connect_any(
    addresses: &[SocketAddr],
    deadline: Deadline,
    interrupt: Option<&dyn Interrupt>,
) -> io::Result<TcpStream> {
    let mut result = Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
    for (address, untried) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let Some(left) = deadline.left() else { return Err(io::ErrorKind::TimedOut.into()) };
        // A limit of zero would be an error of its own.
        let part = (left / u32::try_from(untried).unwrap_or(u32::MAX)).max(Duration::from_millis(1));
        result = match interrupt {
            Some(interrupt) => interrupt.connect(address, part),
            None => TcpStream::connect_timeout(address, part),
        };
        if result.is_ok() {
            break;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{Domain, Socket, Type};
    use std::net::TcpListener;

    /// A listener whose queue is full, so that the system drops further connections, and what fills it.
    fn crowded() -> (TcpListener, Vec<Socket>) {
        let socket = || Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let listener = socket();
        listener.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
        listener.listen(0).unwrap();
        let listener = TcpListener::from(listener);
        let address = listener.local_addr().unwrap().into();
        let connect = |socket: &Socket| socket.connect_timeout(&address, Duration::from_millis(200)).is_ok();
        let crowd = std::iter::repeat_with(socket).take_while(connect).take(16).collect();
        (listener, crowd)
    }

    #[test]
    fn an_address_that_does_not_answer_leaves_time_for_the_others() {
        let ((silent, _crowd), listener) = (crowded(), TcpListener::bind("127.0.0.1:0").unwrap());
        let deadline = Deadline::after(Duration::from_secs(8));
        let addresses = [&silent, &listener].map(|listener| listener.local_addr().unwrap());
        assert_eq!(connect_any(&addresses, deadline, None).unwrap().peer_addr().unwrap(), addresses[1]);
        assert!(deadline.left().is_some());
    }

    #[test]
    fn no_address_is_tried_after_the_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addresses = [listener.local_addr().unwrap()];
        let error = connect_any(&addresses, Deadline::after(Duration::ZERO), None).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
