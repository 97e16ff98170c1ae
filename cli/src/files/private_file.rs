//! Files with secrets: for their owner alone, and whole or not at all.

use super::write_error::failed;
use crate::terminal::failure::Failure;
use defender_auth::{
    secret::SecretText,
    store::draft::{self, Draft, SECRET, is_file_or_nothing, sync_folder},
};
use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::Path,
};

/// Written and removed again, to test whether there is room. No connection string is longer.
const ROOM: [u8; 4096] = [0; 4096];

/// Whether a file can be written there, as far as can be tested beforehand.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    let test = || {
        is_place_for_a_file(path)?;
        Draft::new(path, &[&ROOM], SECRET).map(drop)
    };
    test().map_err(|error| failed(path, &error))
}

/// Fails if the file is one of those that the command reads: it would be lost.
pub(crate) fn check_inputs<'a>(path: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> Result<(), Failure> {
    let target = fs::canonicalize(path).ok();
    let is_input = target.is_some() && inputs.into_iter().any(|input| fs::canonicalize(input).ok() == target);
    if is_input {
        return Err(Failure::at(
            path.display(),
            "this command reads this file, which would be lost; give another name",
        ));
    }
    Ok(())
}

/// Replaces what a file held by a text. The old file exists until the new one is complete and on the disk. The new one
/// belongs to the owner of the old one; a link is replaced, and its target stays as it is.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    write(path, |file| file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(PartError::Write))
}

/// Why a part of a file could not be written.
pub(crate) enum PartError {
    /// The file itself.
    Write(io::Error),
    /// What was to be written.
    Content(Failure),
}

/// The same for a file that is written in parts. If one of them fails, the old file stays.
pub(crate) fn write(path: &Path, content: impl FnOnce(&mut dyn Write) -> Result<(), PartError>) -> Result<(), Failure> {
    let not_written = |error: io::Error| failed(path, &error);
    let mut draft = is_place_for_a_file(path).and_then(|()| Draft::begin(path, SECRET)).map_err(not_written)?;
    content(&mut draft).map_err(|error| match error {
        PartError::Write(error) => not_written(error),
        PartError::Content(failure) => failure,
    })?;
    draft.finish().and_then(|()| draft.take_place(path)).map_err(not_written)?;
    sync_folder(path);
    Ok(())
}

/// Writes a file that must not exist yet, unless it may be replaced. Its name is taken before its content is made, and free
/// again if that fails.
pub(crate) fn create(
    path: &Path,
    may_replace: bool,
    content: impl FnOnce() -> Result<SecretText, Failure>,
) -> Result<(), Failure> {
    if may_replace {
        check(path)?;
    } else {
        draft::create(path, SECRET).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                Failure::at(path.display(), "it exists already; give another name, or --force to replace it")
            }
            _ => failed(path, &error),
        })?;
    }
    let written = content()
        .and_then(|text| write(path, |file| file.write_all(text.expose().as_bytes()).map_err(PartError::Write)));
    if written.is_err() && !may_replace {
        let _ = fs::remove_file(path);
    }
    written
}

fn is_place_for_a_file(path: &Path) -> io::Result<()> {
    if path.file_name().is_none() {
        return Err(ErrorKind::IsADirectory.into());
    }
    is_file_or_nothing(path)
}
