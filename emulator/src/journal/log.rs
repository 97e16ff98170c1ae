use super::Entry;
use crate::base::Console;
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many entries are kept.
const ENTRIES: usize = 10_000;

/// What the emulator decided, in order. A clone is the same journal.
#[derive(Clone, Default)]
pub struct Journal {
    entries: Arc<Mutex<VecDeque<Entry>>>,
    console: Option<Console>,
}

impl Journal {
    /// A journal that is written to standard error as well.
    pub(crate) fn aloud() -> Self {
        Self { console: Some(Console::stderr()), ..Self::default() }
    }

    fn locked(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All entries, of which the latest 10,000 are kept.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.locked().iter().cloned().collect()
    }

    /// The latest entries in order, `count` at most.
    #[must_use]
    pub fn latest(&self, count: usize) -> Vec<Entry> {
        let entries = self.locked();
        entries.iter().skip(entries.len().saturating_sub(count)).cloned().collect()
    }

    /// Removes all entries.
    pub fn clear(&self) {
        *self.locked() = VecDeque::new();
    }

    pub(crate) fn add(&self, entry: Entry) {
        if let Some(console) = &self.console {
            console.line(&entry);
        }
        let mut entries = self.locked();
        if entries.len() >= ENTRIES {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    /// Waits until standard error has the entries, one second at most.
    pub(crate) fn flush(&self) {
        if let Some(console) = &self.console {
            console.flush();
        }
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Journal").field(&*self.locked()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_entries_are_kept() {
        let journal = Journal::default();
        for number in 0..=ENTRIES {
            journal.add(Entry::accepted(&number.to_string()));
        }
        let entries = journal.entries();
        assert_eq!((entries.len(), entries.first()), (ENTRIES, Some(&Entry::accepted("1"))));
        assert_eq!(journal.latest(1), [Entry::accepted(&ENTRIES.to_string())]);
    }

    #[test]
    fn clearing_a_journal_clears_every_clone() {
        let journal = Journal::default();
        journal.add(Entry::accepted("contoso.azure-devices.net/dev-01"));
        let other = journal.clone();
        other.clear();
        assert!(journal.entries().is_empty());
    }
}
