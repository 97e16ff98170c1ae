use crate::{adapters::file_read::ACCESS_CURE, base::one_line::OneLine, connection_string, error::by_system::BySystem};
use alloc::string::String;
use core::fmt;

const CURE: BySystem = BySystem::new("run `chmod o-rwx` on it", ACCESS_CURE);

/// An observation about a file that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The file.
    pub place: String,
    /// The observation.
    pub observation: Observation,
}

/// What was observed. Its `Display` is one line, with the cure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observation {
    /// In a connection string, a key or a host name.
    Text(connection_string::Finding),
    /// Every user of the system may read a file that contains a secret.
    ReadableByOthers,
    /// In a certificate, before anything is sent: the text says what, and what to do.
    Certificate(String),
}

impl Finding {
    pub(super) fn new(place: &str, observation: Observation) -> Self {
        Self { place: place.into(), observation }
    }

    /// Whether it may be an error. The others are reported for completeness.
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
        write!(f, "{}: {}", OneLine(&self.place), self.observation)
    }
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(finding) => finding.fmt(f),
            Self::Certificate(text) => f.write_str(text),
            Self::ReadableByOthers => write!(f, "every user of this system can read the secret in it; {CURE}"),
        }
    }
}
