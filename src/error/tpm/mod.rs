//! What is wrong with a TPM, the access to it, or a key for it: plain data, so that the core can carry it.

mod access;
mod command;
mod key;
mod signing_key;
mod system;
mod tbs;

use crate::{
    error::{Error, code::Code, kind::ErrorKind, response_code::ResponseCode},
    key::BlobError,
};
use alloc::boxed::Box;
use core::time::Duration;
use system::EVICT;

pub use access::{AccessError, AccessProblem, EndpointError, FileKind};
pub use command::{CommandCause, CommandError, Hierarchy};
pub use key::{BlobProblem, Found, KeyRole};
pub use signing_key::{KeyFileError, SigningKeyError, TpmKeyKind, UnsupportedKey};
pub use tbs::TbsProblem;

/// Why an operation with a TPM failed.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TpmError {
    /// The TPM rejected a command.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The TPM cannot be accessed.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A text names no TPM.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The response to a command is malformed.
    #[error("the response to {command} is malformed; check that a TPM 2.0 is connected here")]
    Answer {
        /// The command, as the specification names it.
        command: &'static str,
    },
    /// The key blob is not one for a TPM.
    #[error("field {field} of the key blob {problem}; register again, and check that nothing changes it in transit")]
    Blob {
        /// The number of the field, counted from 1.
        field: u8,
        /// What is wrong with the field.
        problem: BlobProblem,
    },
    /// A persistent handle holds another object than the expected key.
    #[error("{handle:#010x} holds {found}, which cannot be used as {expected}; choose another handle for {expected}")]
    Foreign {
        /// The persistent handle.
        handle: u32,
        /// The key that is expected there.
        expected: KeyRole,
        /// The object that is there.
        found: Found,
    },
    /// A text is not the file of a key that this library uses in a TPM.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// A key of the TPM cannot sign TLS handshakes.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    /// A persistent handle that should be free holds an object.
    #[error("{handle:#010x} holds another object already; choose another handle, or remove it {EVICT}")]
    Occupied {
        /// The persistent handle.
        handle: u32,
    },
    /// There is no registration key for this attempt.
    #[error(
        "the TPM holds no registration key; activate the key blob of the service's challenge first, once for each \
         signature"
    )]
    NoRegistrationKey,
    /// The identity key was being replaced when an error occurred: it is lost, or its state is unknown.
    #[error("the identity key may be lost, because its replacement failed ({error}); register again")]
    IdentityLost {
        /// The error.
        #[source]
        error: Box<Self>,
    },
    /// A handle outside of the owner's range, or the same handle for two keys.
    #[error(
        "a persistent key cannot be at {handle:#010x}; choose handles from 0x81000000 to 0x817fffff, a different one for \
         each key"
    )]
    Handle {
        /// The handle.
        handle: u32,
    },
    /// A password that is longer than a TPM accepts.
    #[error("the password has at most {limit} bytes; give the one that was set in the TPM")]
    PasswordTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl TpmError {
    /// Whether the same operation may succeed later without any change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Command(error) if error.code.is_retryable())
    }

    /// The TPM's response code, if it rejected a command.
    #[must_use]
    pub fn response_code(&self) -> Option<ResponseCode> {
        match self {
            Self::Command(error) => Some(error.code),
            Self::IdentityLost { error } => error.response_code(),
            _ => None,
        }
    }

    /// The command that failed, as the specification names it.
    pub(super) fn command(&self) -> Option<&'static str> {
        match self {
            Self::Command(error) => Some(error.command),
            Self::Answer { command } => Some(command),
            Self::IdentityLost { error } => error.command(),
            _ => None,
        }
    }

    /// The time after which the operation may succeed.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Command(CommandError { cause: CommandCause::Lockout { seconds }, .. }) => {
                seconds.map(|seconds| Duration::from_secs(seconds.into()))
            }
            _ => None,
        }
    }

    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::Blob { .. } | Self::Command(CommandError { cause: CommandCause::Damaged, .. }) => ErrorKind::Peer,
            Self::Access(AccessError { problem: AccessProblem::NoTransport, .. })
            | Self::Endpoint(_)
            | Self::KeyFile(_)
            | Self::PasswordTooLong { .. } => ErrorKind::Input,
            Self::NoRegistrationKey | Self::Handle { .. } => ErrorKind::Caller,
            // The TPM itself works: the enrollment is that of another TPM, or the key blob was changed in transit.
            Self::Command(CommandError { cause: CommandCause::OtherTpm, .. }) => ErrorKind::Registry,
            _ => ErrorKind::Tpm,
        }
    }

    pub(super) fn code(&self) -> Code {
        match self {
            Self::Command(_) | Self::Foreign { .. } | Self::Occupied { .. } => Code::TpmCommand,
            Self::Access(_) | Self::Answer { .. } | Self::Endpoint(_) => Code::TpmAccess,
            Self::Blob { .. } => Code::TpmBlob,
            Self::KeyFile(_) => Code::CertificateFormat,
            Self::SigningKey(_) => Code::PrivateKey,
            Self::IdentityLost { error } => error.code(),
            Self::NoRegistrationKey => Code::State,
            Self::Handle { .. } | Self::PasswordTooLong { .. } => Code::Argument,
        }
    }
}

impl From<BlobError> for Error {
    fn from(BlobError { field }: BlobError) -> Self {
        TpmError::Blob { field, problem: BlobProblem::Cut }.into()
    }
}
