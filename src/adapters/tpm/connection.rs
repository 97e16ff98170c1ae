use super::{
    endpoint::Endpoint,
    path::{open_device, open_socket, opening},
    transport::Transport,
};
use crate::error::{AccessError, AccessProblem};
use alloc::string::{String, ToString as _};
use core::time::Duration;
use std::{
    fs::File,
    io::{self, ErrorKind, Read, Write},
    net::{TcpStream, ToSocketAddrs as _},
    os::unix::net::UnixStream,
    thread,
    time::Instant,
};

/// The time limit for one response over a socket. Some TPMs take a minute to create an RSA key. For a device the kernel has
/// limits of its own.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// The longest pause before a command is sent again.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// An open TPM: a device of the kernel, or swtpm on a socket. On each of them, commands and responses are a stream of
/// bytes in which each header has the length.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    place: String,
    limit: Duration,
    is_broken: bool,
    /// Where it is opened again after a failure.
    again: Option<Endpoint>,
}

#[derive(Debug)]
enum Stream {
    Device(File),
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Connection {
    /// Opens a TPM. A path that does not name the device of a TPM, or a socket, is not opened.
    ///
    /// # Errors
    /// When there is no TPM, when another program uses it, or when the permission is missing.
    pub fn open(endpoint: &Endpoint) -> Result<Self, AccessError> {
        Self::open_within(endpoint, TIME_LIMIT)
    }

    /// Opens a TPM with a time limit for each response over a socket. The default is two minutes.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_within(endpoint: &Endpoint, limit: Duration) -> Result<Self, AccessError> {
        let place = match endpoint {
            Endpoint::Device(path) | Endpoint::Socket(path) => path.clone(),
            Endpoint::Tcp { host, port } => alloc::format!("{host}:{port}"),
        };
        match Stream::open(endpoint, limit) {
            Ok(stream) => Ok(Self { stream, place, limit, is_broken: false, again: None }),
            Err(problem) => Err(AccessError { place, problem }),
        }
    }

    /// The same for a process that lives for months: after a failed exchange, the next one opens the TPM again. What was
    /// loaded before may be lost then; a key for TLS is loaded again.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_reopening(endpoint: &Endpoint) -> Result<Self, AccessError> {
        Ok(Self { again: Some(endpoint.clone()), ..Self::open(endpoint)? })
    }

    fn failed(&self, problem: AccessProblem) -> AccessError {
        AccessError { place: self.place.clone(), problem }
    }

    fn converse(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessProblem> {
        let end = Instant::now() + self.limit;
        self.stream.write_all(command, end).map_err(|error| talking(&error))?;
        let mut length = 0;
        loop {
            // As much as there is room for: a device returns a response in one piece, and discards the rest.
            let room = response.get_mut(length..).unwrap_or_default();
            length += match self.stream.read(room, end) {
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
}

impl Transport for Connection {
    fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError> {
        if self.is_broken {
            let again = self.again.as_ref().ok_or(AccessProblem::Broken);
            let opened = again.and_then(|endpoint| Stream::open(endpoint, self.limit));
            self.stream = opened.map_err(|problem| self.failed(problem))?;
            self.is_broken = false;
        }
        self.converse(command, response).map_err(|problem| {
            // A response received later would belong to this command, and be taken for that of the next one.
            self.is_broken = true;
            self.failed(problem)
        })
    }

    fn pause(&mut self, attempt: u8) {
        thread::sleep(pause_before(attempt));
    }
}

/// 10 ms before the first repetition, then twice as long each time.
fn pause_before(attempt: u8) -> Duration {
    (Duration::from_millis(5) * (1 << attempt.min(10))).min(LONGEST_PAUSE)
}

impl Stream {
    fn open(endpoint: &Endpoint, limit: Duration) -> Result<Self, AccessProblem> {
        match endpoint {
            Endpoint::Device(path) => open_device(path).map(Self::Device),
            Endpoint::Socket(path) => open_socket(path).map(Self::Unix),
            Endpoint::Tcp { host, port } => tcp(host, *port, limit).map(Self::Tcp).map_err(|error| opening(&error)),
        }
    }

    /// Limits the next operation of a socket to the remaining time.
    fn limit(&self, end: Instant) -> io::Result<()> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        match self {
            Self::Device(_) => Ok(()),
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
            Self::Device(file) => file.read(buffer),
            Self::Unix(socket) => socket.read(buffer),
            Self::Tcp(socket) => socket.read(buffer),
        }
    }

    fn write_all(&mut self, bytes: &[u8], end: Instant) -> io::Result<()> {
        self.limit(end)?;
        match self {
            Self::Device(file) => file.write_all(bytes),
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

/// What an error of the system means on an open connection.
fn talking(error: &io::Error) -> AccessProblem {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => AccessProblem::TimedOut,
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof => AccessProblem::Closed,
        ErrorKind::ResourceBusy => AccessProblem::Busy,
        _ => AccessProblem::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_system_on_a_connection_have_their_own_texts() {
        for (kind, expected) in [
            (ErrorKind::TimedOut, AccessProblem::TimedOut),
            (ErrorKind::WouldBlock, AccessProblem::TimedOut),
            (ErrorKind::BrokenPipe, AccessProblem::Closed),
            (ErrorKind::ConnectionReset, AccessProblem::Closed),
            (ErrorKind::ResourceBusy, AccessProblem::Busy),
        ] {
            assert_eq!(talking(&kind.into()), expected);
        }
        let other = io::Error::other("rust in the socket");
        assert_eq!(talking(&other), AccessProblem::Other("rust in the socket".into()));
    }

    #[test]
    fn each_pause_is_longer_than_the_one_before() {
        let millis = [1, 2, 3, 6, 7, 12, 255].map(|attempt| pause_before(attempt).as_millis());
        assert_eq!(millis, [10, 20, 40, 320, 500, 500, 500]);
    }
}
