//! Who is to authenticate: an agent by what it has on disk, or a device by the keys in its TPM.

use crate::{
    failure::Failure,
    output,
    source::Source,
    tpm::{Keys, Tpm},
    unlock::Unlock,
};
use clap::{ArgGroup, Args};
use defender_auth::{
    Device, Plan,
    credential::Credential,
    dps::Profile,
    identity::{DeviceId, HostName, IdScope, ModuleId, RegistrationId},
    twin::SecurityConfiguration,
};

/// What says nothing about an agent on disk.
const NOT_ON_DISK: [&str; 5] = ["tpm", "tpm_setup", "registration_id", "device_id", "module_id"];

#[derive(Args)]
#[command(group = ArgGroup::new("who").required(true).args(["source", "id_scope", "host_name"]))]
pub(crate) struct Who {
    /// What the agent has
    #[arg(value_name = "FILE|DIR|-", conflicts_with_all = NOT_ON_DISK)]
    source: Option<Source>,
    #[command(flatten)]
    unlock: Unlock,
    #[command(flatten)]
    tpm: Tpm,
    /// With --tpm: register the device there, and log in at the hub that it gets
    #[arg(long, value_name = "SCOPE", requires = "tpm")]
    id_scope: Option<IdScope>,
    /// The name under which it registers; else the one that `tpm show` prints
    #[arg(long, value_name = "ID", requires = "id_scope", conflicts_with = "host_name")]
    registration_id: Option<RegistrationId>,
    /// With --tpm: the hub that was found before, for which the TPM has the key
    #[arg(long, value_name = "HOST", requires_all = ["tpm", "device_id"])]
    host_name: Option<HostName>,
    /// The device's name there
    #[arg(long, value_name = "ID", requires = "host_name")]
    device_id: Option<DeviceId>,
    /// With --tpm: go on as this module of the device, whose key the hub has (Device mode)
    #[arg(long, value_name = "ID", requires = "tpm")]
    module_id: Option<ModuleId>,
}

/// Whoever it is, and how that is proved.
pub(crate) struct Subject {
    pub(crate) plan: Plan,
    /// What a security agent does while its module's twin desires nothing else.
    pub(crate) defaults: Option<SecurityConfiguration>,
    pub(crate) keys: Keys,
}

impl Who {
    /// A TPM registers in any case: it cannot look its registration up.
    pub(crate) const fn must_register(&self) -> bool {
        self.id_scope.is_some()
    }

    pub(crate) fn load(&self) -> Result<Subject, Failure> {
        if let Some(source) = &self.source {
            let loaded = source.load(self.unlock.passphrase()?.as_ref())?;
            output::warn(&loaded.findings);
            return Ok(Subject { plan: loaded.plan, defaults: loaded.defaults, keys: Keys::none() });
        }
        let mut keys = self.tpm.open()?;
        let plan = self.plan(&mut keys)?;
        let plan = match &self.module_id {
            Some(module) => plan.in_device_mode(module.clone())?,
            None => plan,
        };
        Ok(Subject { plan, defaults: None, keys })
    }

    fn plan(&self, keys: &mut Keys) -> Result<Plan, Failure> {
        match self {
            Self { id_scope: Some(scope), registration_id, .. } => {
                let attestation = keys.attestation()?;
                let id = keys.registration_id(registration_id.as_ref())?;
                Ok(Plan::provision(Profile::new(scope.clone(), id), attestation)?)
            }
            Self { host_name: Some(host), device_id: Some(device), .. } => {
                Ok(Device::new(host.clone(), device.clone(), Credential::ExternalSigner).into())
            }
            // clap has seen to it that there is one.
            _ => Err(Failure::Call("there is nobody to authenticate; name an agent's folder".into())),
        }
    }
}
