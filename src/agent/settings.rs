//! What the configuration files of the two security agents have in common, in whichever words they say it.

use super::{Loaded, key_file};
use crate::{
    error::{ConfigError, Error},
    identity::{IdentifierError, Identity, ModuleId},
    plan::Plan,
};
use alloc::{format, string::String};
use std::path::Path;

/// As whom an agent first authenticates.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    Module,
    Device,
    Provisioning,
}

/// With what.
#[derive(Clone, Copy)]
pub(super) enum Method {
    Key,
    Certificate,
}

/// The words of one kind of file: the names of its settings, and the values that they can have.
pub(super) struct Words {
    pub(super) identity: &'static str,
    pub(super) identities: (&'static str, [(&'static str, Mode); 3]),
    pub(super) method: &'static str,
    pub(super) methods: (&'static str, [(&'static str, Method); 2]),
    pub(super) file: &'static str,
    pub(super) host: &'static str,
    pub(super) device: &'static str,
    /// `None`: the agent knows no other module than its own.
    pub(super) module: Option<&'static str>,
}

/// The settings of one file.
pub(super) struct Settings<'a> {
    pub(super) words: &'a Words,
    /// The file, as errors call it.
    pub(super) place: &'a str,
    /// Where a relative path begins.
    pub(super) folder: &'a Path,
    /// The value of a setting.
    pub(super) get: &'a dyn Fn(&'static str) -> Option<&'a str>,
}

impl Settings<'_> {
    pub(super) fn into_loaded(self) -> Result<Loaded, Error> {
        let words = self.words;
        let mode = self.choice(words.identity, &words.identities)?;
        let method = self.choice(words.method, &words.methods)?;
        match (mode, method) {
            (Mode::Module, Method::Key) => self.module_with_key(),
            (Mode::Module, Method::Certificate) => Err(self.wrong(ConfigError::ModuleWithCertificate)),
            (Mode::Device, _) => Err(self.not_yet("identity `Device` (Device mode)")),
            (Mode::Provisioning, _) => Err(self.not_yet("identity `DPS` (device provisioning)")),
        }
    }

    fn module_with_key(&self) -> Result<Loaded, Error> {
        let words = self.words;
        let hub = self.name(words.host, str::parse)?;
        let device = self.name(words.device, str::parse)?;
        let module = match words.module {
            Some(setting) => self.name(setting, str::parse)?,
            None => ModuleId::azureiotsecurity(),
        };
        let (key, findings) = key_file(self.folder.join(self.require(words.file)?))?;
        Ok(Loaded { plan: Plan::known(Identity::module(hub, device, module), key), findings })
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

    fn not_yet(&self, what: &'static str) -> Error {
        Error::NotSupported { what }.at(self.place)
    }
}
