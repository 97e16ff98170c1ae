use crate::{
    Transport,
    limits::{Deadline, Limits},
    open_files,
    socket::Interrupt,
};
use defender_auth::{
    UnixTime,
    mqtt::PORT,
    proxy::{Proxies, Proxy},
};
use std::{
    io,
    net::{SocketAddr, TcpStream, ToSocketAddrs as _},
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Where to connect to, how, for how long, and by which clock. The server's certificate must contain the host's name in any
/// case.
#[derive(Clone, Debug)]
pub struct Dial {
    /// Without an address the host itself, perhaps through a proxy.
    address: Option<SocketAddr>,
    websocket_address: Option<SocketAddr>,
    pub(crate) transport: Transport,
    proxies: Proxies,
    pub(crate) limits: Limits,
    pub(crate) clock_offset: i64,
    /// In seconds.
    pub(crate) keep_alive: u16,
    pub(crate) interrupt: Option<Arc<dyn Interrupt>>,
}

/// The keep-alive interval in seconds, the C SDK's.
pub(crate) const KEEP_ALIVE: u16 = 240;

/// The port of a WebSocket.
const WEBSOCKET_PORT: u16 = 443;

impl Dial {
    /// To the host that a login names: port 8883, or 443 for a WebSocket.
    #[must_use]
    pub fn host() -> Self {
        Self {
            address: None,
            websocket_address: None,
            transport: Transport::Mqtt,
            proxies: Proxies::default(),
            limits: Limits::default(),
            clock_offset: 0,
            keep_alive: KEEP_ALIVE,
            interrupt: None,
        }
    }

    /// To this address, whatever the host's name is: an emulator, a tunnel. No proxy is used.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self { address: Some(address), websocket_address: Some(address), ..Self::host() }
    }

    /// With another address for a WebSocket, to which no proxy is used.
    #[must_use]
    pub const fn with_websocket_at(mut self, address: SocketAddr) -> Self {
        self.websocket_address = Some(address);
        self
    }

    /// With another transport than MQTT over TCP.
    #[must_use]
    pub const fn with_transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// Through the proxies among these, such as those of the environment; without this, through none.
    #[must_use]
    pub fn with_proxies(self, proxies: Proxies) -> Self {
        Self { proxies, ..self }
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

    /// The way to a host by the transport that is set, [`Transport::Auto`] being TCP.
    pub(crate) fn way<'a>(&'a self, host: &'a str) -> Way<'a> {
        let (port, address) = match self.transport {
            Transport::WebSocket => (WEBSOCKET_PORT, self.websocket_address),
            Transport::Mqtt | Transport::Auto => (PORT, self.address),
        };
        let proxy = if address.is_none() { self.proxies.of(host, port) } else { None };
        Way { host, port, address, proxy }
    }

    /// This device's time.
    pub(crate) fn now(&self) -> UnixTime {
        UnixTime::from_secs(UnixTime::from(SystemTime::now()).as_secs().saturating_add_signed(self.clock_offset))
    }

    /// A connection to the host, or to the proxy on the way there: the first of its addresses that answers.
    pub(crate) fn connect(&self, way: &Way<'_>, deadline: Deadline) -> io::Result<TcpStream> {
        let of_name = |host: &str, port| {
            let found = (without_brackets(host), port).to_socket_addrs();
            found.map(Iterator::collect).map_err(open_files::or_too_many)
        };
        let addresses: Vec<SocketAddr> = match (way.address, way.proxy) {
            (Some(address), _) => vec![address],
            (None, Some(proxy)) => of_name(proxy.host(), proxy.port())?,
            (None, None) => of_name(way.host, way.port)?,
        };
        connect_any(&addresses, deadline, self.interrupt.as_deref())
    }
}

/// Where a connection ends, and what it passes.
pub(crate) struct Way<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    address: Option<SocketAddr>,
    pub(crate) proxy: Option<&'a Proxy>,
}

impl Way<'_> {
    /// What errors call the server.
    pub(crate) fn place(&self) -> String {
        self.address.map_or_else(|| format!("{}:{}", self.host, self.port), |address| address.to_string())
    }
}

/// A host as resolvers and certificates have it: an IPv6 address without the brackets of a URL.
pub(crate) fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
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
