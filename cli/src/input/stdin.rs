//! Standard input.

use crate::terminal::stderr;
use std::io::{self, IsTerminal as _, StdinLock};

/// What errors call standard input.
pub(crate) const NAME: &str = "standard input";

/// Opens standard input. On a terminal, says what it waits for and how to end the input: it would look like a hang.
pub(crate) fn open(expected: &str) -> StdinLock<'static> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let end = if cfg!(windows) { "Ctrl-Z and Enter" } else { "Ctrl-D on a line of its own" };
        stderr::line(format_args!("reading {expected} from standard input; end it with {end}"));
    }
    stdin.lock()
}
