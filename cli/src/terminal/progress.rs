//! Progress on standard error: a countdown on a terminal, plain lines elsewhere.

use super::stderr;
use defender_auth::wait::Wait;
use std::{
    io::{self, IsTerminal as _},
    thread,
    time::{Duration, Instant},
};

/// Reports the step that begins.
pub(crate) fn step(what: &str) {
    stderr::line(what);
}

/// Waits, and reports why and for how long.
pub(crate) fn wait(wait: Wait, random: u32) {
    let span = wait.pick(random);
    if !io::stderr().is_terminal() {
        stderr::line(format_args!("waiting {:.0} s: {}", span.as_secs_f64(), wait.reason));
        thread::sleep(span);
        return;
    }
    let end = Instant::now() + span;
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        stderr::write(&format!("\rwaiting {:3.0} s: {} ", left.as_secs_f64().ceil(), wait.reason));
        thread::sleep(left.min(Duration::from_millis(200)));
    }
    // Erase the rest of the line.
    stderr::write("\r\u{1b}[K");
}
