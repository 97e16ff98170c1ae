//! How the system reports that no other file or connection can be opened.

use std::io::Error;
#[cfg(feature = "https")]
use std::net::{Ipv4Addr, UdpSocket};

/// Whether this process, or the whole system, has reached its limit of open files: `EMFILE` and `ENFILE`, which are the
/// same numbers on every Unix.
#[cfg(unix)]
pub(super) fn are_too_many(error: &Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
}

/// `ERROR_TOO_MANY_OPEN_FILES` and `WSAEMFILE`.
#[cfg(windows)]
pub(super) fn are_too_many(error: &Error) -> bool {
    matches!(error.raw_os_error(), Some(4 | 10024))
}

/// Why a name was not found. A look-up that cannot open a socket fails with an unrelated error, so it is tried whether one
/// can be opened.
#[cfg(feature = "https")]
pub(super) fn or_too_many(error: Error) -> Error {
    match UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)) {
        Err(cause) if are_too_many(&cause) => cause,
        _ => error,
    }
}

/// On other systems the numbers are not known.
#[cfg(not(any(unix, windows)))]
pub(super) const fn are_too_many(_: &Error) -> bool {
    false
}
