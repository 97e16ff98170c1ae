//! What is wrong with a TPM, the way to it, or a key for it: plain data, so that the core can carry it.

use super::{code::Code, kind::ErrorKind, response_code::ResponseCode};
use alloc::{boxed::Box, string::String};
use core::{fmt, time::Duration};

/// Why a TPM did not do what it was asked for.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TpmError {
    /// It said no.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// It cannot be reached.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A text names no TPM.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// Its answer is not one.
    #[error("what came back from {command} is not an answer to it; check that a TPM 2.0 is at the other end")]
    Answer {
        /// The command that it should have answered.
        command: &'static str,
    },
    /// The key blob cannot be a key for a TPM.
    #[error("field {field} of the key blob {problem}; register again, and see that nothing changes it on its way")]
    Blob {
        /// Counted from 1.
        field: u8,
        /// What is wrong with it.
        problem: BlobProblem,
    },
    /// Something else is where one of our keys belongs.
    #[error("{found} is at {handle:#010x}, where {expected} belongs; {}", cure(*.expected, *.found))]
    Foreign {
        /// Where.
        handle: u32,
        /// What belongs there.
        expected: KeyRole,
        /// What is there.
        found: Found,
    },
    /// There is no key for this attempt.
    #[error(
        "no registration key is in the TPM; activate the blob of the service's challenge first, once for each signature"
    )]
    NoRegistrationKey,
    /// The old key was being replaced by the new one: it is gone, or nobody knows.
    #[error("the identity key may be lost, because replacing it broke off ({error}); register again")]
    IdentityLost {
        /// Why.
        #[source]
        error: Box<Self>,
    },
    /// A handle that no persistent key of the owner's can have, or one for two keys.
    #[error(
        "a persistent key cannot be at {handle:#010x}; choose three different handles from 0x81000000 to 0x817fffff"
    )]
    Handle {
        /// It.
        handle: u32,
    },
    /// A password that no TPM takes.
    #[error("the password of a hierarchy has at most {limit} bytes; give the one that the TPM was set up with")]
    PasswordTooLong {
        /// The limit.
        limit: usize,
    },
}

fn cure(expected: KeyRole, found: Found) -> &'static str {
    match (expected, found) {
        (KeyRole::Endorsement, Found::EccKey | Found::RsaKey) => {
            "only RSA-2048 of the TCG's template is supported: name a handle where there is such a key, or none yet"
        }
        (_, Found::EccKey | Found::RsaKey | Found::Other) => "it is another program's: choose another handle",
    }
}

/// Which of the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRole {
    /// The TPM's own, by which the service knows it.
    Endorsement,
    /// Below which keys are brought in.
    StorageRoot,
    /// The hub's, by which the device signs.
    Identity,
}

impl fmt::Display for KeyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endorsement => "the endorsement key",
            Self::StorageRoot => "the storage root key",
            Self::Identity => "the identity key",
        })
    }
}

/// What is in the place of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// On an elliptic curve.
    EccKey,
    /// RSA, of another template.
    RsaKey,
    /// Another object.
    Other,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EccKey => "an ECC key",
            Self::RsaKey => "an RSA key of another template",
            Self::Other => "an object of another kind",
        })
    }
}

/// What is wrong with a field of a key blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlobProblem {
    /// It ends before it should.
    #[error("is empty or cut short")]
    Cut,
    /// Its length is not that of an RSA-2048 key's secret, or a length within it is wrong.
    #[error("has a wrong length")]
    Length,
    /// The public area.
    #[error("is not the public area of an HMAC key with SHA-256")]
    NotAnHmacKey,
}

/// A TPM said no.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the TPM refused {command} ({code}): {cause}")]
pub struct CommandError {
    /// The command, as the specification names it.
    pub command: &'static str,
    /// What it answered.
    pub code: ResponseCode,
    /// What that means here.
    pub cause: CommandCause,
}

/// Whose password it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hierarchy {
    /// The owner's.
    Owner,
    /// The endorsement hierarchy's.
    Endorsement,
}

impl fmt::Display for Hierarchy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Owner => "the owner hierarchy",
            Self::Endorsement => "the endorsement hierarchy",
        })
    }
}

/// What the refusal of a command means, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandCause {
    /// A hierarchy has a password and none was given.
    #[error("{0} has a password; give it")]
    PasswordNeeded(Hierarchy),
    /// A hierarchy has another password.
    #[error("{0} has another password; give the right one")]
    PasswordWrong(Hierarchy),
    /// A hierarchy is switched off.
    #[error("a hierarchy is switched off; have the firmware's settings or the platform switch it on, and restart")]
    HierarchyOff,
    /// One of our keys has a password.
    #[error("the key has a password, which keys of this protocol have not; choose another handle for it")]
    KeyPassword,
    /// The credential is for another TPM.
    #[error(
        "the enrollment's endorsement key is another TPM's, or the blob was changed on its way; enrol the endorsement \
         key of this TPM"
    )]
    OtherTpm,
    /// The wrapped key does not hold together.
    #[error("the wrapped key was made for another storage root key, or changed on its way; register again")]
    Damaged,
    /// It is in lockout.
    #[error("the TPM is in lockout{}; wait, or reset it with `tpm2_dictionarylockout --clear-lockout`", For(*.seconds))]
    Lockout {
        /// How long at most, where the TPM says so.
        seconds: Option<u32>,
    },
    /// There is no room for another key.
    #[error(
        "its memory is full, with {others} objects of other programs; flush them with `tpm2_flushcontext -t`, or use \
         /dev/tpmrm0"
    )]
    ObjectMemory {
        /// How many.
        others: usize,
    },
    /// There is no room for another session.
    #[error("its memory is full of sessions; flush them with `tpm2_flushcontext -l`, or use /dev/tpmrm0")]
    SessionMemory,
    /// There is no room for a persistent key.
    #[error("its persistent memory is full; remove a key that nobody uses with `tpm2_evictcontrol`")]
    NvSpace,
    /// Nothing is at the identity key's handle.
    #[error("there is no identity key at {handle:#010x}; provision the device first")]
    NoIdentityKey {
        /// Where.
        handle: u32,
    },
    /// Something else is at the identity key's handle.
    #[error("what is at {handle:#010x} is not an HMAC key with SHA-256; choose another handle")]
    NotAnHmacKey {
        /// Where.
        handle: u32,
    },
    /// It is busy.
    #[error("it is busy; try again later")]
    Busy,
    /// It has failed its own test.
    #[error("it is in failure mode; switch the machine off and on, and replace it if that does not help")]
    Failure,
    /// It does not know the command.
    #[error("this TPM does not know the command; use one that follows the TCG's PC client profile")]
    NotImplemented,
    /// It speaks the old protocol.
    #[error("this is a TPM 1.2; a TPM 2.0 is needed")]
    TpmOne,
    /// Anything else.
    #[error("that was not expected here; look the code up with `tpm2_rc_decode`")]
    Other,
}

/// " for up to 7200 s"
struct For(Option<u32>);

impl fmt::Display for For {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |seconds| write!(f, " for up to {seconds} s"))
    }
}

/// A TPM cannot be reached.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct AccessError {
    /// The device, the socket, the address.
    pub place: String,
    /// What is wrong there.
    pub problem: AccessProblem,
}

/// Why a TPM cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessProblem {
    /// It is not there.
    #[error("there is no TPM here; check the path, and that the firmware has its TPM 2.0 switched on")]
    NotFound,
    /// Nobody listens.
    #[error("nobody listens here; start the TPM, or check the address")]
    Refused,
    /// It may not be used.
    #[error("no permission on it; add the user to the group tss, or run as one that may use it")]
    Permission,
    /// Somebody else has it.
    #[error("it is busy: another program has it open; use /dev/tpmrm0, which is for many")]
    Busy,
    /// Something else has its name.
    #[error("it is not a device; name the TPM's, such as /dev/tpmrm0")]
    NotADevice,
    /// It said nothing for too long.
    #[error("no answer came in time; see whether the TPM is well, and open it again")]
    TimedOut,
    /// It went away in the middle.
    #[error("the connection ended within an answer; see whether the TPM is well, and open it again")]
    Closed,
    /// What came is not in the form of an answer.
    #[error("what came back is not in the form of an answer; check that a TPM 2.0 is at the other end")]
    Frame,
    /// An exchange broke off earlier: what comes now would answer another command.
    #[error("the connection broke off before; open it again")]
    Broken,
    /// No other file or connection can be opened.
    #[error("it cannot be opened, because too many files are open; close some, or raise the limit (ulimit -n)")]
    TooManyOpen,
    /// The system said something else.
    #[error("it cannot be used: {0}; see what the system's log says about it")]
    Other(String),
}

/// Why a text names no TPM.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Another way to a TPM.
    #[error("`{0}` is not supported; write device:/dev/tpmrm0, swtpm:path=PATH or swtpm:host=HOST,port=PORT")]
    Unsupported(String),
    /// A path with nothing before it.
    #[error("a path alone is ambiguous; write device:PATH or swtpm:path=PATH")]
    Bare,
    /// A setting that is unknown, empty, there twice, or without its value.
    #[error("the settings behind `swtpm:` cannot be read; write path=PATH, or host=HOST,port=PORT")]
    Settings,
}

impl TpmError {
    /// Whether the same may succeed later without anything being changed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Command(error) if error.code.is_retryable())
    }

    /// What the TPM answered, when it was an answer.
    #[must_use]
    pub fn response_code(&self) -> Option<ResponseCode> {
        match self {
            Self::Command(error) => Some(error.code),
            Self::IdentityLost { error } => error.response_code(),
            _ => None,
        }
    }

    /// The command that failed.
    pub(super) fn command(&self) -> Option<&'static str> {
        match self {
            Self::Command(error) => Some(error.command),
            Self::Answer { command } => Some(command),
            Self::IdentityLost { error } => error.command(),
            _ => None,
        }
    }

    /// How long to leave it alone.
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
            Self::Endpoint(_) | Self::PasswordTooLong { .. } => ErrorKind::Input,
            Self::NoRegistrationKey | Self::Handle { .. } => ErrorKind::Caller,
            // The TPM is right to refuse these: the enrollment is another's, or something changed them on the way.
            Self::Command(CommandError { cause: CommandCause::OtherTpm, .. }) => ErrorKind::Registry,
            _ => ErrorKind::Tpm,
        }
    }

    pub(super) fn code(&self) -> Code {
        match self {
            Self::Command(_) | Self::Foreign { .. } => Code::TpmCommand,
            Self::Access(_) | Self::Answer { .. } | Self::Endpoint(_) => Code::TpmAccess,
            Self::Blob { .. } => Code::TpmBlob,
            Self::IdentityLost { error } => error.code(),
            Self::NoRegistrationKey => Code::State,
            Self::Handle { .. } | Self::PasswordTooLong { .. } => Code::Argument,
        }
    }
}
