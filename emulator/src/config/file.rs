use super::{
    Dps, Hub,
    error::{self, ConfigError},
};
use crate::fault::PlannedFault;
use serde::Deserialize;
use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    str::FromStr,
};

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

    /// Reads a configuration file, and the files with certificates that it names, relative to its folder.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and when a file cannot be read.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let failed = |error: io::Error| {
            let error = match error.kind() {
                io::ErrorKind::InvalidData => "it is not UTF-8 text; save it as UTF-8".into(),
                _ => error.to_string(),
            };
            ConfigError::File { path: path.display().to_string(), error }
        };
        let mut text = String::new();
        // One that is too long is read one byte beyond the limit.
        let file = File::open(path).map_err(failed)?;
        file.take(Self::LIMIT as u64 + 1).read_to_string(&mut text).map_err(failed)?;
        let mut config = Self::parse(&text)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for hub in &mut config.hubs {
            hub.authorities.iter_mut().try_for_each(|authority| authority.certificate.load(folder))?;
        }
        if let Some(dps) = &mut config.dps {
            let groups = dps.groups.iter_mut().map(|group| &mut group.enrollment);
            for enrollment in dps.enrollments.iter_mut().chain(groups) {
                let known = &mut enrollment.attestation;
                let both = [known.certificate.as_mut(), known.secondary_certificate.as_mut()];
                both.into_iter().flatten().try_for_each(|certificate| certificate.load(folder))?;
            }
        }
        Ok(config)
    }

    /// Reads the text of a configuration file. Files that it names are not read: see [`read`](Self::read).
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
