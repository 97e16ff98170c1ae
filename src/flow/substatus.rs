//! How an assignment came about.

use alloc::string::String;
use core::fmt;

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
