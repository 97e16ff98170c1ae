use defender_auth::{mqtt::ConnectRefused, wait::Readable};
use std::time::Duration;

/// Why there is no session.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// TLS cannot be set up on this side.
    #[error(transparent)]
    Tls(#[from] defender_auth::error::TlsError),
    /// A request that MQTT cannot carry.
    #[error("MQTT cannot carry this request; lookups, TPMs and requests to a hub require HTTPS")]
    NotCarried,
    /// A value that MQTT cannot carry.
    #[error("the {field} cannot be sent over MQTT; it is too long or not UTF-8")]
    Unsendable {
        /// Which field of the CONNECT.
        field: &'static str,
    },
    /// The server was not reached.
    #[error("{place} cannot be reached: {error}; check the name, the network and the firewall")]
    Unreachable {
        /// Host and port.
        place: String,
        /// What the system said.
        #[source]
        error: std::io::Error,
    },
    /// No other connection can be opened here.
    #[error(
        "no connection to {place} can be opened, because too many files are open; close some, or raise the limit (ulimit -n)"
    )]
    TooManyOpen {
        /// Host and port.
        place: String,
    },
    /// The server that was reached cannot be verified.
    #[error("the server at {place} is not trusted: {reason}; check the host name and the root certificates")]
    Untrusted {
        /// Host and port.
        place: String,
        /// What TLS said.
        reason: String,
    },
    /// The server ended the TLS handshake with an alert: it requires a certificate, or another one.
    #[error(
        "{place} ended the TLS handshake: {reason}; check the client certificate, whether the server requires one, and its \
         versions of TLS"
    )]
    Rejected {
        /// Host and port.
        place: String,
        /// What the server said.
        reason: String,
    },
    /// The connection ended before the answer came.
    #[error("{place} ended the connection before it answered; it may not be an MQTT server of IoT Hub")]
    Closed {
        /// Host and port.
        place: String,
    },
    /// No answer came in time.
    #[error("{place} did not answer within {}; try again, and check the network, and any proxy or firewall", Readable(*limit))]
    Silent {
        /// Host and port.
        place: String,
        /// How long was waited.
        limit: Duration,
    },
    /// What came is not MQTT.
    #[error("what {place} answers is not MQTT 3.1.1; check host and port")]
    Protocol {
        /// Host and port.
        place: String,
    },
    /// A packet that no hub sends.
    #[error("{place} sends a packet of more than {limit} bytes, as no hub does; check host and port")]
    TooLarge {
        /// Host and port.
        place: String,
        /// The largest that is read, in bytes.
        limit: usize,
    },
    /// Other packets without end in the place of an answer.
    #[error("{place} sends more than {limit} packets and no answer among them; it may not be a service of Azure IoT")]
    TooMany {
        /// Host and port.
        place: String,
        /// How many are taken.
        limit: usize,
    },
    /// The server does not let this login listen there.
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
}

defender_auth::debug_as_text! { Error }
