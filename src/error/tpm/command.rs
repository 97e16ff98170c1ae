//! What a TPM's rejection of a command means.

use super::system::{END_LOCKOUT, EVICT, FLUSH_OBJECTS, FLUSH_SESSIONS, LOOK_UP};
use crate::{base::wait::Readable, error::response_code::ResponseCode};
use core::{fmt, time::Duration};

/// The TPM rejected a command.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the TPM rejected {command} ({code}): {cause}")]
pub struct CommandError {
    /// The command, as the specification names it.
    pub command: &'static str,
    /// The response code.
    pub code: ResponseCode,
    /// What the code means for this command.
    pub cause: CommandCause,
}

/// A hierarchy of a TPM, which may have a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hierarchy {
    /// The owner hierarchy.
    Owner,
    /// The endorsement hierarchy.
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

/// What the rejection of a command means, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandCause {
    /// The hierarchy has a password, and none was given.
    #[error("{0} requires a password; give it")]
    PasswordNeeded(Hierarchy),
    /// The given password is not that of the hierarchy.
    #[error("the password given for {0} is wrong; give the right one")]
    PasswordWrong(Hierarchy),
    /// The hierarchy is disabled.
    #[error("the hierarchy is disabled; enable it in the firmware's settings or by the platform, and restart")]
    HierarchyOff,
    /// The key at a persistent handle has a password.
    #[error("the key requires a password, which keys of this protocol do not have; choose another handle for the key")]
    KeyPassword,
    /// The credential was made for another endorsement key.
    #[error(
        "the endorsement key of the enrollment is that of another TPM, or the key blob was changed in transit; enroll \
         the endorsement key of this TPM"
    )]
    OtherTpm,
    /// The wrapped key fails its integrity check.
    #[error("the wrapped key was made for another storage root key, or was changed in transit; register again")]
    Damaged,
    /// The password of a key that signs is wrong.
    #[error(
        "the key's password is wrong, or the key has one and none was given; give the right one{}", Counted(*.is_counted)
    )]
    SigningKeyPassword {
        /// Whether the TPM counts the attempt towards its lockout: the key is without noDA.
        is_counted: bool,
    },
    /// The parent of a key has a password.
    #[error(
        "the key's parent {handle:#010x} has a password, which is not supported; create the key below another parent"
    )]
    ParentPassword {
        /// The handle of the parent.
        handle: u32,
    },
    /// A key file fails its integrity check below this parent.
    #[error(
        "the key was made by another TPM or below another parent, or its file was changed; use it with the TPM that made \
         it (a TPM that was cleared has lost its keys), or create a new key"
    )]
    OtherParent,
    /// The persistent parent of a key is not there, or is not the parent of keys.
    #[error("{handle:#010x} holds no key that can be a parent; make the key's parent persistent there again")]
    NoParent {
        /// The handle of the parent.
        handle: u32,
    },
    /// A key that signs is not, or no longer, at its handle.
    #[error("there is no key at {handle:#010x}; correct the handle, or create the key again")]
    NoSigningKey {
        /// The handle.
        handle: u32,
    },
    /// The key does not decrypt, which a signature by `RSA_Decrypt` requires.
    #[error(
        "the key does not decrypt (its attribute `decrypt` is not set); create one that does, or another kind of key"
    )]
    NotDecrypting,
    /// The key has a scheme of its own, or the digest has not the length of the hash.
    #[error("the key has another scheme or hash; create a key without a scheme of its own")]
    OtherScheme,
    /// The key is restricted.
    #[error("the key is restricted: it signs only data that the TPM has made; create another key")]
    Restricted,
    /// The key is used with a policy only.
    #[error("the key is used with a policy only; create one without policy")]
    PolicyOnly,
    /// The TPM does not support the kind of key.
    #[error("this TPM does not support the kind of key; create one of another kind")]
    UnsupportedKind,
    /// The TPM is in lockout, after too many wrong passwords.
    #[error("the TPM is in lockout{}; wait, or {END_LOCKOUT}", For(*.seconds))]
    Lockout {
        /// The longest time until it ends, in seconds, if the TPM reports it.
        seconds: Option<u32>,
    },
    /// The memory for loaded objects is full.
    #[error("its memory is full, with {others} objects of other programs; {FLUSH_OBJECTS}")]
    ObjectMemory {
        /// The number of objects that other programs loaded.
        others: usize,
    },
    /// The memory for sessions is full.
    #[error("its memory is full of sessions; {FLUSH_SESSIONS}")]
    SessionMemory,
    /// The memory for persistent keys is full.
    #[error("its persistent memory is full; remove an unused key {EVICT}")]
    NvSpace,
    /// The identity key's handle is empty.
    #[error("there is no identity key at {handle:#010x}; provision the device first")]
    NoIdentityKey {
        /// The handle.
        handle: u32,
    },
    /// The identity key's handle holds another kind of object.
    #[error("the object at {handle:#010x} is not an HMAC key with SHA-256; choose another handle for the identity key")]
    NotAnHmacKey {
        /// The handle.
        handle: u32,
    },
    /// The TPM is busy.
    #[error("it is busy; try again later")]
    Busy,
    /// The TPM's self-test failed.
    #[error("it is in failure mode; switch the machine off and on, and replace the TPM if that does not help")]
    Failure,
    /// The TPM does not implement the command.
    #[error("this TPM does not implement the command; use one that follows the TCG's PC client profile")]
    NotImplemented,
    /// The TPM is a TPM 1.2.
    #[error("this is a TPM 1.2; a TPM 2.0 is required")]
    TpmOne,
    /// Windows does not pass the command on to the TPM.
    #[error(
        "Windows does not permit this command to this user, or to any user; run as administrator, or have the policy for \
         blocked TPM commands changed"
    )]
    Blocked,
    /// A code that this command is not expected to return.
    #[error("this code was not expected; {LOOK_UP}")]
    Other,
}

struct Counted(bool);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { " (the TPM counts wrong ones, and enters lockout after a few)" } else { "" })
    }
}

/// " for up to 2 h"
struct For(Option<u32>);

impl fmt::Display for For {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |seconds| write!(f, " for up to {}", Readable(Duration::from_secs(seconds.into()))))
    }
}
