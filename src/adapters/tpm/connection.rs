use super::{endpoint::Endpoint, stream::Stream, transport::Transport};
use crate::error::{AccessError, AccessProblem};
use alloc::string::String;
use core::time::Duration;
#[cfg(windows)]
use defender_auth_windows::tbs::Context;
use std::thread;

/// The time limit for one response over a socket. Some TPMs take a minute to create an RSA key. For a device the kernel has
/// limits of its own, as have TPM Base Services.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// The longest pause before a command is sent again.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// An open TPM: a device of the kernel, TPM Base Services, or swtpm on a socket.
#[derive(Debug)]
pub struct Connection {
    channel: Channel,
    place: String,
    limit: Duration,
    is_broken: bool,
    /// Where it is opened again after a failure.
    again: Option<Endpoint>,
}

#[derive(Debug)]
enum Channel {
    Stream(Stream),
    #[cfg(windows)]
    Tbs(Context),
}

impl Connection {
    /// Opens a TPM. A path that does not name the device of a TPM, or a socket, is not opened.
    ///
    /// # Errors
    /// When there is no TPM, when another program uses it, when the permission is missing, or when this system has no such
    /// transport.
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
            Endpoint::Tbs => "tbs".into(),
            Endpoint::Tcp { host, port } => alloc::format!("{host}:{port}"),
        };
        match Channel::open(endpoint, limit) {
            Ok(channel) => Ok(Self { channel, place, limit, is_broken: false, again: None }),
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
}

impl Channel {
    fn open(endpoint: &Endpoint, limit: Duration) -> Result<Self, AccessProblem> {
        match endpoint {
            #[cfg(windows)]
            Endpoint::Tbs => super::tbs::open().map(Self::Tbs),
            endpoint => Stream::open(endpoint, limit).map(Self::Stream),
        }
    }

    fn exchange(&mut self, command: &[u8], response: &mut [u8], limit: Duration) -> Result<usize, AccessProblem> {
        match self {
            Self::Stream(stream) => stream.exchange(command, response, limit),
            #[cfg(windows)]
            Self::Tbs(context) => super::tbs::exchange(context, command, response),
        }
    }
}

impl Transport for Connection {
    fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError> {
        if self.is_broken {
            let again = self.again.as_ref().ok_or(AccessProblem::Broken);
            let opened = again.and_then(|endpoint| Channel::open(endpoint, self.limit));
            self.channel = opened.map_err(|problem| self.failed(problem))?;
            self.is_broken = false;
        }
        self.channel.exchange(command, response, self.limit).map_err(|problem| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pause_is_longer_than_the_one_before() {
        let millis = [1, 2, 3, 6, 7, 12, 255].map(|attempt| pause_before(attempt).as_millis());
        assert_eq!(millis, [10, 20, 40, 320, 500, 500, 500]);
    }

    #[test]
    fn a_transport_of_another_system_is_reported_with_those_of_this_one() {
        let others: &[&str] = if cfg!(windows) {
            &["device:/dev/tpmrm0", "device:C:\\tpm", "swtpm:path=/run/tpm.sock"]
        } else {
            &["tbs:"]
        };
        for other in others {
            let error = Connection::open(&other.parse().unwrap()).unwrap_err();
            assert_eq!(error.problem, AccessProblem::NoTransport, "{other}");
            let own = if cfg!(windows) { "write tbs: or swtpm:host=" } else { "write device:/dev/tpmrm0, swtpm:path=" };
            assert!(alloc::string::ToString::to_string(&error).contains(own), "{error}");
        }
    }
}
