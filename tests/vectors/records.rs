//! The records, and how they are counted.

use serde_json::Value;
use std::{collections::BTreeMap, fmt::Debug};

pub(crate) const CONNECTION_STRING: &str = include_str!("data/connection-string.json");
pub(crate) const KEY: &str = include_str!("data/key.json");
pub(crate) const PERCENT_ENCODING: &str = include_str!("data/percent-encoding.json");
pub(crate) const SAS: &str = include_str!("data/sas.json");
#[cfg(feature = "x509")]
pub(crate) const X509: &str = include_str!("data/x509.json");

/// Why we and a peer differ, or [`AGREES`].
pub(crate) type Rule = &'static str;

pub(crate) const AGREES: Rule = "we agree";
pub(crate) const TYPED: Rule = "types: there is no way to say such an input here";

/// What a peer did with an input.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) source: String,
    pub(crate) kind: String,
    pub(crate) inputs: Value,
    pub(crate) expected: Value,
    /// The whole of it, for the few members that stand outside.
    pub(crate) whole: Value,
}

impl Record {
    /// An input that is a text.
    pub(crate) fn input(&self, name: &str) -> Option<&str> {
        self.inputs.get(name)?.as_str()
    }
}

fn all(file: &str) -> Vec<Record> {
    let records: Vec<Value> = serde_json::from_str(file).unwrap();
    let record = |whole: Value| Record {
        source: whole["source"].as_str().unwrap().to_owned(),
        kind: whole["kind"].as_str().unwrap().to_owned(),
        inputs: whole["inputs"].clone(),
        expected: whole["expected"].clone(),
        whole,
    };
    records.into_iter().map(record).collect()
}

/// The records of a file that are of one of these kinds.
pub(crate) fn records(file: &str, kinds: &[&str]) -> Vec<Record> {
    let mut records = all(file);
    records.retain(|record| kinds.contains(&record.kind.as_str()));
    records
}

/// Whether every record of a file is of a kind that one of the tests uses.
#[track_caller]
pub(crate) fn assert_every_record_is_used(file: &str, used: &[&[&str]], count: usize) {
    for record in all(file) {
        let tests = used.iter().filter(|kinds| kinds.contains(&record.kind.as_str())).count();
        assert_eq!(tests, 1, "a record of a kind that no test uses: {record:#?}");
    }
    let used: usize = used.iter().map(|kinds| records(file, kinds).len()).sum();
    assert_eq!(used, count);
}

/// Judges each item and compares how many fell under which rule. `None` is a difference that no rule explains.
#[track_caller]
pub(crate) fn compare<T: Debug>(
    items: impl IntoIterator<Item = T>,
    judge: impl Fn(&T) -> Option<Rule>,
    counts: &[(Rule, usize)],
) {
    let mut found = BTreeMap::new();
    let mut unexplained = Vec::new();
    for item in items {
        match judge(&item) {
            Some(rule) => *found.entry(rule).or_insert(0) += 1,
            None => unexplained.push(item),
        }
    }
    assert!(unexplained.is_empty(), "no rule explains {}: {unexplained:#?}", unexplained.len());
    assert_eq!(found, counts.iter().copied().collect());
}

/// Bytes from hexadecimal.
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    hex.as_bytes().chunks(2).map(byte).collect()
}
