//! How the system says that no other file or connection can be opened. For this project's own crates.

use std::{
    io::Error,
    net::{Ipv4Addr, UdpSocket},
};

/// Whether this process, or the whole system, has as many open as it may: `EMFILE` and `ENFILE`, which are the same
/// numbers on every Unix.
#[cfg(unix)]
#[must_use]
pub fn are_too_many(error: &Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
}

/// `ERROR_TOO_MANY_OPEN_FILES` and `WSAEMFILE`.
#[cfg(windows)]
#[must_use]
pub fn are_too_many(error: &Error) -> bool {
    matches!(error.raw_os_error(), Some(4 | 10024))
}

/// Why a name was not found. A look-up that cannot open what it needs fails with a reason that means nothing, so that it
/// is seen whether anything can be opened.
#[must_use]
pub fn or_too_many(error: Error) -> Error {
    match UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)) {
        Err(cause) if are_too_many(&cause) => cause,
        _ => error,
    }
}

/// Elsewhere it has no number that is known.
#[cfg(not(any(unix, windows)))]
#[must_use]
pub const fn are_too_many(_: &Error) -> bool {
    false
}
