//! Standard output: the results.

use super::{
    colour::{self, Verdict},
    document::{Document, Nothing},
    failure::Failure,
    one_line::one_line,
    problem::Problem,
};
use serde::Serialize;
use std::{
    io::{self, ErrorKind, Write as _},
    mem,
};
use zeroize::Zeroizing;

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

/// Prints a result as a document in JSON.
pub(crate) fn json(result: &impl Serialize) -> Result<(), Failure> {
    document(result, None)
}

/// The document of a result, for a file.
pub(crate) fn json_text(result: &impl Serialize) -> Result<Zeroizing<String>, Failure> {
    let mut text = pretty(result, None)?;
    // It was made of strings.
    Ok(Zeroizing::new(String::from_utf8(mem::take(&mut *text)).unwrap_or_default()))
}

/// The document of one of several results, on a line of its own. None of them has a secret.
pub(crate) fn json_line_text(result: &impl Serialize) -> Result<String, Failure> {
    compact(result, None)
}

/// Prints one of several results, each as a document on a line of its own.
pub(crate) fn json_line(result: &impl Serialize) -> Result<(), Failure> {
    line(&compact(result, None)?)
}

/// After results that are documents on lines, prints what failed as another, and passes it on.
pub(crate) fn json_lines_ended(ended: Result<(), Failure>) -> Result<(), Failure> {
    let Err(failure) = ended else { return Ok(()) };
    let Some(problem) = failure.problem() else { return Err(failure) };
    match compact(&Nothing {}, Some(&problem)).and_then(|text| line(&text)) {
        Ok(()) => Err(Failure::Printed(Box::new(failure))),
        Err(_) => Err(failure),
    }
}

fn compact(result: &impl Serialize, problem: Option<&Problem>) -> Result<String, Failure> {
    serde_json::to_string(&Document::new(result, problem)).map_err(|error| Failure::Output(error.into()))
}

/// The same with what failed after it, which is passed on.
pub(crate) fn json_ended(result: &impl Serialize, ended: Result<(), Failure>) -> Result<(), Failure> {
    let problem = ended.as_ref().err().and_then(Failure::problem);
    match (document(result, problem.as_ref()), ended) {
        (Ok(()), ended) => ended.map_err(|failure| Failure::Printed(Box::new(failure))),
        (Err(_), Err(failure)) => Err(failure),
        (unprinted, Ok(())) => unprinted,
    }
}

/// Prints what failed, without a result.
pub(crate) fn json_problem(problem: &Problem) -> Result<(), Failure> {
    document(&Nothing {}, Some(problem))
}

/// What most documents fit into. A larger one leaves copies of a part when it grows.
const CAPACITY: usize = 64 * 1024;

/// It may hold a token or a key.
fn pretty(result: &impl Serialize, problem: Option<&Problem>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut text = Zeroizing::new(Vec::with_capacity(CAPACITY));
    serde_json::to_writer_pretty(&mut *text, &Document::new(result, problem))
        .map_err(|error| Failure::Output(error.into()))?;
    Ok(text)
}

fn document(result: &impl Serialize, problem: Option<&Problem>) -> Result<(), Failure> {
    let mut text = pretty(result, problem)?;
    text.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&text).and_then(|()| out.flush()).map_err(failed)
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

/// Prints a row of a table that is a verdict.
pub(crate) fn verdict(name: &str, text: &str, verdict: Verdict) -> Result<(), Failure> {
    line(&format!("{name:<14}{}", colour::verdict(&one_line(text), verdict)))
}

/// What a failed write means.
pub(crate) fn failed(error: io::Error) -> Failure {
    if is_closed(&error) { Failure::OutputClosed } else { Failure::Output(error) }
}

/// Whether the reader of a pipe has closed it. Windows has `ERROR_PIPE_NOT_CONNECTED` for that as well, which has no kind.
fn is_closed(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe || cfg!(windows) && error.raw_os_error() == Some(233)
}
