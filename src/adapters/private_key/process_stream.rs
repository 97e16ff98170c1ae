//! A Unix socket with one time limit for all that is read from it and written to it.

use core::time::Duration;
use socket2::{Domain, SockAddr, Socket, Type};
use std::{
    fs,
    io::{ErrorKind, Read, Result, Write},
    os::{
        fd::OwnedFd,
        unix::{fs::FileTypeExt as _, net::UnixStream},
    },
    path::Path,
    time::Instant,
};

pub(super) struct Timed<'a> {
    pub(super) stream: &'a UnixStream,
    /// `None` is a time that the clock cannot show: no limit.
    pub(super) end: Option<Instant>,
}

impl Timed<'_> {
    /// Connects without waiting. A process that does not accept connections for long has a queue of them, and the system
    /// would wait for room in it without a limit; `WouldBlock` is the error then.
    pub(super) fn connect(path: &Path) -> Result<UnixStream> {
        if !fs::metadata(path)?.file_type().is_socket() {
            return Err(std::io::Error::new(ErrorKind::InvalidInput, "it is not a socket"));
        }
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.connect(&SockAddr::unix(path)?)?;
        socket.set_nonblocking(false)?;
        Ok(UnixStream::from(OwnedFd::from(socket)))
    }

    /// Whether there is nothing to read, and the connection has not ended.
    pub(super) fn is_quiet(mut stream: &UnixStream) -> bool {
        let is_silent = |result: Result<usize>| result.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        stream.set_nonblocking(true).is_ok()
            && is_silent(stream.read(&mut [0]))
            && stream.set_nonblocking(false).is_ok()
    }

    fn left(&self) -> Result<Option<Duration>> {
        let left = self.end.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// The system reports a limit of a socket as it reports that one would have to wait.
fn timed_out<T>(result: Result<T>) -> Result<T> {
    result.map_err(|error| if error.kind() == ErrorKind::WouldBlock { ErrorKind::TimedOut.into() } else { error })
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        timed_out(self.stream.read(buffer))
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        timed_out(self.stream.write(bytes))
    }

    fn flush(&mut self) -> Result<()> {
        self.stream.flush()
    }
}
