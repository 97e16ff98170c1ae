//! The sizes that were measured last: a file with a name and a number of bytes on each line.

use crate::run::root;
use std::{fs, path::PathBuf};

/// How much something may grow, in percent.
const GROWTH: u64 = 3;

pub(crate) struct Recorded(Vec<(String, u64)>);

fn path() -> PathBuf {
    root().join("ffi").join("sizes.txt")
}

impl Recorded {
    pub(crate) fn read() -> Result<Self, String> {
        let text = fs::read_to_string(path()).map_err(|error| format!("{}: {error}", path().display()))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let line = |line: &str| {
            let (name, bytes) = line.rsplit_once(' ')?;
            Some((name.trim_end().to_owned(), bytes.parse().ok()?))
        };
        let lines = text.lines().filter(|text| !text.starts_with('#') && !text.is_empty());
        let lines = lines.map(|text| line(text).ok_or_else(|| format!("ffi/sizes.txt: not a size: {text}")));
        lines.collect::<Result<_, _>>().map(Self)
    }

    fn of(&self, name: &str) -> Option<u64> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, bytes)| *bytes)
    }

    /// The most that something may have. Nothing is too much for what was not recorded.
    pub(crate) fn limit(&self, name: &str) -> Option<u64> {
        self.of(name).map(|bytes| bytes + bytes * GROWTH / 100)
    }

    /// What was found, beside what was recorded.
    pub(super) fn table(&self, found: &[(String, u64)]) -> String {
        let mut rows = vec![format!("{:<28} {:>10} {:>10} {:>8}", "bytes", "now", "recorded", "change")];
        for (name, bytes) in found {
            let recorded = self.of(name);
            let shown = recorded.map_or_else(|| "-".to_owned(), |it| it.to_string());
            let change = recorded.filter(|it| *it > 0).map_or_else(String::new, |it| change(*bytes, it));
            rows.push(format!("{name:<28} {bytes:>10} {shown:>10} {change:>8}"));
        }
        rows.join("\n")
    }

    pub(super) fn check(&self, found: &[(String, u64)]) -> Result<(), String> {
        let is_larger = |(name, bytes): &&(String, u64)| self.limit(name).is_some_and(|limit| *bytes > limit);
        let larger: Vec<&str> = found.iter().filter(is_larger).map(|(name, _)| name.as_str()).collect();
        if larger.is_empty() {
            return Ok(());
        }
        let names = larger.join(", ");
        Err(format!(
            "grown by more than {GROWTH} percent: {names}; if that is intended, call `cargo xtask size --update`"
        ))
    }

    /// With what was found. What was not measured here stays as it was.
    pub(super) fn updated(mut self, found: &[(String, u64)]) -> Self {
        for (name, bytes) in found {
            match self.0.iter_mut().find(|(known, _)| known == name) {
                Some((_, recorded)) => *recorded = *bytes,
                None => self.0.push((name.clone(), *bytes)),
            }
        }
        self
    }

    fn text(&self) -> String {
        let head = "# Bytes, by `cargo xtask size --update`. ffi/README.md says what each of them is.\n";
        let lines = self.0.iter().map(|(name, bytes)| format!("{name} {bytes}\n"));
        std::iter::once(head.to_owned()).chain(lines).collect()
    }

    pub(super) fn write(&self) -> Result<(), String> {
        fs::write(path(), self.text()).map_err(|error| format!("{}: {error}", path().display()))
    }
}

/// In percent, with one decimal.
fn change(now: u64, before: u64) -> String {
    let (sign, difference) = if now < before { ('-', before - now) } else { ('+', now - before) };
    let tenths = difference * 1000 / before;
    format!("{sign}{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn found(bytes: u64) -> Vec<(String, u64)> {
        vec![("dist sas".into(), bytes)]
    }

    #[test]
    fn three_percent_more_is_allowed_and_a_byte_more_is_not() {
        let recorded = Recorded::parse("# Text.\ndist sas 1000\n").unwrap();
        assert!([0, 1000, 1030].iter().all(|bytes| recorded.check(&found(*bytes)).is_ok()));
        assert!(recorded.check(&found(1031)).unwrap_err().contains("dist sas"));
        assert!(recorded.check(&[("another".into(), 9999)]).is_ok());
        assert!(recorded.table(&found(1031)).ends_with("1031       1000   +3.1 %"));
    }

    #[test]
    fn what_was_not_measured_stays_recorded() {
        let recorded = Recorded::parse("dist sas 1000\ndist full 9000\n").unwrap().updated(&found(900));
        let recorded = recorded.updated(&[("bare token".into(), 7)]);
        assert!(recorded.text().ends_with("\ndist sas 900\ndist full 9000\nbare token 7\n"));
        assert_eq!(Recorded::parse(&recorded.text()).unwrap().0, recorded.0);
    }

    #[test]
    fn a_line_without_a_number_is_an_error() {
        assert!(["dist sas", "dist", "dist sas many"].iter().all(|text| Recorded::parse(text).is_err()));
    }
}
