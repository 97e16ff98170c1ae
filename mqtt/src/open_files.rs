//! How the system reports that no other connection can be opened.

use std::{
    io::Error,
    net::{Ipv4Addr, UdpSocket},
};

/// Whether this process, or the whole system, has reached its limit of open files: `EMFILE` and `ENFILE` of Unix,
/// `ERROR_TOO_MANY_OPEN_FILES` and `WSAEMFILE` of Windows.
pub(crate) fn are_too_many(error: &Error) -> bool {
    let numbers: &[i32] = if cfg!(windows) { &[4, 10024] } else { &[23, 24] };
    error.raw_os_error().is_some_and(|number| numbers.contains(&number))
}

/// Why a name was not found. A look-up that cannot open a socket fails with an unrelated error, so it is tried whether one
/// can be opened.
pub(crate) fn or_too_many(error: Error) -> Error {
    match UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)) {
        Err(cause) if are_too_many(&cause) => cause,
        _ => error,
    }
}
