//! A way to a server that can be shut.

#![allow(dead_code, reason = "no test program needs all of it")]

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// What happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Open,
    /// It stands, and nothing is carried.
    Silent,
    /// It is closed.
    Shut,
}

struct State {
    mode: Mutex<Mode>,
    target: Mutex<SocketAddr>,
    ends: AtomicBool,
}

/// Carries connections from an address of its own.
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    listener: Option<JoinHandle<()>>,
}

const SLICE: Duration = Duration::from_millis(10);

impl Gate {
    pub(crate) fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let state =
            Arc::new(State { mode: Mutex::new(Mode::Open), target: Mutex::new(target), ends: AtomicBool::new(false) });
        let shared = Arc::clone(&state);
        let listener = Some(thread::spawn(move || shared.listen(&listener)));
        Self { address, state, listener }
    }

    pub(crate) fn set(&self, mode: Mode) {
        *self.state.mode.lock().unwrap() = mode;
    }

    pub(crate) fn lead_to(&self, target: SocketAddr) {
        *self.state.target.lock().unwrap() = target;
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.state.ends.store(true, Ordering::Release);
        let _ = self.listener.take().unwrap().join();
    }
}

impl State {
    fn mode(&self) -> Mode {
        if self.ends.load(Ordering::Acquire) { Mode::Shut } else { *self.mode.lock().unwrap() }
    }

    fn listen(self: &Arc<Self>, listener: &TcpListener) {
        let mut carriers = Vec::new();
        while !self.ends.load(Ordering::Acquire) {
            match listener.accept() {
                Ok((client, _)) if self.mode() != Mode::Shut => {
                    let shared = Arc::clone(self);
                    carriers.push(thread::spawn(move || shared.carry(&client)));
                }
                Ok(_) => {}
                Err(_) => thread::sleep(SLICE),
            }
        }
        for carrier in carriers {
            let _ = carrier.join();
        }
    }

    fn carry(&self, client: &TcpStream) {
        let target = *self.target.lock().unwrap();
        let Ok(server) = TcpStream::connect(target) else { return };
        for end in [client, &server] {
            end.set_nonblocking(false).unwrap();
            end.set_read_timeout(Some(SLICE)).unwrap();
            end.set_nodelay(true).unwrap();
        }
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.mode() {
                Mode::Shut => return,
                Mode::Silent => thread::sleep(SLICE),
                Mode::Open => {}
            }
            for (mut from, mut to) in [(client, &server), (&server, client)] {
                // Who sets another mode waits for what is being carried.
                let mode = self.mode.lock().unwrap();
                if *mode != Mode::Open {
                    continue;
                }
                match from.read(&mut buffer) {
                    Ok(0) => return,
                    Ok(read) if to.write_all(buffer.get(..read).unwrap()).is_err() => return,
                    Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return,
                    _ => {}
                }
            }
        }
    }
}
