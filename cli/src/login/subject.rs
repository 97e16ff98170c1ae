//! The identity that authenticates: an agent by its files, a device by the keys in its TPM, or a program for which a daemon
//! of this device signs.

use crate::{
    daemon::options::OnDevice,
    input::{agent::Loaded, finding, passphrase::PassphraseFile, source::Source},
    terminal::failure::Failure,
    tpm::{keys::Keys, options::Tpm},
};
use clap::{ArgGroup, Args};
use defender_auth::{
    Device, Plan,
    credential::Credential,
    dps::Profile,
    identity::{DeviceId, HostName, IdScope, ModuleId, RegistrationId},
    twin::SecurityConfiguration,
};

/// Arguments that do not apply to an agent's files.
const NOT_FOR_FILES: [&str; 5] = ["tpm", "tpm_setup", "registration_id", "device_id", "module_id"];

#[derive(Args)]
#[command(group = ArgGroup::new("who").required(true).args(["source", "id_scope", "host_name", "workload", "identity_service"]))]
pub(crate) struct SubjectOptions {
    /// The agent's folder or configuration file, or a file with a connection string
    #[arg(value_name = "FILE|DIR|-", conflicts_with_all = NOT_FOR_FILES)]
    source: Option<Source>,
    #[command(flatten)]
    passphrase: PassphraseFile,
    #[command(flatten)]
    tpm: Tpm,
    #[command(flatten)]
    on_device: OnDevice,
    /// With --tpm: register the device in this ID scope, and log in at the hub that it is assigned to
    #[arg(long, value_name = "SCOPE", requires = "tpm")]
    id_scope: Option<IdScope>,
    /// The registration ID [default: the one that `tpm show` prints]
    #[arg(long, value_name = "ID", requires = "id_scope", conflicts_with = "host_name")]
    registration_id: Option<RegistrationId>,
    /// With --tpm: the hub that the device is assigned to, and whose key the TPM holds
    #[arg(long, value_name = "HOST", requires_all = ["tpm", "device_id"])]
    host_name: Option<HostName>,
    /// The device ID at that hub
    #[arg(long, value_name = "ID", requires = "host_name")]
    device_id: Option<DeviceId>,
    /// With --tpm: authenticate as this module of the device, with the key that the hub returns (Device mode)
    #[arg(long, value_name = "ID", requires = "tpm")]
    module_id: Option<ModuleId>,
    /// In Device mode: create the module when the hub does not have it
    #[arg(long, conflicts_with_all = ["workload", "identity_service"])]
    create_module: bool,
}

/// An identity, and how it authenticates.
pub(crate) struct Subject {
    pub(crate) plan: Plan,
    /// A security agent's configuration while its module's twin desires nothing else.
    pub(crate) defaults: Option<SecurityConfiguration>,
    pub(crate) keys: Keys,
    /// The trust anchors of the gateway that stands before the hub, in PEM, where a daemon tells them.
    pub(crate) gateway_roots: Option<String>,
}

impl SubjectOptions {
    /// A TPM always registers: a lookup cannot be authenticated by it.
    pub(crate) const fn must_register(&self) -> bool {
        self.id_scope.is_some()
    }

    pub(crate) fn load(&self) -> Result<Subject, Failure> {
        if let Some(signer) = self.on_device.signer()? {
            let (plan, gateway_roots) = (Plan::from(signer.outcome()), signer.gateway_roots()?);
            return Ok(Subject { plan, defaults: None, keys: Keys::of_daemon(signer), gateway_roots });
        }
        let subject = self.load_own()?;
        if !self.create_module {
            return Ok(subject);
        }
        let Some(target) = subject.plan.target().cloned() else {
            let what = "--create-module is for Device mode, in which a device continues as its module; leave it out";
            return Err(Failure::Call(what.into()));
        };
        Ok(Subject { plan: subject.plan.in_device_mode(target.create_if_missing())?, ..subject })
    }

    /// The subject whose key the agent, or its TPM, has.
    fn load_own(&self) -> Result<Subject, Failure> {
        if let Some(source) = &self.source {
            let Loaded { plan, findings, defaults } = {
                let loaded = source.load(self.passphrase.read()?.as_ref());
                loaded.map_err(|error| source.failure(error))?
            };
            finding::warn(findings);
            return Ok(Subject { plan, defaults, keys: Keys::none(), gateway_roots: None });
        }
        let mut keys = self.tpm.open()?;
        let plan = self.plan(&mut keys)?;
        let plan = match &self.module_id {
            Some(module) => plan.in_device_mode(module.clone())?,
            None => plan,
        };
        Ok(Subject { plan, defaults: None, keys, gateway_roots: None })
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
            // clap requires one of them.
            _ => Err(Failure::Call("no identity is given; name an agent's folder".into())),
        }
    }
}
