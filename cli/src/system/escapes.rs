//! Terminals that carry out escape sequences, by which colours and lines that change are shown.

#[cfg(windows)]
use defender_auth_windows::console::carries_out_escapes;
use std::io::{self, IsTerminal as _};

/// Whether standard output is such a terminal.
pub(crate) fn on_stdout() -> bool {
    let stdout = io::stdout();
    stdout.is_terminal() && carries_out_escapes(&stdout)
}

/// Whether standard error is such a terminal.
pub(crate) fn on_stderr() -> bool {
    let stderr = io::stderr();
    stderr.is_terminal() && carries_out_escapes(&stderr)
}

/// Every terminal does so but the console of Windows.
#[cfg(not(windows))]
const fn carries_out_escapes<T>(_: &T) -> bool {
    true
}
