//! What errors of the system mean for a TPM.

use crate::{adapters::open_files, error::AccessProblem};
use alloc::string::ToString as _;
use std::io::{Error, ErrorKind};

/// Before a connection is open.
pub(super) fn opening(error: &Error) -> AccessProblem {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => AccessProblem::NotFound,
        ErrorKind::ConnectionRefused => AccessProblem::Refused,
        ErrorKind::PermissionDenied => AccessProblem::Permission,
        ErrorKind::ResourceBusy => AccessProblem::Busy,
        ErrorKind::TimedOut | ErrorKind::WouldBlock => AccessProblem::TimedOut,
        _ if open_files::are_too_many(error) => AccessProblem::TooManyOpen,
        _ => AccessProblem::Other(error.to_string()),
    }
}

/// On an open connection.
pub(super) fn talking(error: &Error) -> AccessProblem {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => AccessProblem::TimedOut,
        ErrorKind::BrokenPipe
        | ErrorKind::ConnectionAborted
        | ErrorKind::ConnectionReset
        | ErrorKind::UnexpectedEof => AccessProblem::Closed,
        ErrorKind::ResourceBusy => AccessProblem::Busy,
        _ => AccessProblem::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::AccessError;

    #[test]
    fn errors_of_the_system_before_a_connection_have_their_own_texts() {
        for (kind, expected) in [
            (ErrorKind::NotFound, AccessProblem::NotFound),
            (ErrorKind::PermissionDenied, AccessProblem::Permission),
            (ErrorKind::ResourceBusy, AccessProblem::Busy),
            (ErrorKind::ConnectionRefused, AccessProblem::Refused),
            (ErrorKind::TimedOut, AccessProblem::TimedOut),
        ] {
            assert_eq!(opening(&kind.into()), expected);
        }
        let too_many = if cfg!(windows) { 10024 } else { 24 };
        assert_eq!(opening(&Error::from_raw_os_error(too_many)), AccessProblem::TooManyOpen);
        let other = Error::other("rust in the socket");
        assert_eq!(opening(&other), AccessProblem::Other("rust in the socket".into()));
        let error = AccessError { place: "here".into(), problem: opening(&ErrorKind::PermissionDenied.into()) };
        let cure = if cfg!(windows) { "run as administrator" } else { "add the user to the group tss" };
        assert!(error.to_string().starts_with(&alloc::format!("here: permission denied; {cure}")), "{error}");
    }

    #[test]
    fn errors_of_the_system_on_a_connection_have_their_own_texts() {
        for (kind, expected) in [
            (ErrorKind::TimedOut, AccessProblem::TimedOut),
            (ErrorKind::WouldBlock, AccessProblem::TimedOut),
            (ErrorKind::BrokenPipe, AccessProblem::Closed),
            (ErrorKind::ConnectionAborted, AccessProblem::Closed),
            (ErrorKind::ConnectionReset, AccessProblem::Closed),
            (ErrorKind::ResourceBusy, AccessProblem::Busy),
        ] {
            assert_eq!(talking(&kind.into()), expected);
        }
        let other = Error::other("rust in the socket");
        assert_eq!(talking(&other), AccessProblem::Other("rust in the socket".into()));
    }
}
