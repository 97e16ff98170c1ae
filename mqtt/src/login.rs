use crate::{Error, Proof};
use defender_auth::{
    error::PlanError,
    identity::{HostName, Identity},
    mqtt::Connect,
    outcome::ConnectionProfile,
};

/// How a client logs in.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Login<'a> {
    /// By MQTT 3.1.1: a hub of the classic profile, or the provisioning service.
    Classic(&'a Connect),
    /// By MQTT 5 and [`presence`](defender_auth::mqtt::presence): a device at a hub of the profile `mqttV5`, with a
    /// certificate. Its correlation is new for each connection.
    MqttV5(&'a Identity),
}

impl<'a> Login<'a> {
    /// By the connection profile of the identity's hub. `connect` is for the classic one.
    ///
    /// # Errors
    /// When the profile is not known: no login is tried.
    pub fn of(profile: &ConnectionProfile, connect: &'a Connect, identity: &'a Identity) -> Result<Self, Error> {
        match profile {
            ConnectionProfile::Classic => Ok(Self::Classic(connect)),
            ConnectionProfile::MqttV5 => Ok(Self::MqttV5(identity)),
            unknown => Err(Error::UnknownProfile { name: unknown.as_str().into() }),
        }
    }

    pub(crate) fn host(self) -> &'a HostName {
        match self {
            Self::Classic(connect) => &connect.host,
            Self::MqttV5(identity) => identity.endpoint(),
        }
    }

    /// Whether it can be tried with this proof.
    pub(crate) fn check(self, proof: Proof<'_>) -> Result<(), Error> {
        PlanError::of_host(self.host()).map_or(Ok(()), Err)?;
        match (self, proof) {
            (Self::MqttV5(_), Proof::Token(_)) => Err(Error::ProfileNeedsCertificate),
            (Self::MqttV5(identity), _) if identity.module_id().is_some() => Err(Error::ProfileWithoutModules),
            _ => Ok(()),
        }
    }
}

impl<'a> From<&'a Connect> for Login<'a> {
    fn from(connect: &'a Connect) -> Self {
        Self::Classic(connect)
    }
}
