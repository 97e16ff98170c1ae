//! One error for everything above the parsers: what is wrong, where the fault lies, what to do. Never a secret.
//!
//! `Display` and plain `Debug` are one line each; `Debug` adds the number of the error: `"agent.json: …" (204)`. So a
//! `main` that returns `Result<(), Box<dyn std::error::Error>>` prints the sentence that says what to do.

use crate::{
    base::{payload::PayloadError, time::UnixTime, wait::Readable},
    connection_string::ConnectionStringError,
    credential::RequestFormatError,
    identity::IdentifierError,
    key::KeyError,
    sas::{ResourceError, TokenError, VerifyError},
    twin::TwinError,
};
use alloc::{boxed::Box, string::String};
use core::time::Duration;

mod api_misuse;
pub(crate) mod by_system;
mod certificate_problem;
mod chain;
mod code;
mod config;
mod context;
mod daemon;
mod debug;
mod field;
mod file;
mod foreign_format;
mod issuance;
mod issuance_text;
mod issued_chain;
mod kind;
mod module;
mod plan;
mod private_key;
mod protocol;
mod response_code;
mod service;
mod service_text;
mod tls;
mod tls_failure;
mod tls_failure_text;
mod tpm;

pub use api_misuse::ApiMisuse;
pub use certificate_problem::{CertificateError, CertificateProblem, PemBlock};
pub use chain::{ChainError, ChainProblem};
pub use code::Code;
pub use config::ConfigError;
pub use context::Context;
pub use daemon::{Daemon, DaemonError, DaemonProblem};
pub use file::{FileError, FileProblem};
pub use foreign_format::ForeignFormat;
pub use issuance::IssuanceDetails;
pub use issued_chain::IssuedChainError;
pub use kind::ErrorKind;
pub use module::ModuleError;
pub use plan::PlanError;
pub use private_key::{KeyLocationError, PrivateKeyProblem};
pub use protocol::{ProtocolError, ProtocolProblem};
pub use response_code::{Layer, Place, ResponseCode};
pub use service::{AuthenticationMethod, Refusal, ServiceError, ServiceOperation};
pub use tls::TlsError;
pub use tls_failure::{TlsFailure, Validity};
pub use tpm::{
    AccessError, AccessProblem, BlobProblem, CommandCause, CommandError, EndpointError, FileKind, Found, Hierarchy,
    KeyFileError, KeyRole, SigningKeyError, TbsProblem, TpmError, TpmKeyKind, UnsupportedKey,
};

/// What went wrong. The text says what is wrong and what to do about it, on one line.
///
/// Text and [`source`](core::error::Error::source) are those of the error in a variant; that of a [`Context`] contains the
/// text of its source. Print the error alone: a report that walks the sources says the same twice.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller answered an action that is not pending.
    #[error(transparent)]
    ApiMisuse(#[from] ApiMisuse),
    /// A plan that the protocol or the documentation does not allow.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A service rejected a request or a registration.
    #[error(transparent)]
    Service(#[from] Box<ServiceError>),
    /// A daemon of the device that signs for the agent cannot be reached, or rejects a request.
    #[error(transparent)]
    Daemon(#[from] Box<DaemonError>),
    /// The authentication of the module at the hub cannot be used.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// A message of a service does not follow the protocol.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// A message is not a twin.
    #[error(transparent)]
    Twin(#[from] TwinError),
    /// A text is not a payload.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// No answer arrived to any of several requests.
    #[error("no answer came to {attempts} requests; check the network, the host name, and any proxy or firewall")]
    Unreachable {
        /// The number of requests.
        attempts: u8,
    },
    /// The time limit of the attempt has passed.
    #[error("the time limit of this attempt has passed; begin again, with a longer limit if this happens often")]
    OutOfTime,
    /// The service asks to wait for longer than the attempt may take.
    #[error(
        "the service asked for {}, but {} of this attempt's time is left; begin again after that, with more time",
        Readable(*asked),
        Readable(*left)
    )]
    WaitTooLong {
        /// How long the service asks to wait.
        asked: Duration,
        /// How much of the attempt's time is left.
        left: Duration,
    },
    /// A text is not the connection string that was asked for.
    #[error(transparent)]
    ConnectionString(#[from] ConnectionStringError),
    /// A text is not a name of its kind.
    #[error(transparent)]
    Identifier(#[from] IdentifierError),
    /// A text is not a resource.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// A text is not a SAS token.
    #[error(transparent)]
    SasToken(#[from] TokenError),
    /// A SAS token is not valid for a key and a time.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A text is not a key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A setting of an agent's configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file that cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A certificate or a private key that cannot be loaded.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Bytes that are not a certificate signing request.
    #[error(transparent)]
    RequestFormat(#[from] RequestFormatError),
    /// A chain that does not lead to the enrolled certificate.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Certificates that a service has issued and that cannot be used.
    #[error(transparent)]
    IssuedChain(#[from] IssuedChainError),
    /// Trust anchors or other TLS settings that cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A TPM, the connection to it, or a key for it.
    #[error(transparent)]
    Tpm(#[from] TpmError),
    /// A text does not name a private key, or what holds the key cannot be reached.
    #[error(transparent)]
    PrivateKey(#[from] PrivateKeyProblem),
    /// Recognized, and not supported by this build.
    #[error("{what} is not supported by this build; use a newer one, or a module with a symmetric key")]
    NotSupported {
        /// What is not supported.
        what: &'static str,
    },
    /// The given token has expired, and there is no key here to sign another one.
    #[error("the given SAS token expired at {at}; have a new one made where it came from")]
    TokenExpired {
        /// Its expiry.
        at: UnixTime,
    },
    /// An error, and the place where it was found.
    #[error(transparent)]
    Context(#[from] Box<Context>),
}

impl Error {
    /// Adds the place: a file, or a setting in it.
    #[must_use]
    pub fn at(self, place: impl Into<String>) -> Self {
        Box::new(Context { place: place.into(), error: self }).into()
    }

    /// What is wrong, without the places where it was found.
    #[must_use]
    pub fn inner(&self) -> &Self {
        match self {
            Self::Context(context) => context.error.inner(),
            other => other,
        }
    }

    /// Where the fault lies.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::ConnectionString(_) | Self::Identifier(_) | Self::SasToken(_) | Self::Key(_) | Self::Payload(_) => {
                ErrorKind::Input
            }
            Self::ApiMisuse(_) | Self::Resource(_) => ErrorKind::Caller,
            Self::Config(_) | Self::Tls(_) | Self::Plan(_) => ErrorKind::Configuration,
            Self::PrivateKey(error) => error.kind(),
            Self::Service(error) => error.kind(),
            Self::Daemon(error) => error.kind(),
            Self::Module(_) => ErrorKind::Registry,
            Self::Protocol(_) | Self::Twin(_) => ErrorKind::Peer,
            Self::Unreachable { .. } => ErrorKind::Network,
            Self::OutOfTime
            | Self::WaitTooLong { .. }
            | Self::TokenExpired { .. }
            | Self::Verify(VerifyError::Expired { .. }) => ErrorKind::Time,
            Self::Certificate(_) | Self::RequestFormat(_) | Self::Chain(_) | Self::Verify(_) => ErrorKind::Input,
            Self::IssuedChain(error) => error.kind(),
            Self::Tpm(error) => error.kind(),
            Self::File(_) => ErrorKind::File,
            Self::NotSupported { .. } => ErrorKind::Library,
            Self::Context(context) => context.error.kind(),
        }
    }

    /// Whether the same call may succeed later without any change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::OutOfTime | Self::WaitTooLong { .. } => true,
            Self::Service(error) => error.is_retryable(),
            Self::Daemon(error) => error.is_retryable(),
            Self::Tpm(error) => error.is_retryable(),
            Self::PrivateKey(error) => error.is_retryable(),
            Self::Context(context) => context.error.is_retryable(),
            _ => false,
        }
    }

    /// How long the service or the TPM asked the caller to wait before the next try.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.inner() {
            Self::Service(error) => error.retry_after,
            Self::WaitTooLong { asked, .. } => Some(*asked),
            Self::Tpm(error) => error.retry_after(),
            _ => None,
        }
    }

    /// Its number.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::ApiMisuse(_) => Code::State,
            Self::Plan(PlanError::DeviceModeNeedsSelfSigned) | Self::Chain(_) => Code::CertificateRule,
            Self::Plan(_) | Self::Resource(_) => Code::Argument,
            Self::Service(error) => error.code(),
            Self::Daemon(error) => error.code(),
            Self::Module(_) => Code::ProtocolNoCredential,
            Self::Protocol(error) => error.code(),
            Self::Twin(TwinError::TooLarge) => Code::ProtocolLimit,
            Self::Twin(_) => Code::ProtocolMessage,
            Self::Payload(_) => Code::Payload,
            Self::Unreachable { .. } => Code::NoResponse,
            Self::OutOfTime | Self::WaitTooLong { .. } => Code::OutOfTime,
            Self::ConnectionString(error) => match error {
                ConnectionStringError::Value { .. } => Code::Identifier,
                ConnectionStringError::Key(error) => code::of_key(*error),
                ConnectionStringError::Token(_) => Code::SasToken,
                _ => Code::ConnectionString,
            },
            Self::Identifier(_) => Code::Identifier,
            Self::TokenExpired { .. } | Self::Verify(VerifyError::Expired { .. }) => Code::TokenExpired,
            Self::SasToken(_) | Self::Verify(_) => Code::SasToken,
            Self::Key(error) => code::of_key(*error),
            Self::Config(_) => Code::Config,
            Self::File(error) => error.code(),
            Self::Certificate(error) => error.code(),
            Self::Tls(TlsError::KeyMismatch) => Code::CertificateKey,
            Self::RequestFormat(_) => Code::CertificateFormat,
            Self::IssuedChain(error) => error.code(),
            Self::Tls(_) => Code::Tls,
            Self::Tpm(error) => error.code(),
            Self::PrivateKey(error) => error.code(),
            Self::NotSupported { .. } => Code::Unsupported,
            Self::Context(context) => context.error.code(),
        }
    }
}
