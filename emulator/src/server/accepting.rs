//! The thread of a listener: it takes connections, and each gets a thread of its own.

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    ops::ControlFlow,
    thread::{self, JoinHandle},
    time::Duration,
};

/// How long the listener waits after an error, such as that the process has no file descriptor left.
const PAUSE: Duration = Duration::from_millis(50);

/// A listener that takes connections. When it is dropped it waits for their threads, so they have to be told to end before.
pub(crate) struct Accepting {
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Accepting {
    /// `take` is given each connection and the number of those that are open, and returns the thread that serves it, if there
    /// is one. It breaks when the listener is to end, which it is asked by a connection.
    pub(crate) fn begin(
        listener: TcpListener,
        take: impl FnMut(io::Result<TcpStream>, usize) -> ControlFlow<(), Option<JoinHandle<()>>> + Send + 'static,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let thread = thread::Builder::new().spawn(move || accept(&listener, take))?;
        Ok(Self { address, thread: Some(thread) })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Accepting {
    fn drop(&mut self) {
        // Wakes the thread, which waits for a connection.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn accept(
    listener: &TcpListener,
    mut take: impl FnMut(io::Result<TcpStream>, usize) -> ControlFlow<(), Option<JoinHandle<()>>>,
) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        threads.retain(|thread| !thread.is_finished());
        let has_failed = stream.is_err();
        match take(stream, threads.len()) {
            ControlFlow::Break(()) => break,
            ControlFlow::Continue(thread) => threads.extend(thread),
        }
        if has_failed {
            thread::sleep(PAUSE);
        }
    }
    for thread in threads {
        let _ = thread.join();
    }
}
