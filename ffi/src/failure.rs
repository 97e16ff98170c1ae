//! A failure, before it becomes the caller's error object.

use crate::{abi::ResultCode, code};
use alloc::{
    borrow::Cow,
    boxed::Box,
    string::{String, ToString},
};
use core::{
    fmt,
    ops::{Deref, DerefMut},
    time::Duration,
};
use defender_auth::{self as library, credential::CertificateRequestError};

/// Why a call failed. Boxed, to keep the result of every call small.
#[derive(Debug)]
pub(crate) struct Failure(Box<Details>);

/// Its details.
#[derive(Debug)]
pub(crate) struct Details {
    code: ResultCode,
    /// Whether it answers a question for a length, which gets no error object.
    is_answer: bool,
    pub(crate) message: Cow<'static, str>,
    pub(crate) field: Cow<'static, str>,
    pub(crate) tracking_id: String,
    pub(crate) http_status: u16,
    pub(crate) service_code: u32,
    pub(crate) tpm_code: u32,
    pub(crate) tls_failure: i32,
    pub(crate) is_retryable: bool,
    pub(crate) retry_after: Option<Duration>,
}

/// A text for people. Without the feature `messages` there is none: nothing of it is made or linked.
pub(crate) fn message(text: &impl fmt::Display) -> Cow<'static, str> {
    if cfg!(feature = "messages") { text.to_string().into() } else { Cow::Borrowed("") }
}

impl Failure {
    pub(crate) fn new(code: ResultCode, message: impl Into<Cow<'static, str>>) -> Self {
        let message = if cfg!(feature = "messages") { message.into() } else { Cow::Borrowed("") };
        Self(Box::new(Details {
            code,
            is_answer: false,
            message,
            field: Cow::Borrowed(""),
            tracking_id: String::new(),
            http_status: 0,
            service_code: 0,
            tpm_code: 0,
            tls_failure: 0,
            is_retryable: false,
            retry_after: None,
        }))
    }

    /// A parameter is NULL but required.
    pub(crate) fn null(parameter: &'static str) -> Self {
        Self::new(code::DEFENDERAUTH_NULL, "it is NULL; pass a pointer to it").field(parameter)
    }

    /// A parameter has an invalid value.
    pub(crate) fn argument(parameter: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code::DEFENDERAUTH_ARGUMENT, message).field(parameter)
    }

    /// A feature that this build does not include.
    pub(crate) fn unsupported(what: &'static str) -> Self {
        let text = format_args!("this build of the library does not include {what}; use the full build");
        Self::new(code::DEFENDERAUTH_UNSUPPORTED, message(&text)).field("features")
    }

    /// Sets what caused it.
    pub(crate) fn field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.0.field = field.into();
        self
    }

    /// Makes it the answer to a question for a length.
    pub(crate) fn into_answer(mut self) -> Self {
        self.0.is_answer = true;
        self
    }

    pub(crate) const fn is_answer(&self) -> bool {
        self.0.is_answer
    }

    pub(crate) const fn code(&self) -> ResultCode {
        self.0.code
    }
}

impl Failure {
    /// The library's error, with the text of the error that it was originally.
    fn of(error: &library::Error, message: Cow<'static, str>) -> Self {
        let service = match error.inner() {
            library::Error::Service(service) => Some(service),
            _ => None,
        };
        let tpm = match error.inner() {
            library::Error::Tpm(tpm) => tpm.response_code(),
            _ => None,
        };
        Self(Box::new(Details {
            is_answer: false,
            code: error.code().as_i32(),
            message,
            field: error.field().unwrap_or_else(|| at_fault(error).into()).into_owned().into(),
            tracking_id: service.and_then(|service| service.tracking_id.clone()).unwrap_or_default(),
            http_status: service.map(|service| service.status).unwrap_or_default(),
            service_code: service.and_then(|service| service.code).unwrap_or_default(),
            tpm_code: tpm.map(library::error::ResponseCode::as_u32).unwrap_or_default(),
            tls_failure: 0,
            is_retryable: error.is_retryable(),
            retry_after: error.retry_after(),
        }))
    }
}

/// What is at fault where neither the library nor the call names anything more exact.
fn at_fault(error: &library::Error) -> &'static str {
    use library::Error;
    match error {
        Error::ApiMisuse(_) => "state",
        Error::Key(_) => "key",
        Error::ConnectionString(_) => "connection_string",
        Error::SasToken(_) | Error::Verify(_) | Error::TokenExpired { .. } => "token",
        Error::Resource(_) => "resource",
        Error::Payload(_) => "payload",
        Error::Certificate(_) | Error::Chain(_) | Error::IssuedChain(_) => "certificate",
        Error::RequestFormat(_) => "request",
        Error::PrivateKey(_) => "private_key",
        Error::Plan(_) => "plan",
        Error::Module(_) => "module",
        Error::Twin(_) => "twin",
        Error::Tls(_) => "trust_anchors",
        Error::Tpm(_) => "tpm",
        Error::Unreachable { .. } => "network",
        Error::OutOfTime | Error::WaitTooLong { .. } => "attempt_seconds",
        Error::NotSupported { what } => what,
        _ => "",
    }
}

impl Deref for Failure {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

impl From<&library::Error> for Failure {
    fn from(error: &library::Error) -> Self {
        Self::of(error, message(error))
    }
}

impl From<CertificateRequestError> for Failure {
    fn from(error: CertificateRequestError) -> Self {
        let (code, field) = match &error {
            CertificateRequestError::PrivateKey(_) => (code::DEFENDERAUTH_PRIVATE_KEY, "private_key"),
            CertificateRequestError::NoScheme => (code::DEFENDERAUTH_NOT_APPLICABLE, "private_key"),
            _ => (code::DEFENDERAUTH_IDENTIFIER, "common_name"),
        };
        let is_retryable = matches!(&error, CertificateRequestError::PrivateKey(error) if error.is_retryable());
        let mut failure = Self::new(code, message(&error)).field(field);
        failure.is_retryable = is_retryable;
        failure
    }
}

/// Every error of the library becomes its one error type, which has the numbers. The text is taken before the conversion, so
/// that a small build does not link the texts of all other errors.
macro_rules! from_library {
    ($($error:ty),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                let message = message(&error);
                Self::of(&library::Error::from(error), message)
            }
        }
    )*};
}

from_library!(
    library::Error,
    library::connection_string::ConnectionStringError,
    library::dps::BlobError,
    library::error::CertificateError,
    library::error::PlanError,
    library::error::TlsError,
    library::error::TpmError,
    library::identity::IdentifierError,
    library::key::KeyError,
    library::payload::PayloadError,
    library::sas::ResourceError,
    library::sas::TokenError,
    library::sas::VerifyError,
    library::twin::TwinError
);
