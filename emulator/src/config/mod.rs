mod certificate;
mod check;
mod device;
mod dps;
mod endorsement_key;
mod enrollment;
mod hub;
mod json;
mod key;
mod module;
mod thumbprint;

pub(crate) use certificate::{Authority, Certificate};
pub(crate) use check::{check, keys as check_keys, module as check_module};
pub use device::Device;
pub use dps::Dps;
pub(crate) use endorsement_key::EndorsementKey;
pub use enrollment::{Enrollment, Group};
pub use hub::{Hub, Policy};
pub(crate) use json::Json;
pub(crate) use key::Key;
pub(crate) use module::Authentication;
pub use module::Module;
pub(crate) use thumbprint::{Thumbprint, ThumbprintKind};

use serde::Deserialize;

/// A configuration file: `[[hub]]` with `host_name`, `[[hub.device]]` with `id` and `primary_key`, `[dps]`, and so on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The hubs.
    #[serde(default, rename = "hub")]
    pub hubs: Vec<Hub>,
    /// The provisioning service.
    pub dps: Option<Dps>,
}

/// Why a configuration cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is too long.
    #[error("the configuration is longer than {} bytes; leave out devices", Config::LIMIT)]
    TooLong,
    /// The file is not TOML of the right shape.
    #[error("the configuration cannot be read: {0}; see emulator/sample.toml")]
    Toml(String),
    /// A key that is not base64.
    #[error("the key of {owner} is not base64; it needs its padding, and one byte at least")]
    Key {
        /// Whose key.
        owner: String,
    },
    /// A thumbprint that is none.
    #[error(
        "a thumbprint of {owner} is not one: it is 40 digits of hex for SHA-1 or 64 for SHA-256, in upper case and without \
         colons"
    )]
    Thumbprint {
        /// Whose thumbprint.
        owner: String,
    },
    /// Thumbprints of two kinds.
    #[error("one thumbprint of {owner} is SHA-1 and the other is SHA-256; hubs want them of one kind")]
    Thumbprints {
        /// Whose thumbprints.
        owner: String,
    },
    /// A certificate that cannot be read.
    #[error("the certificate of {owner} is not one certificate in PEM")]
    Certificate {
        /// Whose certificate.
        owner: String,
    },
    /// An authority that is none.
    #[error("the certificate of {owner} is not an authority's: it may not sign others, or it has no common name")]
    Authority {
        /// Whose certificate.
        owner: String,
    },
    /// An endorsement key that is none.
    #[error("the `endorsement_key` of {owner} is not base64 of an RSA-2048 one's TPM2B_PUBLIC: {fault}")]
    EndorsementKey {
        /// Whose key.
        owner: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// An enrollment that cannot be registered with at all, or in two ways.
    #[error(
        "{owner} needs either keys or certificates or a TPM: a `primary_key`, a `thumbprint`, a `certificate` or an \
         `endorsement_key`"
    )]
    Attestation {
        /// Which enrollment.
        owner: String,
    },
    /// A group with the thumbprint of one device.
    #[error("the group {0} has a `thumbprint`, which is that of one device; give it the `certificate` of an authority")]
    GroupThumbprint(String),
    /// A group with the key of one TPM.
    #[error("the group {0} has an `endorsement_key`, which is that of one TPM; make it an enrollment")]
    GroupEndorsementKey(String),
    /// A device or a module without what its authentication needs.
    #[error("{owner} needs {what}, or another `authentication`")]
    Lacking {
        /// Which device or module.
        owner: String,
        /// What it lacks.
        what: &'static str,
    },
    /// Desired properties that are not an object.
    #[error("the desired properties of {owner} are not a JSON object")]
    Desired {
        /// Whose twin.
        owner: String,
    },
    /// A group with the id of one device.
    #[error("the group {0} has a `device_id`, which would be that of all its devices; leave it out")]
    GroupDeviceId(String),
    /// Nothing to play.
    #[error("there is no hub in the configuration; add `[[hub]]`")]
    Empty,
}

impl Config {
    /// The longest text that is read, in bytes.
    pub const LIMIT: usize = 1024 * 1024;

    /// Reads a configuration file's text.
    ///
    /// # Errors
    /// When it is too long, is not TOML, lacks a member, or has an unknown one.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if text.len() > Self::LIMIT {
            return Err(ConfigError::TooLong);
        }
        // Only the message: the whole error quotes the line, which may hold a key.
        toml::from_str(text).map_err(|error| ConfigError::Toml(error.message().into()))
    }
}
