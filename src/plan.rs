//! From what an agent has to what it wants to be. A plan is a value: keep it, and run it as often as needed.

use crate::{connection_string::ConnectionString, credential::Credential, identity::Identity, outcome::Outcome};

/// How an agent authenticates.
///
/// Today a plan begins with an identity that the agent knows, so that nobody has to be asked and
/// [`outcome`](Self::outcome) is there at once.
///
/// ```
/// use core::time::Duration;
/// use defender_auth::{ConnectionString, Plan, UnixTime};
///
/// let text = "HostName=contoso.azure-devices.net;DeviceId=dev-01;ModuleId=azureiotsecurity;\
///             SharedAccessKey=AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
/// let plan = Plan::from(ConnectionString::parse(text)?);
/// let me = plan.outcome().expect("a connection string asks nobody");
/// let an_hour_from_now = UnixTime::from_secs(1_700_000_000) + Duration::from_secs(3600);
/// let token = me.password(an_hour_from_now).into_token().expect("a key makes tokens at once");
/// assert_eq!(token.plain_resource().as_deref(), Some("contoso.azure-devices.net/devices/dev-01/modules/azureiotsecurity"));
/// # Ok::<_, defender_auth::connection_string::ConnectionStringError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Plan {
    known: Outcome,
}

impl Plan {
    /// The identity is known, a module's or a device's, and so is what proves it.
    pub fn known(identity: Identity, credential: impl Into<Credential>) -> Self {
        Self { known: Outcome::new(identity, credential.into()) }
    }

    /// The outcome, if nobody has to be asked for it.
    #[must_use]
    pub const fn outcome(&self) -> Option<&Outcome> {
        Some(&self.known)
    }
}

impl From<ConnectionString> for Plan {
    fn from(string: ConnectionString) -> Self {
        Self { known: Outcome::from(string) }
    }
}
