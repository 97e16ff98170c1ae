use super::{endpoint::Endpoint, transport::Transport};
use crate::{
    adapters::open_files,
    error::{AccessError, AccessProblem},
};
use alloc::string::{String, ToString as _};
use core::time::Duration;
use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    net::{TcpStream, ToSocketAddrs as _},
    os::unix::{fs::FileTypeExt as _, net::UnixStream},
    thread,
    time::Instant,
};

/// How long one answer may take over a socket. Making an RSA key takes some TPMs a minute. A device's own limits are
/// the kernel's.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// The longest pause before a command goes out again.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// An open TPM: a device of the kernel, or swtpm on a socket. On each of them commands and answers are a stream of
/// bytes in which the header says how long they are.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    place: String,
    limit: Duration,
    is_broken: bool,
}

#[derive(Debug)]
enum Stream {
    Device(File),
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Connection {
    /// Opens a TPM.
    ///
    /// # Errors
    /// When it is not there, may not be used, or is in use.
    pub fn open(endpoint: &Endpoint) -> Result<Self, AccessError> {
        Self::open_within(endpoint, TIME_LIMIT)
    }

    /// The same with another limit for each answer over a socket than two minutes.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_within(endpoint: &Endpoint, limit: Duration) -> Result<Self, AccessError> {
        let (place, opened) = match endpoint {
            Endpoint::Device(path) => (path.clone(), device(path).map(Stream::Device)),
            Endpoint::Socket(path) => {
                (path.clone(), UnixStream::connect(path).map(Stream::Unix).map_err(|e| opening(&e)))
            }
            Endpoint::Tcp { host, port } => {
                let opened = tcp(host, *port, limit).map(Stream::Tcp).map_err(|error| opening(&error));
                (alloc::format!("{host}:{port}"), opened)
            }
        };
        match opened {
            Ok(stream) => Ok(Self { stream, place, limit, is_broken: false }),
            Err(problem) => Err(AccessError { place, problem }),
        }
    }

    fn failed(&self, problem: AccessProblem) -> AccessError {
        AccessError { place: self.place.clone(), problem }
    }

    fn converse(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessProblem> {
        let end = Instant::now() + self.limit;
        self.stream.write_all(command, end).map_err(|error| talking(&error))?;
        let mut length = 0;
        loop {
            // All that there is room for: a device gives an answer in one piece, and keeps no rest.
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
            return Err(self.failed(AccessProblem::Broken));
        }
        self.converse(command, response).map_err(|problem| {
            // What comes later would answer this command, and be taken for the answer to the next.
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
    /// What is left of the time, on a socket.
    fn hurry(&self, end: Instant) -> io::Result<()> {
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
        self.hurry(end)?;
        match self {
            Self::Device(file) => file.read(buffer),
            Self::Unix(socket) => socket.read(buffer),
            Self::Tcp(socket) => socket.read(buffer),
        }
    }

    fn write_all(&mut self, bytes: &[u8], end: Instant) -> io::Result<()> {
        self.hurry(end)?;
        match self {
            Self::Device(file) => file.write_all(bytes),
            Self::Unix(socket) => socket.write_all(bytes),
            Self::Tcp(socket) => socket.write_all(bytes),
        }
    }
}

fn device(path: &str) -> Result<File, AccessProblem> {
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(|error| opening(&error))?;
    // Nothing is to be written into a file that only has the name.
    match file.metadata() {
        Ok(metadata) if metadata.file_type().is_char_device() => Ok(file),
        _ => Err(AccessProblem::NotADevice),
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

fn opening(error: &io::Error) -> AccessProblem {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => AccessProblem::NotFound,
        ErrorKind::ConnectionRefused => AccessProblem::Refused,
        ErrorKind::PermissionDenied => AccessProblem::Permission,
        ErrorKind::ResourceBusy => AccessProblem::Busy,
        ErrorKind::IsADirectory => AccessProblem::NotADevice,
        ErrorKind::TimedOut | ErrorKind::WouldBlock => AccessProblem::TimedOut,
        _ if open_files::are_too_many(error) => AccessProblem::TooManyOpen,
        _ => AccessProblem::Other(error.to_string()),
    }
}

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
    fn what_the_system_says_has_its_own_word() {
        for (kind, expected) in [
            (ErrorKind::NotFound, AccessProblem::NotFound),
            (ErrorKind::PermissionDenied, AccessProblem::Permission),
            (ErrorKind::ResourceBusy, AccessProblem::Busy),
            (ErrorKind::ConnectionRefused, AccessProblem::Refused),
            (ErrorKind::TimedOut, AccessProblem::TimedOut),
        ] {
            assert_eq!(opening(&kind.into()), expected);
        }
        for (kind, expected) in [
            (ErrorKind::TimedOut, AccessProblem::TimedOut),
            (ErrorKind::WouldBlock, AccessProblem::TimedOut),
            (ErrorKind::BrokenPipe, AccessProblem::Closed),
            (ErrorKind::ConnectionReset, AccessProblem::Closed),
            (ErrorKind::ResourceBusy, AccessProblem::Busy),
        ] {
            assert_eq!(talking(&kind.into()), expected);
        }
        #[cfg(unix)]
        assert_eq!(opening(&io::Error::from_raw_os_error(24)), AccessProblem::TooManyOpen);
        let other = io::Error::other("rust in the socket");
        assert_eq!(opening(&other), AccessProblem::Other("rust in the socket".into()));
        let error = AccessError { place: "/dev/tpmrm0".into(), problem: opening(&ErrorKind::PermissionDenied.into()) };
        assert!(error.to_string().starts_with("/dev/tpmrm0: no permission on it; add the user to the group tss"));
    }

    #[test]
    fn a_busy_tpm_is_given_more_time_each_time() {
        let millis = [1, 2, 3, 6, 7, 12, 255].map(|attempt| pause_before(attempt).as_millis());
        assert_eq!(millis, [10, 20, 40, 320, 500, 500, 500]);
    }
}
