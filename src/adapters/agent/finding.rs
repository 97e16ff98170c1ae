use crate::connection_string;
use alloc::string::String;
use core::fmt;

/// What was noticed in a file that is good all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The file.
    pub place: String,
    /// What was noticed.
    pub observation: Observation,
}

/// What was noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observation {
    /// In the text of a connection string or a key.
    Text(connection_string::Finding),
    /// Every user of the system may read a file with a secret in it.
    ReadableByOthers,
    /// In a certificate, before anything is sent: the text says what, and what to do.
    Certificate(String),
}

impl Finding {
    pub(super) fn new(place: &str, observation: Observation) -> Self {
        Self { place: place.into(), observation }
    }

    /// Whether it may be a mistake. The others are said for completeness.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        match &self.observation {
            Observation::Text(finding) => finding.is_warning(),
            Observation::ReadableByOthers | Observation::Certificate(_) => true,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        match &self.observation {
            Observation::Text(finding) => finding.fmt(f),
            Observation::Certificate(text) => f.write_str(text),
            Observation::ReadableByOthers => {
                f.write_str("every user of this system can read the secret in it; run `chmod o-rwx` on it")
            }
        }
    }
}
