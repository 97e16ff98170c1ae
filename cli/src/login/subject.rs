//! The identity that authenticates: an agent by its files, a device by its certificate or the keys in its TPM, or a program
//! for which a daemon of this device signs.

use super::version::HubProfile;
use crate::{
    daemon::options::OnDevice,
    input::{
        agent::Loaded,
        finding::{self, Finding},
        source::Source,
    },
    private_key::{name, options::Unlock},
    terminal::failure::Failure,
    tpm::{keys::Keys, options::Tpm},
};
use clap::{ArgGroup, Args};
use defender_auth::{
    Device, Outcome, Plan, agent,
    credential::{ClientCertificate, Credential},
    dps::Profile,
    http::ApiVersion,
    identity::{DeviceId, HostName, IdScope, Identity, ModuleId, RegistrationId},
    mqtt::Connect,
    private_key::{self, Location},
    twin::SecurityConfiguration,
    x509::Purpose,
};
use std::{mem, path::PathBuf};

/// Arguments that do not apply to an agent's files.
const NOT_FOR_FILES: [&str; 5] = ["tpm", "tpm_setup", "registration_id", "device_id", "module_id"];

#[derive(Args)]
#[command(group = ArgGroup::new("holder").args(["tpm", "cert_file"]))]
#[command(group = ArgGroup::new("who").required(true).args(["source", "id_scope", "host_name", "workload", "identity_service"]))]
pub(crate) struct SubjectOptions {
    /// The agent's folder or configuration file, or a file with a connection string
    #[arg(value_name = "FILE|DIR|-", conflicts_with_all = NOT_FOR_FILES)]
    pub(crate) source: Option<Source>,
    /// The device's certificate chain in PEM: with a connection string that has x509=true, or instead of an agent's files
    #[arg(long, alias = "certificate-file", value_name = "PEM", requires = "key_file",
        conflicts_with_all = ["tpm", "tpm_setup", "workload", "identity_service"])]
    pub(crate) cert_file: Option<PathBuf>,
    /// The certificate's private key: a file (PEM, also of a TPM), tpm:file=PATH, tpm:handle=0x81000005, keyd:id=KEY, pkcs11:… or
    /// unix:SOCKET
    #[arg(long, value_name = "FILE|URI", requires = "cert_file", value_parser = name::parser())]
    pub(crate) key_file: Option<Location>,
    #[command(flatten)]
    pub(crate) unlock: Unlock,
    #[command(flatten)]
    pub(crate) tpm: Tpm,
    #[command(flatten)]
    pub(crate) on_device: OnDevice,
    #[command(flatten)]
    profile: HubProfile,
    /// With --tpm or --cert-file: register the device in this ID scope, and log in at the hub that it is assigned to
    #[arg(long, value_name = "SCOPE", requires = "holder")]
    id_scope: Option<IdScope>,
    /// The registration ID [default with --tpm: the one that `tpm show` prints]
    #[arg(long, value_name = "ID", requires = "id_scope", conflicts_with = "host_name")]
    registration_id: Option<RegistrationId>,
    /// With --tpm or --cert-file: the hub that the device is assigned to
    #[arg(long, value_name = "HOST", requires_all = ["holder", "device_id"])]
    host_name: Option<HostName>,
    /// The device ID at that hub
    #[arg(long, value_name = "ID", requires = "host_name")]
    device_id: Option<DeviceId>,
    /// With --tpm or --cert-file: authenticate as this module of the device, with the key that the hub returns
    /// (Device mode)
    #[arg(long, value_name = "ID", requires = "holder")]
    module_id: Option<ModuleId>,
    /// In Device mode: create the module when the hub does not have it
    #[arg(long, conflicts_with_all = ["workload", "identity_service"])]
    pub(crate) create_module: bool,
    /// Use the hub's classic name (contoso.azure-devices.net) in tokens and the user name, and connect to the given or
    /// assigned one (contoso.device.azure-devices.net)
    #[arg(long, conflicts_with_all = ["workload", "identity_service"])]
    classic_hub_name: bool,
    /// The version of the provisioning service's interface [default: 2019-03-31]
    #[arg(long, value_name = "VERSION")]
    dps_api_version: Option<ApiVersion>,
    /// The version of the hub's MQTT interface, in the user name [default: 2020-09-30]
    #[arg(long, value_name = "VERSION")]
    hub_api_version: Option<ApiVersion>,
}

/// An identity, and how it authenticates.
pub(crate) struct Subject {
    pub(crate) plan: Plan,
    /// What was noticed in its files.
    pub(crate) findings: Vec<Finding>,
    /// A security agent's configuration while its module's twin desires nothing else.
    pub(crate) defaults: Option<SecurityConfiguration>,
    pub(crate) keys: Keys,
    /// The trust anchors of the gateway that stands before the hub, in PEM, where a daemon tells them.
    pub(crate) gateway_roots: Option<String>,
}

impl SubjectOptions {
    /// A scope in the arguments is for a registration: a lookup cannot be authenticated by a TPM.
    pub(crate) const fn must_register(&self) -> bool {
        self.id_scope.is_some()
    }

    /// The names among the arguments that tell whose device it is.
    pub(crate) fn names(&self) -> Vec<String> {
        let Self { id_scope, registration_id, host_name, device_id, module_id, .. } = self;
        let names = [
            id_scope.as_ref().map(ToString::to_string),
            registration_id.as_ref().map(ToString::to_string),
            host_name.as_ref().map(ToString::to_string),
            device_id.as_ref().map(ToString::to_string),
            module_id.as_ref().map(ToString::to_string),
        ];
        names.into_iter().flatten().collect()
    }

    pub(crate) fn load(&self) -> Result<Subject, Failure> {
        let mut subject = self.read()?;
        finding::warn(mem::take(&mut subject.findings));
        Ok(subject)
    }

    /// The same without warnings of what was noticed.
    pub(crate) fn read(&self) -> Result<Subject, Failure> {
        if let Some(signer) = self.on_device.signer()? {
            let gateway_roots = signer.gateway_roots()?;
            let plan = match signer.certified() {
                Some(account) => Plan::known(account.identity().clone(), private_key::open_account(&account)?),
                None => Plan::from(signer.outcome()),
            };
            return Ok(Subject {
                plan,
                findings: Vec::new(),
                defaults: None,
                keys: Keys::of_daemon(signer),
                gateway_roots,
            });
        }
        let mut subject = self.load_own()?;
        subject.plan = self.profile.apply(subject.plan)?;
        if let Some(version) = &self.dps_api_version {
            subject.plan = subject.plan.with_api_version(version.clone());
        }
        if self.classic_hub_name {
            subject.plan = subject.plan.with_classic_hub_name();
        }
        if !self.create_module {
            return Ok(subject);
        }
        let Some(target) = subject.plan.target().cloned() else {
            let what = "--create-module is for Device mode, in which a device continues as its module; leave it out";
            return Err(Failure::Call(what.into()));
        };
        Ok(Subject { plan: subject.plan.in_device_mode(target.create_if_missing())?, ..subject })
    }

    /// The agent's files, if they are given.
    pub(crate) const fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    /// The files of the certificate chain and of its private key, if both are files.
    pub(crate) fn certificate_files(&self) -> Option<[PathBuf; 2]> {
        match (&self.cert_file, &self.key_file, &self.source) {
            (Some(chain), Some(Location::File(key)), _) => Some([chain.clone(), key.clone()]),
            (None, None, Some(Source::Path(folder))) => {
                let files = [agent::CERTIFICATE, agent::PRIVATE_KEY].map(|name| folder.join(name));
                files.iter().all(|file| file.is_file()).then_some(files)
            }
            _ => None,
        }
    }

    /// The login of an identity at its hub.
    pub(crate) fn login(&self, identity: &Identity) -> Connect {
        match &self.hub_api_version {
            Some(version) => Connect::hub_at(identity, None, version),
            None => Connect::hub(identity, None),
        }
    }

    /// The subject whose key the agent, or its TPM, has.
    fn load_own(&self) -> Result<Subject, Failure> {
        if let Some(source) = &self.source {
            let loaded = match self.cert_file {
                Some(_) => source.load_without_certificate(),
                None => source.load(&self.unlock.read(None)?.opener()),
            };
            let Loaded { plan, findings, defaults } = loaded.map_err(|error| source.failure(error))?;
            let plan = if self.cert_file.is_some() { self.with_certificate(&plan)? } else { plan };
            return Ok(Subject { plan, findings, defaults, keys: Keys::none(), gateway_roots: None });
        }
        let mut keys = self.tpm.open()?;
        let plan = self.plan(&mut keys)?;
        let plan = match &self.module_id {
            Some(module) => plan.in_device_mode(module.clone())?,
            None => plan,
        };
        Ok(Subject { plan, findings: Vec::new(), defaults: None, keys, gateway_roots: None })
    }

    /// The plan of a connection string, with the certificate of the arguments.
    fn with_certificate(&self, plan: &Plan) -> Result<Plan, Failure> {
        let me = plan
            .outcome()
            .filter(|me| matches!(me.credential(), Credential::Certificate(certificate) if !certificate.has_key()));
        let me = me.ok_or_else(|| {
            let what = "--cert-file is for a connection string with x509=true; this agent has another credential";
            Failure::Call(what.into())
        })?;
        let certificate = self.certificate(Purpose::Hub(me.identity().device_id()))?;
        Ok(Outcome::new(me.identity().clone(), certificate).into())
    }

    /// The certificate of the arguments.
    fn certificate(&self, purpose: Purpose<'_>) -> Result<ClientCertificate, Failure> {
        match (&self.cert_file, &self.key_file) {
            (Some(file), Some(key)) => self.unlock.read(Some(key))?.certificate(file, key, purpose),
            // clap requires both.
            _ => Err(Failure::Call("give --cert-file with --key-file".into())),
        }
    }

    fn plan(&self, keys: &mut Keys) -> Result<Plan, Failure> {
        match self {
            Self { id_scope: Some(scope), registration_id, cert_file: Some(_), .. } => {
                let id = registration_id.clone().ok_or_else(|| {
                    Failure::Call("a certificate does not tell its registration ID; give --registration-id".into())
                })?;
                let certificate = self.certificate(Purpose::Provisioning(&id))?;
                Ok(Plan::provision(Profile::new(scope.clone(), id), certificate)?)
            }
            Self { host_name: Some(host), device_id: Some(device), cert_file: Some(_), .. } => {
                let certificate = self.certificate(Purpose::Hub(device))?;
                Ok(Device::new(host.clone(), device.clone(), certificate).into())
            }
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
