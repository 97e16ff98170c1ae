//! Reading a file of the folder: a regular one, and no link.

use super::{
    entry,
    warning::{Exposure, exposure},
};
use crate::{
    adapters::file_read::{io_error, problem, read_bytes},
    base::secret::SecretText,
    error::{FileError, FileProblem},
};
use alloc::string::ToString as _;
use core::str;
use std::{
    io::{self, ErrorKind},
    path::Path,
};

/// A text of at most so many bytes, and who else can reach it. `None` when there is no such file.
pub(super) fn text(path: &Path, limit: usize) -> Result<Option<(SecretText, Option<Exposure>)>, FileError> {
    let place = path.display().to_string();
    let file = match entry::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if is_link(&error) => return Err(problem(&place, FileProblem::NotRegular)),
        file => file.map_err(|error| io_error(&place, &error))?,
    };
    let metadata = file.metadata().map_err(|error| io_error(&place, &error))?;
    if !entry::is_regular(&metadata) {
        return Err(problem(&place, FileProblem::NotRegular));
    }
    let exposure = exposure(&file, &metadata);
    let bytes = read_bytes(file, &place, limit)?;
    match str::from_utf8(bytes.expose()) {
        Ok(text) => Ok(Some((SecretText::new(text.into()), exposure))),
        Err(error) => Err(problem(&place, FileProblem::NotUtf8 { offset: error.valid_up_to() })),
    }
}

#[cfg(unix)]
fn is_link(error: &io::Error) -> bool {
    use rustix::io::Errno;
    // FreeBSD answers with the second.
    [Errno::LOOP, Errno::MLINK].iter().any(|number| error.raw_os_error() == Some(number.raw_os_error()))
}

#[cfg(not(unix))]
const fn is_link(_: &io::Error) -> bool {
    false
}
