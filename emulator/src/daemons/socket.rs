//! A listening socket and its threads.

use super::{
    answer::{Answer, Asked},
    serve::serve,
    state::State,
};
use std::{
    fs, io,
    net::Shutdown,
    os::{
        fd::OwnedFd,
        unix::{fs::PermissionsExt as _, net::UnixListener},
    },
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

/// How many requests each socket takes at a time. A further connection is closed without an answer.
///
/// Source: `Azure/iotedge:edgelet/doc/workloadsockets.md`.
const AT_A_TIME: usize = 10;

/// What answers at a socket.
pub(super) type Daemon = fn(&State, &str, &Asked<'_>) -> Answer;

/// An open socket. Its file is removed with it.
pub(super) struct Socket {
    path: PathBuf,
    listener: socket2::Socket,
    state: Arc<State>,
    accepting: Option<JoinHandle<()>>,
}

impl Socket {
    /// Opens one whose daemon answers in the name of a module, where it has one.
    pub(super) fn open(path: &Path, state: &Arc<State>, daemon: Daemon, module: &str) -> io::Result<Self> {
        let listener = UnixListener::bind(path)?;
        // As the packages create them.
        fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
        let kept = socket2::Socket::from(OwnedFd::from(listener.try_clone()?));
        let (inside, module) = (Arc::clone(state), module.to_owned());
        let accepting = thread::Builder::new().spawn(move || accept(&listener, &inside, daemon, &module))?;
        Ok(Self { path: path.into(), listener: kept, state: Arc::clone(state), accepting: Some(accepting) })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.state.stop();
        // Wakes the thread, which waits for a connection, also where the file is gone.
        let _ = self.listener.shutdown(Shutdown::Both);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        let _ = fs::remove_file(&self.path);
    }
}

fn accept(listener: &UnixListener, state: &Arc<State>, daemon: Daemon, module: &str) {
    let open = Arc::new(AtomicUsize::new(0));
    let mut sessions: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        if state.stops() {
            break;
        }
        sessions.retain(|session| !session.is_finished());
        let Ok(stream) = stream else { continue };
        if open.fetch_add(1, Ordering::SeqCst) >= AT_A_TIME {
            open.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let (inside, count, module) = (Arc::clone(state), Arc::clone(&open), module.to_owned());
        let place = Place(count);
        let session = thread::Builder::new().spawn(move || {
            let _place = place;
            let name = if module.is_empty() { "the host" } else { &module };
            // A peer that closes its connection early is no event.
            let _ = serve(stream, &inside, name, |asked| daemon(&inside, &module, asked));
        });
        sessions.extend(session);
    }
    for session in sessions {
        let _ = session.join();
    }
}

/// One of the connections that a socket takes at a time.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
