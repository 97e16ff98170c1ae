use super::Refusal;
use std::fmt;

/// One decision or event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// A login was accepted: CONNACK 0.
    Accepted {
        /// `hub/device` or `hub/device/module`.
        identity: String,
    },
    /// A login was refused: CONNACK 4 or 5.
    Refused {
        /// The client ID of the CONNECT.
        client_id: String,
        /// The reason.
        reason: Refusal,
    },
    /// A login by MQTT 5 was refused.
    Rejected {
        /// The client ID of the CONNECT.
        client_id: String,
        /// The reason code of the CONNACK.
        code: u8,
        /// The reason.
        reason: Refusal,
    },
    /// The birth of a client of a hub with the profile `mqttV5` was acknowledged.
    Acknowledged {
        /// `hub/device`.
        identity: String,
        /// Its type, and what its payload says.
        birth: String,
    },
    /// A request was answered without an error.
    Answered {
        /// The request: an operation and its subject.
        request: String,
        /// The status of the answer.
        status: u16,
        /// A summary of the answer.
        outcome: String,
    },
    /// A request was refused.
    Denied {
        /// The request: an operation and its subject.
        request: String,
        /// The status of the answer.
        status: u16,
        /// The reason.
        reason: Refusal,
    },
    /// A request met a requested fault.
    Faulted {
        /// The request: an operation and its subject.
        request: String,
        /// The fault.
        fault: String,
    },
    /// A message from a device or module arrived at its hub.
    Received {
        /// `hub/device` or `hub/device/module`.
        identity: String,
        /// The properties in its topic, as they are written there.
        properties: String,
        /// The length of its payload.
        bytes: usize,
    },
    /// A message was not sent, because the client has not subscribed to its topic.
    Unheard {
        /// The topic.
        topic: String,
    },
    /// A subscription was not granted: it is for a topic that is not the client's own.
    NotGranted {
        /// `hub/device` or `hub/device/module`.
        identity: String,
        /// The topic filter.
        filter: String,
    },
    /// The emulator closed a connection after its login.
    Ended {
        /// `hub/device` or `hub/device/module`.
        identity: String,
        /// The reason.
        reason: String,
    },
    /// A connection ended without a login or a request.
    Dropped {
        /// The reason.
        reason: String,
    },
}

impl Entry {
    /// An accepted login.
    #[must_use]
    pub fn accepted(identity: &str) -> Self {
        Self::Accepted { identity: identity.into() }
    }

    /// A refused login.
    #[must_use]
    pub fn refused(client_id: &str, reason: Refusal) -> Self {
        Self::Refused { client_id: client_id.into(), reason }
    }

    /// A request that was answered without an error.
    #[must_use]
    pub fn answered(request: &str, status: u16, outcome: &str) -> Self {
        Self::Answered { request: request.into(), status, outcome: outcome.into() }
    }

    /// A request that was refused.
    #[must_use]
    pub fn denied(request: &str, status: u16, reason: Refusal) -> Self {
        Self::Denied { request: request.into(), status, reason }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { identity } => write!(f, "accepted {identity}"),
            Self::Refused { client_id, reason } => {
                write!(f, "refused {client_id:?} with CONNACK {}: {reason}", reason.return_code())
            }
            Self::Rejected { client_id, code, reason } => {
                write!(f, "refused {client_id:?} with CONNACK 0x{code:02X}: {reason}")
            }
            Self::Acknowledged { identity, birth } => write!(f, "acknowledged the birth of {identity:?}: {birth}"),
            Self::Answered { request, status, outcome } => write!(f, "answered {request:?} with {status}: {outcome}"),
            Self::Denied { request, status, reason } => write!(f, "answered {request:?} with {status}: {reason}"),
            Self::Faulted { request, fault } => write!(f, "applied a fault to {request:?}: {fault}"),
            Self::Received { identity, properties, bytes } => {
                write!(f, "received a message of {bytes} bytes from {identity:?} with the properties {properties:?}")
            }
            Self::Unheard { topic } => write!(f, "did not send {topic:?}: the client has not subscribed to it"),
            Self::NotGranted { identity, filter } => {
                write!(f, "did not grant {identity:?} the subscription to {filter:?}: it is not a topic of its own")
            }
            Self::Ended { identity, reason } => write!(f, "closed the connection of {identity:?}: {reason}"),
            Self::Dropped { reason } => write!(f, "dropped a connection: {reason}"),
        }
    }
}
