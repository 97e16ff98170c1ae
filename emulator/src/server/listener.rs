use super::{
    accepting::Accepting,
    authority::{self, Authority},
    handshake,
    places::Places,
};
use crate::{
    config::{self, ConfigError, Dps, Hub, World},
    fault::Operation,
    http,
    journal::{Entry, Journal},
    mqtt,
    service::Shared,
    wire::Serve,
};
use std::{
    fmt, io,
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    ops::ControlFlow,
    sync::Arc,
    thread::{self, JoinHandle},
    time::SystemTime,
};

/// The stack of a connection's thread. Only what is used of it takes memory.
const STACK: usize = 512 * 1024;

/// A running emulator. When it is dropped, it stops and closes all connections.
pub struct Emulator {
    mqtt: Door,
    https: Door,
    pub(super) authority: Arc<Authority>,
    remote: bool,
    pub(crate) shared: Arc<Shared>,
}

/// Why an emulator cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address is not a loopback address.
    #[error(
        "{0} is not a loopback address; the emulator has keys for tests and accepts connections of this machine only, unless \
         other machines are permitted (`--remote`, `World::remote`)"
    )]
    NotLoopback(IpAddr),
    /// The address cannot be used.
    #[error("cannot listen at {address}: {error}; use port 0 for a free port")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the system.
        error: io::Error,
    },
    /// The server's certificate cannot be issued.
    #[error("cannot issue the server's certificate: {0}; check the host names and the validity")]
    Certificate(String),
}

impl Emulator {
    /// Emulates these hubs at a loopback address. Port 0 stands for a free port.
    ///
    /// # Errors
    /// When the configuration has a mistake, the address is not free, or not a loopback address without
    /// [`World::remote`], or a host name is invalid.
    pub fn start(hubs: impl IntoIterator<Item = Hub>, at: SocketAddr) -> Result<Self, StartError> {
        Self::play(hubs.into_iter().fold(World::new(), World::hub), at)
    }

    /// The same, with the journal on standard error.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_aloud(hubs: impl IntoIterator<Item = Hub>, at: SocketAddr) -> Result<Self, StartError> {
        Self::play_aloud(hubs.into_iter().fold(World::new(), World::hub), at)
    }

    /// Emulates everything in a world: MQTT at this loopback address, HTTPS at a free port of it or where the world has it.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn play(world: World, at: SocketAddr) -> Result<Self, StartError> {
        Self::play_with(world, at, Journal::default())
    }

    /// The same, with the journal on standard error.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn play_aloud(world: World, at: SocketAddr) -> Result<Self, StartError> {
        Self::play_with(world, at, Journal::aloud())
    }

    fn play_with(world: World, at: SocketAddr, journal: Journal) -> Result<Self, StartError> {
        config::check(&world.hubs, world.dps.as_ref())?;
        let https_at = world.https.unwrap_or_else(|| SocketAddr::new(at.ip(), 0));
        for address in [at, https_at] {
            if !address.ip().is_loopback() && !world.remote {
                return Err(StartError::NotLoopback(address.ip()));
            }
        }
        let names = names(&world, [at.ip(), https_at.ip()]);
        let validity = world.validity.unwrap_or_else(|| authority::validity(SystemTime::now()));
        let authority = Authority::new(names, validity, world.tls, world.root.as_ref())
            .map_err(|error| StartError::Certificate(error.to_string()))?;
        let authority = Arc::new(authority);
        let remote = world.remote;
        let limit = world.connections.unwrap_or(World::CONNECTIONS);
        let shared = Arc::new(Shared::new(world, journal));
        let mqtt = Door::open(at, &authority, &shared, limit, MQTT)?;
        let https = Door::open(https_at, &authority, &shared, limit, HTTPS)?;
        Ok(Self { mqtt, https, authority, remote, shared })
    }

    /// The address for MQTT.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.mqtt.accepting.address()
    }

    /// The address for HTTPS.
    #[must_use]
    pub const fn https_address(&self) -> SocketAddr {
        self.https.accepting.address()
    }

    /// The root certificate to trust, in PEM. It is another one at each start, and expires with the server's certificate.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        self.authority.root_pem()
    }

    /// Whether other machines may connect.
    pub(crate) const fn is_remote(&self) -> bool {
        self.remote
    }

    /// An authority below the root for the modules of a device, and its certificate in PEM.
    #[cfg(target_os = "linux")]
    pub(crate) fn edge(&self, device: &str) -> Result<authority::Below, String> {
        self.authority.below(&format!("aziot-edge CA {device}")).map_err(|error| error.to_string())
    }

    /// The decisions, and the reasons of refusals.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.shared.journal
    }
}

/// The names of the server's certificate.
pub(super) fn names(world: &World, addresses: [IpAddr; 2]) -> Vec<String> {
    let mut names: Vec<String> = world.hubs.iter().flat_map(Hub::names).collect();
    names.extend(world.dps.iter().flat_map(Dps::names));
    for name in &mut names {
        // An IPv6 address has brackets in a URL and none in a certificate.
        *name = name.trim_start_matches('[').trim_end_matches(']').into();
    }
    names.push("localhost".into());
    names.extend(addresses.map(|address| address.to_string()));
    names.sort();
    names.dedup();
    names
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mqtt, https) = (self.address(), self.https_address());
        f.debug_struct("Emulator").field("mqtt", &mqtt).field("https", &https).finish_non_exhaustive()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.shared.stop();
        self.shared.journal.flush();
    }
}

/// What is served at a door.
#[derive(Clone, Copy)]
struct Service {
    serve: Serve,
    handshake: Operation,
}

const MQTT: Service = Service { serve: mqtt::serve, handshake: Operation::MqttHandshake };
const HTTPS: Service = Service { serve: http::serve, handshake: Operation::HttpsHandshake };

/// A listener, and what its connections share.
struct Door {
    shared: Arc<Shared>,
    accepting: Accepting,
}

impl Door {
    fn open(
        at: SocketAddr,
        authority: &Arc<Authority>,
        shared: &Arc<Shared>,
        limit: usize,
        service: Service,
    ) -> Result<Self, StartError> {
        let (places, authority, inside) = (Places::new(limit), Arc::clone(authority), Arc::clone(shared));
        let take = move |stream: io::Result<TcpStream>, _| {
            if inside.stops() {
                return ControlFlow::Break(());
            }
            match begin(stream, &places, &authority, &inside, service) {
                Ok(session) => ControlFlow::Continue(Some(session)),
                Err((inside, reason)) => {
                    inside.note(Entry::Dropped { reason });
                    ControlFlow::Continue(None)
                }
            }
        };
        let accepting = TcpListener::bind(at).and_then(|listener| Accepting::begin(listener, take));
        let accepting = accepting.map_err(|error| StartError::Listen { address: at, error })?;
        Ok(Self { shared: Arc::clone(shared), accepting })
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // Also when the other door could not be opened.
        self.shared.stop();
    }
}

/// The thread of a connection, or why it is closed at once.
fn begin(
    stream: io::Result<TcpStream>,
    places: &Places,
    authority: &Arc<Authority>,
    shared: &Arc<Shared>,
    service: Service,
) -> Result<JoinHandle<()>, (Arc<Shared>, String)> {
    let failed =
        |what: &str, error: &io::Error| (Arc::clone(shared), format!("the system has no {what} for it: {error}"));
    let stream = stream.map_err(|error| failed("connection", &error))?;
    let inside = Arc::new(shared.of_client(stream.peer_addr().ok()));
    let Some(place) = places.take(&inside) else {
        let limit = places.limit();
        return Err((inside, format!("there are too many connections, {limit} are permitted")));
    };
    let authority = Arc::clone(authority);
    let session = thread::Builder::new().stack_size(STACK).spawn(move || {
        let _place = place;
        let opened = handshake::open(stream, &authority, &inside, service.handshake);
        let ended = opened.and_then(|wire| wire.map_or(Ok(()), |wire| (service.serve)(Box::new(wire), &inside)));
        if let Err(reason) = ended {
            inside.note(Entry::Dropped { reason });
        }
    });
    session.map_err(|error| failed("thread", &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::TlsVersions, wire::Wire};
    use std::io::{Read as _, Write as _};

    const LIMIT: usize = 8;

    fn panics(_: Box<dyn Wire + '_>, _: &Shared) -> Result<(), String> {
        // Without the message of the panic hook, which would be printed for each connection.
        std::panic::resume_unwind(Box::new("a defect"))
    }

    #[test]
    fn a_connection_whose_thread_panics_is_not_counted_for_ever() {
        let names = vec!["h.net".to_owned()];
        let authority =
            Arc::new(Authority::new(names, authority::validity(SystemTime::now()), TlsVersions::All, None).unwrap());
        let world = World::new().hub(Hub::new("h.net"));
        let shared = Arc::new(Shared::new(world, Journal::default()));
        let at = "127.0.0.1:0".parse().unwrap();
        let door = Door::open(at, &authority, &shared, LIMIT, Service { serve: panics, ..MQTT }).unwrap();
        let mut hello = Vec::new();
        let provider = rustls::crypto::ring::default_provider();
        let config = rustls::ClientConfig::builder_with_provider(provider.into()).with_safe_default_protocol_versions();
        let config = config.unwrap().with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
        let mut client = rustls::ClientConnection::new(config.into(), "h.net".try_into().unwrap()).unwrap();
        client.write_tls(&mut hello).unwrap();
        for _ in 0..2 * LIMIT {
            let mut stream = TcpStream::connect(door.accepting.address()).unwrap();
            stream.write_all(&hello).unwrap();
            // To its end, so that no more than a few are open at a time.
            let _ = stream.read_to_end(&mut Vec::new());
        }
        drop(door);
        let reasons: Vec<String> = shared.journal.entries().iter().map(ToString::to_string).collect();
        assert_eq!(reasons.len(), 2 * LIMIT);
        assert!(reasons.iter().all(|reason| reason.ends_with("the connection's thread panicked")), "{reasons:?}");
    }
}
