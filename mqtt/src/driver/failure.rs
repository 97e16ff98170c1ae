//! What the failures of both clients are to a session.

use crate::Error;
use defender_auth::{
    Error as AuthError,
    error::{TlsError, TlsFailure},
    https::HttpsError,
    session::{Event, Rejection},
};

/// The reason code of MQTT 5 for a message that does not follow the protocol: there is none in MQTT 3.1.1.
const PROTOCOL_ERROR: Rejection = Rejection::Reason(0x82);

/// Why TLS failed, or could not begin.
pub(super) fn tls_failure(error: &Error) -> Option<TlsFailure> {
    match error {
        Error::TlsFailed { failure, .. } => Some(failure.clone()),
        Error::Tls(error) => Some(of_configuration(error)),
        _ => None,
    }
}

/// The same of a request.
pub(super) fn https_failure(error: &HttpsError) -> Option<TlsFailure> {
    match error {
        HttpsError::Tls { failure, .. } => Some(failure.clone()),
        HttpsError::Failed(AuthError::Tls(error)) => Some(of_configuration(error)),
        _ => None,
    }
}

/// A configuration that cannot be created lacks the client's key, or trust anchors.
fn of_configuration(error: &TlsError) -> TlsFailure {
    let reason = error.to_string();
    match error {
        TlsError::KeyElsewhere | TlsError::KeyMismatch | TlsError::ClientCertificate { .. } => {
            TlsFailure::ClientKeyUnusable { reason }
        }
        TlsError::Provider => TlsFailure::Incompatible { alert: None, reason },
        _ => TlsFailure::ServerUntrusted { issuer: None },
    }
}

/// What a connection that was not made, without a failure of TLS, is to the session.
pub(super) fn of_connection(error: &Error) -> Event<'static> {
    let rejected = |rejection| Event::Rejected { rejection, retry_after: None, date: None };
    match error {
        Error::Refused(code) => rejected(Rejection::Connack(*code)),
        Error::Protocol { .. } | Error::TooLarge { .. } | Error::TooMany { .. } | Error::Unsendable { .. } => {
            rejected(PROTOCOL_ERROR)
        }
        _ => Event::Unreachable,
    }
}
