//! How a device or module gets its identity and credential. A plan is a value: keep it, and run it as often as needed.

use crate::{
    connection_string::ConnectionString,
    credential::Credential,
    error::PlanError,
    flow::{
        device_mode::{self, Target},
        dps::{self, Attestation, Profile},
        http::ApiVersion,
        identity_service::IdentityService,
        outcome::{Device, Outcome},
        workload::Workload,
    },
    identity::Identity,
};
use alloc::boxed::Box;

/// How a device or module authenticates. An [`Authenticator`](crate::Authenticator) runs it.
///
/// | begins with | [`in_device_mode`](Self::in_device_mode) | network requests |
/// |---|---|---|
/// | [`known`](Self::known) module | rejected | none |
/// | [`device`](Self::device), or [`known`](Self::known) device | no | none |
/// | the same | yes | to the hub |
/// | [`workload`](Self::workload) | rejected | none |
/// | [`identity_service`](Self::identity_service) | rejected | to a daemon of this device |
/// | [`provision`](Self::provision) | no | to the provisioning service |
/// | [`provision`](Self::provision) | yes | to the provisioning service, then to the hub |
///
/// ```
/// use core::time::Duration;
/// use defender_auth::{ConnectionString, Plan, UnixTime};
///
/// let text = "HostName=contoso.azure-devices.net;DeviceId=dev-01;ModuleId=azureiotsecurity;\
///             SharedAccessKey=AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
/// let plan = Plan::from(ConnectionString::parse(text)?);
/// let me = plan.outcome().expect("a connection string needs no network request");
/// let an_hour_from_now = UnixTime::from_secs(1_700_000_000) + Duration::from_secs(3600);
/// let token = me.password(an_hour_from_now).into_token().expect("a key makes tokens at once");
/// assert_eq!(token.plain_resource().as_deref(), Some("contoso.azure-devices.net/devices/dev-01/modules/azureiotsecurity"));
/// # Ok::<_, defender_auth::connection_string::ConnectionStringError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Plan {
    pub(crate) start: Start,
    pub(crate) target: Option<Target>,
}

#[derive(Clone, Debug)]
pub(crate) enum Start {
    /// A module.
    Known(Outcome),
    Device(Device),
    Provision(Box<(Profile, Attestation)>),
    /// A module of IoT Edge.
    Workload(Box<OfWorkload>),
    /// The identity that the identity service has for the agent.
    IdentityService(Box<IdentityService>),
}

/// A module whose runtime has told its identity.
#[derive(Clone, Debug)]
pub(crate) struct OfWorkload {
    pub(crate) outcome: Outcome,
    workload: Workload,
}

impl Plan {
    /// An identity that is known, a module's or a device's, with its credential.
    pub fn known(identity: Identity, credential: impl Into<Credential>) -> Self {
        Self::from(Outcome::new(identity, credential))
    }

    /// A device whose hub is known.
    pub const fn device(device: Device) -> Self {
        Self { start: Start::Device(device), target: None }
    }

    /// A device whose hub the provisioning service assigns.
    ///
    /// # Errors
    /// When a lookup is combined with a TPM, which the service does not offer.
    pub fn provision(profile: Profile, attestation: impl Into<Attestation>) -> Result<Self, PlanError> {
        let attestation = attestation.into();
        dps::check(&profile, &attestation)?;
        Ok(Self { start: Start::Provision(Box::new((profile, attestation))), target: None })
    }

    /// A module of IoT Edge, for which the workload API signs.
    pub fn workload(workload: Workload) -> Self {
        let outcome = Outcome::new(workload.identity().clone(), Credential::ExternalSigner);
        Self { start: Start::Workload(Box::new(OfWorkload { outcome, workload })), target: None }
    }

    /// The identity that the identity service of this host has for the agent, for which it signs.
    pub fn identity_service(service: IdentityService) -> Self {
        Self { start: Start::IdentityService(Box::new(service)), target: None }
    }

    /// Device mode: continue as a module of that device.
    ///
    /// # Errors
    /// When the plan begins with a module, or with a certificate that is known to be signed by a CA; and when the hub has the
    /// profile `mqttV5`, which has no modules.
    pub fn in_device_mode(mut self, target: impl Into<Target>) -> Result<Self, PlanError> {
        match &self.start {
            Start::Known(_) | Start::Workload(_) | Start::IdentityService(_) => return Err(PlanError::AlreadyAModule),
            Start::Device(device) => device_mode::check_device(device)?,
            Start::Provision(both) => device_mode::check(both.1.certificate())?,
        }
        self.target = Some(target.into());
        Ok(self)
    }

    /// Looks up where the device is registered instead of registering it; with `false` the device is registered. No effect on a plan that does
    /// not begin with provisioning.
    ///
    /// # Errors
    /// When a lookup is combined with a TPM, which the service does not offer.
    pub fn lookup_only(mut self, lookup_only: bool) -> Result<Self, PlanError> {
        if let Start::Provision(both) = &mut self.start {
            both.0.lookup_only = lookup_only;
            dps::check(&both.0, &both.1)?;
        }
        Ok(self)
    }

    /// With another version of the provisioning service's interface: see [`Profile::with_api_version`]. No effect on a plan
    /// that does not begin with provisioning.
    pub fn with_api_version(mut self, version: ApiVersion) -> Self {
        if let Start::Provision(both) = &mut self.start {
            both.0 = both.0.clone().with_api_version(version);
        }
        self
    }

    /// With the hub's classic name (`contoso.azure-devices.net`) in tokens and user names, while the name that was given or
    /// assigned (`contoso.device.azure-devices.net`) is dialled. No effect with other names, with a gateway, and where a daemon
    /// of this device signs.
    pub fn with_classic_hub_name(mut self) -> Self {
        self.start = match self.start {
            Start::Known(outcome) => Start::Known(outcome.with_classic_hub_name()),
            Start::Device(device) => Start::Device(device.with_classic_hub_name()),
            Start::Provision(both) => {
                let (profile, attestation) = *both;
                Start::Provision(Box::new((profile.with_classic_hub_name(), attestation)))
            }
            local @ (Start::Workload(_) | Start::IdentityService(_)) => local,
        };
        self
    }

    /// The outcome, if the plan needs no network request for it.
    #[must_use]
    pub const fn outcome(&self) -> Option<&Outcome> {
        match (&self.start, &self.target) {
            (Start::Known(outcome), _) => Some(outcome),
            (Start::Workload(of), _) => Some(&of.outcome),
            (Start::Device(device), None) => Some(device.as_outcome()),
            _ => None,
        }
    }

    /// The outcome, if the plan needs no network request for it.
    #[must_use]
    pub fn into_outcome(self) -> Option<Outcome> {
        match (self.start, self.target) {
            (Start::Known(outcome), _) => Some(outcome),
            (Start::Workload(of), _) => Some(of.outcome),
            (Start::Device(device), None) => Some(device.into()),
            _ => None,
        }
    }

    /// What is registered, if the plan begins with provisioning.
    #[must_use]
    pub const fn profile(&self) -> Option<&Profile> {
        match &self.start {
            Start::Provision(both) => Some(&both.0),
            _ => None,
        }
    }

    /// How the device authenticates to the provisioning service, if the plan begins with that.
    #[must_use]
    pub const fn attestation(&self) -> Option<&Attestation> {
        match &self.start {
            Start::Provision(both) => Some(&both.1),
            _ => None,
        }
    }

    /// The device that the plan begins with, if it does not begin with provisioning.
    #[must_use]
    pub const fn known_device(&self) -> Option<&Device> {
        match &self.start {
            Start::Device(device) => Some(device),
            _ => None,
        }
    }

    /// The workload API that signs, if the plan begins with a module of IoT Edge.
    #[must_use]
    pub const fn known_workload(&self) -> Option<&Workload> {
        match &self.start {
            Start::Workload(of) => Some(&of.workload),
            _ => None,
        }
    }

    /// The identity service that tells the identity and signs, if the plan begins with it.
    #[must_use]
    pub const fn known_identity_service(&self) -> Option<&IdentityService> {
        match &self.start {
            Start::IdentityService(service) => Some(service),
            _ => None,
        }
    }

    /// What the device continues as in Device mode: the module, its certificate, the form of the audience.
    #[must_use]
    pub const fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }
}

impl From<Device> for Plan {
    fn from(device: Device) -> Self {
        Self::device(device)
    }
}

/// A device's outcome can continue in Device mode; a module's is the end of the plan.
impl From<Outcome> for Plan {
    fn from(outcome: Outcome) -> Self {
        let start = match Device::try_from(outcome) {
            Ok(device) => Start::Device(device),
            Err(module) => Start::Known(module),
        };
        Self { start, target: None }
    }
}

impl From<ConnectionString> for Plan {
    fn from(string: ConnectionString) -> Self {
        Self::from(Outcome::from(string))
    }
}
