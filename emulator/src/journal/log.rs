use super::{About, Entry, Record};
use crate::base::{Console, Moment};
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How many entries are kept.
const ENTRIES: usize = 10_000;

/// What the emulator decided, in order. A clone is the same journal.
#[derive(Clone, Default)]
pub struct Journal {
    inside: Arc<Inside>,
    console: Option<Console>,
}

#[derive(Default)]
struct Inside {
    kept: Mutex<Kept>,
    added: Condvar,
}

#[derive(Default)]
struct Kept {
    records: VecDeque<Record>,
    /// The number of the latest one.
    last: u64,
}

impl Journal {
    /// A journal that is written to standard error as well.
    pub(crate) fn aloud() -> Self {
        Self { console: Some(Console::stderr()), ..Self::default() }
    }

    fn locked(&self) -> MutexGuard<'_, Kept> {
        self.inside.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All entries, of which the latest 10,000 are kept.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.locked().records.iter().map(|record| record.entry.clone()).collect()
    }

    /// The latest entries in order, `count` at most.
    #[must_use]
    pub fn latest(&self, count: usize) -> Vec<Entry> {
        let kept = self.locked();
        let records = kept.records.iter().skip(kept.records.len().saturating_sub(count));
        records.map(|record| record.entry.clone()).collect()
    }

    /// The records with a number above `number`, `count` at most, with the client and the request that each is about. While
    /// there is none it waits, for this time at most.
    #[must_use]
    pub fn records_after(&self, number: u64, count: usize, wait: Duration) -> Vec<Record> {
        let kept = self.locked();
        let waited = self.inside.added.wait_timeout_while(kept, wait, |kept| kept.last <= number);
        let (kept, _) = waited.unwrap_or_else(PoisonError::into_inner);
        kept.records.iter().filter(|record| record.number > number).take(count).cloned().collect()
    }

    /// Removes all entries.
    pub fn clear(&self) {
        self.locked().records = VecDeque::new();
    }

    pub(crate) fn add(&self, entry: Entry, about: About, now: Moment) {
        let mut kept = self.locked();
        kept.last += 1;
        let record = Record::new(kept.last, now.iso(), about, entry);
        if let Some(console) = &self.console {
            console.line(&record);
        }
        if kept.records.len() >= ENTRIES {
            kept.records.pop_front();
        }
        kept.records.push_back(record);
        drop(kept);
        self.inside.added.notify_all();
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
        f.debug_tuple("Journal").field(&self.entries()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn add(journal: &Journal, identity: &str) {
        journal.add(Entry::accepted(identity), About::default(), Moment::at(0));
    }

    #[test]
    fn the_latest_entries_are_kept() {
        let journal = Journal::default();
        for number in 0..=ENTRIES {
            add(&journal, &number.to_string());
        }
        let entries = journal.entries();
        assert_eq!((entries.len(), entries.first()), (ENTRIES, Some(&Entry::accepted("1"))));
        assert_eq!(journal.latest(1), [Entry::accepted(&ENTRIES.to_string())]);
    }

    #[test]
    fn clearing_a_journal_clears_every_clone() {
        let journal = Journal::default();
        add(&journal, "contoso.azure-devices.net/dev-01");
        let other = journal.clone();
        other.clear();
        assert!(journal.entries().is_empty());
    }

    #[test]
    fn a_reader_waits_for_the_next_record_and_no_longer_than_it_says() {
        let journal = Journal::default();
        assert_eq!(journal.records_after(0, 10, Duration::from_millis(1)), []);
        let adding = journal.clone();
        let adder = thread::spawn(move || add(&adding, "a"));
        let numbers = |after, count| -> Vec<u64> {
            let records = journal.records_after(after, count, Duration::from_secs(60));
            records.iter().map(|record| record.number).collect()
        };
        assert_eq!(numbers(0, 10), [1]);
        adder.join().unwrap();
        add(&journal, "b");
        add(&journal, "c");
        assert_eq!((numbers(1, 10), numbers(0, 1)), (vec![2, 3], vec![1]));
        journal.clear();
        add(&journal, "d");
        assert_eq!(numbers(3, 10), [4], "numbers go on after the journal was cleared");
    }

    #[test]
    fn a_line_names_the_client_who_it_is_and_its_request() {
        let journal = Journal::default();
        let about = About {
            client: Some("127.0.0.1:5".into()),
            identity: Some("0ne/d".into()),
            request: Some("PUT /0ne/registrations/d/register\n".into()),
        };
        journal.add(Entry::answered("register 0ne/d", 202, "assigning"), about.clone(), Moment::at(0));
        journal.add(Entry::accepted("h/d"), about, Moment::at(0));
        let lines: Vec<String> = journal.records_after(0, 9, Duration::ZERO).iter().map(ToString::to_string).collect();
        assert_eq!(
            lines[0],
            "answered \"register 0ne/d\" with 202: assigning \
             [from 127.0.0.1:5, as 0ne/d, by PUT /0ne/registrations/d/register\\n]"
        );
        assert!(lines[1].contains("as h/d,"), "{lines:?}");
    }
}
