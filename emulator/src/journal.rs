use crate::Refusal;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// What the emulator decided, in order. Cheap to clone; all clones are the same journal.
#[derive(Clone, Default)]
pub struct Journal(Arc<Mutex<Vec<Entry>>>);

/// One decision or event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// A login was accepted: CONNACK 0.
    Accepted {
        /// `hub/device` or `hub/device/module`.
        identity: String,
    },
    /// A login was refused: CONNACK 4 or 5.
    Refused {
        /// The client id that was given.
        client_id: String,
        /// Why.
        reason: Refusal,
    },
    /// A connection ended without a login.
    Dropped {
        /// Why.
        reason: String,
    },
}

impl Entry {
    /// An accepted login.
    #[must_use]
    pub fn accepted(identity: &str) -> Self {
        Self::Accepted { identity: identity.into() }
    }

    /// A refused login.
    #[must_use]
    pub fn refused(client_id: &str, reason: Refusal) -> Self {
        Self::Refused { client_id: client_id.into(), reason }
    }
}

impl Journal {
    /// All entries so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn add(&self, entry: Entry, echo: bool) {
        if echo {
            eprintln!("{entry}");
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { identity } => write!(f, "accepted {identity}"),
            Self::Refused { client_id, reason } => {
                write!(f, "refused {client_id:?} with CONNACK {}: {reason}", reason.return_code())
            }
            Self::Dropped { reason } => write!(f, "dropped a connection: {reason}"),
        }
    }
}
