/// The longest configuration, in bytes.
pub(super) const LIMIT: usize = 1024 * 1024;

/// Why a configuration cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is too long.
    #[error("the configuration is longer than {} bytes; remove devices", LIMIT)]
    TooLong,
    /// The file is not TOML, or has other members than a configuration.
    #[error("the configuration cannot be read: {0}; see emulator/sample.toml")]
    Toml(String),
    /// A key is not base64.
    #[error("the key of {owner} is not base64; it requires its padding and at least one byte")]
    Key {
        /// Whose key.
        owner: String,
    },
    /// A thumbprint is malformed.
    #[error(
        "a thumbprint of {owner} is malformed: it requires 40 hex digits for SHA-1 or 64 for SHA-256, in upper case and \
         without colons"
    )]
    Thumbprint {
        /// Whose thumbprint.
        owner: String,
    },
    /// The thumbprints are of two digests.
    #[error("one thumbprint of {owner} is SHA-1 and the other is SHA-256; hubs require both to be of one kind")]
    Thumbprints {
        /// Whose thumbprints.
        owner: String,
    },
    /// A certificate cannot be read.
    #[error("the certificate of {owner} is not exactly one certificate in PEM")]
    Certificate {
        /// Whose certificate.
        owner: String,
    },
    /// A certificate that has to be a CA certificate is not.
    #[error("the certificate of {owner} is not a CA certificate, or it has no common name")]
    Authority {
        /// Whose certificate.
        owner: String,
    },
    /// An endorsement key cannot be used.
    #[error("the `endorsement_key` of {owner} is not base64 of the TPM2B_PUBLIC of an RSA-2048 key: {fault}")]
    EndorsementKey {
        /// Whose key.
        owner: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// An enrollment has no attestation, or more than one.
    #[error(
        "{owner} requires exactly one attestation: a `primary_key`, a `thumbprint` or `certificate`, or an \
         `endorsement_key`"
    )]
    Attestation {
        /// Which enrollment.
        owner: String,
    },
    /// An enrollment is assigned to a hub and to an MQTT broker.
    #[error("{owner} has a `hub` and an `mqtt_broker`; remove one of them")]
    TwoEndpoints {
        /// Which enrollment.
        owner: String,
    },
    /// An enrollment group has the thumbprint of one device.
    #[error("the group {0} has a `thumbprint`, which identifies one device; use the `certificate` of a CA")]
    GroupThumbprint(String),
    /// An enrollment group has the key of one TPM.
    #[error("the group {0} has an `endorsement_key`, which identifies one TPM; use an individual enrollment")]
    GroupEndorsementKey(String),
    /// A device or a module lacks what its authentication requires.
    #[error("{owner} requires {what}, or another `authentication`")]
    Lacking {
        /// Which device or module.
        owner: String,
        /// What it lacks.
        what: &'static str,
    },
    /// Desired properties are not an object.
    #[error("the desired properties of {owner} are not a JSON object")]
    Desired {
        /// Whose twin.
        owner: String,
    },
    /// A policy by which no certificate can be issued.
    #[error("the policy `issuing` of {owner} is not possible: it requires 1 to 3650 `days` and a `depth` of 2 to 8")]
    Issuing {
        /// Which enrollment or device.
        owner: String,
    },
    /// An enrollment group has the ID of one device.
    #[error("the group {0} has a `device_id`, which would be that of all its devices; remove it")]
    GroupDeviceId(String),
    /// A root cannot be used.
    #[error("the root of the emulator's servers cannot be used: {0}; remove its files for a new one")]
    Root(String),
    /// A file cannot be read.
    #[error("{path} cannot be read: {error}")]
    File {
        /// The file.
        path: String,
        /// The error of the system.
        error: String,
    },
    /// There is neither a hub nor a provisioning service.
    #[error("the configuration has neither a hub nor a provisioning service; add `[[hub]]` or `[dps]`")]
    Empty,
}
