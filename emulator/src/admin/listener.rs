//! The listener of the admin API.

use super::serve::serve;
use crate::server::Emulator;
use std::{
    fmt, io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// How many connections may be open at a time.
const CONNECTIONS: usize = 64;

/// How long the listener waits after an error.
const PAUSE: Duration = Duration::from_millis(50);

/// A running admin API. When it is dropped, it closes all connections.
pub struct Admin {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Admin {
    /// Serves the admin API of an emulator over HTTP at this address, without a login. Port 0 stands for a free port.
    ///
    /// # Errors
    /// When the address is not free, or not a loopback address and the emulator is not for
    /// [other machines](crate::World::remote).
    pub fn open(emulator: &Arc<Emulator>, at: SocketAddr) -> io::Result<Self> {
        if !at.ip().is_loopback() && !emulator.is_remote() {
            let reason = format!("{} is not a loopback address; the admin API has no login", at.ip());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let listener = TcpListener::bind(at)?;
        let (address, stop) = (listener.local_addr()?, Arc::new(AtomicBool::new(false)));
        let (emulator, inside) = (Arc::clone(emulator), Arc::clone(&stop));
        let accepting = Some(thread::spawn(move || accept(&listener, &emulator, &inside)));
        Ok(Self { address, stop, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread, which waits for a connection.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn accept(listener: &TcpListener, emulator: &Arc<Emulator>, stop: &Arc<AtomicBool>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        threads.retain(|thread| !thread.is_finished());
        let Ok(stream) = stream else {
            thread::sleep(PAUSE);
            continue;
        };
        // A connection too many is closed at once.
        if threads.len() >= CONNECTIONS {
            continue;
        }
        let (emulator, stop) = (Arc::clone(emulator), Arc::clone(stop));
        threads.push(thread::spawn(move || {
            // A client that leaves is no fault of the server's.
            let _ = serve(stream, &emulator, &stop);
        }));
    }
    for thread in threads {
        let _ = thread.join();
    }
}
