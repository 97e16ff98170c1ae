//! What is wrong with the name of a private key, or with what holds it: plain data, so that the core can carry it.

use super::{Error, by_system::BySystem, code::Code, kind::ErrorKind, tpm::EndpointError};
use crate::key::PrivateKeyError;
use alloc::string::{String, ToString as _};

/// What names a key.
const NAMES: BySystem = BySystem::new("a file, tpm:…, keyd:…, pkcs11:… or unix:…", "a file, tpm:… or pkcs11:…");

/// The same, in full.
const SCHEMES: BySystem = BySystem::new(
    "a file, tpm:file=PATH, tpm:handle=0x81000000 (or another), keyd:id=KEY, pkcs11:… or unix:PATH. Write ./ before the \
     name of a file that has a colon",
    "a file, tpm:file=PATH, tpm:handle=0x81000000 (or another) or pkcs11:…",
);

/// The name of a key of `aziot-keyd`, or what to use in its place.
const KEYD: BySystem = BySystem::new(
    "write keyd:id=KEY with the ID of the key, and &folder=/run/aziot with the absolute path of the sockets' folder where \
     it is another one",
    "use a key in a file, a TPM or a token: Windows has no aziot-keyd",
);

/// Why a text does not name a private key. It quotes nothing of the text, which may be a secret, but the word before the colon
/// of a TPM's name.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyLocationError {
    /// There is nothing.
    #[error("it is empty; give {}", NAMES)]
    Empty,
    /// A line break or another control character: a key itself, perhaps.
    #[error(
        "it has a line break or another control character; write the key to a file that only its owner can read, and \
         give the name of that file"
    )]
    Control,
    /// Another scheme.
    #[error("it begins with a scheme that is not supported; give {}", SCHEMES)]
    Scheme,
    /// An attribute after `tpm:` that is none of those, or is without a value.
    #[error("an attribute after `tpm:` cannot be read; write tpm:file=PATH or tpm:handle=0x81000000, and &tpm=TCTI")]
    Attribute,
    /// An attribute after `tpm:` occurs twice.
    #[error("its attribute `{name}` occurs twice; remove the wrong one")]
    Twice {
        /// The attribute.
        name: &'static str,
    },
    /// Neither a file nor a handle, or both.
    #[error("it needs one of file=PATH and handle=0x81000000 after `tpm:`; give one of them")]
    FileOrHandle,
    /// A percent sign without two hexadecimal digits, or bytes that are not UTF-8.
    #[error("a `%` in its attribute `{name}` is not followed by two hexadecimal digits of UTF-8; write %25 for a `%`")]
    Percent {
        /// The attribute.
        name: &'static str,
    },
    /// A handle that is not that of a persistent key.
    #[error("its handle is not a persistent one; write it in hexadecimal, from 0x81000000 to 0x81ffffff")]
    Handle,
    /// The TPM after `tpm=`.
    #[error("its attribute `tpm`: {0}")]
    Tpm(EndpointError),
    /// `unix:` without a path.
    #[error("there is no path after `unix:`; write unix:PATH, the socket of the signing process")]
    NoSocket,
    /// Something after `keyd:` that is none of its attributes, or no ID.
    #[error("what follows `keyd:` cannot be read; {}", KEYD)]
    Keyd,
    /// A build without daemons of the device.
    #[error(
        "this program was built without daemons of the device; use one with the feature `local-signer`, or another key"
    )]
    NoDaemons,
    /// The PIN itself in a PKCS#11 URI.
    #[error(
        "the PKCS#11 URI has a pin-value, and so the PIN is wherever the URI is shown; write the PIN to a file and name \
         it with pin-source"
    )]
    PinValue,
    /// A key in a token.
    #[error(
        "a key in a PKCS#11 token is opened by the crate defender-auth-pkcs11, which is not in use here; use a key in a \
         file, a TPM or a signing process"
    )]
    Token,
    /// A build without TPM.
    #[error("this program was built without TPM 2.0; use one with the feature `tpm`, or another key")]
    NoTpm,
    /// A system without Unix sockets.
    #[error("this system has no Unix sockets, and so no signing processes; use a key in a file, a TPM or a token")]
    NotUnix,
}

impl KeyLocationError {
    /// Whether another build, or another system, opens such a key.
    const fn is_of_build(&self) -> bool {
        matches!(self, Self::Token | Self::NoTpm | Self::NoDaemons | Self::NotUnix)
    }
}

/// Why a private key cannot be opened by its name.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateKeyProblem {
    /// The text does not name one.
    #[error(transparent)]
    Location(#[from] KeyLocationError),
    /// What holds the key does not sign, or cannot be reached.
    #[error("{reason}")]
    Holder {
        /// Its error, and what to do.
        reason: String,
        /// Whether the same may succeed later without any change.
        is_retryable: bool,
    },
}

impl PrivateKeyProblem {
    pub(super) const fn is_retryable(&self) -> bool {
        matches!(self, Self::Holder { is_retryable: true, .. })
    }

    pub(super) const fn kind(&self) -> ErrorKind {
        match self {
            Self::Location(error) if error.is_of_build() => ErrorKind::Library,
            Self::Location(_) => ErrorKind::Input,
            Self::Holder { .. } => ErrorKind::PrivateKey,
        }
    }

    pub(super) const fn code(&self) -> Code {
        match self {
            Self::Location(error) if error.is_of_build() => Code::Unsupported,
            Self::Location(_) => Code::Argument,
            Self::Holder { .. } => Code::PrivateKey,
        }
    }
}

impl From<KeyLocationError> for Error {
    fn from(error: KeyLocationError) -> Self {
        PrivateKeyProblem::Location(error).into()
    }
}

impl From<PrivateKeyError> for Error {
    fn from(error: PrivateKeyError) -> Self {
        PrivateKeyProblem::Holder { reason: error.to_string(), is_retryable: error.is_retryable() }.into()
    }
}
