//! `FILE|-`: where an input comes from.

use super::text_file::TextFile;
use crate::terminal::failure::Failure;
use defender_auth::{
    Error,
    error::{FileError, FileProblem},
};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Standard input, or a path, which need not be UTF-8.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Stdin,
    Path(PathBuf),
}

impl From<OsString> for Source {
    fn from(text: OsString) -> Self {
        if text == "-" { Self::Stdin } else { Self::Path(text.into()) }
    }
}

impl Source {
    /// The path, unless it is standard input.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdin => None,
            Self::Path(path) => Some(path),
        }
    }

    /// The failure for an error of reading it: a user who gave something else than a regular file may want `-`.
    pub(crate) fn failure(&self, error: Error) -> Failure {
        match (self, &error) {
            (Self::Path(path), Error::File(FileError { path: wrong, problem: FileProblem::NotRegular }))
                if path.to_string_lossy() == wrong.as_str() =>
            {
                Failure::InputOrStdin(error)
            }
            _ => error.into(),
        }
    }

    /// Reads a text of at most `limit` bytes. `expected` is what a terminal is told to enter.
    pub(crate) fn text(&self, expected: &str, limit: usize) -> Result<TextFile, Error> {
        match self {
            Self::Stdin => TextFile::stdin(expected, limit),
            Self::Path(path) => TextFile::open(path, limit),
        }
    }
}
