//! Why a file cannot be written, and what to do.

use crate::{input::text_file::are_too_many_open, terminal::failure::Failure};
use std::{
    io::{self, ErrorKind},
    path::Path,
};

/// What to do about an error that every write may meet.
pub(crate) fn cure(error: &io::Error) -> Option<&'static str> {
    Some(match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on its disk",
        ErrorKind::ReadOnlyFilesystem => "its disk is mounted read-only; name a file on another",
        _ if are_too_many_open(error) => "close other files, or raise the limit (ulimit -n)",
        ErrorKind::FileTooLarge => "raise this process's limit for files (ulimit -f)",
        _ => return None,
    })
}

pub(crate) fn failed(path: &Path, error: &io::Error) -> Failure {
    let why = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "its folder does not exist; create it first".into(),
        ErrorKind::PermissionDenied => "its folder may not be written to; name another, or run as its owner".into(),
        ErrorKind::IsADirectory => "it is a folder; name a file in it".into(),
        _ => format!("{error}; {}", cure(error).unwrap_or("name another file")),
    };
    Failure::Write(format!("{} cannot be written: {why}", path.display()))
}
