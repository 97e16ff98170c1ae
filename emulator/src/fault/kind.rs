use super::Alert;
use std::{fmt, time::Duration};

/// What happens to a request. Faults of bodies and connections apply to HTTPS; over MQTT the payload is cut, or the
/// connection ends.
///
/// A CONNECT answers a status with CONNACK 3 (server unavailable), and a message meets a status as the end of its
/// connection: MQTT 3.1.1 has neither a status nor a `Retry-After` for them. A handshake is delayed by
/// [`Stall`](Self::Stall), reset by [`ResetMidBody`](Self::ResetMidBody) and closed in order by
/// [`Truncated`](Self::Truncated). A fault that an operation does not have leaves it as usual.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The request is answered with this status and an error body, and has no other effect.
    Status(u16),
    /// The same with a `Retry-After` header, as [`retry_after`](Self::retry_after) makes it.
    StatusRetryAfter(u16, String),
    /// The request is answered with 302 and this `Location`.
    Redirect(String),
    /// Half of the body is sent, and then the connection is closed in order.
    Truncated,
    /// The body has one megabyte.
    Oversized,
    /// The `Content-Type` is HTML.
    WrongContentType,
    /// Half of the body is sent, and then the connection is reset.
    ResetMidBody,
    /// The answer is delayed, by ten minutes at most.
    Stall(Duration),
    /// One bit of the credential is flipped in the key blob for a TPM, so that its integrity check fails. An answer
    /// without a key blob is unchanged.
    BadKeyBlob,
    /// The key blob for a TPM is encrypted for another endorsement key. An answer without a key blob is unchanged.
    ForeignEndorsementKey,
    /// A TPM that has answered its challenge is challenged again, at its registration or a status request. Other
    /// requests are answered as usual.
    SecondChallenge,
    /// A CONNECT to a hub is answered with this return code, 1 to 5, and has no other effect.
    Connack(u8),
    /// A handshake has a server certificate that expired a day ago.
    ServerCertificateExpired,
    /// A handshake has a server certificate that is valid from tomorrow on.
    ServerCertificateNotYetValid,
    /// A handshake has a server certificate for another host name.
    ServerCertificateWrongHost,
    /// A handshake has a server certificate of another root than the [emulator's](crate::Emulator::root_pem).
    ServerCertificateUntrusted,
    /// A handshake is answered without TLS, with an HTTP response, also at the port for MQTT.
    PlainText,
    /// A handshake ends with this alert. Alerts about the client's certificate require that the client sends one;
    /// `certificate_required` requires that it sends none. Without that, the handshake is as usual.
    Alert(Alert),
}

impl Fault {
    /// Whether only a handshake can meet it.
    pub(crate) const fn is_of_handshake(&self) -> bool {
        matches!(
            self,
            Self::ServerCertificateExpired
                | Self::ServerCertificateNotYetValid
                | Self::ServerCertificateWrongHost
                | Self::ServerCertificateUntrusted
                | Self::PlainText
                | Self::Alert(_)
        )
    }

    /// Adds a `Retry-After` header to a status. Other faults are unchanged.
    #[must_use]
    pub fn retry_after(self, value: &str) -> Self {
        match self {
            Self::Status(status) | Self::StatusRetryAfter(status, _) => Self::StatusRetryAfter(status, value.into()),
            other => other,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status {status}"),
            Self::StatusRetryAfter(status, value) => write!(f, "status {status}, Retry-After {value:?}"),
            Self::Redirect(location) => write!(f, "redirect to {location:?}"),
            Self::Truncated => f.write_str("half of the body"),
            Self::Oversized => f.write_str("a body of one megabyte"),
            Self::WrongContentType => f.write_str("wrong Content-Type"),
            Self::ResetMidBody => f.write_str("half of the body and a reset"),
            Self::Stall(time) => write!(f, "delay of {time:?}"),
            Self::BadKeyBlob => f.write_str("a flipped bit in the key blob"),
            Self::ForeignEndorsementKey => f.write_str("a key blob for another endorsement key"),
            Self::SecondChallenge => f.write_str("a second challenge"),
            Self::Connack(code) => write!(f, "CONNACK {code}"),
            Self::ServerCertificateExpired => f.write_str("an expired server certificate"),
            Self::ServerCertificateNotYetValid => f.write_str("a server certificate that is not yet valid"),
            Self::ServerCertificateWrongHost => f.write_str("a server certificate for another host name"),
            Self::ServerCertificateUntrusted => f.write_str("a server certificate of another root"),
            Self::PlainText => f.write_str("an answer without TLS"),
            Self::Alert(alert) => write!(f, "the alert {alert}"),
        }
    }
}
