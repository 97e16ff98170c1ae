//! Unix sockets for ureq.

use alloc::boxed::Box;
use core::time::Duration;
use socket2::{Domain, SockAddr, Socket, Type};
use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
};
use ureq::{
    Error,
    unversioned::transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport},
};

/// Connects to a socket by its path.
#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) path: Box<str>,
}

impl<In: Transport> Connector<In> for Sockets {
    type Out = Stream;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<In>) -> Result<Option<Stream>, Error> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        // The time limit of sending is also that of connecting, which waits while the daemon's queue is full (`unix(7)`).
        socket.set_write_timeout(left(details.timeout)?)?;
        socket.connect(&SockAddr::unix(&*self.path)?)?;
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Some(Stream { socket: UnixStream::from(std::os::fd::OwnedFd::from(socket)), buffers }))
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Stream {
    socket: UnixStream,
    buffers: LazyBuffers,
}

impl Transport for Stream {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.socket.set_write_timeout(left(timeout)?)?;
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        Ok(self.socket.write_all(output)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.socket.set_read_timeout(left(timeout)?)?;
        let read = loop {
            match self.socket.read(self.buffers.input_append_buf()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        // For connections that are kept for another request, and none is.
        false
    }
}

/// How much of a time limit is left. `None` stands for no limit, and no time for an error: the system takes it for no limit.
fn left(timeout: NextTimeout) -> Result<Option<Duration>, Error> {
    if timeout.after.is_zero() { Err(Error::Timeout(timeout.reason)) } else { Ok(timeout.not_zero().map(|span| *span)) }
}
