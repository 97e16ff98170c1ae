//! The step in which a file loses its name to a new one, or to none.
//!
//! Windows refuses it while a program has the old file open without sharing its removal, as virus scanners and indexers do for
//! a moment; older file systems refuse it while any program has it open. There it is tried again for a second or two.

use std::{fs, io, path::Path};

/// Renames a file, and replaces the one that has the name.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    persistently(to, || fs::rename(from, to))
}

/// Removes a file.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    persistently(path, || fs::remove_file(path))
}

#[cfg(not(windows))]
fn persistently(_: &Path, step: impl Fn() -> io::Result<()>) -> io::Result<()> {
    step()
}

#[cfg(windows)]
fn persistently(old: &Path, step: impl Fn() -> io::Result<()>) -> io::Result<()> {
    use std::{thread, time::Duration};
    const ATTEMPTS: usize = 300;
    const PAUSE: Duration = Duration::from_millis(5);
    for _ in 1..ATTEMPTS {
        match step() {
            Err(error) if may_be_in_use(&error) && !is_read_only(old) => thread::sleep(PAUSE),
            done => return done.map_err(|error| cause(error, old)),
        }
    }
    step().map_err(|error| cause(error, old))
}

/// `ERROR_ACCESS_DENIED`, `ERROR_SHARING_VIOLATION`, `ERROR_DELETE_PENDING` and `ERROR_USER_MAPPED_FILE`.
#[cfg(windows)]
fn may_be_in_use(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(5 | 32 | 303 | 1224))
}

#[cfg(windows)]
fn is_read_only(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.permissions().readonly())
}

/// The folder may be written to: the new file was made in it. So it is the old file that is in the way.
#[cfg(windows)]
fn cause(error: io::Error, old: &Path) -> io::Error {
    use std::io::{Error, ErrorKind};
    match error.raw_os_error() {
        Some(5) if is_read_only(old) => Error::other("it is marked as read-only (remove that by `attrib -R`)"),
        Some(5) => Error::new(ErrorKind::ResourceBusy, "another program has it open, or this user may not remove it"),
        Some(_) if may_be_in_use(&error) => Error::new(ErrorKind::ResourceBusy, "another program has it open"),
        _ => error,
    }
}
