//! Commands and responses as a stream of bytes, in which each header has the length.

#[cfg(unix)]
use super::path::{open_device, open_socket};
use super::{
    endpoint::Endpoint,
    system_error::{opening, talking},
};
use crate::error::AccessProblem;
use core::time::Duration;
#[cfg(unix)]
use std::{fs::File, os::unix::net::UnixStream};
use std::{
    io::{self, ErrorKind, Read, Write},
    net::{TcpStream, ToSocketAddrs as _},
    time::Instant,
};

#[derive(Debug)]
pub(super) enum Stream {
    #[cfg(unix)]
    Device(File),
    #[cfg(unix)]
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    pub(super) fn open(endpoint: &Endpoint, limit: Duration) -> Result<Self, AccessProblem> {
        match endpoint {
            #[cfg(unix)]
            Endpoint::Device(path) => open_device(path).map(Self::Device),
            #[cfg(unix)]
            Endpoint::Socket(path) => open_socket(path).map(Self::Unix),
            Endpoint::Tcp { host, port } => tcp(host, *port, limit).map(Self::Tcp).map_err(|error| opening(&error)),
            _ => Err(AccessProblem::NoTransport),
        }
    }

    /// Sends a command and receives its response within a time limit. On a failure the stream is of no more use.
    pub(super) fn exchange(
        &mut self,
        command: &[u8],
        response: &mut [u8],
        limit: Duration,
    ) -> Result<usize, AccessProblem> {
        let end = Instant::now() + limit;
        self.write_all(command, end).map_err(|error| talking(&error))?;
        let mut length = 0;
        loop {
            // As much as there is room for: a device returns a response in one piece, and discards the rest.
            let room = response.get_mut(length..).unwrap_or_default();
            length += match self.read(room, end) {
                Ok(0) => return Err(AccessProblem::Closed),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(talking(&error)),
            };
            let size = response.get(2..6).filter(|_| length >= 10).and_then(|size| size.try_into().ok());
            let Some(size) = size.map(u32::from_be_bytes).map(|size| size as usize) else { continue };
            if !(10..=response.len()).contains(&size) || length > size {
                return Err(AccessProblem::Frame);
            }
            if length == size {
                return Ok(length);
            }
        }
    }

    /// Limits the next operation of a socket to the remaining time.
    fn limit(&self, end: Instant) -> io::Result<()> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        match self {
            #[cfg(unix)]
            Self::Device(_) => Ok(()),
            #[cfg(unix)]
            Self::Unix(socket) => {
                socket.set_read_timeout(Some(left))?;
                socket.set_write_timeout(Some(left))
            }
            Self::Tcp(socket) => {
                socket.set_read_timeout(Some(left))?;
                socket.set_write_timeout(Some(left))
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8], end: Instant) -> io::Result<usize> {
        self.limit(end)?;
        match self {
            #[cfg(unix)]
            Self::Device(file) => file.read(buffer),
            #[cfg(unix)]
            Self::Unix(socket) => socket.read(buffer),
            Self::Tcp(socket) => socket.read(buffer),
        }
    }

    fn write_all(&mut self, bytes: &[u8], end: Instant) -> io::Result<()> {
        self.limit(end)?;
        match self {
            #[cfg(unix)]
            Self::Device(file) => file.write_all(bytes),
            #[cfg(unix)]
            Self::Unix(socket) => socket.write_all(bytes),
            Self::Tcp(socket) => socket.write_all(bytes),
        }
    }
}

fn tcp(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let mut failure = ErrorKind::NotFound.into();
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, limit) {
            Ok(socket) => {
                socket.set_nodelay(true)?;
                return Ok(socket);
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
