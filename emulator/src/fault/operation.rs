use serde::Deserialize;
use std::{fmt, str::FromStr};

/// A kind of request, by the names that `defender-auth` has for its operations, or a step of a connection.
///
/// As text it is `register`, `registrationStatus`, `lookUpRegistration`, `readModule`, `writeModule`, `connect`,
/// `subscribe`, `birth`, `sendMessage`, `receiveMessage`, `backEnd`, `issueCertificate`, `httpsHandshake` or `mqttHandshake`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub enum Operation {
    /// Register a device with the provisioning service.
    Register,
    /// Request the status of a registration that was begun.
    RegistrationStatus,
    /// Look up a registration without registering.
    LookUpRegistration,
    /// Read a module's identity at the hub.
    ReadModule,
    /// Create a module, change it or delete it.
    WriteModule,
    /// Log in to a hub over MQTT. A CONNECT to the provisioning service is not one.
    Connect,
    /// Subscribe at a hub with the profile `mqttV5`.
    Subscribe,
    /// Announce a device at a hub with the profile `mqttV5`.
    Birth,
    /// Send a message from a device or module to its hub.
    SendMessage,
    /// Receive a message from the cloud over HTTPS, or settle it.
    ReceiveMessage,
    /// Call a REST interface of a hub or of the provisioning service as a back end.
    BackEnd,
    /// Renew a device's certificate through its hub.
    IssueCertificate,
    /// Open a TLS connection to the port for HTTPS.
    HttpsHandshake,
    /// Open a TLS connection to the port for MQTT.
    MqttHandshake,
}

/// A text that names no [`Operation`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no operation {0:?}; the operations are `register`, `registrationStatus`, `lookUpRegistration`, \
     `readModule`, `writeModule`, `connect`, `subscribe`, `birth`, `sendMessage`, `receiveMessage`, `backEnd`, `issueCertificate`, `httpsHandshake` and `mqttHandshake`"
)]
pub struct OperationError(String);

impl Operation {
    const ALL: [Self; 14] = [
        Self::Register,
        Self::RegistrationStatus,
        Self::LookUpRegistration,
        Self::ReadModule,
        Self::WriteModule,
        Self::Connect,
        Self::Subscribe,
        Self::Birth,
        Self::SendMessage,
        Self::ReceiveMessage,
        Self::BackEnd,
        Self::IssueCertificate,
        Self::HttpsHandshake,
        Self::MqttHandshake,
    ];

    /// Whether it is the handshake of a connection.
    pub(crate) const fn is_handshake(self) -> bool {
        matches!(self, Self::HttpsHandshake | Self::MqttHandshake)
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::RegistrationStatus => "registrationStatus",
            Self::LookUpRegistration => "lookUpRegistration",
            Self::ReadModule => "readModule",
            Self::WriteModule => "writeModule",
            Self::Connect => "connect",
            Self::Subscribe => "subscribe",
            Self::Birth => "birth",
            Self::SendMessage => "sendMessage",
            Self::ReceiveMessage => "receiveMessage",
            Self::BackEnd => "backEnd",
            Self::IssueCertificate => "issueCertificate",
            Self::HttpsHandshake => "httpsHandshake",
            Self::MqttHandshake => "mqttHandshake",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Operation {
    type Err = OperationError;

    fn from_str(text: &str) -> Result<Self, OperationError> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| OperationError(text.into()))
    }
}

impl TryFrom<String> for Operation {
    type Error = OperationError;

    fn try_from(text: String) -> Result<Self, OperationError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_read_as_they_are_written() {
        for operation in Operation::ALL {
            assert_eq!(operation.to_string().parse(), Ok(operation));
        }
        for text in ["", "Register", "poll"] {
            let error = text.parse::<Operation>().unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")) && error.contains("`readModule`"), "{error}");
        }
    }
}
