//! The parts of an entry, for lists and tables.

use super::Entry;

impl Entry {
    /// The name of its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Refused { .. } | Self::Rejected { .. } => "refused",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Answered { .. } => "answered",
            Self::Denied { .. } => "denied",
            Self::Faulted { .. } => "faulted",
            Self::Received { .. } => "received",
            Self::Unheard { .. } => "unheard",
            Self::NotGranted { .. } => "notGranted",
            Self::Ended { .. } => "ended",
            Self::Dropped { .. } => "dropped",
        }
    }

    /// Whether something was refused, or ended by the emulator.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::Rejected { .. }
                | Self::Denied { .. }
                | Self::NotGranted { .. }
                | Self::Ended { .. }
                | Self::Dropped { .. }
        )
    }

    /// The device or module, or for a refused login the client ID.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        match self {
            Self::Accepted { identity }
            | Self::Acknowledged { identity, .. }
            | Self::Received { identity, .. }
            | Self::NotGranted { identity, .. }
            | Self::Ended { identity, .. } => Some(identity),
            Self::Refused { client_id, .. } | Self::Rejected { client_id, .. } => Some(client_id),
            _ => None,
        }
    }

    /// The client's answer: a status, a CONNACK or SUBACK, or the end of the connection.
    #[must_use]
    pub fn answer(&self) -> String {
        match self {
            Self::Accepted { .. } => "CONNACK 0".into(),
            Self::Refused { reason, .. } => format!("CONNACK {}", reason.return_code()),
            Self::Rejected { code, .. } => format!("CONNACK 0x{code:02X}"),
            Self::Acknowledged { .. } => "acknowledged".into(),
            Self::Answered { status, .. } | Self::Denied { status, .. } => status.to_string(),
            Self::Faulted { fault, .. } => fault.clone(),
            Self::Received { .. } => "taken".into(),
            Self::Unheard { .. } => "not sent".into(),
            Self::NotGranted { .. } => "SUBACK 0x80".into(),
            Self::Ended { .. } | Self::Dropped { .. } => "closed".into(),
        }
    }

    /// The reason of the answer, or what it says.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Accepted { .. } => "the login is valid".into(),
            Self::Refused { reason, .. } | Self::Rejected { reason, .. } | Self::Denied { reason, .. } => {
                reason.to_string()
            }
            Self::Acknowledged { birth, .. } => birth.clone(),
            Self::Answered { request, outcome, .. } => format!("{request}: {outcome}"),
            Self::Faulted { request, .. } => format!("a fault was requested for {request}"),
            Self::Received { properties, bytes, .. } => format!("a message of {bytes} bytes, {properties:?}"),
            Self::Unheard { topic } => format!("the client has not subscribed to {topic:?}"),
            Self::NotGranted { filter, .. } => format!("{filter:?} is not a topic of its own"),
            Self::Ended { reason, .. } | Self::Dropped { reason } => reason.clone(),
        }
    }
}
