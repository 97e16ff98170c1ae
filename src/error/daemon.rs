//! What is wrong with a daemon of the device that signs for the agent.

use super::{Error, code::Code, kind::ErrorKind, protocol::ProtocolError};
use crate::base::one_line::OneLine;
use alloc::{boxed::Box, string::String};
use core::fmt;

/// A daemon of the device that holds keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Daemon {
    /// The workload API of IoT Edge, which signs for modules.
    Workload,
    /// `aziot-identityd`, which knows the identities of this device.
    Identity,
    /// `aziot-keyd`, which holds their keys.
    Keys,
    /// `aziot-certd`, which holds their certificates.
    Certificates,
}

impl Daemon {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Workload => "the workload API",
            Self::Identity => "aziot-identityd",
            Self::Keys => "aziot-keyd",
            Self::Certificates => "aziot-certd",
        }
    }

    /// The group whose members may connect to its socket. `None` for the workload API: each module has a socket of its own.
    ///
    /// Source: `Azure/iot-identity-service:docs/packaging.md`.
    #[must_use]
    pub const fn group(self) -> Option<&'static str> {
        match self {
            Self::Workload => None,
            Self::Identity => Some("aziotid"),
            Self::Keys => Some("aziotks"),
            Self::Certificates => Some("aziotcs"),
        }
    }
}

impl fmt::Display for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A daemon of the device cannot be reached, or rejects a request.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DaemonError {
    /// The daemon.
    pub daemon: Daemon,
    /// Its address: a path, or a URL.
    pub address: String,
    /// What is wrong.
    pub problem: DaemonProblem,
}

/// What is wrong with a daemon, or with what it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DaemonProblem {
    /// There is no socket at its address.
    Absent,
    /// The daemon listens on a Unix socket, and the library supports none on this system.
    NoSockets,
    /// The system does not let this user connect to the socket.
    Denied,
    /// The daemon does not know this user.
    NotAPrincipal {
        /// The user, where it is known.
        uid: Option<u32>,
    },
    /// The daemon rejects the request.
    Rejected {
        /// The HTTP status of the answer.
        status: u16,
        /// The daemon's message: printable, at most 256 characters.
        message: Option<String>,
    },
    /// Another kind of file is at its address.
    NotASocket,
    /// It has not answered any of several requests.
    Silent {
        /// The number of requests.
        attempts: u8,
    },
    /// What answers does not follow the daemon's protocol.
    Message(ProtocolError),
    /// The agent has another identity than the one to sign for: the device was provisioned again.
    Reprovisioned,
    /// This kind of identity has no key that signs tokens.
    NoTokens,
}

impl DaemonError {
    #[cfg(feature = "flows")]
    pub(crate) fn new(daemon: Daemon, address: impl fmt::Display, problem: DaemonProblem) -> Self {
        Self { daemon, address: alloc::format!("{address}"), problem }
    }

    /// Where the fault lies.
    pub(super) const fn kind(&self) -> ErrorKind {
        match &self.problem {
            DaemonProblem::Rejected { status: 408 | 429 | 500..=599, .. }
            | DaemonProblem::Silent { .. }
            | DaemonProblem::Message(_) => ErrorKind::Peer,
            DaemonProblem::Reprovisioned => ErrorKind::Registry,
            DaemonProblem::NoSockets => ErrorKind::Library,
            _ => ErrorKind::Configuration,
        }
    }

    pub(super) const fn code(&self) -> Code {
        match &self.problem {
            DaemonProblem::Absent => Code::FileNotFound,
            DaemonProblem::NoSockets => Code::Unsupported,
            DaemonProblem::Denied => Code::FilePermission,
            DaemonProblem::NotASocket => Code::FileRead,
            DaemonProblem::Silent { .. } => Code::NoResponse,
            DaemonProblem::Message(error) => error.code(),
            DaemonProblem::NotAPrincipal { .. } => Code::ServiceUnauthorized,
            DaemonProblem::Rejected { status, .. } => Code::of_status(*status),
            DaemonProblem::Reprovisioned => Code::ServiceRejected,
            DaemonProblem::NoTokens => Code::NotApplicable,
        }
    }

    /// A daemon that is restarted has no socket for a moment.
    pub(super) const fn is_retryable(&self) -> bool {
        matches!(
            &self.problem,
            DaemonProblem::Absent
                | DaemonProblem::Silent { .. }
                | DaemonProblem::Rejected { status: 408 | 429 | 500..=599, .. }
        )
    }

    /// What is at fault: the member of a message, else the daemon.
    pub(super) const fn field(&self) -> &'static str {
        match &self.problem {
            DaemonProblem::Message(error) => error.field,
            _ => self.daemon.as_str(),
        }
    }
}

impl fmt::Display for DaemonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (daemon, address) = (self.daemon, OneLine(&self.address));
        match &self.problem {
            DaemonProblem::Absent if daemon == Daemon::Workload => {
                write!(f, "the workload API is not at {address}; start the agent as a module of IoT Edge")
            }
            DaemonProblem::Absent => write!(
                f,
                "{daemon} is not at {address}; install the package aziot-identity-service, or start {daemon} with \
                 `aziotctl system restart`"
            ),
            DaemonProblem::NoSockets => write!(
                f,
                "{daemon} listens on a Unix socket ({address}), which is not supported on this system; use a key in a file, a \
                 TPM or a token, or the workload API at an address that begins with http://"
            ),
            DaemonProblem::Denied => match daemon.group() {
                Some(group) => write!(
                    f,
                    "no permission to connect to {daemon} at {address}: this user is not in group {group}; add it with \
                     `usermod -aG {group} USER` and start the agent again"
                ),
                None => write!(
                    f,
                    "no permission to connect to {daemon} at {address}; run the agent as the user of its module's image"
                ),
            },
            DaemonProblem::NotASocket => {
                write!(f, "{address} is no socket, but another kind of file; check the path, and restart {daemon}")
            }
            DaemonProblem::Silent { attempts } => {
                write!(f, "{daemon} at {address} has not answered {attempts} requests; {}", how_to_restart(daemon))
            }
            DaemonProblem::Message(ProtocolError { field, problem }) => write!(
                f,
                "the answer of {daemon} at {address} is not valid at `{field}`: {problem}; check that {daemon} listens there, \
                 and its version"
            ),
            DaemonProblem::NotAPrincipal { uid } => {
                match uid {
                    Some(uid) => write!(f, "uid {uid} is not a principal")?,
                    None => f.write_str("this user is not a principal")?,
                }
                write!(
                    f,
                    " of {daemon}: add /etc/aziot/identityd/config.d/azureiotsecurity.toml with [[principal]], uid = "
                )?;
                match uid {
                    Some(uid) => write!(f, "{uid}")?,
                    None => f.write_str("UID")?,
                }
                f.write_str(", name = \"azureiotsecurity\", idtype = [\"module\"], then run `aziotctl system restart`")
            }
            DaemonProblem::Rejected { status, message } => {
                write!(f, "{daemon} rejected the request with {status}")?;
                if let Some(message) = message {
                    write!(f, ": {message}")?;
                }
                f.write_str(match (daemon, status) {
                    (Daemon::Workload, 401 | 403 | 404) => {
                        "; only the module itself may sign for it: check IOTEDGE_MODULEID and IOTEDGE_MODULEGENERATIONID"
                    }
                    (_, 408 | 429 | 500..=599) => "; try again later, and read its log with `aziotctl system logs`",
                    _ => "; read its log with `aziotctl system logs`",
                })
            }
            DaemonProblem::Reprovisioned => write!(
                f,
                "the device was provisioned again, and {daemon} signs for another identity now; read the identity again"
            ),
            DaemonProblem::NoTokens => write!(
                f,
                "{daemon} has a certificate for this identity and no key that signs tokens; authenticate with the certificate"
            ),
        }
    }
}

/// What to do about a daemon that does not answer.
const fn how_to_restart(daemon: Daemon) -> &'static str {
    match daemon {
        Daemon::Workload => "restart the runtime of IoT Edge with `iotedge system restart`",
        _ => "restart it with `aziotctl system restart`, and read its log with `aziotctl system logs`",
    }
}

impl core::error::Error for DaemonError {}

impl From<DaemonError> for Error {
    fn from(error: DaemonError) -> Self {
        Box::new(error).into()
    }
}
