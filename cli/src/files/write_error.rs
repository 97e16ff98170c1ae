//! Why a file cannot be written, and what to do.

use crate::terminal::failure::Failure;
use defender_auth::store::WriteError;
use std::{io, path::Path};

pub(crate) fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::Write(WriteError::new(path, error).to_string())
}
