//! From what happened to what it means: the first of the two tables.

use super::{
    clock::{Clock, ClockState},
    diagnosis::Diagnosis,
};
use crate::{
    base::time::Now,
    error::{DaemonProblem, Error, Refusal, ServiceError, ServiceOperation, TlsFailure},
    mqtt::ConnectRefused,
};

/// How a hub rejects a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// The return code of a CONNACK of MQTT 3.1.1.
    Connack(ConnectRefused),
    /// The reason code of a CONNACK or a DISCONNECT of MQTT 5.
    Reason(u8),
    /// An HTTP status: of the WebSocket's upgrade, or of a hub that is used over HTTPS.
    Http(u16),
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// It was closed, or nothing arrives any longer.
    Dropped,
    /// The hub has ended it and said why, with a reason code of MQTT 5.
    ByServer(Rejection),
    /// The hub has ended it because its token has expired.
    TokenExpired,
}

impl Diagnosis {
    /// What a TLS failure means. The dates of a server that was not verified judge the device's clock and never set it.
    #[must_use]
    pub fn of_tls(failure: &TlsFailure, clock: &Clock, now: Now) -> Self {
        let is_before_floor = clock.state(now) == ClockState::BeforeFloor;
        match failure {
            TlsFailure::ClientExpired { .. } | TlsFailure::ClientNotYetValid { .. } if is_before_floor => {
                Self::ClockSuspect
            }
            TlsFailure::ClientExpired { .. } => Self::ClientExpired,
            TlsFailure::ClientNotYetValid { .. } => Self::ClientNotYetValid,
            TlsFailure::ClientRejected { .. } => Self::ClientRejected,
            TlsFailure::ClientKeyUnusable { .. } => Self::KeyUnusable,
            TlsFailure::ClientKeyBusy { .. } => Self::KeyBusy,
            // Expired before a time that has passed for certain, or by a clock that a service has confirmed.
            TlsFailure::ServerExpired(validity)
                if validity.not_after.is_some_and(|last| clock.floor() > last) || clock.is_confirmed(now) =>
            {
                Self::ServerExpired
            }
            TlsFailure::ServerNotYetValid(_) if clock.is_confirmed(now) => Self::ServerNotYetValid,
            TlsFailure::ServerExpired(_) | TlsFailure::ServerNotYetValid(_) => Self::ClockSuspect,
            TlsFailure::ServerUntrusted { .. } => Self::ServerUntrusted,
            TlsFailure::ServerWrongName { .. } => Self::ServerWrongName,
            TlsFailure::ServerCertificate { .. } => Self::ServerCertificate,
            TlsFailure::Incompatible { .. } => Self::Incompatible,
            TlsFailure::PlainText => Self::PlainText,
            TlsFailure::Intercepted { .. } => Self::Intercepted,
            TlsFailure::Alert { .. } | TlsFailure::Protocol { .. } => Self::TlsFailed,
        }
    }

    /// What a hub's rejection means.
    #[must_use]
    pub const fn of_rejection(rejection: Rejection) -> Self {
        use ConnectRefused as Connack;
        match rejection {
            Rejection::Connack(Connack::ClientId | Connack::UserNameOrPassword | Connack::NotAuthorized)
            | Rejection::Reason(0x85..=0x87 | 0x8c)
            | Rejection::Http(401 | 403 | 404) => Self::HubRejected,
            Rejection::Connack(Connack::ServerUnavailable)
            | Rejection::Reason(0x88 | 0x89 | 0x8b | 0x97 | 0x9f)
            | Rejection::Http(408 | 429 | 500..=599) => Self::Busy,
            Rejection::Reason(0x9c | 0x9d) | Rejection::Http(300..=399) => Self::Moved,
            Rejection::Reason(0x8a) => Self::Banned,
            Rejection::Connack(Connack::ProtocolVersion) | Rejection::Reason(0x84) => Self::VersionRejected,
            // The end of a connection without a fault of this client.
            Rejection::Reason(0x00 | 0x8d | 0x8e | 0x98 | 0xa0) => Self::ConnectionLost,
            Rejection::Connack(_) | Rejection::Reason(_) | Rejection::Http(_) => Self::ProtocolRejected,
        }
    }

    /// What the failure of an authenticator's run means.
    #[must_use]
    pub fn of_error(error: &Error) -> Self {
        match error.inner() {
            Error::Service(error) => Self::of_service(error),
            Error::Module(_) => Self::ModuleUnusable,
            Error::Protocol(_) => Self::InvalidMessage,
            Error::Unreachable { .. } => Self::Unreachable,
            Error::OutOfTime | Error::WaitTooLong { .. } => Self::TimedOut,
            Error::TokenExpired { .. } => Self::TokenExpired,
            Error::Daemon(error) => match error.problem {
                DaemonProblem::Silent { .. } => Self::Unreachable,
                DaemonProblem::Message(_) => Self::InvalidMessage,
                _ => Self::KeyUnusable,
            },
            Error::Tpm(_) => Self::KeyUnusable,
            _ => Self::SourceUnusable,
        }
    }

    fn of_service(error: &ServiceError) -> Self {
        let by_hub = error.asked == ServiceOperation::Module;
        match (error.refusal, error.status, error.code) {
            // A token that was made by a clock that is behind has expired before it is sent.
            (Refusal::Status, 401 | 403, _) if error.clock.is_some_and(|clock| !clock.is_ahead()) => Self::ClockSuspect,
            (Refusal::Status, 401 | 403, _) if by_hub => Self::DeviceRejected,
            (Refusal::Status, 404, _) if by_hub => Self::ModuleMissing,
            (Refusal::Disabled, ..) => Self::EnrollmentDisabled,
            (Refusal::Unassigned, ..) => Self::Unassigned,
            (Refusal::Status | Refusal::Failed, _, Some(401_001)) => Self::HubLink,
            (Refusal::Status | Refusal::Failed, _, Some(401_000..=401_999)) => Self::AttestationRejected,
            (Refusal::Status | Refusal::Failed, _, Some(404_000..=404_999)) | (Refusal::Status, 404, _) => {
                Self::EnrollmentMissing
            }
            (Refusal::Status, 401 | 403, _) => Self::AttestationRejected,
            (Refusal::Failed, _, Some(429_000..=429_999 | 500_000..=599_999))
            | (Refusal::Status, 408 | 429 | 500..=599, _) => Self::Busy,
            _ => Self::RegistrationFailed,
        }
    }
}
