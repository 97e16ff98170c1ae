//! What the failures of both clients are to a session.

use crate::Error;
use defender_auth::{
    Error as AuthError,
    error::{TlsError, TlsFailure},
    https::HttpsError,
    session::{Event, Loss, Rejection},
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
        error if error.is_about_client() => TlsFailure::ClientKeyUnusable { reason },
        TlsError::Provider => TlsFailure::Incompatible { alert: None, reason },
        _ => TlsFailure::ServerUntrusted { issuer: None },
    }
}

/// What a connection that was not made, without a failure of TLS, is to the session.
pub(super) fn of_connection(error: &Error) -> Event<'static> {
    let rejected = |rejection| Event::Rejected { rejection, retry_after: None, date: None };
    match error {
        Error::Refused(code) => rejected(Rejection::Connack(*code)),
        Error::Rejected { reason, .. } | Error::Ended { reason, .. } => rejected(Rejection::Reason(reason.code())),
        Error::Protocol { .. }
        | Error::TooLarge { .. }
        | Error::TooMany { .. }
        | Error::Unsendable { .. }
        | Error::NotSubscribed { .. }
        | Error::Plan(_)
        | Error::Presence
        | Error::ProfileNeedsCertificate
        | Error::ProfileWithoutModules
        | Error::UnknownProfile { .. } => rejected(PROTOCOL_ERROR),
        _ => Event::Unreachable,
    }
}

/// How a connection that stood has ended.
pub(super) const fn loss(error: &Error) -> Loss {
    match error {
        Error::Ended { reason, .. } => Loss::ByServer(Rejection::Reason(reason.code())),
        _ => Loss::Dropped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use defender_auth::{
        Now, UnixTime,
        error::PlanError,
        mqtt::{ConnectRefused, ReasonCode},
        session::{Clock, Diagnosis},
    };
    use std::time::Duration;

    /// What the session makes of it.
    fn diagnosis(error: &Error) -> Diagnosis {
        let now = Now { wall: UnixTime::RELEASE, monotonic: Duration::ZERO };
        match (tls_failure(error), of_connection(error)) {
            (Some(failure), _) => Diagnosis::of_tls(&failure, &Clock::new(UnixTime::RELEASE, now), now),
            (None, Event::Rejected { rejection, .. }) => Diagnosis::of_rejection(rejection),
            (None, Event::Unreachable) => Diagnosis::Unreachable,
            (None, other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_failure_of_a_login_is_one_of_the_sessions() {
        use Diagnosis as D;
        let place = || "h:8883".to_owned();
        let second = Duration::from_secs(1);
        for (error, expected) in [
            (Error::Refused(ConnectRefused::NotAuthorized), D::HubRejected),
            (Error::Refused(ConnectRefused::ServerUnavailable), D::Busy),
            (Error::Refused(ConnectRefused::ProtocolVersion), D::VersionRejected),
            (Error::Refused(ConnectRefused::Other(9)), D::ProtocolRejected),
            (Error::Protocol { place: place(), version: "5" }, D::ProtocolRejected),
            (Error::Rejected { place: place(), reason: ReasonCode::new(0x87) }, D::HubRejected),
            (Error::Rejected { place: place(), reason: ReasonCode::new(0x89) }, D::Busy),
            (Error::Rejected { place: place(), reason: ReasonCode::new(0x84) }, D::VersionRejected),
            (Error::Ended { place: place(), reason: ReasonCode::new(0x8e) }, D::ConnectionLost),
            (Error::NotSubscribed { place: place(), topic: String::new() }, D::ProtocolRejected),
            (Error::NotAcknowledged { place: place(), part: "birth", limit: second }, D::Unreachable),
            (Error::Presence, D::ProtocolRejected),
            (Error::ProfileNeedsCertificate, D::ProtocolRejected),
            (Error::ProfileWithoutModules, D::ProtocolRejected),
            (Error::UnknownProfile { name: String::new() }, D::ProtocolRejected),
            (Error::NoEntropy, D::Unreachable),
            (Error::TooLarge { place: place(), limit: 1 }, D::ProtocolRejected),
            (Error::TooMany { place: place(), limit: 1 }, D::ProtocolRejected),
            (Error::Unsendable { field: "password" }, D::ProtocolRejected),
            (Error::Closed { place: place() }, D::Unreachable),
            (Error::Silent { place: place(), limit: second }, D::Unreachable),
            (Error::TooManyOpen { place: place() }, D::Unreachable),
            (Error::Tls(TlsError::KeyElsewhere), D::KeyUnusable),
            (Error::Tls(TlsError::KeyMismatch), D::KeyUnusable),
            (Error::Tls(TlsError::ClientCertificate { reason: String::new() }), D::KeyUnusable),
            (Error::Tls(TlsError::NoPlatformRoots), D::ServerUntrusted),
            (Error::Tls(TlsError::Provider), D::Incompatible),
            (Error::Plan(PlanError::AlreadyAModule), D::ProtocolRejected),
            (Error::TlsFailed { place: place(), failure: TlsFailure::PlainText }, D::PlainText),
        ] {
            assert_eq!(diagnosis(&error), expected, "{error}");
        }
    }

    #[test]
    fn a_request_fails_by_tls_or_has_no_answer() {
        let host = || "h.net".parse().unwrap();
        let failure = TlsFailure::ServerWrongName { names: Vec::new() };
        assert_eq!(https_failure(&HttpsError::Tls { host: host(), failure: failure.clone() }), Some(failure));
        let key = HttpsError::Failed(AuthError::Tls(TlsError::KeyElsewhere));
        assert!(matches!(https_failure(&key), Some(TlsFailure::ClientKeyUnusable { .. })));
        assert_eq!(https_failure(&HttpsError::NoAnswer { host: host(), reason: String::new() }), None);
        assert_eq!(https_failure(&HttpsError::TooManyOpen { host: host() }), None);
    }
}
