//! The listener of the admin API.

use super::serve::serve;
use crate::server::{Accepting, Emulator};
use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// How many connections may be open at a time.
const CONNECTIONS: usize = 64;

/// A running admin API. When it is dropped, it closes all connections.
pub struct Admin {
    stop: Arc<AtomicBool>,
    accepting: Accepting,
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
        let stop = Arc::new(AtomicBool::new(false));
        let (emulator, inside) = (Arc::clone(emulator), Arc::clone(&stop));
        let accepting = Accepting::begin(TcpListener::bind(at)?, move |stream, open| {
            if inside.load(Ordering::SeqCst) {
                return ControlFlow::Break(());
            }
            // A connection too many is closed at once.
            let Some(stream) = stream.ok().filter(|_| open < CONNECTIONS) else { return ControlFlow::Continue(None) };
            let (emulator, stop) = (Arc::clone(&emulator), Arc::clone(&inside));
            let serving = thread::Builder::new().spawn(move || {
                // A client that leaves is no fault of the server's.
                let _ = serve(stream, &emulator, &stop);
            });
            ControlFlow::Continue(serving.ok())
        })?;
        Ok(Self { stop, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.accepting.address()
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}
