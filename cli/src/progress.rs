//! What is going on, on standard error: a countdown on a terminal, plain lines elsewhere.

use defender_auth::wait::Wait;
use std::{
    io::{IsTerminal as _, Write as _, stderr},
    thread,
    time::{Duration, Instant},
};

/// Says what is being done.
pub(crate) fn step(what: &str) {
    eprintln!("{what}");
}

/// Lets the time pass, and says why and how long.
pub(crate) fn wait(wait: Wait, random: u32) {
    let span = wait.pick(random);
    if !stderr().is_terminal() {
        eprintln!("waiting {:.0} s: {}", span.as_secs_f64(), wait.reason);
        thread::sleep(span);
        return;
    }
    let end = Instant::now() + span;
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        eprint!("\rwaiting {:3.0} s: {} ", left.as_secs_f64().ceil(), wait.reason);
        let _ = stderr().flush();
        thread::sleep(left.min(Duration::from_millis(200)));
    }
    // What is left of the line is blank.
    eprint!("\r\u{1b}[K");
}
