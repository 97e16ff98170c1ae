use super::{Alert, ChainFault, Operation};
use std::{fmt, time::Duration};

/// What happens to a request. Faults of bodies and connections apply to HTTPS; over MQTT the payload is cut, or the
/// connection ends.
///
/// A CONNECT answers a status with CONNACK 3 (server unavailable), and a message meets a status as the end of its
/// connection: MQTT 3.1.1 has neither a status nor a `Retry-After` for them. A handshake is delayed by
/// [`Stall`](Self::Stall), reset by [`ResetMidBody`](Self::ResetMidBody) and closed in order by
/// [`Truncated`](Self::Truncated). A renewal of a certificate is accepted before it meets [`Stall`](Self::Stall),
/// [`Truncated`](Self::Truncated) or [`ResetMidBody`](Self::ResetMidBody). A fault that an operation does not have leaves it
/// as usual.
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
    /// The certificates that are issued, by a registration or a renewal, have this fault.
    Chain(ChainFault),
    /// A request for a renewal is answered with this six-digit code, whose first three digits are the status; 400037 and
    /// 400040 come after the request was accepted.
    ErrorCode {
        /// The code.
        code: u32,
        /// `retryAfter` in the answer, in seconds.
        retry_after: Option<u64>,
    },
    /// A request for a renewal, a subscription at a hub with the profile `mqttV5` or a birth there is taken and never answered.
    NoAnswer,
    /// The topics of the answers to a request for a renewal have a `$version` before their `$rid`.
    VersionFirst,
    /// The same with the `$version` last.
    VersionLast,
    /// A CONNECT to a hub is answered with this return code, 1 to 5, or with this reason code of MQTT 5, 0x80 to 0xFF, and has
    /// no other effect.
    Connack(u8),
    /// A subscription at a hub with the profile `mqttV5` is refused with this reason code, 0x80 to 0xFF.
    Suback(u8),
    /// A hub with the profile `mqttV5` ends the connection with this reason code, in the place of the answer to a subscription
    /// or to a birth.
    Disconnect(u8),
    /// The acknowledgement of a birth has another correlation.
    OtherCorrelation,
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
    /// What is wrong with the certificates that are issued.
    pub(crate) const fn of_chain(&self) -> Option<ChainFault> {
        match self {
            Self::Chain(fault) => Some(*fault),
            _ => None,
        }
    }

    /// Whether only a request for a renewal can meet it.
    pub(crate) const fn is_of_renewal(&self) -> bool {
        matches!(self, Self::ErrorCode { .. } | Self::VersionFirst | Self::VersionLast)
    }

    /// The operations that can meet it, if they are not all that the others here do not exclude.
    pub(crate) const fn operations(&self) -> Option<&'static [Operation]> {
        Some(match self {
            Self::NoAnswer => &[Operation::IssueCertificate, Operation::Subscribe, Operation::Birth],
            Self::Connack(_) => &[Operation::Connect],
            Self::Suback(_) => &[Operation::Subscribe],
            Self::Disconnect(_) => &[Operation::Subscribe, Operation::Birth],
            Self::OtherCorrelation => &[Operation::Birth],
            _ => return None,
        })
    }

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
            Self::Chain(fault) => write!(f, "issued certificates with the fault {fault}"),
            Self::ErrorCode { code, .. } => write!(f, "error {code}"),
            Self::NoAnswer => f.write_str("no answer"),
            Self::VersionFirst => f.write_str("a $version before the $rid"),
            Self::VersionLast => f.write_str("a $version after the $rid"),
            Self::Connack(code @ ..0x80) => write!(f, "CONNACK {code}"),
            Self::Connack(code) => write!(f, "CONNACK 0x{code:02X}"),
            Self::Suback(code) => write!(f, "SUBACK 0x{code:02X}"),
            Self::Disconnect(code) => write!(f, "DISCONNECT 0x{code:02X}"),
            Self::OtherCorrelation => f.write_str("an acknowledgement with another correlation"),
            Self::ServerCertificateExpired => f.write_str("an expired server certificate"),
            Self::ServerCertificateNotYetValid => f.write_str("a server certificate that is not yet valid"),
            Self::ServerCertificateWrongHost => f.write_str("a server certificate for another host name"),
            Self::ServerCertificateUntrusted => f.write_str("a server certificate of another root"),
            Self::PlainText => f.write_str("an answer without TLS"),
            Self::Alert(alert) => write!(f, "the alert {alert}"),
        }
    }
}
