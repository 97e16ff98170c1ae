//! The failures of the built-in driver by their numbers.

use crate::{
    code::{DEFENDERAUTH_CANCELLED, DEFENDERAUTH_NO_RESPONSE, DEFENDERAUTH_TIMEOUT},
    failure::Failure,
    tls_failure,
};
use defender_auth::https::HttpsError;

impl From<HttpsError> for Failure {
    fn from(error: HttpsError) -> Self {
        Self::from(&error)
    }
}

impl From<&HttpsError> for Failure {
    fn from(error: &HttpsError) -> Self {
        let message = error.to_string();
        let tls_failure = match error {
            HttpsError::Tls { failure, .. } => tls_failure::number(failure),
            _ => 0,
        };
        let (code, host, is_retryable) = match error {
            HttpsError::Failed(error) => return error.into(),
            HttpsError::Tls { host, failure } => (failure.code().as_i32(), host.to_string(), failure.is_retryable()),
            HttpsError::Proxy { variable, problem, .. } => {
                (DEFENDERAUTH_NO_RESPONSE, (*variable).into(), problem.is_transient())
            }
            HttpsError::NoAnswer { host, .. } | HttpsError::TooManyOpen { host } => {
                (DEFENDERAUTH_NO_RESPONSE, host.to_string(), true)
            }
            HttpsError::TimedOut => (DEFENDERAUTH_TIMEOUT, "timeout_milliseconds".into(), true),
            // Cancelled, the only other one.
            _ => (DEFENDERAUTH_CANCELLED, "https".into(), false),
        };
        let mut failure = Self::new(code, message).field(host);
        failure.is_retryable = is_retryable;
        failure.tls_failure = tls_failure;
        failure
    }
}
