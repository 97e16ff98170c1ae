//! The codes that a refused login is answered with.

use super::Refusal;
use crate::tpm;

impl Refusal {
    /// The return code of the CONNACK: 1 for the version of another profile, 4 for a malformed CONNECT, 5 for one that is not
    /// authorized.
    #[must_use]
    pub const fn return_code(&self) -> u8 {
        match self {
            Self::Profile => 1,
            Self::UserName
            | Self::ApiVersion
            | Self::NoPassword
            | Self::NoToken
            | Self::Expiry
            | Self::ExpiryTooLate { .. } => 4,
            _ => 5,
        }
    }

    /// The reason code of the CONNACK of MQTT 5.
    #[must_use]
    pub const fn reason_code(&self) -> u8 {
        match self {
            Self::Profile => 0x84,
            Self::NotDeviceId => 0x85,
            Self::CorrelatedUserName => 0x86,
            Self::NotByPassword | Self::NoPassword | Self::NoCertificate => 0x8c,
            _ => 0x87,
        }
    }
}

impl From<tpm::NoRandomness> for Refusal {
    fn from(_: tpm::NoRandomness) -> Self {
        Self::NoRandomness
    }
}
