//! Files with secrets: for their owner alone, and whole or not at all.

use crate::failure::Failure;
use defender_auth::open_files;
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    process,
};

/// For its owner alone.
pub(crate) const SECRET: u32 = 0o600;

/// What the name of a draft ends with when an old file has it.
const KEPT: &str = ".old";

/// As much is written and taken away again to see whether there is room. No connection string is longer.
const ROOM: [u8; 4096] = [0; 4096];

/// Whether a file can be put there, as far as that can be seen beforehand.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    let seen = || {
        if path.file_name().is_none() {
            return Err(ErrorKind::IsADirectory.into());
        }
        is_file_or_nothing(path)?;
        Draft::new(path, &[&ROOM], SECRET).map(drop)
    };
    seen().map_err(|error| failed(path, &error))
}

/// Puts a text in the place of what a file held. The old file is there until the new one is complete and on the disk. The
/// new one is its owner's, as the old one was; a link to a file is replaced by the file.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let replaced = || {
        is_file_or_nothing(path)?;
        let draft = Draft::new(path, &[text.as_bytes(), b"\n"], SECRET)?;
        draft.take_place(path)?;
        sync_folder(path);
        Ok(())
    };
    replaced().map_err(|error| failed(path, &error))
}

/// A device or a pipe is no place for a file: whoever may replace `/dev/null` would lose it.
pub(crate) fn is_file_or_nothing(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => Err(io::Error::other("it is a device, a pipe or a socket")),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A complete file that does not have its name yet. What is left of it goes away with it.
pub(crate) struct Draft(PathBuf);

impl Draft {
    pub(crate) fn new(path: &Path, parts: &[&[u8]], mode: u32) -> io::Result<Self> {
        sweep(path);
        let new = beside(path);
        let mut file = create(&new, mode)?;
        let draft = Self(new);
        keep_owner(&file, path)?;
        parts.iter().try_for_each(|part| file.write_all(part))?;
        // Some file systems notice only now that there is no room.
        file.sync_all()?;
        Ok(draft)
    }

    /// Gives it its name, whoever has that.
    pub(crate) fn take_place(&self, path: &Path) -> io::Result<()> {
        fs::rename(&self.0, path)
    }

    /// A name beside it for what had its name before.
    pub(crate) fn kept(&self) -> PathBuf {
        let mut kept = self.0.clone().into_os_string();
        kept.push(KEPT);
        kept.into()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It is not there when it has its name.
        let _ = fs::remove_file(&self.0);
    }
}

/// Where the new file grows: in the same folder, or it could not be moved in one step.
fn beside(path: &Path) -> PathBuf {
    let mut name = draft_prefix(path);
    name.push(process::id().to_string());
    path.with_file_name(name)
}

fn draft_prefix(path: &Path) -> OsString {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".");
    name
}

/// Removes what runs that were killed have left beside a file. One with this process's number is nobody's any more: in a
/// container every run may have the same.
fn sweep(path: &Path) {
    let prefix = draft_prefix(path);
    for entry in fs::read_dir(folder(path)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let number = number.and_then(|digits| str::from_utf8(digits).ok());
        let number = number.and_then(|digits| digits.strip_suffix(KEPT).unwrap_or(digits).parse().ok());
        if number.is_some_and(|number| number == process::id() || has_ended(number)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether there is no such process. Where that cannot be seen, there is one.
fn has_ended(number: u32) -> bool {
    let processes = Path::new("/proc");
    processes.join("self").exists() && !processes.join(number.to_string()).exists()
}

/// Where a file is.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
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

/// Gives a new file to whom the old one belongs, or whoever reads it could not any more.
#[cfg(unix)]
fn keep_owner(new: &File, old: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let Ok(old) = fs::metadata(old) else { return Ok(()) };
    let new_one = new.metadata()?;
    if old.uid() != new_one.uid() {
        let foreign = |_| io::Error::other("it belongs to another user, whom this one cannot give a file");
        return fchown(new, Some(old.uid()), Some(old.gid())).map_err(foreign);
    }
    if old.gid() != new_one.gid() {
        // Its mode gives a group nothing, so that another one does no harm.
        let _ = fchown(new, None, Some(old.gid()));
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Has the name on the disk as well. Where a folder cannot be written out, the file system sees to it.
pub(crate) fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(folder(path)) {
        let _ = folder.sync_all();
    }
}

/// What to do about the system's no, if it is one that every file may meet.
pub(crate) fn cure(error: &io::Error) -> Option<&'static str> {
    Some(match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on its disk",
        ErrorKind::ReadOnlyFilesystem => "its disk is mounted read-only; name a file on another",
        _ if open_files::are_too_many(error) => "close other files, or raise the limit (ulimit -n)",
        ErrorKind::FileTooLarge => "raise this process's limit for files (ulimit -f)",
        _ => return None,
    })
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    let why = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "its folder is not there; make it first".into(),
        ErrorKind::PermissionDenied => "its folder may not be written to; name another, or run as its owner".into(),
        ErrorKind::IsADirectory => "it is a folder; name a file in it".into(),
        _ => format!("{error}; {}", cure(error).unwrap_or("name another file")),
    };
    Failure::Write(format!("{} cannot be written: {why}", path.display()))
}
