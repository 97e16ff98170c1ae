use crate::{dps, login};
use std::fmt;

/// Why a login or a request is refused. The real services keep this to themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no user name, or it has another shape than `hub/client id/?api-version=…`.
    UserName,
    /// The user name or the `Host` header names a hub that is not played here.
    UnknownHub,
    /// There is no api-version, or one that no SDK sends.
    ApiVersion,
    /// The client id is not the one in the user name.
    ClientId,
    /// There is no such device.
    UnknownDevice,
    /// The device may not connect.
    DeviceDisabled,
    /// The device has no such module.
    UnknownModule,
    /// The module does not log in with a key.
    NotByKey,
    /// There is no password.
    NoPassword,
    /// The password or the `Authorization` header is not a SAS token.
    NoToken,
    /// The token's expiry is not a number.
    Expiry,
    /// The token is over.
    Expired {
        /// Since how many seconds.
        seconds: u64,
    },
    /// The token is good for something else.
    Resource,
    /// The token names a policy that there is not.
    UnknownPolicy,
    /// Neither of the keys signed the token.
    Signature,
    /// No provisioning service is played here, or not under this host name.
    UnknownDps,
    /// The provisioning service has another id scope.
    UnknownScope,
    /// There is neither an enrollment for this registration id nor a group.
    UnknownEnrollment,
    /// There is no such operation, or it was followed by another.
    UnknownOperation,
    /// The body is not what was asked for.
    Body,
    /// More registrations than the emulator keeps.
    TooMany,
    /// The twin does not take the patch.
    Patch,
}

impl Refusal {
    /// The return code of the CONNACK: 4 for what cannot be understood, 5 for what is not believed.
    #[must_use]
    pub const fn return_code(&self) -> u8 {
        match self {
            Self::UserName | Self::ApiVersion | Self::NoPassword | Self::NoToken | Self::Expiry => 4,
            _ => 5,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [oldest, newest] = login::VERSIONS;
        let [first, second] = dps::VERSIONS;
        match self {
            Self::UserName => f.write_str("the user name is not `hub/client id/?api-version=...`"),
            Self::UnknownHub => f.write_str("the hub that it names is not played here"),
            Self::ApiVersion => write!(
                f,
                "there is no api-version that is in use; for hubs these are {oldest} to {newest}, for provisioning \
                 {first} and {second}"
            ),
            Self::ClientId => f.write_str("the client id is not the one in the user name"),
            Self::UnknownDevice => f.write_str("there is no such device"),
            Self::DeviceDisabled => f.write_str("the device is disabled"),
            Self::UnknownModule => f.write_str("the device has no such module"),
            Self::NotByKey => f.write_str("the module does not log in with a key"),
            Self::NoPassword => f.write_str("there is no password"),
            Self::NoToken => f.write_str("what should be a SAS token is none"),
            Self::Expiry => f.write_str("the token's expiry is not a number"),
            Self::Expired { seconds } => write!(f, "the token ended {seconds} s ago"),
            Self::Resource => f.write_str("the token is good for another resource"),
            Self::UnknownPolicy => f.write_str("there is no policy of the name in the token"),
            Self::Signature => f.write_str("neither key signed the token"),
            Self::UnknownDps => f.write_str("no provisioning service is played here, or it has another host name"),
            Self::UnknownScope => f.write_str("the provisioning service has another id scope"),
            Self::UnknownEnrollment => f.write_str("there is no enrollment for the registration id, and no group"),
            Self::UnknownOperation => f.write_str("there is no such operation, or a later one took its place"),
            Self::Body => f.write_str("the body is not JSON, or is about another registration id"),
            Self::TooMany => f.write_str("there are more registrations than the emulator keeps"),
            Self::Patch => f.write_str("the patch is not a JSON object, or makes the twin too large"),
        }
    }
}
