//! A connection whose reads and writes end at a deadline, no matter how many of them there are.

use crate::limits::Deadline;
use std::{
    io::{self, ErrorKind, IoSlice, Read, Write},
    net::TcpStream,
};

/// A TCP connection. rustls reads from it until a record or the handshake is complete, which a peer that sends one byte at a
/// time could delay without end if each read had a time limit of its own.
pub(crate) struct Socket {
    tcp: TcpStream,
    pub(crate) deadline: Deadline,
}

impl Socket {
    pub(crate) fn new(tcp: TcpStream, deadline: Deadline) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        Ok(Self { tcp, deadline })
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(Some(self.deadline.left().ok_or(ErrorKind::TimedOut)?))?;
        self.tcp.read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(Some(self.deadline.left().ok_or(ErrorKind::TimedOut)?))?;
        self.tcp.write(bytes)
    }

    /// What rustls sends together leaves together: a server that rejects the first part does not break the rest.
    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.tcp.set_write_timeout(Some(self.deadline.left().ok_or(ErrorKind::TimedOut)?))?;
        self.tcp.write_vectored(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}
