/// What is wrong with an agent's configuration.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is not valid JSON or XML.
    #[error("line {line}, column {column} is not {format}; correct the file there")]
    Syntax {
        /// `JSON` or `XML`.
        format: &'static str,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// A setting is missing, or has no value.
    #[error("`{setting}` is missing or empty; give it a value")]
    Missing {
        /// Its name, with the names of the sections that contain it.
        setting: &'static str,
    },
    /// A setting occurs twice.
    #[error("`{setting}` occurs twice; remove the wrong one")]
    Duplicate {
        /// Its name.
        setting: &'static str,
    },
    /// Content that no agent writes and that is a common means of attack, such as an entity declaration in XML.
    #[error("it contains {what}, which no agent writes; remove it")]
    Foreign {
        /// What it is.
        what: &'static str,
    },
    /// A setting has a value that is not allowed.
    #[error("`{setting}` has an unknown value; allowed are {allowed} (in this spelling)")]
    Value {
        /// Its name.
        setting: &'static str,
        /// The allowed values.
        allowed: &'static str,
    },
    /// A certificate in the certificate store of Windows.
    #[error(
        "`{setting}` is `Store`, and the certificate store of Windows is not supported; export the certificate with its \
         private key to a file (PEM, or .pfx without a password), give its path in `filePath`, and set `{setting}` to \
         `LocalFile`"
    )]
    CertificateStore {
        /// Its name.
        setting: &'static str,
    },
    /// The documented limitation of Security Module mode.
    #[error(
        "a security module cannot authenticate with a certificate: \"Security Module authentication mode only \
         supports symmetric key authentication\" (Security agent authentication methods, known limitations); use a \
         key, or identity `Device` with a self-signed certificate"
    )]
    ModuleWithCertificate,
    /// The folder contains none of the files that the library reads.
    #[error(
        "there is no connection_string.txt, LocalConfiguration.json or Authentication.config in this folder; give \
         the path of the file, or of the agent's folder"
    )]
    NothingKnown,
    /// The folder contains several of the files that the library reads.
    #[error("there are {first} and {second} in this folder; give the path of one of them")]
    Ambiguous {
        /// The first file found.
        first: &'static str,
        /// The second file found.
        second: &'static str,
    },
}

impl ConfigError {
    /// The setting at fault.
    pub(super) const fn setting(&self) -> Option<&'static str> {
        match self {
            Self::Missing { setting }
            | Self::Duplicate { setting }
            | Self::Value { setting, .. }
            | Self::CertificateStore { setting } => Some(setting),
            _ => None,
        }
    }
}
