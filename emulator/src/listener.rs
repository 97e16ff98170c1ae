use crate::{
    ConfigError, Entry, Hub, Journal, authority, config,
    session::{self, Context},
};
use rustls::ServerConfig;
use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// More connections than this at a time are dropped.
const CONNECTIONS: usize = 128;

/// A running emulator. It stops, and every connection to it ends, when it is dropped.
pub struct Emulator {
    address: SocketAddr,
    root_pem: String,
    journal: Journal,
    stop: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
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
        Self::start_with(hubs, at, false)
    }

    /// The same, with the journal on standard error as it is written.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_aloud(hubs: impl IntoIterator<Item = Hub>, at: SocketAddr) -> Result<Self, StartError> {
        Self::start_with(hubs, at, true)
    }

    fn start_with(hubs: impl IntoIterator<Item = Hub>, at: SocketAddr, aloud: bool) -> Result<Self, StartError> {
        let hubs: Vec<Hub> = hubs.into_iter().collect();
        config::check(&hubs)?;
        if !at.ip().is_loopback() {
            return Err(StartError::NotLoopback(at.ip()));
        }
        let mut names: Vec<String> = hubs.iter().map(|hub| hub.host_name.clone()).collect();
        names.extend(["localhost".into(), at.ip().to_string()]);
        let (tls, root_pem) = authority::server(names).map_err(|error| StartError::Certificate(error.to_string()))?;
        let failed = |error| StartError::Listen { address: at, error };
        let listener = TcpListener::bind(at).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let journal = Journal::default();
        let stop = Arc::new(AtomicBool::new(false));
        let context = Context { hubs: hubs.into(), journal: journal.clone(), stop: Arc::clone(&stop), aloud };
        let accepting = thread::spawn(move || accept(&listener, &tls, &context));
        Ok(Self { address, root_pem, journal, stop, accepting: Some(accepting) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The root certificate to trust, in PEM. It is made anew at each start.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// What was decided, and why.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn accept(listener: &TcpListener, tls: &Arc<ServerConfig>, context: &Context) {
    let open = Arc::new(AtomicUsize::new(0));
    let mut sessions: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        if context.stop.load(Ordering::SeqCst) {
            break;
        }
        sessions.retain(|session| !session.is_finished());
        let Ok(stream) = stream else { continue };
        if open.fetch_add(1, Ordering::SeqCst) >= CONNECTIONS {
            open.fetch_sub(1, Ordering::SeqCst);
            context.journal.add(Entry::Dropped { reason: "there are too many connections".into() }, context.aloud);
            continue;
        }
        let (tls, context, open) = (Arc::clone(tls), context.clone(), Arc::clone(&open));
        sessions.push(thread::spawn(move || {
            session::serve(stream, tls, &context);
            open.fetch_sub(1, Ordering::SeqCst);
        }));
    }
    for session in sessions {
        let _ = session.join();
    }
}
