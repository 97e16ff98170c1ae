//! A remark about something that was looked at.

use defender_auth::x509::Severity;
use serde::{Serialize, Serializer};

/// A remark, and how much it matters.
#[derive(Serialize)]
pub(crate) struct Said {
    #[serde(serialize_with = "as_text")]
    pub(crate) severity: Severity,
    pub(crate) text: String,
}

impl Said {
    pub(crate) fn new(severity: Severity, text: impl Into<String>) -> Self {
        Self { severity, text: text.into() }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn as_text<S: Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(severity)
}
