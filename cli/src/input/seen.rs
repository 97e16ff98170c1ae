//! Which registration IDs came before, for lists that are longer than memory.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
};

/// Up to this number of IDs the number of the line of each is known.
const FEW: usize = 65_536;

/// The IDs so far, as hashes: without regard to case, as DPS compares them.
///
/// Beyond [`FEW`], a fixed table has 32 bits of each hash where the other 32 bits say. Two different IDs are taken for the
/// same one in one of seventy lists of ten million, and that gives one wrong warning.
pub(crate) struct Seen {
    key: u64,
    few: HashMap<u64, u64>,
    many: Option<Table>,
}

/// What is known of an ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    New,
    /// It came before, on this line if that is known.
    Before(Option<u64>),
    /// There is no room for this one and those after it.
    NoRoom,
}

/// What makes a hash, for other threads.
#[derive(Clone, Copy)]
pub(crate) struct Key(u64);

impl Key {
    /// The hash of a registration ID in any case. With its sixth bit set, each character that an ID can have is in lower
    /// case, and no two others become the same.
    pub(crate) fn hash(self, id: &str) -> u64 {
        const FOLD: u64 = 0x2020_2020_2020_2020;
        let bytes = id.as_bytes();
        let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes) | FOLD;
        // The last eight bytes, or all if there are fewer. Those that were hashed with the whole words do no harm.
        let all = || bytes.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte | 0x20));
        let last = bytes.last_chunk().map_or_else(all, word);
        let whole = bytes.as_chunks().0;
        let hash = whole.iter().fold(self.0, |hash, bytes| mix(hash, word(bytes)));
        finish(mix(mix(hash, last), id.len() as u64))
    }
}

/// Another word. No two words give the same hash after the same hash. Two products, because the highest bits of a word would
/// otherwise change a few bits only, and digits of the next word could change them back.
const fn mix(hash: u64, word: u64) -> u64 {
    let product = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let product = (product ^ (product >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    product ^ (product >> 32)
}

/// Has every bit depend on all others, for the table to be filled evenly. Source: `aappleby/smhasher:src/MurmurHash3.cpp`.
const fn finish(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self { key: RandomState::new().hash_one(0), few: HashMap::new(), many: None }
    }

    pub(crate) const fn key(&self) -> Key {
        Key(self.key)
    }

    /// Takes the ID with this hash, on the line with this number.
    pub(crate) fn take(&mut self, hash: u64, number: u64) -> Found {
        if let Some(many) = &mut self.many {
            return match many.insert(hash) {
                Found::Before(_) => Found::Before(self.few.get(&hash).copied()),
                found => found,
            };
        }
        if let Some(first) = self.few.get(&hash) {
            return Found::Before(Some(*first));
        }
        self.few.insert(hash, number);
        if self.few.len() == FEW {
            let mut many = Table::new();
            for hash in self.few.keys() {
                many.insert(*hash);
            }
            self.many = Some(many);
        }
        Found::New
    }
}

/// How many hashes are together: a line of a processor's cache.
const BUCKET: usize = 16;

/// 44 MiB of buckets, for eleven million IDs.
const BUCKETS: usize = 11 << 16;

/// How many buckets are tried before one is full.
const TRIES: usize = 4096;

/// Hashes in a fixed amount of memory.
struct Table {
    buckets: Vec<[u32; BUCKET]>,
}

impl Table {
    fn new() -> Self {
        Self { buckets: vec![[0; BUCKET]; BUCKETS] }
    }

    fn insert(&mut self, hash: u64) -> Found {
        let first = usize::try_from(((hash >> 32) * BUCKETS as u64) >> 32).unwrap_or_default();
        // 0 is a free place.
        let mark = u32::try_from(hash & u64::from(u32::MAX)).unwrap_or_default().max(1);
        for at in (first..BUCKETS).chain(0..first).take(TRIES) {
            let Some(bucket) = self.buckets.get_mut(at) else { break };
            // All at once: the places are compared in one step.
            if bucket.iter().map(|place| u32::from(*place == mark)).sum::<u32>() > 0 {
                return Found::Before(None);
            }
            let used = bucket.iter().map(|place| u32::from(*place != 0)).sum::<u32>();
            if let Some(place) = bucket.get_mut(used as usize) {
                *place = mark;
                return Found::New;
            }
        }
        Found::NoRoom
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_came_before_is_found_in_any_case_and_by_its_line() {
        let mut seen = Seen::new();
        let key = seen.key();
        for number in 1..=200_000 {
            assert_eq!(seen.take(key.hash(&format!("Device-{number}")), number), Found::New, "{number}");
        }
        for (id, found) in [
            ("device-7", Found::Before(Some(7))),
            ("DEVICE-65536", Found::Before(Some(65_536))),
            ("device-65537", Found::Before(None)),
            ("device-200000", Found::Before(None)),
            ("device-0", Found::New),
            ("device-0", Found::Before(None)),
        ] {
            assert_eq!(seen.take(key.hash(id), 1), found, "{id}");
        }
    }

    #[test]
    fn only_case_is_ignored() {
        let key = Seen::new().key();
        assert_eq!(key.hash("Abcdefgh-Z_9.:x"), key.hash("aBCDEFGH-z_9.:X"));
        let characters: Vec<char> =
            (0..128).map(char::from).filter(|c| c.is_ascii_alphanumeric() || "-._:".contains(*c)).collect();
        for a in &characters {
            for b in characters.iter().filter(|b| !b.eq_ignore_ascii_case(a)) {
                assert_ne!(key.hash(&format!("dev{a}")), key.hash(&format!("dev{b}")), "{a} {b}");
                assert_ne!(key.hash(&format!("{a}device1")), key.hash(&format!("{b}device1")), "{a} {b}");
            }
        }
        assert_ne!(key.hash("a"), key.hash("aa"));
    }

    #[test]
    fn digits_of_one_word_do_not_undo_those_of_another() {
        for _ in 0..64 {
            let key = Seen::new().key();
            for (one, other) in [("Device-90004", "Device-50008"), ("Device-80004", "Device-40008")] {
                assert_ne!(key.hash(one), key.hash(other), "{one} {other}");
            }
        }
    }

    #[test]
    fn a_table_that_is_full_says_so() {
        let mut table = Table { buckets: vec![[7; BUCKET]; BUCKETS] };
        assert_eq!(table.insert(7), Found::Before(None));
        assert_eq!(table.insert(8), Found::NoRoom);
    }
}
