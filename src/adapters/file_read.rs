//! Reading what may be a secret, with a limit; and the errors of that.

use crate::{
    adapters::open_files,
    base::secret::SecretBytes,
    error::{FileError, FileProblem},
};
use alloc::string::ToString as _;
use std::io::{self, ErrorKind, Read};

pub(super) fn problem(place: &str, problem: FileProblem) -> FileError {
    FileError { path: place.into(), problem }
}

/// The error for a file that the system cannot read.
pub(super) fn io_error(place: &str, error: &io::Error) -> FileError {
    let what = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => FileProblem::NotFound,
        ErrorKind::PermissionDenied => FileProblem::Permission,
        ErrorKind::IsADirectory => FileProblem::NotRegular,
        _ if open_files::are_too_many(error) => FileProblem::TooManyOpen,
        _ => FileProblem::Other(error.to_string()),
    };
    problem(place, what)
}

/// Up to so many bytes.
pub(super) fn read_bytes(reader: impl Read, place: &str, limit: usize) -> Result<SecretBytes, FileError> {
    // Room for one byte more than the limit from the start: a buffer that grows leaves copies of a secret in memory.
    let mut bytes = SecretBytes::with_capacity(limit + 1);
    let most = u64::try_from(limit).map_or(u64::MAX, |limit| limit.saturating_add(1));
    reader.take(most).read_to_end(bytes.as_vec_mut()).map_err(|error| io_error(place, &error))?;
    if bytes.expose().len() > limit {
        return Err(problem(place, FileProblem::TooLarge { limit }));
    }
    Ok(bytes)
}
