//! What an agent keeps from start to start: a text without secrets, and the keys of its module in another.

use super::assignment::Assignment;
use crate::{
    credential::{Credential, SymmetricKeys},
    flow::outcome::Outcome,
};
use alloc::{boxed::Box, collections::BTreeMap, format, string::String};
use serde_json::value::RawValue;

/// What a session saves: with it a restart sends no request to the provisioning service and begins with the credential
/// that worked.
///
/// ```
/// use defender_auth::session::Snapshot;
///
/// let text = r#"{"format": "defender-auth session", "version": 1, "readableSince": 1, "later": [1, 2]}"#;
/// let snapshot = Snapshot::parse(text, None)?;
/// assert!(snapshot.text().contains(r#""later": [1, 2]"#), "members of newer versions are kept");
/// let error = Snapshot::parse(&text[..40], None).unwrap_err();
/// assert!(error.to_string().contains("begin without it"));
/// # Ok::<_, defender_auth::session::SnapshotError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub(super) assignment: Option<Assignment>,
    pub(super) keys: Option<SymmetricKeys>,
    /// The candidate that worked.
    pub(super) working: Option<String>,
    /// Wall times in seconds since 1970.
    pub(super) floor: u64,
    pub(super) registrations_owed_until: u64,
    pub(super) connects_owed_until: u64,
    /// 0 when nothing is owed.
    pub(super) certificates_owed_until: u64,
    /// How many times in a row all credentials were rejected.
    pub(super) passes: u32,
    /// Members of a newer version, as they were written.
    pub(super) others: BTreeMap<String, Box<RawValue>>,
}

/// Why a text is not a snapshot. Begin without it then: that costs a registration at most.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// It is not JSON, or it is cut off.
    #[error(
        "the saved state is not JSON (line {line}, column {column}); begin without it, which costs one registration"
    )]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It is JSON of another kind.
    #[error("this is not the saved state of a session; begin without it, which costs one registration")]
    OtherFormat,
    /// It was written by a newer version, for readers of that version at least.
    #[error(
        "the saved state requires version {readable_since} of its reader; begin without it, which costs one registration"
    )]
    Newer {
        /// The version that can read it.
        readable_since: u32,
    },
    /// A member is missing or not valid.
    #[error("the member {name} of the saved state is not valid; begin without it, which costs one registration")]
    Member {
        /// Its name.
        name: &'static str,
    },
    /// The keys belong to another assignment than the text's.
    #[error("the saved keys belong to another saved state; use the text without them, which costs one module lookup")]
    OtherKeys,
}

crate::base::debug::debug_as_text! { SnapshotError }

impl Snapshot {
    /// What the keys belong to.
    pub(super) fn bound_to(&self) -> Option<String> {
        let it = self.assignment.as_ref()?;
        let module = it.module.as_ref().map_or("", |id| id.as_str());
        Some(format!("{}/{}/{module}", it.hub, it.device))
    }

    /// The keys of a module. A device's credential is that of its source.
    pub(super) fn keys_of(outcome: &Outcome) -> Option<SymmetricKeys> {
        match outcome.credential() {
            Credential::SymmetricKeys(keys) if outcome.identity().module_id().is_some() => Some(keys.clone()),
            _ => None,
        }
    }

    /// Whether it is worth writing. Debts change all the time and are no reason by themselves.
    pub(super) fn differs_from(&self, earlier: &Self) -> bool {
        self.assignment != earlier.assignment || self.keys != earlier.keys || self.working != earlier.working
    }
}
