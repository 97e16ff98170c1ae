//! A certificate and its key on disk: both or neither, complete, and replacing existing files only with --force.

use crate::terminal::failure::Failure;
use defender_auth::store::{
    draft::{self, SECRET, check_names, create, create_folders, is_file_or_nothing, sync_folder},
    write_cure,
};
use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// A certificate is for everybody.
pub(crate) const PUBLIC: u32 = 0o644;

/// Their paths.
pub(crate) struct Target {
    pub(crate) certificate: PathBuf,
    pub(crate) key: Option<PathBuf>,
}

impl Target {
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.key.iter().chain([&self.certificate]).map(PathBuf::as_path)
    }

    /// Whether they can be written there, as far as can be tested before anything is made. `inputs` are never replaced.
    pub(crate) fn check(&self, force: bool, inputs: &[&Path]) -> Result<(), Failure> {
        if self.key.as_ref() == Some(&self.certificate) {
            return Err(Failure::at(
                self.certificate.display(),
                "certificate and key need a file each; give two names",
            ));
        }
        for path in self.paths() {
            check_names(path).map_err(|error| unwritten(path, &error))?;
            match fs::symlink_metadata(path) {
                Ok(metadata) if metadata.is_dir() => return Err(folder(path)),
                Ok(_) if !force => return Err(taken(path)),
                Ok(_) => {
                    is_file_or_nothing(path).map_err(|error| unwritten(path, &error))?;
                    let same = |input: &&Path| fs::canonicalize(input).ok() == fs::canonicalize(path).ok();
                    if inputs.iter().any(same) {
                        let what = "this command reads this file, which would be lost; give another name";
                        return Err(Failure::at(path.display(), what));
                    }
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(unwritten(path, &error)),
            }
        }
        Ok(())
    }

    /// Writes them.
    pub(crate) fn write(&self, certificate: &[u8], key: &[u8], force: bool) -> Result<(), Failure> {
        let mut drafts = Vec::new();
        for path in self.paths() {
            let secret = self.key.as_deref() == Some(path);
            let (contents, mode) = if secret { (key, SECRET) } else { (certificate, PUBLIC) };
            drafts.push(Draft::new(path, contents, mode).map_err(|error| unwritten(path, &error))?);
        }
        // Both names are reserved before one is used, so that neither is used if the other is not free.
        for draft in &mut drafts {
            if !force {
                draft.reserve().map_err(|error| match error.kind() {
                    ErrorKind::AlreadyExists => taken(draft.path),
                    _ => unwritten(draft.path, &error),
                })?;
            }
        }
        // Both are on the disk by now; only the renames are left.
        for draft in &mut drafts {
            draft.take_place().map_err(|error| unwritten(draft.path, &error))?;
        }
        for draft in &mut drafts {
            draft.is_done = true;
            sync_folder(draft.path);
        }
        Ok(())
    }
}

/// A complete file that gets its name. When it is dropped before it is done, everything is restored.
struct Draft<'a> {
    path: &'a Path,
    new: draft::Draft,
    /// Another name of the file that is replaced.
    old: Option<PathBuf>,
    /// There was no such file before.
    reserved: bool,
    is_done: bool,
}

impl<'a> Draft<'a> {
    fn new(path: &'a Path, contents: &[u8], mode: u32) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            create_folders(folder)?;
        }
        let new = draft::Draft::new(path, &[contents], mode)?;
        Ok(Self { path, new, old: None, reserved: false, is_done: false })
    }

    /// Takes the name, and replaces the file that has it. The old file is kept as long as the other of the two may fail,
    /// where a file can have two names.
    fn take_place(&mut self) -> io::Result<()> {
        let kept = self.new.kept();
        match fs::hard_link(self.path, &kept) {
            Ok(()) => self.old = Some(kept),
            Err(error) => self.reserved |= error.kind() == ErrorKind::NotFound,
        }
        self.new.take_place(self.path)
    }

    /// Takes the name, or fails if there is such a file.
    fn reserve(&mut self) -> io::Result<()> {
        create(self.path, SECRET)?;
        self.reserved = true;
        Ok(())
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        match &self.old {
            Some(old) => {
                if !self.is_done {
                    let _ = fs::rename(old, self.path);
                }
                // A rename between two names of one file leaves both.
                let _ = fs::remove_file(old);
            }
            None if self.reserved && !self.is_done => drop(fs::remove_file(self.path)),
            None => {}
        }
    }
}

fn taken(path: &Path) -> Failure {
    Failure::at(path.display(), "it exists already; give another name, or --force to replace it")
}

fn folder(path: &Path) -> Failure {
    Failure::at(path.display(), "it is a folder; give the name of a file")
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let cure = match error.kind() {
        ErrorKind::PermissionDenied => "write to a folder of your own",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "there is a file in the place of a folder; give another name"
        }
        _ => write_cure(error).unwrap_or("check the path"),
    };
    Failure::Write(format!("{} cannot be written: {error}; {cure}", path.display()))
}
