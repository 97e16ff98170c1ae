//! Files that are complete or do not exist: each grows beside the one that it replaces.

pub use super::file_name::{NameProblem, check_names};

use super::{creation, early::Early, leftover, lock, owner, replacement};
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// Read and write permission for the owner alone. On Windows, an access list for the owner, SYSTEM and Administrators.
pub const SECRET: u32 = 0o600;

/// How many names are tried. One is enough unless another process tests that draft at the same moment.
const ATTEMPTS: usize = 16;

/// A file without its final name. If it never gets that, it is removed when dropped; one that a killed process has left is
/// removed by the next draft of the same name.
///
/// ```
/// use defender_auth::store::draft::{Draft, SECRET, sync_folder};
///
/// # let folder = std::env::temp_dir().join(format!("draft-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let path = folder.join("settings.json");
/// Draft::new(&path, &[b"{}"], SECRET)?.take_place(&path)?; // the file that had the name is replaced in one step
/// sync_folder(&path);
/// assert_eq!(std::fs::read(&path)?, b"{}");
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<_, std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    /// Open, and thereby locked, as long as the draft is in use.
    file: File,
    early: Early,
}

impl Draft {
    /// Makes a complete file of these parts, with these permission bits as in [`create`].
    ///
    /// # Errors
    /// Those of [`begin`](Self::begin) and of the system.
    pub fn new(path: &Path, parts: &[&[u8]], mode: u32) -> io::Result<Self> {
        let mut draft = Self::begin(path, mode)?;
        parts.iter().try_for_each(|part| draft.write_all(part))?;
        draft.finish()?;
        Ok(draft)
    }

    /// Makes an empty file in the folder of `path`, after removing what killed processes have left. It belongs to the owner
    /// of the file that it is to replace.
    ///
    /// # Errors
    /// Those of the system; and when that owner is another user in a folder that others may write to.
    pub fn begin(path: &Path, mode: u32) -> io::Result<Self> {
        check_names(path)?;
        leftover::sweep(path);
        for _ in 0..ATTEMPTS {
            let draft = leftover::draft_path(path);
            let file = match create(&draft, mode) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                file => file?,
            };
            let locked = lock::take(&file);
            // From here on it is removed when dropped.
            let draft = Self { path: draft, file, early: Early::default() };
            if locked {
                owner::keep(&draft.file, path, mode)?;
                return Ok(draft);
            }
        }
        Err(io::Error::other("another process keeps removing its draft; try again"))
    }

    /// Writes it to the disk. Some file systems notice only now that there is no room.
    ///
    /// # Errors
    /// Those of the system.
    pub fn finish(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// Gives it its name, and replaces the file that had it. A link is replaced, and its target stays as it is.
    ///
    /// # Errors
    /// Those of the system. On Windows, when another program keeps the old file open for longer than about a second.
    pub fn take_place(&self, path: &Path) -> io::Result<()> {
        replacement::rename(&self.path, path)
    }

    /// A name in the same folder for the file that is replaced.
    #[must_use]
    pub fn kept(&self) -> PathBuf {
        leftover::kept_path(&self.path)
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.early.wrote(&self.file, written);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // There is no such name once it has its final one.
        let _ = fs::remove_file(&self.path);
    }
}

/// Makes a file that does not exist yet, with these permission bits. On Windows, bits for the owner alone are an access list
/// for the owner, SYSTEM and Administrators; with any others the file inherits the list of its folder.
///
/// # Errors
/// Those of the system; `AlreadyExists` if there is anything of that name.
pub fn create(path: &Path, mode: u32) -> io::Result<File> {
    check_names(path)?;
    creation::file(path, mode)
}

/// Makes a folder that does not exist yet, for its owner alone. On Windows, what is made in it inherits its access list.
///
/// # Errors
/// Those of the system; `AlreadyExists` if there is anything of that name.
pub fn create_folder(path: &Path) -> io::Result<()> {
    check_names(path)?;
    creation::folder(path)
}

/// Makes a folder and those above it, as far as they do not exist, for their owner alone.
///
/// # Errors
/// Those of the system; `AlreadyExists` if there is a file in the place of one.
pub fn create_folders(path: &Path) -> io::Result<()> {
    check_names(path)?;
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let made = match create_folder(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create_folders(path.parent().ok_or(error)?)?;
            create_folder(path)
        }
        made => made,
    };
    // Others may have made it at the same moment.
    if path.is_dir() { Ok(()) } else { made }
}

/// Fails for what a file must not replace: a folder, a device, a pipe. A user who may replace `/dev/null` would lose it.
///
/// # Errors
/// What it is, and those of the system.
pub fn is_file_or_nothing(path: &Path) -> io::Result<()> {
    check_names(path)?;
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => Err(io::Error::other("it is a device, a pipe or a socket")),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes the name to the disk as well. Where a folder cannot be synchronized, the file system does that itself.
pub fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(leftover::folder(path)) {
        let _ = folder.sync_all();
    }
}
