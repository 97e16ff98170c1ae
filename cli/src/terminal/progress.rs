//! Progress on standard error: on a terminal what is waited for and for how long, plain lines elsewhere.

use super::stderr;
use defender_auth::wait::Wait;
use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// The time between two updates of a terminal.
const TICK: Duration = Duration::from_millis(200);

/// Reports the step that begins.
pub(crate) fn step(what: &str) {
    stderr::note(what);
}

/// Waits, and reports why and for how long.
pub(crate) fn wait(wait: Wait, random: u32) {
    pause(wait.pick(random), wait.reason);
}

/// Waits for a span, for a reason.
pub(crate) fn pause(span: Duration, reason: impl std::fmt::Display) {
    if !stderr::is_live() {
        stderr::note(format_args!("waiting {:.0} s: {reason}", span.as_secs_f64()));
        thread::sleep(span);
        return;
    }
    let end = Instant::now() + span;
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        stderr::live(&format!("waiting {:3.0} s: {reason} ", left.as_secs_f64().ceil()));
        thread::sleep(left.min(TICK));
    }
    stderr::end_live();
}

/// Does a work that may take long, and shows on a terminal that it is under way, and for how long.
pub(crate) fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    if !stderr::is_live() {
        return work();
    }
    let (done, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let begin = Instant::now();
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                stderr::live(&format!("{what}: {} s ", begin.elapsed().as_secs()));
            }
            stderr::end_live();
        });
        let result = work();
        drop(done);
        result
    })
}
