//! Waiting that another thread can end.

#[cfg(not(unix))]
mod slices;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use slices::Bell;
#[cfg(unix)]
pub(super) use unix::Bell;

use std::io;

/// Why a wait has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// The connection has something to read.
    Ready,
    /// The bell was rung.
    Rung,
    /// The time has passed.
    Passed,
}

/// Why nothing is done with a connection any longer.
fn cancelled() -> io::Error {
    io::Error::other("the driver was cancelled")
}
