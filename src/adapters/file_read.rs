//! Reading files that may hold a secret, with a limit; and the errors of that.

use crate::{
    adapters::open_files,
    base::secret::SecretBytes,
    error::{FileError, FileProblem},
};
use alloc::string::ToString as _;
use std::io::{self, ErrorKind, Read};
#[cfg(any(feature = "agent", feature = "private-key"))]
use std::{
    fs::{self, File},
    path::Path,
};

/// How to keep a file from other users on Windows: by an access list for its owner and the system, whatever it had before. The names
/// of groups depend on the language of Windows, their numbers do not.
#[cfg(any(feature = "agent", feature = "store"))]
pub(super) const ACCESS_CURE: &str =
    "run `icacls FILE /reset`, then `icacls FILE /inheritance:r /grant:r *S-1-3-4:F *S-1-5-18:F`, with its name";

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

/// Opens a regular file.
#[cfg(any(feature = "agent", feature = "private-key"))]
pub(super) fn regular(path: &Path, place: &str) -> Result<(File, fs::Metadata), FileError> {
    let failed = |error: io::Error| io_error(place, &error);
    // Checked before it is opened, because opening a pipe blocks until its other end is opened, and once more for what
    // was really opened.
    let regular = |metadata: fs::Metadata| {
        if metadata.is_file() { Ok(metadata) } else { Err(problem(place, FileProblem::NotRegular)) }
    };
    regular(fs::metadata(path).map_err(failed)?)?;
    let file = File::open(path).map_err(failed)?;
    let metadata = regular(file.metadata().map_err(failed)?)?;
    Ok((file, metadata))
}

/// Whether every user of the system may read it.
#[cfg(all(unix, any(feature = "agent", feature = "private-key")))]
pub(super) fn is_open_to_others(_: &File, metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o004 != 0
}

/// Whether its access list lets a group of all users read it. A list that cannot be read is not judged.
#[cfg(all(windows, any(feature = "agent", feature = "private-key")))]
pub(super) fn is_open_to_others(file: &File, _: &fs::Metadata) -> bool {
    use defender_auth_windows::access::{Access, Sid};
    Access::of(file).is_ok_and(|access| access.readers.iter().any(Sid::is_every_user))
}

/// Nothing is known of the rights of other systems.
#[cfg(all(not(any(unix, windows)), any(feature = "agent", feature = "private-key")))]
pub(super) const fn is_open_to_others(_: &File, _: &fs::Metadata) -> bool {
    false
}
