use super::{
    Dps, Hub,
    error::{self, ConfigError},
};
use crate::fault::PlannedFault;
use serde::Deserialize;
use std::str::FromStr;

/// A configuration file: `[[hub]]` with `host_name`, `[[hub.device]]` with `id` and `primary_key`, `[dps]`, `[[fault]]`,
/// `clock_offset`, and so on. `emulator/sample.toml` shows all of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The hubs.
    #[serde(default, rename = "hub")]
    pub hubs: Vec<Hub>,
    /// The provisioning service.
    pub dps: Option<Dps>,
    /// The faults that requests meet, in their order.
    #[serde(default, rename = "fault")]
    pub faults: Vec<PlannedFault>,
    /// How many seconds the emulator's clock is ahead of the system's; below 0 it is behind.
    #[serde(default)]
    pub clock_offset: i64,
}

impl Config {
    /// The longest text that is read, in bytes.
    pub const LIMIT: usize = error::LIMIT;

    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// When it is too long, is not TOML, lacks a member, or has an unknown one.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if text.len() > Self::LIMIT {
            return Err(ConfigError::TooLong);
        }
        // Only the message: the whole error quotes the line, which may contain a key.
        toml::from_str(text).map_err(|error| ConfigError::Toml(error.message().into()))
    }
}

impl FromStr for Config {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        Self::parse(text)
    }
}
