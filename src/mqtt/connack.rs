use core::fmt;

/// Why a server refused a connection: the return code of its CONNACK (MQTT 3.1.1, section 3.2.2.3).
///
/// ```
/// use defender_auth::mqtt::ConnectRefused;
///
/// let refused = ConnectRefused::from_code(5).expect("0 alone accepts");
/// assert!(refused.is_credential() && !refused.is_retryable());
/// assert_eq!(refused.to_string(), "the client is not authorized (CONNACK 5)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectRefused {
    /// 1: the server does not support this version of MQTT.
    ProtocolVersion,
    /// 2: the server rejects the client ID.
    ClientId,
    /// 3: the server is unavailable.
    ServerUnavailable,
    /// 4: the user name or the password is malformed, or rejected.
    UserNameOrPassword,
    /// 5: the client is not authorized.
    NotAuthorized,
    /// A code that MQTT 3.1.1 does not define.
    Other(u8),
}

impl ConnectRefused {
    /// What a return code means. `None` for 0, with which the server accepts the connection.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => return None,
            1 => Self::ProtocolVersion,
            2 => Self::ClientId,
            3 => Self::ServerUnavailable,
            4 => Self::UserNameOrPassword,
            5 => Self::NotAuthorized,
            other => Self::Other(other),
        })
    }

    /// The return code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::ProtocolVersion => 1,
            Self::ClientId => 2,
            Self::ServerUnavailable => 3,
            Self::UserNameOrPassword => 4,
            Self::NotAuthorized => 5,
            Self::Other(code) => code,
        }
    }

    /// Whether the server rejects the credential, so that another key may help
    /// (`Outcome::fall_back`): 4 and 5.
    #[must_use]
    pub const fn is_credential(self) -> bool {
        matches!(self, Self::UserNameOrPassword | Self::NotAuthorized)
    }

    /// Whether the same connection may be accepted later: 3.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::ServerUnavailable)
    }
}

impl fmt::Display for ConnectRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = match self {
            Self::ProtocolVersion => "the server does not support this version of MQTT",
            Self::ClientId => "the client ID is rejected",
            Self::ServerUnavailable => "the server is unavailable",
            Self::UserNameOrPassword => "the user name or the password is malformed or rejected",
            Self::NotAuthorized => "the client is not authorized",
            Self::Other(_) => "the reason is not known",
        };
        write!(f, "{meaning} (CONNACK {})", self.code())
    }
}

impl core::error::Error for ConnectRefused {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString as _};

    #[test]
    fn every_code_but_0_is_a_refusal_with_its_meaning() {
        assert_eq!(ConnectRefused::from_code(0), None);
        for code in 1..=u8::MAX {
            let refused = ConnectRefused::from_code(code).unwrap();
            assert_eq!(refused.code(), code);
            assert_eq!((refused.is_credential(), refused.is_retryable()), (matches!(code, 4 | 5), code == 3));
            assert!(refused.to_string().ends_with(&format!(" (CONNACK {code})")), "{refused}");
        }
    }

    #[test]
    fn a_refusal_names_what_the_server_rejects() {
        for (code, words) in [
            (1, "version of MQTT"),
            (2, "client ID"),
            (3, "unavailable"),
            (4, "user name or the password"),
            (5, "not authorized"),
            (6, "not known"),
        ] {
            let text = ConnectRefused::from_code(code).unwrap().to_string();
            assert!(text.contains(words), "{text}");
        }
    }
}
