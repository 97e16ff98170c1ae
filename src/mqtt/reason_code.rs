use core::fmt;

/// Why a server of MQTT 5 refuses or ends something: the reason code of a CONNACK, a SUBACK, a PUBACK or a DISCONNECT (MQTT
/// 5.0, section 2.4).
///
/// ```
/// use defender_auth::mqtt::ReasonCode;
///
/// let reason = ReasonCode::new(0x87);
/// assert!(reason.is_credential() && !reason.is_retryable());
/// assert_eq!(reason.to_string(), "the client is not authorized (0x87)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReasonCode(u8);

impl ReasonCode {
    /// A code as it was received.
    #[must_use]
    pub const fn new(code: u8) -> Self {
        Self(code)
    }

    /// The code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.0
    }

    /// Whether it is an error: 0x80 and above.
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.0 >= 0x80
    }

    /// Whether the server rejects the identity, so that another credential may help: 0x85, 0x86, 0x87 and 0x8C.
    ///
    /// Source: `Azure/azure-iot-sdk:c/tests/unit/connection_client_test.c`.
    #[must_use]
    pub const fn is_credential(self) -> bool {
        matches!(self.0, 0x85 | 0x86 | 0x87 | 0x8c)
    }

    /// Whether the same connection may be accepted later: 0x88, 0x89, 0x8B, 0x97 and 0x9F.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self.0, 0x88 | 0x89 | 0x8b | 0x97 | 0x9f)
    }

    const fn meaning(self) -> &'static str {
        match self.0 {
            0x00 => "no error",
            0x04 => "disconnected with the will message",
            0x80 => "an error without a reason",
            0x81 => "a packet is malformed",
            0x82 => "a packet does not follow the protocol",
            0x83 => "an error of the server's own kind",
            0x84 => "the server does not support this version of MQTT",
            0x85 => "the client ID is not valid",
            0x86 => "the user name or the password is malformed or rejected",
            0x87 => "the client is not authorized",
            0x88 => "the server is unavailable",
            0x89 => "the server is busy",
            0x8a => "the client is banned",
            0x8b => "the server is shutting down",
            0x8c => "the method of authentication is not supported",
            0x8d => "the keep-alive interval has passed without a packet",
            0x8e => "another connection has the same client ID",
            0x8f => "the topic filter is not valid",
            0x90 => "the topic name is not valid",
            0x91 => "the packet identifier is in use",
            0x92 => "the packet identifier is not known",
            0x93 => "too many messages are unacknowledged",
            0x94 => "the topic alias is not valid",
            0x95 => "a packet is too large",
            0x96 => "the rate of messages is too high",
            0x97 => "a quota is exceeded",
            0x98 => "the connection was ended by an administrator",
            0x99 => "the payload has another format than announced",
            0x9a => "retained messages are not supported",
            0x9b => "the quality of service is not supported",
            0x9c => "another server is to be used for now",
            0x9d => "the server has moved",
            0x9e => "shared subscriptions are not supported",
            0x9f => "the rate of connections is exceeded",
            0xa0 => "the connection has reached its longest time",
            0xa1 => "subscription identifiers are not supported",
            0xa2 => "wildcards in subscriptions are not supported",
            _ => "the reason is not known",
        }
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (0x{:02X})", self.meaning(), self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString as _, vec::Vec};

    fn those(is_so: impl Fn(ReasonCode) -> bool) -> Vec<u8> {
        (0..=u8::MAX).filter(|code| is_so(ReasonCode::new(*code))).collect()
    }

    #[test]
    fn four_codes_reject_the_identity_and_five_may_pass() {
        assert_eq!(those(ReasonCode::is_credential), [0x85, 0x86, 0x87, 0x8c]);
        assert_eq!(those(ReasonCode::is_retryable), [0x88, 0x89, 0x8b, 0x97, 0x9f]);
        assert_eq!(those(ReasonCode::is_error), (0x80..=0xff).collect::<Vec<u8>>());
    }

    #[test]
    fn every_code_of_the_standard_has_a_meaning_of_its_own() {
        let known = those(|code| code.meaning() != "the reason is not known");
        let errors = (0x80..=0xa2).collect::<Vec<u8>>();
        assert_eq!(known, [&[0, 4][..], &errors].concat());
        let mut meanings: Vec<&str> = known.iter().map(|code| ReasonCode::new(*code).meaning()).collect();
        meanings.sort_unstable();
        meanings.dedup();
        assert_eq!(meanings.len(), known.len());
        for code in 0..=u8::MAX {
            assert!(ReasonCode::new(code).to_string().ends_with(&format!(" (0x{code:02X})")));
        }
    }
}
