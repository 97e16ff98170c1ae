//! Standard error. It may be closed, full, or a pipe that nobody reads: a message that cannot be written is dropped, and
//! the command continues. `eprintln!` would panic, before a file is written for instance.

use super::{colour, one_line::one_line};
use crate::system::escapes;
use std::{
    fmt::Display,
    io::{self, Write as _},
    sync::atomic::{AtomicBool, AtomicU8, Ordering::Relaxed},
};

/// How much is said beside errors.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// Nothing.
    Errors,
    /// Steps, notes and warnings.
    Steps,
    /// Requests and what they go by as well.
    Requests,
}

/// That of this process, from its arguments.
static DETAIL: AtomicU8 = AtomicU8::new(Detail::Steps as u8);

/// Whether the cursor is in a line that is written again and again.
static IS_IN_LINE: AtomicBool = AtomicBool::new(false);

/// Sets how much is said.
pub(crate) fn set_detail(detail: Detail) {
    DETAIL.store(detail as u8, Relaxed);
}

fn says(detail: Detail) -> bool {
    DETAIL.load(Relaxed) >= detail as u8
}

/// Writes a line, in one piece, so that the lines of several processes do not mix.
pub(crate) fn line(text: impl Display) {
    let erased = if IS_IN_LINE.swap(false, Relaxed) { ERASE } else { "" };
    write(&format!("{erased}{text}\n"));
}

/// Writes a line that may be left out with `--quiet`.
pub(crate) fn note(text: impl Display) {
    if says(Detail::Steps) {
        line(text);
    }
}

/// Writes a line that is for `--verbose`.
pub(crate) fn detail(text: impl Display) {
    if says(Detail::Requests) {
        line(one_line(text));
    }
}

/// Writes a line that reports a likely mistake.
pub(crate) fn warning(text: impl Display) {
    note(format_args!("{} {}", colour::warning("warning:"), one_line(text)));
}

/// Whether nothing but errors is said.
pub(crate) fn is_quiet() -> bool {
    !says(Detail::Steps)
}

/// Whether a line can be written again and again: on a terminal.
pub(crate) fn is_live() -> bool {
    says(Detail::Steps) && escapes::on_stderr()
}

/// Moves to the begin of the line and erases it.
const ERASE: &str = "\r\u{1b}[K";

/// Writes the line in which the cursor is, in place of what it has.
pub(crate) fn live(text: &str) {
    IS_IN_LINE.store(true, Relaxed);
    write(&format!("{ERASE}{text}"));
}

/// Erases that line.
pub(crate) fn end_live() {
    if IS_IN_LINE.swap(false, Relaxed) {
        write(ERASE);
    }
}

/// Writes a text without a line break.
fn write(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
