//! Standard error. It may be closed, full, or a pipe that nobody reads: a message that cannot be written is dropped, and
//! the command continues. `eprintln!` would panic, before a file is written for instance.

use super::one_line::one_line;
use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// Writes a line, in one piece, so that the lines of several processes do not mix.
pub(crate) fn line(text: impl Display) {
    write(&format!("{text}\n"));
}

/// Writes a line that reports a likely mistake.
pub(crate) fn warning(text: impl Display) {
    line(format_args!("warning: {}", one_line(text)));
}

/// Writes a text without a line break.
pub(crate) fn write(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
