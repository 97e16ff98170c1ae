//! What the configuration files of the two security agents have in common, under the names that each gives it.

use super::{
    Finding, Loaded, Observation,
    access::Access,
    proof::{Method, Proof},
    subject::Subject,
};
use crate::{
    connection_string,
    error::{ConfigError, Error, PlanError},
    flow::{dps::Profile, outcome::Device, plan::Plan},
    identity::{DeviceId, HostName, IdentifierError, Identity, ModuleId},
};
use alloc::{format, string::String};
use std::path::Path;

/// The identity with which an agent first authenticates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Module,
    Device,
    Provisioning,
}

/// The vocabulary of one kind of file: the names of its settings, and their values.
pub(super) struct Words {
    pub(super) identity: &'static str,
    pub(super) identities: (&'static str, [(&'static str, Mode); 3]),
    pub(super) method: &'static str,
    pub(super) methods: (&'static str, [(&'static str, Method); 2]),
    pub(super) file: &'static str,
    pub(super) host: &'static str,
    pub(super) device: &'static str,
    /// `None`: the agent has one fixed module.
    pub(super) module: Option<&'static str>,
    /// Where a certificate is: `LocalFile` or `Store`. `None`: always in a file.
    pub(super) location: Option<&'static str>,
    pub(super) scope: &'static str,
    pub(super) registration: &'static str,
}

/// The settings of one file.
pub(super) struct Settings<'a> {
    pub(super) words: &'a Words,
    /// The file, as errors name it.
    pub(super) place: &'a str,
    /// The folder to which paths are relative.
    pub(super) folder: &'a Path,
    /// How the private key of a certificate is opened.
    pub(super) access: Access<'a>,
    /// The value of a setting.
    pub(super) get: &'a dyn Fn(&'static str) -> Option<&'a str>,
}

impl Settings<'_> {
    pub(super) fn into_loaded(self) -> Result<Loaded, Error> {
        let words = self.words;
        let mode = self.choice(words.identity, &words.identities)?;
        let method = self.choice(words.method, &words.methods)?;
        if method == Method::Certificate && mode != Mode::Module {
            self.check_location()?;
        }
        match (mode, method) {
            (Mode::Module, Method::Certificate) => Err(self.wrong(ConfigError::ModuleWithCertificate)),
            (Mode::Module, Method::Key) => self.module(method),
            (Mode::Device, _) => self.device(method),
            (Mode::Provisioning, _) => self.provisioning(method),
        }
    }

    /// Authenticates as the module, with its own key.
    fn module(&self, method: Method) -> Result<Loaded, Error> {
        let hub = self.hub()?;
        let device = self.name(self.words.device, str::parse)?;
        let found = self.host_finding(&hub);
        let identity = Identity::module(hub, device, self.module_id()?);
        let subject = identity.device_id().clone();
        self.with_proof(method, Subject::Device(&subject), found, |proof| Ok(Plan::known(identity, proof)))
    }

    /// Authenticates as the device, and reads the module's identity from the hub.
    fn device(&self, method: Method) -> Result<Loaded, Error> {
        let hub = self.hub()?;
        let device: DeviceId = self.name(self.words.device, str::parse)?;
        let found = self.host_finding(&hub);
        let module = self.module_id()?;
        let subject = device.clone();
        self.with_proof(method, Subject::Device(&subject), found, |proof| {
            Plan::device(Device::new(hub, device, proof)).in_device_mode(module)
        })
    }

    /// The same, with the hub from the provisioning service. The agents look their registration up and never register.
    fn provisioning(&self, method: Method) -> Result<Loaded, Error> {
        let scope = self.name(self.words.scope, str::parse)?;
        let profile = Profile::new(scope, self.name(self.words.registration, str::parse)?).lookup_only(true);
        let module = self.module_id()?;
        let subject = profile.registration_id().clone();
        self.with_proof(method, Subject::Registration(&subject), None, |proof| {
            Plan::provision(profile, proof)?.in_device_mode(module)
        })
    }

    fn with_proof(
        &self,
        method: Method,
        subject: Subject<'_>,
        found: Option<Finding>,
        plan: impl FnOnce(Proof) -> Result<Plan, PlanError>,
    ) -> Result<Loaded, Error> {
        let path = self.folder.join(self.require(self.words.file)?);
        let (proof, mut findings) = Proof::load(method, &path, self.access, subject)?;
        findings.extend(found);
        let plan = plan(proof).map_err(|error| Error::from(error).at(self.place))?;
        Ok(Loaded { plan, findings, defaults: None })
    }

    /// A certificate in the store of Windows cannot be read from here. The agent reads the setting for certificates only;
    /// without a value, the certificate is in a file.
    fn check_location(&self) -> Result<(), Error> {
        let Some(setting) = self.words.location else { return Ok(()) };
        match (self.get)(setting) {
            None | Some("" | "LocalFile") => Ok(()),
            Some("Store") => Err(self.wrong(ConfigError::CertificateStore { setting })),
            Some(_) => Err(self.wrong(ConfigError::Value { setting, allowed: "`LocalFile` and `Store`" })),
        }
    }

    fn hub(&self) -> Result<HostName, Error> {
        let hub = self.name(self.words.host, str::parse)?;
        match PlanError::of_host(&hub) {
            Some(error) => Err(Error::from(error).at(self.place_of(self.words.host))),
            None => Ok(hub),
        }
    }

    /// The finding about the hub's name.
    fn host_finding(&self, hub: &HostName) -> Option<Finding> {
        let finding = connection_string::Finding::of_host(hub)?;
        Some(Finding::new(&self.place_of(self.words.host), Observation::Text(finding)))
    }

    fn module_id(&self) -> Result<ModuleId, Error> {
        self.words.module.map_or_else(|| Ok(ModuleId::azureiotsecurity()), |setting| self.name(setting, str::parse))
    }

    fn require(&self, setting: &'static str) -> Result<&str, Error> {
        (self.get)(setting)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| self.wrong(ConfigError::Missing { setting }))
    }

    fn choice<T: Copy, const N: usize>(
        &self,
        setting: &'static str,
        (allowed, values): &(&'static str, [(&'static str, T); N]),
    ) -> Result<T, Error> {
        let given = self.require(setting)?;
        let found = values.iter().find(|(value, _)| *value == given).map(|(_, meaning)| *meaning);
        found.ok_or_else(|| self.wrong(ConfigError::Value { setting, allowed }))
    }

    fn name<T>(&self, setting: &'static str, parse: impl Fn(&str) -> Result<T, IdentifierError>) -> Result<T, Error> {
        parse(self.require(setting)?).map_err(|error| Error::from(error).at(self.place_of(setting)))
    }

    fn place_of(&self, setting: &str) -> String {
        format!("{}: `{setting}`", self.place)
    }

    fn wrong(&self, error: ConfigError) -> Error {
        Error::from(error).at(self.place)
    }
}
