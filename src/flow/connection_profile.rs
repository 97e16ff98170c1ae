//! The connection profile of a hub.

use super::refusal::printable;
use crate::base::payload::Payload;
use alloc::string::String;

/// How clients of a hub log in (`connectionProfile`, since the api-version 2026-11-02-preview).
///
/// Source: `Azure/azure-iot-sdk:c/docs/connecting.md`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionProfile {
    /// MQTT 3.1.1, with a token or a certificate: also when the answer does not say it.
    #[default]
    Classic,
    /// MQTT 5, with a certificate.
    MqttV5,
    /// A value that this library does not know: printable, at most 63 bytes. There is no login to such a hub.
    Unknown(String),
}

impl ConnectionProfile {
    const LIMIT: usize = 63;

    pub(super) fn of(value: &Payload) -> Self {
        let text: Option<Option<String>> = serde_json::from_str(value.as_str()).ok();
        match text.as_ref().map(Option::as_deref) {
            Some(None) => Self::Classic,
            Some(Some(name)) => Self::named(name),
            None => Self::unknown(value.as_str()),
        }
    }

    /// A profile as the services write it, in this case of its letters. Any other text is an unknown one.
    ///
    /// ```
    /// use defender_auth::outcome::ConnectionProfile;
    ///
    /// assert_eq!(ConnectionProfile::named("mqttV5"), ConnectionProfile::MqttV5);
    /// assert_eq!(ConnectionProfile::named("mqttv5").as_str(), "mqttv5");
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "classic" => Self::Classic,
            "mqttV5" => Self::MqttV5,
            other => Self::unknown(other),
        }
    }

    /// As the services write it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Classic => "classic",
            Self::MqttV5 => "mqttV5",
            Self::Unknown(name) => name,
        }
    }

    fn unknown(text: &str) -> Self {
        let mut text = printable(text);
        while text.len() > Self::LIMIT {
            text.pop();
        }
        Self::Unknown(text)
    }
}
