use crate::Refusal;
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// As many entries are kept.
const ENTRIES: usize = 10_000;

/// What the emulator decided, in order. Cheap to clone; all clones are the same journal.
#[derive(Clone, Default)]
pub struct Journal(Arc<Mutex<VecDeque<Entry>>>);

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
    /// A request was answered as asked.
    Answered {
        /// What was asked, and of whom.
        request: String,
        /// The status of the answer.
        status: u16,
        /// What it says.
        outcome: String,
    },
    /// A request was answered with an error.
    Denied {
        /// What was asked, and of whom.
        request: String,
        /// The status of the answer.
        status: u16,
        /// Why.
        reason: Refusal,
    },
    /// A request met a fault that was asked for.
    Faulted {
        /// What was asked, and of whom.
        request: String,
        /// Which fault.
        fault: String,
    },
    /// An answer was not sent, because the client has not subscribed to it.
    Unheard {
        /// The answer's topic.
        topic: String,
    },
    /// A connection was ended although it was logged in.
    Ended {
        /// `hub/device` or `hub/device/module`.
        identity: String,
        /// Why.
        reason: String,
    },
    /// A connection ended without a login or a request.
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

    /// A request that was answered.
    #[must_use]
    pub fn answered(request: &str, status: u16, outcome: &str) -> Self {
        Self::Answered { request: request.into(), status, outcome: outcome.into() }
    }

    /// A request that was refused.
    #[must_use]
    pub fn denied(request: &str, status: u16, reason: Refusal) -> Self {
        Self::Denied { request: request.into(), status, reason }
    }
}

impl Journal {
    /// All entries so far; of very many, the latest.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The latest entries, at most so many, in order.
    #[must_use]
    pub fn latest(&self, count: usize) -> Vec<Entry> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().skip(entries.len().saturating_sub(count)).cloned().collect()
    }

    /// Forgets all entries so far.
    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = VecDeque::new();
    }

    pub(crate) fn add(&self, entry: Entry, echo: bool) {
        if echo {
            eprintln!("{entry}");
        }
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= ENTRIES {
            entries.pop_front();
        }
        entries.push_back(entry);
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { identity } => write!(f, "accepted {identity}"),
            Self::Refused { client_id, reason } => {
                write!(f, "refused {client_id:?} with CONNACK {}: {reason}", reason.return_code())
            }
            Self::Answered { request, status, outcome } => write!(f, "answered {request:?} with {status}: {outcome}"),
            Self::Denied { request, status, reason } => write!(f, "answered {request:?} with {status}: {reason}"),
            Self::Faulted { request, fault } => write!(f, "met {request:?} with a fault: {fault}"),
            Self::Unheard { topic } => write!(f, "kept {topic:?} back: the client has not subscribed to it"),
            Self::Ended { identity, reason } => write!(f, "ended the connection of {identity:?}: {reason}"),
            Self::Dropped { reason } => write!(f, "dropped a connection: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_entries_the_latest_are_kept() {
        let journal = Journal::default();
        for number in 0..=ENTRIES {
            journal.add(Entry::accepted(&number.to_string()), false);
        }
        let entries = journal.entries();
        assert_eq!((entries.len(), entries.first()), (ENTRIES, Some(&Entry::accepted("1"))));
        assert_eq!(journal.latest(1), [Entry::accepted(&ENTRIES.to_string())]);
    }

    #[test]
    fn what_is_cleared_is_gone_from_every_clone() {
        let journal = Journal::default();
        journal.add(Entry::accepted("contoso.azure-devices.net/dev-01"), false);
        let other = journal.clone();
        other.clear();
        assert!(journal.entries().is_empty());
    }
}
