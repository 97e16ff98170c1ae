//! A report of llvm-cov in the format of lcov.

use std::{collections::BTreeMap, fmt, ops::AddAssign, path::Path};

/// What was run of one file.
#[derive(Default)]
pub(crate) struct Source {
    /// Below the workspace's root.
    pub(crate) path: String,
    /// The lines with code, and whether one of their parts was run.
    pub(crate) lines: BTreeMap<usize, bool>,
    /// By line and number within it: the two ways out of a condition, and whether one was taken.
    pub(crate) branches: BTreeMap<(usize, String), bool>,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Covered {
    of: usize,
    run: usize,
}

impl Source {
    pub(crate) fn lines(&self) -> Covered {
        Covered::count(self.lines.values())
    }

    pub(crate) fn branches(&self) -> Covered {
        Covered::count(self.branches.values())
    }

    /// The lines that were not run, as `7` or `7-9`. Lines without code join those around them.
    pub(crate) fn missed(&self) -> Vec<String> {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        let mut open = false;
        for (&line, &run) in &self.lines {
            match ranges.last_mut() {
                Some((_, last)) if open && !run => *last = line,
                _ if !run => ranges.push((line, line)),
                _ => {}
            }
            open = !run;
        }
        let shown = |(first, last)| if first == last { format!("{first}") } else { format!("{first}-{last}") };
        ranges.into_iter().map(shown).collect()
    }
}

impl Covered {
    fn count<'a>(all: impl ExactSizeIterator<Item = &'a bool>) -> Self {
        Self { of: all.len(), run: all.filter(|run| **run).count() }
    }

    /// Whether it is this many percent or more.
    pub(crate) fn reaches(self, percent: usize) -> bool {
        self.run * 100 >= self.of * percent
    }
}

impl AddAssign for Covered {
    fn add_assign(&mut self, other: Self) {
        self.of += other.of;
        self.run += other.run;
    }
}

impl fmt::Display for Covered {
    /// Rounded down: 100 % is all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(thousandths) = (self.run * 1000).checked_div(self.of) else { return f.pad("none") };
        f.pad(&format!("{} of {} {:>3}.{} %", self.run, self.of, thousandths / 10, thousandths % 10))
    }
}

/// The files of a report that are below this folder.
pub(crate) fn read(report: &str, root: &Path) -> Result<Vec<Source>, String> {
    let mut sources = Vec::new();
    let mut source: Option<Source> = None;
    for line in report.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let path = Path::new(path).strip_prefix(root).ok();
            source = path.map(|path| Source { path: path.display().to_string(), ..Source::default() });
        } else if line == "end_of_record" {
            sources.extend(source.take());
        } else if let Some(source) = &mut source {
            record(source, line).ok_or_else(|| format!("llvm-cov wrote {line:?}, which is not understood"))?;
        }
    }
    Ok(sources)
}

/// A line or a branch may stand there more than once, for one generic function in several types.
fn record(source: &mut Source, line: &str) -> Option<()> {
    if let Some(fields) = line.strip_prefix("DA:") {
        let (line, count) = fields.split_once(',')?;
        *source.lines.entry(line.parse().ok()?).or_default() |= count != "0";
    } else if let Some(fields) = line.strip_prefix("BRDA:") {
        let (line, rest) = fields.split_once(',')?;
        let (branch, taken) = rest.rsplit_once(',')?;
        *source.branches.entry((line.parse().ok()?, branch.to_owned())).or_default() |= !["0", "-"].contains(&taken);
    }
    Some(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    const REPORT: &str = "SF:/w/src/a.rs\nFN:1,a\nDA:1,2\nDA:2,0\nDA:4,0\nDA:5,1\nDA:7,0\nBRDA:1,0,0,2\n\
        BRDA:1,0,1,-\nBRDA:1,0,1,1\nBRDA:5,0,0,0\nend_of_record\nSF:/other/b.rs\nDA:1,0\nend_of_record\n";

    fn only() -> Source {
        let mut sources = read(REPORT, Path::new("/w")).unwrap();
        assert_eq!(sources.len(), 1);
        sources.remove(0)
    }

    #[test]
    fn lines_that_were_not_run_are_named_in_ranges() {
        let source = only();
        assert_eq!(source.path, "src/a.rs");
        assert_eq!(source.missed(), ["2-4", "7"]);
        assert_eq!(source.lines(), Covered { of: 5, run: 2 });
    }

    #[test]
    fn a_branch_that_one_instance_took_is_taken() {
        assert_eq!(only().branches(), Covered { of: 3, run: 2 });
    }

    #[test]
    fn a_line_of_another_form_is_refused() {
        assert!(read("SF:/w/a.rs\nDA:one\n", Path::new("/w")).is_err());
    }

    #[test]
    fn a_share_is_not_rounded_up() {
        assert_eq!(Covered { of: 1999, run: 1998 }.to_string(), "1998 of 1999  99.9 %");
        assert!(!Covered { of: 1999, run: 1998 }.reaches(100) && Covered { of: 20, run: 19 }.reaches(95));
    }
}
