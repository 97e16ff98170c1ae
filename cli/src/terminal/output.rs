//! Standard output: the results.

use super::{failure::Failure, one_line::one_line};
use std::io::{self, ErrorKind, Write as _};

/// Prints a line.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()).map_err(failed)
}

/// Prints a text of whole lines.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(failed)
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::Output(error.into()))?;
    line(&text)
}

/// Prints `name value` in two columns. Rows without a value are left out.
pub(crate) fn table(table: &[(&str, Option<&str>)]) -> Result<(), Failure> {
    text(&rows(table))
}

/// The lines of a table.
pub(crate) fn rows(rows: &[(&str, Option<&str>)]) -> String {
    // The tables of all commands have the same width, unless a name is longer.
    let width = rows.iter().map(|(name, _)| name.len() + 2).fold(14, usize::max);
    let rows = rows.iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    let rows: Vec<String> = rows.map(|(name, value)| format!("{name:<width$}{}\n", one_line(value))).collect();
    rows.concat()
}

/// What a failed write means.
pub(crate) fn failed(error: io::Error) -> Failure {
    if error.kind() == ErrorKind::BrokenPipe { Failure::OutputClosed } else { Failure::Output(error) }
}
