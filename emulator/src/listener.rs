use crate::{
    ConfigError, Entry, Hub, Journal, World, authority, config, http, session,
    state::Shared,
    wire::{Tls, Wire},
};
use rustls::ServerConfig;
use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// More connections than this at a time are dropped, for each protocol.
const CONNECTIONS: usize = 128;

/// A running emulator. It stops, and every connection to it ends, when it is dropped.
pub struct Emulator {
    mqtt: Door,
    https: Door,
    root_pem: String,
    pub(crate) shared: Arc<Shared>,
}

/// Why the emulator cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Something else than loopback.
    #[error("{0} is not a loopback address; the emulator has keys for testing and listens to this machine alone")]
    NotLoopback(IpAddr),
    /// The address cannot be had.
    #[error("cannot listen at {address}: {error}; take port 0 to have a free one assigned")]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The server's certificate cannot be made.
    #[error("cannot make the server's certificate: {0}; check the host names")]
    Certificate(String),
}

impl Emulator {
    /// Plays these hubs at a loopback address. Port 0 has the system assign one.
    ///
    /// # Errors
    /// When a key is not base64, the address is not loopback or not free, or a host name is none.
    pub fn start(hubs: impl IntoIterator<Item = Hub>, at: SocketAddr) -> Result<Self, StartError> {
        Self::play(hubs.into_iter().fold(World::new(), World::hub), at)
    }

    /// The same, with the journal on standard error as it is written.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_aloud(hubs: impl IntoIterator<Item = Hub>, at: SocketAddr) -> Result<Self, StartError> {
        Self::play_aloud(hubs.into_iter().fold(World::new(), World::hub), at)
    }

    /// Plays everything in a world: MQTT at this loopback address, HTTPS beside it or where the world has it.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn play(world: World, at: SocketAddr) -> Result<Self, StartError> {
        Self::play_with(world, at, false)
    }

    /// The same, with the journal on standard error as it is written.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn play_aloud(world: World, at: SocketAddr) -> Result<Self, StartError> {
        Self::play_with(world, at, true)
    }

    fn play_with(world: World, at: SocketAddr, aloud: bool) -> Result<Self, StartError> {
        config::check(&world.hubs, world.dps.as_ref())?;
        let https_at = world.https.unwrap_or_else(|| SocketAddr::new(at.ip(), 0));
        for address in [at, https_at] {
            if !address.ip().is_loopback() {
                return Err(StartError::NotLoopback(address.ip()));
            }
        }
        let mut names: Vec<String> = world.hubs.iter().map(|hub| hub.host_name.clone()).collect();
        names.extend(world.dps.as_ref().map(|dps| dps.host_name.clone()));
        names.extend(["localhost".into(), at.ip().to_string(), https_at.ip().to_string()]);
        names.sort();
        names.dedup();
        let (tls, root_pem) = authority::server(names).map_err(|error| StartError::Certificate(error.to_string()))?;
        let shared = Arc::new(Shared::new(world.hubs, world.dps, aloud));
        let mqtt = Door::open(at, &tls, &shared, session::serve)?;
        let https = Door::open(https_at, &tls, &shared, http::serve)?;
        Ok(Self { mqtt, https, root_pem, shared })
    }

    /// Where it listens for MQTT.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.mqtt.address
    }

    /// Where it listens for HTTPS.
    #[must_use]
    pub const fn https_address(&self) -> SocketAddr {
        self.https.address
    }

    /// The root certificate to trust, in PEM. It is made anew at each start.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// What was decided, and why.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.shared.journal
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

/// One listener and the thread that accepts there.
struct Door {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

/// Serves one connection to its end, or says why nothing came of it.
pub(crate) type Serve = fn(Box<dyn Wire + '_>, &Shared) -> Result<(), String>;

impl Door {
    fn open(at: SocketAddr, tls: &Arc<ServerConfig>, shared: &Arc<Shared>, serve: Serve) -> Result<Self, StartError> {
        let failed = |error| StartError::Listen { address: at, error };
        let listener = TcpListener::bind(at).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (tls, inside) = (Arc::clone(tls), Arc::clone(shared));
        let accepting = thread::spawn(move || accept(&listener, &tls, &inside, serve));
        Ok(Self { address, shared: Arc::clone(shared), accepting: Some(accepting) })
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // Also when the other door could not be opened.
        self.shared.stop();
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn accept(listener: &TcpListener, tls: &Arc<ServerConfig>, shared: &Arc<Shared>, serve: Serve) {
    let open = Arc::new(AtomicUsize::new(0));
    let mut sessions: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        if shared.stops() {
            break;
        }
        sessions.retain(|session| !session.is_finished());
        let Ok(stream) = stream else { continue };
        if open.fetch_add(1, Ordering::SeqCst) >= CONNECTIONS {
            open.fetch_sub(1, Ordering::SeqCst);
            shared.note(Entry::Dropped { reason: "there are too many connections".into() });
            continue;
        }
        let (tls, shared, open) = (Arc::clone(tls), Arc::clone(shared), Arc::clone(&open));
        sessions.push(thread::spawn(move || {
            if let Err(reason) = Tls::new(stream, tls).and_then(|wire| serve(Box::new(wire), &shared)) {
                shared.note(Entry::Dropped { reason });
            }
            open.fetch_sub(1, Ordering::SeqCst);
        }));
    }
    for session in sessions {
        let _ = session.join();
    }
}
