use super::{
    process_stream::Timed,
    signing_protocol::{Answer, Hello, MESSAGE_LIMIT, Request},
};
use crate::{
    adapters::open_files,
    base::{one_line::OneLine, wait::Readable},
    error::by_system::MORE_FILES,
    key::{PrivateKey, PrivateKeyError, SignatureScheme},
};
use alloc::{format, vec::Vec};
use core::{fmt, time::Duration};
use std::{
    io::{self, ErrorKind, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// The time limit of a signature, unless another one is given.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// How many connections are kept for the next signatures.
const IDLE: usize = 4;

/// A private key in another process, which signs over a Unix socket: [`signing_protocol`](super::signing_protocol).
///
/// A signature has a time limit. When the process was restarted in the meantime, a new connection is made and the request is
/// sent again, once; a process that has another key by then does not sign with it. Signatures at the same time use
/// connections of their own. The folder of the socket is to be trusted: what listens there says which public key it has.
pub struct ProcessKey {
    path: PathBuf,
    limit: Duration,
    hello: Hello,
    /// With the process that opened each: a copy of it (`fork`) would read the answers to the requests of the other.
    idle: Mutex<Vec<(u32, UnixStream)>>,
}

impl ProcessKey {
    /// Connects to a process, with a time limit of five seconds for this and for each signature.
    ///
    /// # Errors
    /// When no process listens there, or one of another kind.
    pub fn connect(path: impl AsRef<Path>) -> Result<Self, PrivateKeyError> {
        Self::connect_within(path, TIME_LIMIT)
    }

    /// The same with another time limit.
    ///
    /// # Errors
    /// Those of [`connect`](Self::connect).
    pub fn connect_within(path: impl AsRef<Path>, limit: Duration) -> Result<Self, PrivateKeyError> {
        let path = path.as_ref().to_path_buf();
        let opened = open(&path, end_of(limit));
        let (stream, hello) = opened.map_err(|error| explain(&path, limit, error))?;
        Ok(Self { path, limit, hello, idle: Mutex::new(Vec::from([(process::id(), stream)])) })
    }

    /// A connection on which nothing has come since the last answer, the end of it included.
    fn take_idle(&self) -> Option<UnixStream> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let (owner, stream) = idle.pop()?;
            if owner == process::id() && Timed::is_quiet(&stream) {
                return Some(stream);
            }
        }
    }

    fn keep(&self, stream: UnixStream) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push((process::id(), stream));
        }
    }

    /// Over a connection that is open, or a new one. What ends without an answer is sent again once, over a new one.
    fn converse(&self, request: &[u8]) -> io::Result<Option<Answer>> {
        let end = end_of(self.limit);
        if let Some(stream) = self.take_idle() {
            match exchange(&stream, request, end) {
                Ok(answer) => {
                    self.keep(stream);
                    return Ok(Some(answer));
                }
                Err(error) if has_ended(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let (stream, hello) = open(&self.path, end)?;
        if hello.public_key != self.hello.public_key {
            return Ok(None);
        }
        let answer = exchange(&stream, request, end)?;
        self.keep(stream);
        Ok(Some(answer))
    }
}

impl PrivateKey for ProcessKey {
    fn public_key(&self) -> &[u8] {
        &self.hello.public_key
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &self.hello.schemes
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, PrivateKeyError> {
        let permanent = |reason: &str| PrivateKeyError::permanent(format!("{self:?} {reason}"));
        if !self.schemes().contains(&scheme) {
            return Err(permanent(&format!("does not sign with {scheme}; use one of its own schemes")));
        }
        let request = Request::to_bytes(scheme, message)
            .ok_or_else(|| permanent(&format!("signs messages of up to {MESSAGE_LIMIT} bytes only")))?;
        match self.converse(&request).map_err(|error| explain(&self.path, self.limit, error))? {
            Some(Answer::Signed(signature)) => Ok(signature),
            Some(Answer::Temporary(reason)) => {
                Err(PrivateKeyError::temporary(format!("{self:?} cannot sign now: {}", OneLine(&reason))))
            }
            Some(Answer::Permanent(reason)) => Err(permanent(&format!("does not sign: {}", OneLine(&reason)))),
            None => Err(permanent(
                "has another key since it was restarted; connect again, with the certificate of that key",
            )),
        }
    }
}

impl fmt::Debug for ProcessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the signing process at {}", self.path.display())
    }
}

fn end_of(limit: Duration) -> Option<Instant> {
    Instant::now().checked_add(limit)
}

fn open(path: &Path, end: Option<Instant>) -> io::Result<(UnixStream, Hello)> {
    let stream = Timed::connect(path)?;
    let hello = Hello::read(&mut Timed { stream: &stream, end })?;
    Ok((stream, hello))
}

fn exchange(stream: &UnixStream, request: &[u8], end: Option<Instant>) -> io::Result<Answer> {
    let mut stream = Timed { stream, end };
    stream.write_all(request)?;
    Answer::read(&mut stream)
}

/// Whether the process ended the connection, or itself.
fn has_ended(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | BrokenPipe | ConnectionReset | ConnectionAborted | NotConnected)
}

fn explain(path: &Path, limit: Duration, error: io::Error) -> PrivateKeyError {
    let place = path.display();
    let explained = match error.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
            PrivateKeyError::temporary(format!("no process signs at {place}: {error}; start it, or check the path"))
        }
        ErrorKind::TimedOut => PrivateKeyError::temporary(format!(
            "the signing process at {place} did not answer within {}; check it, or give it more time",
            Readable(limit)
        )),
        ErrorKind::WouldBlock => PrivateKeyError::temporary(format!(
            "the signing process at {place} accepts no connection, and others wait already; restart it"
        )),
        _ if has_ended(&error) => PrivateKeyError::temporary(format!(
            "the signing process at {place} ended the connection before it answered; check its log"
        )),
        _ if open_files::are_too_many(&error) => PrivateKeyError::temporary(format!(
            "no connection to the signing process at {place} can be opened, because too many files are open; {MORE_FILES}"
        )),
        ErrorKind::InvalidData => PrivateKeyError::permanent(format!(
            "what answers at {place} does not speak the signing protocol: {error}; check the path, and the version of the \
             signing process"
        )),
        ErrorKind::PermissionDenied => PrivateKeyError::permanent(format!(
            "the signing process at {place} cannot be reached, because the permission is missing; give this user the right \
             to write to the socket"
        )),
        _ => PrivateKeyError::permanent(format!(
            "the signing process at {place} cannot be reached: {error}; check the path"
        )),
    };
    // Its text may be that of the other side only where it is fixed here.
    match error.kind() {
        ErrorKind::InvalidData => explained,
        _ => explained.with_source(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn errors_of_the_system_tell_whether_to_try_again() {
        let explained = |error| explain(Path::new("/s"), TIME_LIMIT, error);
        for kind in [
            ErrorKind::NotFound,
            ErrorKind::ConnectionRefused,
            ErrorKind::TimedOut,
            ErrorKind::WouldBlock,
            ErrorKind::UnexpectedEof,
            ErrorKind::BrokenPipe,
        ] {
            assert!(explained(kind.into()).is_retryable(), "{kind}");
        }
        assert!(explained(io::Error::from_raw_os_error(24)).to_string().contains("ulimit -n"));
        for kind in [ErrorKind::PermissionDenied, ErrorKind::InvalidData, ErrorKind::InvalidInput] {
            assert!(!explained(kind.into()).is_retryable(), "{kind}");
        }
        assert!(explained(ErrorKind::TimedOut.into()).to_string().contains("within 5 s"));
    }
}
