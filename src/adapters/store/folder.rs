use super::{
    draft::{Draft, NameProblem, SECRET, create_folder, is_file_or_nothing, sync_folder},
    error::StoreError,
    reading, replacement,
    warning::{Exposure, Warning},
    write_error::WriteError,
};
use crate::base::secret::SecretText;
use alloc::string::ToString as _;
use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// The longest file of a store, in bytes. A snapshot has less than one kilobyte, unless a newer version writes more.
pub const FILE_LIMIT: usize = 256 * 1024;

/// A folder of an agent's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// Opens a folder. If it does not exist it is made, for its owner alone; the folder that it is in has to exist.
    ///
    /// # Errors
    /// When it cannot be made, or is not a folder.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let folder = folder.into();
        make(&folder).map_err(|error| WriteError::new(&folder, &error))?;
        Ok(Self { folder })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The text of a file, and a warning if other users can reach it. `None` when there is no such file.
    ///
    /// # Errors
    /// When it cannot be read, is a link or no regular file, is longer than [`FILE_LIMIT`] or not UTF-8.
    pub fn read(&self, name: &str) -> Result<Option<(SecretText, Option<Warning>)>, StoreError> {
        let found = self.open_text(name)?;
        Ok(found.map(|(text, exposure)| {
            let warning = Warning::of(&self.path(name).display().to_string(), exposure, true);
            (text, warning)
        }))
    }

    pub(super) fn open_text(&self, name: &str) -> Result<Option<(SecretText, Option<Exposure>)>, StoreError> {
        Ok(reading::text(&self.checked(name)?, FILE_LIMIT)?)
    }

    /// Writes a file, for its owner alone, and replaces the one of that name. It is on the disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written, and when it would be longer than [`FILE_LIMIT`]. The old file is then as it was.
    pub fn write(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let path = self.checked(name)?;
        if text.len() > FILE_LIMIT {
            return Err(StoreError::TooLong { path: path.display().to_string(), limit: FILE_LIMIT });
        }
        let write = || {
            is_file_or_nothing(&path)?;
            Draft::new(&path, &[text.as_bytes()], SECRET)?.take_place(&path)
        };
        write().map_err(|error| WriteError::new(&path, &error))?;
        sync_folder(&path);
        Ok(())
    }

    /// Removes a file, if there is one.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        let path = self.checked(name)?;
        match replacement::remove(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(WriteError::new(&path, &error).into()),
            Ok(()) => {
                sync_folder(&path);
                Ok(())
            }
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The path of a name that cannot lead out of the folder.
    fn checked(&self, name: &str) -> Result<PathBuf, StoreError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let ends_with_dot = name.starts_with('.') || name.ends_with('.');
        let is_device = cfg!(windows) && NameProblem::of(name).is_some();
        if name.is_empty() || ends_with_dot || is_device || !name.chars().all(is_plain) {
            return Err(StoreError::Name(name.into()));
        }
        Ok(self.path(name))
    }
}

fn make(folder: &Path) -> io::Result<()> {
    match create_folder(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(io::Error::other("it is not a folder")),
        made => made,
    }
}
