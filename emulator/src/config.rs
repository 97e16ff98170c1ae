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
    #[serde(default, rename = "module")]
    pub(crate) modules: Vec<Module>,
}

/// A module of a device.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    pub(crate) id: String,
    pub(crate) primary_key: Key,
    pub(crate) secondary_key: Option<Key>,
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
        self.policies.push(Policy { name: name.into(), key: Key(key.into()) });
        self
    }
}

impl Device {
    /// A device with its primary key.
    #[must_use]
    pub fn new(id: &str, primary_key: &str) -> Self {
        Self {
            id: id.into(),
            primary_key: Key(primary_key.into()),
            secondary_key: None,
            disabled: false,
            modules: Vec::new(),
        }
    }

    /// With a secondary key.
    #[must_use]
    pub fn secondary_key(mut self, key: &str) -> Self {
        self.secondary_key = Some(Key(key.into()));
        self
    }

    /// Not allowed to connect, and its modules neither.
    #[must_use]
    pub const fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// With one more module.
    #[must_use]
    pub fn module(mut self, module: Module) -> Self {
        self.modules.push(module);
        self
    }
}

impl Module {
    /// A module with its primary key.
    #[must_use]
    pub fn new(id: &str, primary_key: &str) -> Self {
        Self { id: id.into(), primary_key: Key(primary_key.into()), secondary_key: None }
    }

    /// With a secondary key.
    #[must_use]
    pub fn secondary_key(mut self, key: &str) -> Self {
        self.secondary_key = Some(Key(key.into()));
        self
    }
}

/// A key as text. Even an emulator's key is not printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn decode(&self) -> Option<Vec<u8>> {
        let bytes = data_encoding::BASE64.decode(self.0.as_bytes()).ok()?;
        (!bytes.is_empty()).then_some(bytes)
    }
}

/// A configuration file: `[[hub]]` with `host_name`, `[[hub.device]]` with `id` and `primary_key`, and so on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The hubs.
    #[serde(rename = "hub")]
    pub hubs: Vec<Hub>,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is not TOML of the right shape.
    #[error("the configuration cannot be read: {0}; see emulator/sample.toml")]
    Toml(String),
    /// A key that is not base64.
    #[error("the key of {owner} is not base64; it needs its padding, and one byte at least")]
    Key {
        /// Whose key.
        owner: String,
    },
    /// Nothing to play.
    #[error("there is no hub in the configuration; add `[[hub]]`")]
    Empty,
}

impl Config {
    /// Reads a configuration file's text.
    ///
    /// # Errors
    /// When it is not TOML, lacks a member, or has an unknown one.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        // Only the message: the whole error quotes the line, which may hold a key.
        toml::from_str(text).map_err(|error| ConfigError::Toml(error.message().into()))
    }
}

/// Every key is looked at before anybody can log in.
pub(crate) fn check(hubs: &[Hub]) -> Result<(), ConfigError> {
    if hubs.is_empty() {
        return Err(ConfigError::Empty);
    }
    let key = |owner: String, key: &Key| match key.decode() {
        Some(_) => Ok(()),
        None => Err(ConfigError::Key { owner }),
    };
    for hub in hubs {
        for policy in &hub.policies {
            key(format!("policy {}", policy.name), &policy.key)?;
        }
        for device in &hub.devices {
            for text in [Some(&device.primary_key), device.secondary_key.as_ref()].into_iter().flatten() {
                key(format!("device {}", device.id), text)?;
            }
            for module in &device.modules {
                for text in [Some(&module.primary_key), module.secondary_key.as_ref()].into_iter().flatten() {
                    key(format!("module {}/{}", device.id, module.id), text)?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_good() {
        let config = Config::parse(include_str!("../sample.toml")).unwrap();
        check(&config.hubs).unwrap();
        assert_eq!(config.hubs[0].devices[0].modules[0].id, "azureiotsecurity");
    }

    #[test]
    fn mistakes_are_named_and_keys_are_not() {
        let text = "[[hub]]\nhost_name = 'h'\n[[hub.device]]\nid = 'd'\nprimary_key = 'AAAA'\nprimary_kye = 'c2VjcmV0'";
        let error = Config::parse(text).err().unwrap().to_string();
        assert!(error.contains("primary_kye") && !error.contains("c2VjcmV0"), "{error}");
        let hubs = [Hub::new("h").device(Device::new("d", "c2VjcmV0!"))];
        assert_eq!(
            check(&hubs).unwrap_err().to_string(),
            "the key of device d is not base64; it needs its padding, and one byte at least"
        );
    }
}
