//! How a hub refuses a login.

use crate::{
    explain::number::{Family, Number},
    terminal::problem::Cause,
};
use defender_auth::{
    error::ErrorKind,
    mqtt::{ConnectRefused, ReasonCode},
    session::{Diagnosis, Rejection},
};
use std::fmt;

/// The code of a refusal, by either version of MQTT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A return code of MQTT 3.1.1.
    Code(ConnectRefused),
    /// A reason code of MQTT 5.
    Reason(ReasonCode),
}

impl Refusal {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Code(refused) => refused.code(),
            Self::Reason(reason) => reason.code(),
        }
    }

    /// Whether another key may help.
    pub(crate) const fn is_credential(self) -> bool {
        match self {
            Self::Code(refused) => refused.is_credential(),
            Self::Reason(reason) => reason.is_credential(),
        }
    }

    /// What a session makes of it.
    pub(crate) const fn diagnosis(self) -> Diagnosis {
        Diagnosis::of_rejection(match self {
            Self::Code(refused) => Rejection::Connack(refused),
            Self::Reason(reason) => Rejection::Reason(reason.code()),
        })
    }

    /// Whether the same login may succeed later.
    pub(crate) const fn is_retryable(self) -> bool {
        match self {
            Self::Code(refused) => refused.is_retryable(),
            Self::Reason(reason) => reason.is_retryable(),
        }
    }

    /// Where the fault lies, for programs.
    pub(crate) const fn kind(self) -> ErrorKind {
        if self.is_credential() { ErrorKind::Service } else { ErrorKind::Peer }
    }

    /// Where the fault lies.
    pub(crate) const fn fault(self) -> &'static str {
        match self {
            Self::Code(ConnectRefused::ProtocolVersion) => "the server, or its version of MQTT",
            Self::Code(ConnectRefused::ServerUnavailable) => "the hub",
            Self::Reason(reason) if reason.is_retryable() => "the hub",
            Self::Reason(reason) if !reason.is_credential() => "the server, or its version of MQTT",
            Self::Code(_) | Self::Reason(_) => "the credential, or the hub's registry",
        }
    }
}

/// The code, as `explain` takes it.
impl From<Refusal> for Cause {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            Refusal::Code(refused) => Self::coded(Number::new(Family::Connack, refused.code().into()), text),
            Refusal::Reason(reason) => Self::coded(Number::new(Family::Mqtt5, reason.code().into()), text),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(refused) => refused.fmt(f),
            Self::Reason(reason) => reason.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_and_the_hub_are_not_blamed_on_the_credential() {
        let code = |code| Refusal::Code(ConnectRefused::from_code(code).unwrap()).fault();
        assert_eq!(code(1), "the server, or its version of MQTT");
        assert_eq!(code(3), "the hub");
        for refused in [2, 4, 5, 6] {
            assert_eq!(code(refused), "the credential, or the hub's registry");
        }
        let reason = |code| Refusal::Reason(ReasonCode::new(code)).fault();
        assert_eq!(reason(0x84), "the server, or its version of MQTT");
        assert_eq!(reason(0x89), "the hub");
        for refused in [0x85, 0x86, 0x87, 0x8c] {
            assert_eq!(reason(refused), "the credential, or the hub's registry");
        }
    }
}
