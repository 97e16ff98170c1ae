//! Standard output for results, standard error for what was noticed.

use crate::failure::Failure;
use defender_auth::agent::Finding;
use std::io::{self, ErrorKind, Write as _};

/// Prints a line.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()).map_err(failed)
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::Output(error.into()))?;
    line(&text)
}

/// Prints `name value` in two columns, leaving out what is not there.
pub(crate) fn table(rows: &[(&str, Option<&str>)]) -> Result<(), Failure> {
    // The tables of all commands stand alike, unless a name is longer.
    let width = rows.iter().map(|(name, _)| name.len() + 2).fold(14, usize::max);
    rows.iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
        .try_for_each(|(name, value)| line(&format!("{name:<width$}{value}")))
}

/// What a failed write means.
pub(crate) fn failed(error: io::Error) -> Failure {
    if error.kind() == ErrorKind::BrokenPipe { Failure::OutputClosed } else { Failure::Output(error) }
}

/// Says what may be a mistake.
pub(crate) fn warn(findings: &[Finding]) {
    for finding in findings.iter().filter(|finding| finding.is_warning()) {
        eprintln!("warning: {finding}");
    }
}
