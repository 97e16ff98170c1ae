//! Colour, where a person looks: on terminals.

use crate::system::escapes;
use std::env;

const RED: &str = "\u{1b}[1;31m";
const GREEN: &str = "\u{1b}[1;32m";
const YELLOW: &str = "\u{1b}[1;33m";
const PLAIN: &str = "\u{1b}[0m";

/// `NO_COLOR` switches it off, `CLICOLOR_FORCE` on for pipes too, and `CLICOLOR=0` and `TERM=dumb` off for terminals.
fn is_shown(is_terminal: fn() -> bool) -> bool {
    let value = |name| env::var_os(name).filter(|value| !value.is_empty());
    let is_zero = |name| value(name).is_some_and(|value| value == "0");
    if value("NO_COLOR").is_some() {
        return false;
    }
    if value("CLICOLOR_FORCE").is_some() && !is_zero("CLICOLOR_FORCE") {
        return true;
    }
    !is_zero("CLICOLOR") && value("TERM").is_none_or(|term| term != "dumb") && is_terminal()
}

fn painted(text: &str, colour: &str, is_shown: bool) -> String {
    if is_shown { format!("{colour}{text}{PLAIN}") } else { text.into() }
}

/// A word on standard error that says that the command failed.
pub(crate) fn error(word: &str) -> String {
    painted(word, RED, is_shown(escapes::on_stderr))
}

/// A word on standard error that says that something may be wrong.
pub(crate) fn warning(word: &str) -> String {
    painted(word, YELLOW, is_shown(escapes::on_stderr))
}

/// What a verdict is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Doubtful,
    Bad,
}

/// A verdict on standard output.
pub(crate) fn verdict(text: &str, verdict: Verdict) -> String {
    let colour = match verdict {
        Verdict::Good => GREEN,
        Verdict::Doubtful => YELLOW,
        Verdict::Bad => RED,
    };
    painted(text, colour, is_shown(escapes::on_stdout))
}
