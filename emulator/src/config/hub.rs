use super::{Key, Module};
use crate::twin::Twin;
use serde::Deserialize;

/// What a hub knows. Keys are base64, as the portal shows them.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    pub(crate) host_name: String,
    #[serde(default, rename = "device")]
    pub(crate) devices: Vec<Device>,
    #[serde(default, rename = "policy")]
    pub(crate) policies: Vec<Policy>,
}

/// A device of a hub.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    pub(crate) id: String,
    pub(crate) primary_key: Key,
    pub(crate) secondary_key: Option<Key>,
    #[serde(default)]
    pub(crate) disabled: bool,
    #[serde(default, rename = "desired")]
    pub(crate) twin: Twin,
    #[serde(default, rename = "module")]
    pub(crate) modules: Vec<Module>,
}

/// A shared access policy that may connect devices.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub(crate) name: String,
    pub(crate) key: Key,
}

impl Hub {
    /// A hub without devices.
    #[must_use]
    pub fn new(host_name: &str) -> Self {
        Self { host_name: host_name.into(), devices: Vec::new(), policies: Vec::new() }
    }

    /// Its host name.
    #[must_use]
    pub fn host_name(&self) -> &str {
        &self.host_name
    }

    /// With one more device.
    #[must_use]
    pub fn device(mut self, device: Device) -> Self {
        self.devices.push(device);
        self
    }

    /// With one more policy.
    #[must_use]
    pub fn policy(mut self, name: &str, key: &str) -> Self {
        self.policies.push(Policy { name: name.into(), key: key.into() });
        self
    }

    pub(crate) fn is_at(&self, host: &str) -> bool {
        self.host_name.eq_ignore_ascii_case(host)
    }

    pub(crate) fn find(&self, device: &str) -> Option<&Device> {
        self.devices.iter().find(|known| known.id == device)
    }

    pub(crate) fn find_mut(&mut self, device: &str) -> Option<&mut Device> {
        self.devices.iter_mut().find(|known| known.id == device)
    }
}

impl Device {
    /// A device with its primary key.
    #[must_use]
    pub fn new(id: &str, primary_key: &str) -> Self {
        Self {
            id: id.into(),
            primary_key: primary_key.into(),
            secondary_key: None,
            disabled: false,
            twin: Twin::default(),
            modules: Vec::new(),
        }
    }

    /// With a secondary key.
    #[must_use]
    pub fn secondary_key(mut self, key: &str) -> Self {
        self.secondary_key = Some(key.into());
        self
    }

    /// Not allowed to connect, and its modules neither.
    #[must_use]
    pub const fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// With these desired properties in its twin, which have to be an object.
    #[must_use]
    pub fn desired(mut self, properties: serde_json::Value) -> Self {
        self.twin = Twin::new(properties);
        self
    }

    /// With one more module.
    #[must_use]
    pub fn module(mut self, module: Module) -> Self {
        self.modules.push(module);
        self
    }

    pub(crate) fn find(&self, module: &str) -> Option<&Module> {
        self.modules.iter().find(|known| known.id == module)
    }

    pub(crate) fn find_mut(&mut self, module: &str) -> Option<&mut Module> {
        self.modules.iter_mut().find(|known| known.id == module)
    }

    pub(crate) fn keys(&self) -> [Option<&Key>; 2] {
        [Some(&self.primary_key), self.secondary_key.as_ref()]
    }
}
