//! Why a TPM cannot be accessed.

use super::{
    system::{ACCESS, DEVICES, PATHS, SHARED, SWTPM, TRANSPORTS},
    tbs::TbsProblem,
};
use crate::{base::one_line::OneLine, error::by_system::MORE_FILES};
use alloc::string::String;
use core::fmt;

/// A TPM cannot be accessed.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", OneLine(place))]
pub struct AccessError {
    /// The path of the device or socket, or the address.
    pub place: String,
    /// The problem with it.
    pub problem: AccessProblem,
}

/// Why a TPM cannot be accessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessProblem {
    /// The path does not exist.
    #[error("there is no TPM here; check the path, and that the TPM 2.0 is enabled in the firmware's settings")]
    NotFound,
    /// The connection was refused.
    #[error("the connection was refused; start the TPM, or correct the address")]
    Refused,
    /// The permission is missing.
    #[error("permission denied; {ACCESS}")]
    Permission,
    /// Another program has the device open.
    #[error("it is busy: another program has it open; use {SHARED}, which programs share")]
    Busy,
    /// `device:` names a file that is not the device of a TPM. It was not opened.
    #[error("it is {0}, not the device of a TPM, and was not opened; write {cure}", cure = for_device(*.0))]
    NotADevice(FileKind),
    /// `swtpm:path=` names a file that is not a socket.
    #[error("it is {0}, not a socket; write {cure}", cure = for_socket(*.0))]
    NotASocket(FileKind),
    /// The response did not arrive in time.
    #[error("the TPM did not respond in time; check its state, and open it again")]
    TimedOut,
    /// The connection ended within a response.
    #[error("the connection ended within a response; check the state of the TPM, and open it again")]
    Closed,
    /// What was received is not a response of a TPM 2.0.
    #[error("the response is not in the format of a TPM; check that a TPM 2.0 is connected here")]
    Frame,
    /// An earlier exchange failed: a response received now would belong to another command.
    #[error("an earlier exchange with the TPM failed; open it again")]
    Broken,
    /// The limit of open files is reached.
    #[error("it cannot be opened, because too many files are open; {MORE_FILES}")]
    TooManyOpen,
    /// This system has no such transport.
    #[error("this system has no such way to a TPM; write {TRANSPORTS}")]
    NoTransport,
    /// TPM Base Services of Windows give no access.
    #[error(transparent)]
    Tbs(#[from] TbsProblem),
    /// Another error of the system.
    #[error("it cannot be used: {0}; check the system's log")]
    Other(String),
}

impl AccessProblem {
    /// Whether a connection that is opened again may succeed without any change.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        match self {
            Self::Busy | Self::Closed | Self::Refused | Self::TimedOut => true,
            Self::Tbs(problem) => problem.is_temporary(),
            _ => false,
        }
    }
}

/// The type of a file that a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A character device. Where a TPM is expected: one of another driver.
    CharacterDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A Unix socket.
    Socket,
    /// A file of a type that this library does not know.
    Other,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Regular => "a regular file",
            Self::Directory => "a directory",
            Self::CharacterDevice => "a character device of another kind",
            Self::BlockDevice => "a block device",
            Self::Fifo => "a named pipe",
            Self::Socket => "a socket",
            Self::Other => "a file of an unknown type",
        })
    }
}

const fn for_device(found: FileKind) -> &'static str {
    match found {
        FileKind::Socket => "swtpm:path=PATH for a socket of swtpm",
        _ => DEVICES.here(),
    }
}

const fn for_socket(found: FileKind) -> &'static str {
    match found {
        FileKind::CharacterDevice => "device:PATH for a device",
        _ => "the path of the socket that swtpm listens on",
    }
}

/// Why a text names no TPM.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Another transport.
    #[error("`{0}` is not supported; write {TRANSPORTS}")]
    Unsupported(String),
    /// A path without a transport.
    #[error("a path alone is ambiguous; write {PATHS}")]
    Bare,
    /// A setting is unknown, empty, repeated, or without its value.
    #[error("the settings after `swtpm:` cannot be read; write {SWTPM}")]
    Settings,
    /// `tbs:` with settings.
    #[error("`tbs:` has no settings; write tbs: alone")]
    TbsSettings,
}
