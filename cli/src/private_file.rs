//! Files with secrets: for their owner alone, and whole or not at all.

use crate::failure::Failure;
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

/// For its owner alone.
pub(crate) const SECRET: u32 = 0o600;

/// Whether a file can be put there, as far as that can be seen beforehand.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    let seen = || {
        if path.is_dir() || path.file_name().is_none() {
            return Err(ErrorKind::IsADirectory.into());
        }
        let new = beside(path);
        drop(create(&new, SECRET)?);
        fs::remove_file(new)
    };
    seen().map_err(|error| failed(path, &error))
}

/// Puts a text in the place of what a file held. The old file is there until the new one is complete and on the disk.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let new = beside(path);
    let written = create(&new, SECRET).and_then(|file| {
        let moved = write(file, text).and_then(|()| fs::rename(&new, path));
        moved.inspect_err(|_| {
            let _ = fs::remove_file(&new);
        })
    });
    written.map_err(|error| failed(path, &error))
}

/// Where the new file grows: in the same folder, or it could not be moved in one step.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    path.with_file_name(name)
}

/// Makes a file that is not there yet.
pub(crate) fn create(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

fn write(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    let why = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "its folder is not there; make it first".into(),
        ErrorKind::PermissionDenied => "its folder may not be written to; name another, or run as its owner".into(),
        ErrorKind::IsADirectory => "it is a folder; name a file in it".into(),
        _ => format!("{error}; name another file"),
    };
    Failure::Write(format!("{} cannot be written: {why}", path.display()))
}
