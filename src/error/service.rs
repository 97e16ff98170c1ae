use super::{Code, ErrorKind};
use crate::base::{time::ClockSkew, wait::Readable};
use alloc::string::String;
use core::{fmt, time::Duration};

/// What a service was asked for when it said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceOperation {
    /// To register a device, or how its registration stands: the provisioning service.
    Registration,
    /// A module's identity: the hub.
    Module,
}

impl ServiceOperation {
    /// The step of a plan that it is.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Module => "module identity",
        }
    }
}

/// What a service said no to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The request: an HTTP status.
    Status,
    /// The registration: it failed.
    Failed,
    /// The registration: the enrollment is disabled.
    Disabled,
    /// The lookup: nobody has registered the device.
    Unassigned,
}

/// A service said no.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceError {
    /// What it was asked for.
    pub asked: ServiceOperation,
    /// What it said no to.
    pub refusal: Refusal,
    /// The HTTP status of its answer.
    pub status: u16,
    /// Its own code, six digits.
    pub code: Option<u32>,
    /// What its support wants to know.
    pub tracking_id: Option<String>,
    /// Its words: printable, at most 256 characters.
    pub message: Option<String>,
    /// How long it wants to be left alone.
    pub retry_after: Option<Duration>,
    /// On 401 and 403, when the clocks differ by more than is tolerated: the likely cause.
    pub clock: Option<ClockSkew>,
}

impl ServiceError {
    pub(crate) const fn new(asked: ServiceOperation, refusal: Refusal, status: u16) -> Self {
        Self { asked, refusal, status, code: None, tracking_id: None, message: None, retry_after: None, clock: None }
    }

    pub(super) const fn is_retryable(&self) -> bool {
        match self.refusal {
            Refusal::Status => matches!(self.status, 408 | 429 | 500..=599),
            Refusal::Unassigned => true,
            Refusal::Failed | Refusal::Disabled => false,
        }
    }

    pub(super) fn kind(&self) -> ErrorKind {
        match self.refusal {
            Refusal::Status if self.clock.is_some_and(|clock| !clock.is_ahead()) => ErrorKind::Time,
            Refusal::Status => ErrorKind::Service,
            // Whoever is told that has proved who it is.
            Refusal::Failed | Refusal::Disabled | Refusal::Unassigned => ErrorKind::Registry,
        }
    }

    pub(super) const fn code(&self) -> Code {
        match (self.refusal, self.status) {
            (Refusal::Failed, _) => Code::RegistrationFailed,
            (Refusal::Disabled, _) => Code::RegistrationDisabled,
            (Refusal::Unassigned, _) => Code::RegistrationUnassigned,
            (Refusal::Status, 401) => Code::ServiceUnauthorized,
            (Refusal::Status, 403) => Code::ServiceForbidden,
            (Refusal::Status, 404) => Code::ServiceNotFound,
            (Refusal::Status, 429) => Code::ServiceThrottled,
            (Refusal::Status, 408 | 500..=599) => Code::ServiceUnavailable,
            (Refusal::Status, _) => Code::ServiceRejected,
        }
    }

    /// What to do about it.
    const fn cure(&self) -> &'static str {
        match (self.refusal, self.asked, self.status) {
            (Refusal::Failed, ..) => "look at the enrollment: its hub, its allocation policy",
            (Refusal::Disabled, ..) => "enable the enrollment, or use another one",
            (Refusal::Unassigned, ..) => "have the device registered first, or register instead of looking it up",
            (Refusal::Status, _, 429) => "there are too many requests; wait as long as it asks",
            (Refusal::Status, _, 408 | 500..=599) => "it is busy or down; try again later",
            (Refusal::Status, _, 300..=399) => "it is not where it was asked for; check the host name",
            (Refusal::Status, ServiceOperation::Registration, 401) => {
                "the key is not that of this registration ID (a group's key must be derived for it first, a certificate \
                 bears it as common name, a TPM is enrolled by its endorsement key), or ID scope and registration ID do not belong together"
            }
            (Refusal::Status, ServiceOperation::Registration, 404) => {
                "there is no enrollment for this registration ID, or the ID scope is another service's"
            }
            (Refusal::Status, ServiceOperation::Module, 401 | 403) => {
                "the key is not that of this device, or the device is disabled; compare both with the portal"
            }
            (Refusal::Status, ServiceOperation::Module, 404) => {
                "the hub has no such device, or the device no such security module; create the module at the hub"
            }
            (Refusal::Status, ..) if self.code.is_none() && self.message.is_none() => {
                "it does not say why; see whether the service itself has answered, or something on the way to it"
            }
            (Refusal::Status, ..) => "its code and words say why",
        }
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = match self.asked {
            ServiceOperation::Registration => "the provisioning service",
            ServiceOperation::Module => "the hub",
        };
        match self.refusal {
            Refusal::Status => write!(f, "{service} answered {}", self.status)?,
            Refusal::Failed => f.write_str("the registration failed")?,
            Refusal::Disabled => f.write_str("the enrollment is disabled")?,
            Refusal::Unassigned => f.write_str("the device is not registered")?,
        }
        if let Some(code) = self.code {
            write!(f, " ({code})")?;
        }
        if let Some(message) = &self.message {
            // What to do follows in the same sentence.
            write!(f, ": {}", message.trim_end_matches('.'))?;
        }
        if let Some(id) = &self.tracking_id {
            write!(f, " [tracking id {id}]")?;
        }
        if let Some(after) = self.retry_after {
            write!(f, "; the service asked for {}", Readable(after))?;
        }
        match self.clock {
            // The likely cause comes first: whoever mends the key before the clock loses an hour.
            Some(clock) if !clock.is_ahead() => write!(f, "; {clock}. If that does not help: {}", self.cure()),
            // A token that ends later than it should is no reason for a refusal.
            Some(clock) => write!(f, "; {}. Besides, {clock}", self.cure()),
            None => write!(f, "; {}", self.cure()),
        }
    }
}

impl core::error::Error for ServiceError {}
