//! One error for everything above the parsers: what is wrong, whose fault it is, what to do. Never a secret.

use crate::{
    base::{payload::PayloadError, time::UnixTime},
    connection_string::ConnectionStringError,
    identity::IdentifierError,
    key::KeyError,
    sas::{ResourceError, TokenError},
    twin::TwinError,
};
use alloc::{borrow::Cow, boxed::Box, string::String};
use core::{fmt, time::Duration};

mod certificate;
mod response_code;
mod service;
mod tpm;

pub use certificate::{CertificateError, CertificateProblem, ChainError, ChainProblem, PemBlock};
pub use response_code::{Layer, Place, ResponseCode};
pub use service::{Refusal, ServiceError, ServiceOperation};
pub use tpm::{
    AccessError, AccessProblem, BlobProblem, CommandCause, CommandError, EndpointError, FileKind, Found, Hierarchy,
    KeyRole, TpmError,
};

/// What went wrong. The text says what is wrong and what to do about it, on one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller answered an action that was not pending.
    #[error(transparent)]
    ApiMisuse(#[from] ApiMisuse),
    /// A plan that the protocol or the documentation does not allow.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A service said no.
    #[error(transparent)]
    Service(#[from] Box<ServiceError>),
    /// The module cannot authenticate as the hub has set it up.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// A message of a service does not hold what it must.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// A message is not a twin.
    #[error(transparent)]
    Twin(#[from] TwinError),
    /// A text is not a payload.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// No answer came, however often it was asked for.
    #[error("no answer came to {attempts} requests; check the network, the host name and what stands between")]
    Unreachable {
        /// How many.
        attempts: u8,
    },
    /// The attempt's deadline has passed.
    #[error("the time for this attempt is over; begin again, with more of it if that happens often")]
    OutOfTime,
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
    /// A chain that does not lead to the enrolled certificate.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Roots or other TLS settings that cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A TPM, the way to it, or a key for it.
    #[error(transparent)]
    Tpm(#[from] TpmError),
    /// The identity is proved in another way than the one that was asked for.
    #[error("{0}")]
    NotApplicable(Cow<'static, str>),
    /// Recognised, and not supported by this build yet.
    #[error("{what} is not supported by this build yet; use a newer one, or a module with a symmetric key")]
    NotSupported {
        /// What it is.
        what: &'static str,
    },
    /// The given token is over, and there is no key here to make another one with.
    #[error("the given SAS token ended at {at} (seconds since 1970); have a new one made where it came from")]
    TokenExpired {
        /// Its expiry.
        at: UnixTime,
    },
    /// One of the above, and the place where it was found.
    #[error("{place}: {error}")]
    Context {
        /// A file, or a file and a setting in it.
        place: String,
        /// What is wrong there.
        error: Box<Self>,
    },
}

/// Whose fault it is: the first question of whoever has to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program that calls the library.
    Caller,
    /// What was given: a text, a key, a token.
    Input,
    /// A file: it is not there, or not readable, or not what it should be.
    File,
    /// The configuration.
    Configuration,
    /// The library: it knows what is wanted and cannot do it.
    Library,
    /// Time has passed, or a clock is wrong.
    Time,
    /// The service said no: the credential, or what its registry says about it.
    Service,
    /// The service's registry: what is set up there cannot be used from here.
    Registry,
    /// The service's message: it is not what the protocol says.
    Peer,
    /// The way to the service.
    Network,
    /// The TPM, or the way to it.
    Tpm,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caller => "the call",
            Self::Input => "the input",
            Self::File => "the file",
            Self::Configuration => "the configuration",
            Self::Library => "this build of the library",
            Self::Time => "the time",
            Self::Service => "the credential, or the service's registry",
            Self::Registry => "the service's registry",
            Self::Peer => "the service, or what stands between",
            Self::Network => "the way to the service",
            Self::Tpm => "the TPM, or the way to it",
        })
    }
}

/// The number of an error, the same in C. Numbers are never used for anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Code {
    /// The wrong state for this call.
    State = 104,
    /// An argument.
    Argument = 105,
    /// This credential has no such output.
    NotApplicable = 106,
    /// Not in this build.
    Unsupported = 107,
    /// A connection string.
    ConnectionString = 201,
    /// A name.
    Identifier = 202,
    /// A SAS token.
    SasToken = 203,
    /// A setting.
    Config = 204,
    /// A payload.
    Payload = 205,
    /// A file that is not there.
    FileNotFound = 211,
    /// A file that may not be read.
    FilePermission = 212,
    /// A file that cannot be read, or is not what it should be.
    FileRead = 213,
    /// A key that is not base64.
    KeyBase64 = 301,
    /// A key of a length that cannot be.
    KeyLength = 302,
    /// No key where there must be one.
    KeyAbsent = 303,
    /// A service said no: any 4xx without a number of its own.
    ServiceRejected = 400,
    /// 401
    ServiceUnauthorized = 401,
    /// 403
    ServiceForbidden = 403,
    /// 404
    ServiceNotFound = 404,
    /// 429
    ServiceThrottled = 429,
    /// 408 and 5xx
    ServiceUnavailable = 440,
    /// The registration failed.
    RegistrationFailed = 441,
    /// The enrollment is disabled.
    RegistrationDisabled = 442,
    /// Nobody has registered the device.
    RegistrationUnassigned = 443,
    /// A message of a service.
    ProtocolMessage = 450,
    /// A message of a service that is too long.
    ProtocolLimit = 451,
    /// The module has no credential that can be used.
    ProtocolNoCredential = 452,
    /// A TPM said no, or something else is where one of our keys belongs.
    TpmCommand = 501,
    /// A TPM that cannot be reached.
    TpmAccess = 502,
    /// A wrapped key that cannot be one.
    TpmBlob = 503,
    /// A certificate or a key that cannot be read or used.
    CertificateFormat = 601,
    /// A key that is not the certificate's.
    CertificateKey = 602,
    /// No certificate or no key where there must be one.
    CertificateAbsent = 603,
    /// A certificate that the documentation forbids here.
    CertificateRule = 604,
    /// TLS settings.
    Tls = 650,
    /// A given token is over.
    TokenExpired = 700,
    /// The attempt's deadline has passed.
    OutOfTime = 701,
    /// No answer came.
    NoResponse = 801,
}

impl Code {
    /// The number itself.
    #[must_use]
    pub const fn as_i32(self) -> i32 {
        self as i32
    }
}

impl Error {
    /// Adds the place: a file, or a setting in it.
    #[must_use]
    pub fn at(self, place: impl Into<String>) -> Self {
        Self::Context { place: place.into(), error: Box::new(self) }
    }

    /// What is wrong, without the places where it was found.
    #[must_use]
    pub fn inner(&self) -> &Self {
        match self {
            Self::Context { error, .. } => error.inner(),
            other => other,
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::ConnectionString(_) | Self::Identifier(_) | Self::SasToken(_) | Self::Key(_) | Self::Payload(_) => {
                ErrorKind::Input
            }
            Self::Certificate(_) | Self::Chain(_) => ErrorKind::Input,
            Self::ApiMisuse(_) | Self::Resource(_) | Self::NotApplicable(_) => ErrorKind::Caller,
            Self::Config(_) | Self::Tls(_) | Self::Plan(_) => ErrorKind::Configuration,
            Self::Service(error) => error.kind(),
            Self::Module(_) => ErrorKind::Registry,
            Self::Protocol(_) | Self::Twin(_) => ErrorKind::Peer,
            Self::Unreachable { .. } => ErrorKind::Network,
            Self::OutOfTime | Self::TokenExpired { .. } => ErrorKind::Time,
            Self::Tpm(error) => error.kind(),
            Self::File(_) => ErrorKind::File,
            Self::NotSupported { .. } => ErrorKind::Library,
            Self::Context { error, .. } => error.kind(),
        }
    }

    /// Whether trying again later may help without anything being changed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::OutOfTime => true,
            Self::Service(error) => error.is_retryable(),
            Self::Tpm(error) => error.is_retryable(),
            Self::Context { error, .. } => error.is_retryable(),
            _ => false,
        }
    }

    /// What is to blame, by its name: the file or setting, the member of a message, the kind of name, the step that a
    /// service refused, the command of a TPM. `None` where the text says all that there is.
    #[must_use]
    pub fn field(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Context { place, .. } => Some(place.into()),
            Self::Service(error) => Some(error.asked.as_str().into()),
            Self::Protocol(error) => Some(error.field.into()),
            Self::File(error) => Some((&error.path).into()),
            Self::Tpm(error) => error.command().map(Cow::Borrowed),
            Self::Identifier(error) => Some(error.name().as_str().into()),
            Self::ConnectionString(ConnectionStringError::Value { name, .. }) => Some((*name).into()),
            Self::Config(
                ConfigError::Missing { setting }
                | ConfigError::Duplicate { setting }
                | ConfigError::Value { setting, .. },
            ) => Some((*setting).into()),
            _ => None,
        }
    }

    /// How long the service, or the TPM, asked to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.inner() {
            Self::Service(error) => error.retry_after,
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
            Self::Plan(PlanError::TpmCannotLookUp | PlanError::AlreadyAModule) | Self::Resource(_) => Code::Argument,
            Self::Service(error) => error.code(),
            Self::Module(_) => Code::ProtocolNoCredential,
            Self::Protocol(error) if error.problem == ProtocolProblem::TooLong => Code::ProtocolLimit,
            Self::Twin(TwinError::TooLarge) => Code::ProtocolLimit,
            Self::Protocol(_) | Self::Twin(_) => Code::ProtocolMessage,
            Self::Payload(_) => Code::Payload,
            Self::Unreachable { .. } => Code::NoResponse,
            Self::OutOfTime => Code::OutOfTime,
            Self::ConnectionString(error) => match error {
                ConnectionStringError::Value { .. } => Code::Identifier,
                ConnectionStringError::Key(error) => key_code(*error),
                ConnectionStringError::Token(_) => Code::SasToken,
                _ => Code::ConnectionString,
            },
            Self::Identifier(_) => Code::Identifier,
            Self::SasToken(_) => Code::SasToken,
            Self::Key(error) => key_code(*error),
            Self::Config(_) => Code::Config,
            Self::File(error) => match error.problem {
                FileProblem::NotFound => Code::FileNotFound,
                FileProblem::Permission => Code::FilePermission,
                _ => Code::FileRead,
            },
            Self::Certificate(error) => error.code(),
            Self::Tls(_) => Code::Tls,
            Self::Tpm(error) => error.code(),
            Self::NotApplicable(_) => Code::NotApplicable,
            Self::NotSupported { .. } => Code::Unsupported,
            Self::TokenExpired { .. } => Code::TokenExpired,
            Self::Context { error, .. } => error.code(),
        }
    }
}

const fn key_code(error: KeyError) -> Code {
    match error {
        KeyError::Empty => Code::KeyAbsent,
        KeyError::TooLong | KeyError::EntropyLength { .. } | KeyError::EntropyUnfilled => Code::KeyLength,
        KeyError::Masked
        | KeyError::Quoted
        | KeyError::ConnectionString
        | KeyError::LineBreak { .. }
        | KeyError::UrlSafe { .. }
        | KeyError::PercentEncoded { .. }
        | KeyError::NotBase64 { .. }
        | KeyError::Truncated => Code::KeyBase64,
    }
}

/// The caller answered an action that was not pending. The machine is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{given} does not answer {pending}; poll again and answer what is pending")]
pub struct ApiMisuse {
    /// The action that waits for its answer.
    pub pending: &'static str,
    /// What was given.
    pub given: &'static str,
}

/// A plan that the protocol or the documentation does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The documented limitation of Device mode.
    #[error(
        "\"CA-Signed certificate is not supported by Device authentication mode\" (Security agent authentication \
         methods, known limitations); use a self-signed certificate or a key"
    )]
    DeviceModeNeedsSelfSigned,
    /// A lookup has no challenge that a TPM could answer.
    #[error("a lookup cannot be proved by a TPM; register instead")]
    TpmCannotLookUp,
    /// A module cannot become a module.
    #[error("the plan begins with a module already; begin with the device for Device mode")]
    AlreadyAModule,
}

/// How the hub has set up the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModuleError {
    /// Its `authentication.type` is `selfSigned` or `certificateAuthority`.
    #[error("the module authenticates by certificate and there is none for it here; give one, or set it up with keys")]
    NeedsCertificate,
    /// Its `authentication.type` is `none`.
    #[error("the module has no authentication method; give it keys or a certificate at the hub")]
    NoAuthentication,
}

/// A message of a service does not hold what it must.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the service's answer is wrong at `{field}`: {problem}; check that a proxy does not answer in its place")]
pub struct ProtocolError {
    /// The member, with the members that lead to it.
    pub field: &'static str,
    /// What is wrong there.
    pub problem: ProtocolProblem,
}

/// What is wrong with a member of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolProblem {
    /// It is not there.
    #[error("it is missing")]
    Missing,
    /// It is not of the type or the form that it must have.
    #[error("it cannot be read")]
    Unreadable,
    /// It is longer than anything a service sends.
    #[error("it is too long")]
    TooLong,
    /// It belongs to something else than what was asked for, or is a word that is not known.
    #[error("it was not expected")]
    Unexpected,
}

impl ProtocolError {
    pub(crate) const fn new(field: &'static str, problem: ProtocolProblem) -> Self {
        Self { field, problem }
    }
}

/// What is wrong with an agent's configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file as a whole cannot be read as what it is.
    #[error("line {line}, column {column} is not {format}; mend the file there")]
    Syntax {
        /// `JSON` or `XML`.
        format: &'static str,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// A setting that is not there, or has no value.
    #[error("`{setting}` is missing or empty; give it a value")]
    Missing {
        /// Its name, with the names that lead to it.
        setting: &'static str,
    },
    /// A setting that stands there twice.
    #[error("`{setting}` stands there twice; remove the wrong one")]
    Duplicate {
        /// Its name.
        setting: &'static str,
    },
    /// Something that no agent writes, and that is there to do harm more often than not.
    #[error("there is {what} in it, which no agent writes; remove it")]
    Foreign {
        /// What it is.
        what: &'static str,
    },
    /// A setting with a value that is none of those it can have.
    #[error("`{setting}` has an unknown value; it is one of {allowed} (in this spelling)")]
    Value {
        /// Its name.
        setting: &'static str,
        /// What it can be.
        allowed: &'static str,
    },
    /// The documented limitation of Security Module mode.
    #[error(
        "a security module cannot authenticate with a certificate: \"Security Module authentication mode only \
         supports symmetric key authentication\" (Security agent authentication methods, known limitations); use a \
         key, or identity `Device` with a self-signed certificate"
    )]
    ModuleWithCertificate,
    /// A folder with none of the files that the library knows.
    #[error(
        "there is no connection_string.txt, LocalConfiguration.json or Authentication.config in this folder; name \
         the file itself, or the agent's folder"
    )]
    NothingKnown,
    /// A folder with several of the files that the library knows.
    #[error("there are {first} and {second} in this folder; name the one that is meant")]
    Ambiguous {
        /// One.
        first: &'static str,
        /// Another.
        second: &'static str,
    },
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct FileError {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub problem: FileProblem,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// It is not there.
    #[error("there is no such file; check the path")]
    NotFound,
    /// It may not be read.
    #[error("no permission to read it; run as the agent's user, or let that user read the file")]
    Permission,
    /// It is a folder, a device, a pipe.
    #[error("it is not a regular file; give a file, or `-` for standard input")]
    NotRegular,
    /// There is nothing in it.
    #[error("it is empty; write it anew")]
    Empty,
    /// It has more bytes than any file of its kind.
    #[error("it is larger than {limit} bytes; it is not the file that is meant")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// It is UTF-16.
    #[error("it is UTF-16 text; save it as UTF-8 (in PowerShell: `Set-Content -Encoding utf8`)")]
    Utf16,
    /// It is not UTF-8.
    #[error("it is not UTF-8 text at byte {offset}; save it as UTF-8")]
    NotUtf8 {
        /// Where.
        offset: usize,
    },
    /// No other file can be opened.
    #[error("it cannot be opened, because too many files are open; close some, or raise the limit (ulimit -n)")]
    TooManyOpen,
    /// The system said something else.
    #[error("it cannot be read: {0}; see whether the disk is well")]
    Other(String),
}

/// Why a TLS configuration cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The system's root certificates cannot be found.
    #[error("no root certificates were found on this system; install its CA certificates, or give a PEM file")]
    NoPlatformRoots,
    /// The system has root certificates, and none can be read.
    #[error("the root certificates of this system cannot be read: {reason}; see to that, or give a PEM file")]
    UnreadablePlatformRoots {
        /// What stood in the way first.
        reason: String,
    },
    /// A text without certificates.
    #[error("there is no certificate in the PEM text; it must hold at least one `-----BEGIN CERTIFICATE-----`")]
    NoCertificate,
    /// A text of roots that is too long.
    #[error("the PEM text of root certificates is longer than {limit} bytes; give those of your services alone")]
    RootsTooLong {
        /// The longest that is read, in bytes.
        limit: usize,
    },
    /// A certificate that cannot be used as a root.
    #[error("certificate {number} of the PEM text cannot be read; export it again")]
    Certificate {
        /// Counted from 1.
        number: usize,
    },
    /// A client certificate whose key is not here.
    #[error(
        "the client certificate's key is held elsewhere; load both from files, or have whoever holds the key connect"
    )]
    KeyElsewhere,
    /// A client certificate that TLS cannot use.
    #[error("the client certificate cannot be used: {reason}; check that key and certificate belong together")]
    ClientCertificate {
        /// What TLS said.
        reason: String,
    },
    /// The provider of cryptography cannot do what TLS needs.
    #[error("the provider of cryptography supports neither TLS 1.2 nor 1.3; take ring's default provider")]
    Provider,
}
