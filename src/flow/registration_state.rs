//! What the provisioning service says about a registration, beside the identity and the credential.

use super::{connection_profile::ConnectionProfile, issuance::Issuance};
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
