//! The failures of a driver by their numbers.

use crate::{
    code::{
        DEFENDERAUTH_ARGUMENT, DEFENDERAUTH_CANCELLED, DEFENDERAUTH_NO_RESPONSE, DEFENDERAUTH_NOT_CONNECTED,
        DEFENDERAUTH_PROTOCOL_LIMIT, DEFENDERAUTH_PROTOCOL_MESSAGE, DEFENDERAUTH_SERVICE_FORBIDDEN,
        DEFENDERAUTH_SERVICE_REJECTED, DEFENDERAUTH_SERVICE_UNAUTHORIZED, DEFENDERAUTH_SERVICE_UNAVAILABLE,
        DEFENDERAUTH_TLS,
    },
    failure::Failure,
    tls_failure,
};
use defender_auth::mqtt::ConnectRefused;
use defender_auth_mqtt::{Error, driver::DriverError};

impl From<DriverError> for Failure {
    fn from(error: DriverError) -> Self {
        let message = error.to_string();
        let (code, field, is_retryable) = match error {
            DriverError::Https(error) => return error.into(),
            DriverError::Store(error) => return error.into(),
            DriverError::Misuse(error) => return Self::from(defender_auth::Error::from(error)).field("driver"),
            DriverError::Cancelled => (DEFENDERAUTH_CANCELLED, "driver", false),
            DriverError::Sources(_) => (DEFENDERAUTH_ARGUMENT, "sources", false),
            DriverError::TooLong => (DEFENDERAUTH_ARGUMENT, "payload", false),
            DriverError::Unsendable { field } => (DEFENDERAUTH_ARGUMENT, field, false),
            DriverError::NotSubscribed { .. } | DriverError::NotPublished { .. } => {
                (DEFENDERAUTH_SERVICE_FORBIDDEN, "topic", false)
            }
            DriverError::NotConnected | DriverError::NotAcknowledged(_) => (DEFENDERAUTH_NOT_CONNECTED, "driver", true),
            // The system has no socket, or what this interface does not know.
            _ => (DEFENDERAUTH_NO_RESPONSE, "driver", true),
        };
        let mut failure = Self::new(code, message).field(field);
        failure.is_retryable = is_retryable;
        failure
    }
}

/// A connection that was not made, or has ended. The session decides when there is another.
impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let code = match error {
            Error::Tls(_) => DEFENDERAUTH_TLS,
            Error::TlsFailed { failure, .. } => failure.code().as_i32(),
            Error::NotCarried | Error::Unsendable { .. } => DEFENDERAUTH_ARGUMENT,
            Error::Protocol { .. } => DEFENDERAUTH_PROTOCOL_MESSAGE,
            Error::TooLarge { .. } | Error::TooMany { .. } => DEFENDERAUTH_PROTOCOL_LIMIT,
            Error::NotSubscribed { .. } => DEFENDERAUTH_SERVICE_FORBIDDEN,
            Error::Refused(ConnectRefused::UserNameOrPassword | ConnectRefused::NotAuthorized) => {
                DEFENDERAUTH_SERVICE_UNAUTHORIZED
            }
            Error::Refused(ConnectRefused::ServerUnavailable) => DEFENDERAUTH_SERVICE_UNAVAILABLE,
            Error::Refused(_) => DEFENDERAUTH_SERVICE_REJECTED,
            _ => DEFENDERAUTH_NO_RESPONSE,
        };
        let mut failure = Self::new(code, error.to_string());
        failure.tls_failure = match error {
            Error::TlsFailed { failure, .. } => tls_failure::number(failure),
            _ => 0,
        };
        failure
    }
}
