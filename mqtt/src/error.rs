use defender_auth::{
    error::{FileProblem, PlanError, TlsError, TlsFailure},
    mqtt::{ConnectRefused, ReasonCode},
    proxy::ProxyProblem,
    wait::Readable,
};
use std::time::Duration;

/// Why there is no session.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No TLS configuration can be created.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A host where no device can log in.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A request that MQTT cannot carry.
    #[error("MQTT cannot carry this request; lookups, TPMs and requests to a hub require HTTPS")]
    NotCarried,
    /// A value that MQTT cannot carry.
    #[error("the {field} cannot be sent over MQTT; it is empty, too long, or has characters that it must not have")]
    Unsendable {
        /// Which field of the CONNECT.
        field: &'static str,
    },
    /// The server was not reached.
    #[error("{place} cannot be reached: {error}; check the name, the network, and any firewall")]
    Unreachable {
        /// Host and port.
        place: String,
        /// The system's error.
        #[source]
        error: std::io::Error,
    },
    /// The proxy on the way to the server carries no connection to it.
    #[error("{place}: the proxy of {variable} {problem}")]
    Proxy {
        /// Host and port.
        place: String,
        /// The variable of the environment, such as `HTTPS_PROXY`.
        variable: &'static str,
        /// Why.
        #[source]
        problem: ProxyProblem,
    },
    /// The server opens no WebSocket, or does not keep to its rules.
    #[error("{place} does not carry MQTT over WebSocket: {reason}; check host and port, and any proxy or firewall")]
    WebSocket {
        /// Host and port.
        place: String,
        /// What it does instead.
        reason: String,
    },
    /// There is no connection by either transport.
    #[error("{mqtt}. Over WebSocket: {websocket}")]
    NoTransport {
        /// Why there is none over TCP.
        mqtt: Box<Error>,
        /// Why there is none over WebSocket.
        #[source]
        websocket: Box<Error>,
    },
    /// This process can open no further connection.
    #[error("no connection to {place}: {}", FileProblem::TooManyOpen)]
    TooManyOpen {
        /// Host and port.
        place: String,
    },
    /// The TLS connection failed: the server is not trusted, rejects this client, or does not use TLS.
    #[error("{place}: {failure}")]
    TlsFailed {
        /// Host and port.
        place: String,
        /// Why.
        #[source]
        failure: TlsFailure,
    },
    /// The connection ended before the answer came.
    #[error("{place} ended the connection before it answered; it may not be an MQTT server of IoT Hub")]
    Closed {
        /// Host and port.
        place: String,
    },
    /// No connection, or no answer, within the time limit.
    #[error("{place} did not answer within {}; try again, and check the network, and any proxy or firewall", Readable(*limit))]
    Silent {
        /// Host and port.
        place: String,
        /// The limit.
        limit: Duration,
    },
    /// The answer is not MQTT.
    #[error("the answer of {place} is not MQTT {version}; check host and port, and the connection profile of the hub")]
    Protocol {
        /// Host and port.
        place: String,
        /// The version of MQTT: `3.1.1` or `5`.
        version: &'static str,
    },
    /// A packet that no hub sends.
    #[error("{place} sends a packet of more than {limit} bytes, as no hub does; check host and port")]
    TooLarge {
        /// Host and port.
        place: String,
        /// The largest that is read, in bytes.
        limit: usize,
    },
    /// Too many other packets before an answer.
    #[error("{place} sends more than {limit} packets and no answer among them; it may not be a service of Azure IoT")]
    TooMany {
        /// Host and port.
        place: String,
        /// How many are accepted.
        limit: usize,
    },
    /// The server refuses the subscription.
    #[error("{place} refuses a subscription to {topic}; check which topics this identity may have")]
    NotSubscribed {
        /// Host and port.
        place: String,
        /// The topic.
        topic: String,
    },
    /// The server refused the connection.
    #[error("the hub refused the connection: {0}")]
    Refused(ConnectRefused),
    /// The server refused the connection, by MQTT 5.
    #[error("{place} refused the connection: {reason}")]
    Rejected {
        /// Host and port.
        place: String,
        /// The reason code of its CONNACK.
        reason: ReasonCode,
    },
    /// The server ended the connection with a DISCONNECT, which MQTT 5 has.
    #[error("{place} ended the connection: {reason}")]
    Ended {
        /// Host and port.
        place: String,
        /// The reason code of its DISCONNECT.
        reason: ReasonCode,
    },
    /// The server does not accept a message, by MQTT 5.
    #[error("{place} does not accept the message: {reason}")]
    NotPublished {
        /// Host and port.
        place: String,
        /// The reason code of its PUBACK.
        reason: ReasonCode,
    },
    /// A hub with the profile `mqttV5` did not answer a part of the login in time.
    #[error(
        "{place} did not acknowledge the {part} within {}; the login begins again. If it stays so, check that the hub has \
         the connection profile `mqttV5`",
        Readable(*limit)
    )]
    NotAcknowledged {
        /// Host and port.
        place: String,
        /// `subscription` or `birth`.
        part: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// The acknowledgement of the birth cannot be read.
    #[error(
        "the hub's acknowledgement of presence cannot be read; log in again, and check that the hub has the connection \
         profile `mqttV5`"
    )]
    Presence,
    /// A hub with the profile `mqttV5` has no logins by tokens.
    #[error(
        "the hub has the connection profile `mqttV5`, which accepts no SAS token; log in with a client certificate, or use a \
         classic hub"
    )]
    ProfileNeedsCertificate,
    /// A hub with the profile `mqttV5` has no logins of modules.
    #[error(
        "the hub has the connection profile `mqttV5`, which has no logins of modules; log in as the device, or use a classic \
         hub"
    )]
    ProfileWithoutModules,
    /// There are no random bytes for the login.
    #[error("the system has no random bytes for the login; try again, and check its random generator")]
    NoEntropy,
    /// There is no login to a hub with a profile that is not known.
    #[error("the hub has the connection profile {name:?}, which is not known here; use a version that knows it")]
    UnknownProfile {
        /// The profile.
        name: String,
    },
}

defender_auth::debug_as_text! { Error }

impl Error {
    /// Whether it may pass without a change: the server, or the proxy on the way there, was not reached or gave no answer.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Closed { .. } | Self::Silent { .. } | Self::NotAcknowledged { .. } => true,
            Self::Rejected { reason, .. } | Self::Ended { reason, .. } => reason.is_retryable(),
            Self::Proxy { problem, .. } => problem.is_transient(),
            Self::NoTransport { mqtt, websocket } => mqtt.is_transient() || websocket.is_transient(),
            _ => false,
        }
    }

    /// Whether another transport may succeed: the server was not reached, or something on the way ended the connection.
    pub(crate) const fn is_about_the_way(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Proxy { .. }
            | Self::WebSocket { .. }
            | Self::Closed { .. }
            | Self::Silent { .. } => true,
            Self::TlsFailed { failure, .. } => matches!(failure, TlsFailure::PlainText),
            _ => false,
        }
    }
}
