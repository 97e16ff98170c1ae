use crate::{
    adapters::open_files,
    base::one_line::OneLine,
    error::by_system::{BySystem, MORE_FILES},
};
use alloc::{
    format,
    string::{String, ToString as _},
};
use std::{
    io::{self, ErrorKind},
    path::Path,
};

/// Why a file cannot be written, and what to do.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} cannot be written: {reason}", OneLine(path))]
pub struct WriteError {
    /// The file.
    pub path: String,
    /// The cause and the cure.
    pub reason: String,
}

crate::base::debug::debug_as_text! { WriteError }

impl WriteError {
    /// For an error of the system.
    #[must_use]
    pub fn new(path: &Path, error: &io::Error) -> Self {
        let reason = match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => "its folder does not exist; create it first".into(),
            ErrorKind::PermissionDenied => "its folder may not be written to; name another, or run as its owner".into(),
            ErrorKind::IsADirectory => "it is a folder; name a file in it".into(),
            _ => format!("{error}; {}", write_cure(error).unwrap_or("name another file")),
        };
        Self { path: path.display().to_string(), reason }
    }
}

/// How a file can be larger. On Windows it is the file system that has a limit.
const LARGER_FILES: BySystem =
    BySystem::new("raise this process's limit for files (ulimit -f)", "name a file on a disk with another file system");

/// What to do about an error that every write may meet.
#[must_use]
pub fn write_cure(error: &io::Error) -> Option<&'static str> {
    Some(match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on its disk",
        ErrorKind::ReadOnlyFilesystem => "its disk is mounted read-only; name a file on another",
        _ if open_files::are_too_many(error) => MORE_FILES.here(),
        // Only Windows lets an open file be in the way.
        _ if cfg!(windows) && is_in_use(error) => "close that program, or name another file",
        ErrorKind::FileTooLarge => LARGER_FILES.here(),
        _ => return None,
    })
}

/// What `Draft::take_place` says, or `ERROR_SHARING_VIOLATION` itself.
fn is_in_use(error: &io::Error) -> bool {
    error.kind() == ErrorKind::ResourceBusy || error.raw_os_error() == Some(32)
}
