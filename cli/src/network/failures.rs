//! What the errors of the clients mean for people: where the fault lies, and its number.

use crate::{
    system::clock,
    terminal::{
        failure::Failure,
        problem::{Cause, Problem},
    },
};
use defender_auth::{
    Error, Now, UnixTime,
    error::{Code, ErrorKind, TlsFailure},
    https::HttpsError,
    session::{Clock, Diagnosis},
};
use defender_auth_mqtt as mqtt;
use std::time::Duration;

/// The number of a server that does not keep to the protocol of a hub.
const PROTOCOL_REJECTED: i32 = Diagnosis::ProtocolRejected.as_i32();

/// Where the fault lies.
const PATH: &str = "the network path to the service";
const TOO_MANY_OPEN: &str = "this process, or its system";

/// What an error of the MQTT client means. `roots` is the name of the file with the trust anchors.
pub(super) fn of_mqtt(error: mqtt::Error, roots: Option<&str>) -> Failure {
    match error {
        mqtt::Error::Tls(error) => of_https(HttpsError::from(error), roots),
        mqtt::Error::Unsendable { .. }
        | mqtt::Error::NotCarried
        | mqtt::Error::Plan(_)
        | mqtt::Error::ProfileNeedsCertificate
        | mqtt::Error::ProfileWithoutModules
        | mqtt::Error::UnknownProfile { .. } => Failure::Call(error.to_string()),
        mqtt::Error::TlsFailed { ref failure, .. } => tls(error.to_string(), failure),
        _ => {
            let on_the_way = |fault| Problem::on_the_way(fault, error.to_string());
            let rejected = |fault| Problem::new(PROTOCOL_REJECTED, ErrorKind::Peer, fault, error.to_string());
            let problem = match error {
                mqtt::Error::NotAcknowledged { .. } | mqtt::Error::Presence => {
                    rejected("the hub, or its connection profile")
                }
                mqtt::Error::NotSubscribed { .. } => rejected("the service, or what it allows this identity"),
                mqtt::Error::Proxy { variable, .. } => on_the_way("the proxy").about(variable),
                mqtt::Error::TooManyOpen { .. } => on_the_way(TOO_MANY_OPEN),
                _ => on_the_way(PATH),
            };
            Failure::service(problem.retryable(error.is_transient()))
        }
    }
}

/// What an error of the HTTPS client means.
pub(super) fn of_https(error: HttpsError, roots: Option<&str>) -> Failure {
    match error {
        // A client certificate is not in the file of the roots.
        HttpsError::Failed(Error::Tls(error)) if error.is_about_client() => Error::Tls(error).into(),
        HttpsError::Failed(error @ Error::Tls(_)) => roots.map_or(error.clone(), |place| error.at(place)).into(),
        HttpsError::Failed(error) => error.into(),
        HttpsError::Tls { ref failure, .. } => tls(error.to_string(), failure),
        _ => {
            let on_the_way = |fault| Problem::on_the_way(fault, error.to_string());
            let problem = match error {
                HttpsError::Proxy { variable, .. } => on_the_way("the proxy").about(variable),
                HttpsError::TooManyOpen { .. } => on_the_way(TOO_MANY_OPEN),
                _ => on_the_way(PATH),
            };
            Failure::service(problem.retryable(error.is_transient()))
        }
    }
}

fn tls(what: String, failure: &TlsFailure) -> Failure {
    let fault = match failure.kind() {
        ErrorKind::Time => "the time",
        _ if failure.code() == Code::PrivateKey => "the private key, or what holds it",
        _ if failure.is_about_client() => "the client certificate, or the server",
        _ if matches!(failure, TlsFailure::Incompatible { .. }) => "the server, or its versions of TLS",
        ErrorKind::Network => PATH,
        _ => "the server's certificate, or the root certificates here",
    };
    let now = Now { wall: clock::now(), monotonic: Duration::ZERO };
    let why = Diagnosis::of_tls(failure, &Clock::new(UnixTime::RELEASE, now), now);
    let problem = Problem::new(failure.code().as_i32(), failure.kind(), fault, what);
    let cause = Cause::coded(why.as_i32(), failure.to_string());
    Failure::service(problem.retryable(failure.is_retryable()).caused_by([cause]))
}
