use crate::PACKET_LIMIT;
use defender_auth::{error::ApiMisuse, https::HttpsError, mqtt::ReasonCode, session::SessionError, store::StoreError};

/// Why a driver cannot be made, has ended, or could not send.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// Its [`Control`](super::Control) has ended it.
    #[error("the driver was cancelled; make another one to go on")]
    Cancelled,
    /// The credential sources cannot be used together.
    #[error(transparent)]
    Sources(#[from] SessionError),
    /// Another process runs a session with the same store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no HTTPS client: the trust anchors cannot be used.
    #[error(transparent)]
    Https(#[from] HttpsError),
    /// The system has no socket for the driver's own use.
    #[error("the driver cannot be made: {0}; close files, or raise this process's limit of open files")]
    System(#[source] std::io::Error),
    /// There is no connection to send with. Nothing was sent.
    #[error("there is no connection to the hub; send again after the driver has connected")]
    NotConnected,
    /// The message is longer than a hub accepts, which would end the connection. Nothing was sent.
    #[error("the message has more than {limit} bytes, as no hub accepts; send it in parts", limit = PACKET_LIMIT)]
    TooLong,
    /// A value that MQTT cannot carry. Nothing was sent.
    #[error("the {field} cannot be sent over MQTT; it is empty, too long, or has characters that it must not have")]
    Unsendable {
        /// Which.
        field: &'static str,
    },
    /// The hub rejects the subscription.
    #[error("the hub rejects a subscription to {topic}; check which topics this identity may have")]
    NotSubscribed {
        /// The topic.
        topic: String,
    },
    /// The hub does not accept the message, by MQTT 5. The connection stands.
    #[error("the hub does not accept the message: {reason}; check the topic, and what this identity may send")]
    NotPublished {
        /// The reason code of its PUBACK.
        reason: ReasonCode,
    },
    /// The connection broke before the hub acknowledged what was sent, which may have arrived or not. The driver reconnects.
    #[error("the connection broke before an acknowledgement arrived: {0}; send again after the driver has reconnected")]
    NotAcknowledged(String),
    /// The session does not accept what the driver tells it: a mistake of the driver.
    #[error("the driver does not fit its session: {0}; report this")]
    Misuse(#[from] ApiMisuse),
}

defender_auth::debug_as_text! { DriverError }
