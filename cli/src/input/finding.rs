//! What was noticed in a file that can be used.

use crate::terminal::{said::Said, stderr};
use defender_auth::{agent, connection_string, x509::Severity};

/// A remark about a file, with its name.
pub(crate) struct Finding {
    pub(crate) text: String,
    pub(crate) is_warning: bool,
}

impl Finding {
    /// In the text of a connection string.
    pub(crate) fn in_text(place: &str, finding: connection_string::Finding) -> Self {
        Self { text: format!("{place}: {finding}"), is_warning: finding.is_warning() }
    }

    /// As documents have it.
    pub(crate) fn into_said(self) -> Said {
        Said::new(if self.is_warning { Severity::Warning } else { Severity::Note }, self.text)
    }

    /// Every user of the system may read a file with a secret in it.
    pub(crate) fn readable_by_others(place: &str) -> Self {
        let text = format!("{place}: {}", agent::Observation::ReadableByOthers);
        Self { text, is_warning: true }
    }
}

impl From<agent::Finding> for Finding {
    fn from(finding: agent::Finding) -> Self {
        Self { text: finding.to_string(), is_warning: finding.is_warning() }
    }
}

/// Reports those that may be a mistake, on standard error.
pub(crate) fn warn(findings: impl IntoIterator<Item = impl Into<Finding>>) {
    for finding in findings.into_iter().map(Into::into).filter(|finding| finding.is_warning) {
        stderr::warning(finding.text);
    }
}
