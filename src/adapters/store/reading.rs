//! Reading a file of the folder: a regular one, and no link.

use crate::{
    adapters::file_read::{io_error, problem, read_bytes},
    base::secret::SecretText,
    error::{FileError, FileProblem},
};
use alloc::string::ToString as _;
use core::str;
use std::{
    fs::{File, Metadata},
    io::{self, ErrorKind},
    path::Path,
};

/// A text of at most so many bytes. `None` when there is no such file.
pub(super) fn text(path: &Path, limit: usize) -> Result<Option<(SecretText, Metadata)>, FileError> {
    let place = path.display().to_string();
    let file = match open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if is_link(&error) => return Err(problem(&place, FileProblem::NotRegular)),
        file => file.map_err(|error| io_error(&place, &error))?,
    };
    let metadata = file.metadata().map_err(|error| io_error(&place, &error))?;
    if !metadata.is_file() {
        return Err(problem(&place, FileProblem::NotRegular));
    }
    let bytes = read_bytes(file, &place, limit)?;
    match str::from_utf8(bytes.expose()) {
        Ok(text) => Ok(Some((SecretText::new(text.into()), metadata))),
        Err(error) => Err(problem(&place, FileProblem::NotUtf8 { offset: error.valid_up_to() })),
    }
}

/// Neither follows a link nor waits for the other end of a pipe.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(open(path, flags, Mode::empty()).map(File::from)?)
}

#[cfg(unix)]
fn is_link(error: &io::Error) -> bool {
    use rustix::io::Errno;
    // FreeBSD answers with the second.
    [Errno::LOOP, Errno::MLINK].iter().any(|number| error.raw_os_error() == Some(number.raw_os_error()))
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    if std::fs::symlink_metadata(path)?.is_file() { File::open(path) } else { Err(ErrorKind::IsADirectory.into()) }
}

#[cfg(not(unix))]
const fn is_link(_: &io::Error) -> bool {
    false
}
