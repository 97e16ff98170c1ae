//! What went wrong, as people and programs are told it.

use crate::explain::number::{Asked, Family, Number};
use defender_auth::{
    Error,
    error::{Code, ErrorKind, ServiceOperation},
};
use std::fmt::Display;

/// The number of a file that cannot be written, `DEFENDERAUTH_FILE_WRITE` in C. The library's own errors do not have it.
pub(super) const FILE_WRITE: i32 = 214;

/// A failure with everything that is known about it. Its text says what is wrong and what to do, on one line.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    /// The library's number, the same in C.
    pub(crate) code: i32,
    pub(crate) kind: ErrorKind,
    /// Where the fault lies, in words.
    pub(crate) fault: String,
    pub(crate) what: String,
    /// The file, setting, argument or step that it is about.
    pub(crate) field: Option<String>,
    /// The service's tracking ID.
    pub(crate) tracking_id: Option<String>,
    /// Whether the same call may succeed later without any change.
    pub(crate) is_retryable: bool,
    /// What is known of the cause, then what is likely.
    pub(crate) causes: Vec<Cause>,
}

/// A cause that is known, or one of several that are likely.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    /// Its number, as `explain` takes it, or its word there (`other-keys`). `None` where it has none.
    pub(crate) code: Option<String>,
    pub(crate) text: String,
}

impl Cause {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { code: None, text: text.into() }
    }

    pub(crate) fn coded(code: impl Display, text: impl Into<String>) -> Self {
        Self { code: Some(code.to_string()), text: text.into() }
    }
}

impl Problem {
    /// Of this number and kind. `fault` says where the fault lies more exactly than the kind.
    pub(crate) fn new(code: i32, kind: ErrorKind, fault: &str, what: impl Into<String>) -> Self {
        Self {
            code,
            kind,
            fault: fault.into(),
            what: what.into(),
            field: None,
            tracking_id: None,
            is_retryable: false,
            causes: Vec::new(),
        }
    }

    /// The network path to the service carries nothing.
    pub(crate) fn on_the_way(fault: &str, what: impl Into<String>) -> Self {
        Self::new(Code::NoResponse.as_i32(), ErrorKind::Network, fault, what)
    }

    /// Another process uses a folder.
    pub(crate) fn in_use(folder: &str, what: impl Into<String>) -> Self {
        Self::new(FILE_WRITE, ErrorKind::File, "another process", what).about(folder).retryable(true)
    }

    /// The number that says most about it: that of the service, the hub or the TPM, else the library's.
    pub(crate) fn number(&self) -> String {
        let known = self.causes.first().and_then(|cause| cause.code.as_deref());
        // Likely causes have a word, and no number.
        let is_number = |code: &&str| matches!(Asked::read(code), Asked::Number { .. });
        known.filter(is_number).map_or_else(|| self.code.to_string(), Into::into)
    }

    pub(crate) fn about(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    pub(crate) fn retryable(self, is_retryable: bool) -> Self {
        Self { is_retryable, ..self }
    }

    pub(crate) fn caused_by(self, causes: impl IntoIterator<Item = Cause>) -> Self {
        Self { causes: causes.into_iter().collect(), ..self }
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let (tracking_id, cause) = match error.inner() {
            Error::Service(service) => {
                let family = match service.asked {
                    ServiceOperation::Module | ServiceOperation::CertificateRenewal => Family::Hub,
                    _ => Family::Dps,
                };
                let code = service.code.map(|code| {
                    let text = service.message.clone().unwrap_or_else(|| format!("HTTP status {}", service.status));
                    Cause::coded(Number::new(family, code), text)
                });
                (service.tracking_id.clone(), code)
            }
            Error::Tpm(tpm) => {
                let code = tpm.response_code();
                (None, code.map(|code| Cause::coded(Number::new(Family::Tpm, code.as_u32()), code.to_string())))
            }
            _ => (None, None),
        };
        Self {
            field: error.field().map(Into::into),
            tracking_id,
            ..Self::new(error.code().as_i32(), error.kind(), &error.kind().to_string(), error.to_string())
        }
        .retryable(error.is_retryable())
        .caused_by(cause)
    }
}
