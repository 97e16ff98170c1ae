//! What the provisioning service says about a registration, beside the identity and the credential.

use super::{issuance::Issuance, refusal::printable};
use crate::base::payload::Payload;
use alloc::{collections::BTreeMap, string::String};
use core::fmt;

/// What the provisioning service says about a registration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistrationState {
    /// How the assignment came about.
    pub substatus: Option<Substatus>,
    /// When it was made or changed (`lastUpdatedDateTimeUtc`). Opaque: another text is another assignment. Printable, at
    /// most 256 characters.
    pub last_updated: Option<String>,
    /// Its version. Opaque. Printable, at most 256 characters.
    pub etag: Option<String>,
    /// Custom data for the device.
    pub payload: Option<Payload>,
    /// What came of the certificate signing request, if one was sent.
    pub issuance: Issuance,
    /// Members that this library gives no meaning to, unchanged: `connectionProfile` ([`connection_profile`](Self::connection_profile)),
    /// and what newer versions add.
    pub others: BTreeMap<String, Payload>,
}

impl RegistrationState {
    /// How clients of the assigned hub log in.
    #[must_use]
    pub fn connection_profile(&self) -> ConnectionProfile {
        self.others.get("connectionProfile").map_or(ConnectionProfile::Classic, ConnectionProfile::of)
    }
}

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

    fn of(value: &Payload) -> Self {
        let text: Option<Option<String>> = serde_json::from_str(value.as_str()).ok();
        match text.as_ref().map(Option::as_deref) {
            Some(None | Some("classic")) => Self::Classic,
            Some(Some("mqttV5")) => Self::MqttV5,
            Some(Some(other)) => Self::unknown(other),
            None => Self::unknown(value.as_str()),
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

/// How an assignment came about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Substatus {
    /// The device was assigned for the first time.
    InitialAssignment,
    /// It was assigned to another hub, and its data was migrated.
    DeviceDataMigrated,
    /// It was assigned to another hub, without its data.
    DeviceDataReset,
    /// It was assigned to the hub of its first assignment again.
    ReprovisionedToInitialAssignment,
    /// A value that this library does not know.
    Other(String),
}

impl fmt::Display for Substatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InitialAssignment => "initialAssignment",
            Self::DeviceDataMigrated => "deviceDataMigrated",
            Self::DeviceDataReset => "deviceDataReset",
            Self::ReprovisionedToInitialAssignment => "reprovisionedToInitialAssignment",
            Self::Other(word) => word,
        })
    }
}
