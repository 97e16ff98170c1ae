//! A connection whose reads and writes end at a deadline, no matter how many of them there are.

use crate::limits::Deadline;
use std::{
    fmt::Debug,
    io::{self, ErrorKind, IoSlice, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

/// What a connection is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    Readable,
    Writable,
}

/// What ends waiting before its deadline, from another thread.
pub(crate) trait Interrupt: Debug + Send + Sync {
    /// Connects within a time.
    fn connect(&self, address: &SocketAddr, limit: Duration) -> io::Result<TcpStream>;

    /// Waits for so long at most until the connection is ready. An error ends whatever is being done with it.
    fn wait(&self, tcp: &TcpStream, until: Readiness, limit: Duration) -> io::Result<()>;
}

/// A TCP connection. rustls reads from it until a record or the handshake is complete, which a peer that sends one byte at a
/// time could delay without end if each read had a time limit of its own.
pub(crate) struct Socket {
    tcp: TcpStream,
    pub(crate) deadline: Deadline,
    pub(crate) interrupt: Option<Arc<dyn Interrupt>>,
}

impl Socket {
    pub(crate) fn new(tcp: TcpStream, deadline: Deadline, interrupt: Option<Arc<dyn Interrupt>>) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        Ok(Self { tcp, deadline, interrupt })
    }

    #[cfg(feature = "driver")]
    pub(crate) const fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// What is left until the deadline, once the connection is ready or may be waited for.
    fn ready(&self, until: Readiness) -> io::Result<Option<Duration>> {
        let left = self.deadline.left().ok_or(ErrorKind::TimedOut)?;
        if let Some(interrupt) = &self.interrupt {
            interrupt.wait(&self.tcp, until, left)?;
        }
        Ok(Some(left))
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(self.ready(Readiness::Readable)?)?;
        self.tcp.read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(self.ready(Readiness::Writable)?)?;
        self.tcp.write(bytes)
    }

    /// What rustls sends together leaves together: a server that rejects the first part does not break the rest.
    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.tcp.set_write_timeout(self.ready(Readiness::Writable)?)?;
        self.tcp.write_vectored(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}
