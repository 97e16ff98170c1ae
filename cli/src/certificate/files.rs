//! A certificate and its key on disk: both or neither, complete, and replacing others only on request.

use super::mistake;
use crate::{
    failure::Failure,
    private_file::{self, SECRET, create, cure, is_file_or_nothing, sync_folder},
};
use std::{
    fs::{self, DirBuilder},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

const PUBLIC: u32 = 0o644;

/// Where they are written.
pub(super) struct Target {
    pub(super) certificate: PathBuf,
    pub(super) key: Option<PathBuf>,
}

impl Target {
    fn paths(&self) -> impl Iterator<Item = &Path> {
        self.key.iter().chain([&self.certificate]).map(PathBuf::as_path)
    }

    /// Whether they can be written there, as far as that can be checked before anything is created. `inputs` are never
    /// replaced.
    pub(super) fn check(&self, force: bool, inputs: &[&Path]) -> Result<(), Failure> {
        if self.key.as_ref() == Some(&self.certificate) {
            return Err(mistake(self.certificate.display(), "certificate and key get a file each; give two names"));
        }
        for path in self.paths() {
            match fs::symlink_metadata(path) {
                Ok(metadata) if metadata.is_dir() => return Err(folder(path)),
                Ok(_) if !force => return Err(taken(path)),
                Ok(_) => {
                    is_file_or_nothing(path).map_err(|error| unwritten(path, &error))?;
                    let same = |input: &&Path| fs::canonicalize(input).ok() == fs::canonicalize(path).ok();
                    if inputs.iter().any(same) {
                        let what = "it is the CA's own file, which would be lost; give another name";
                        return Err(mistake(path.display(), what));
                    }
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(unwritten(path, &error)),
            }
        }
        Ok(())
    }

    /// Writes them.
    pub(super) fn write(&self, certificate: &str, key: &str, force: bool) -> Result<(), Failure> {
        let mut drafts = Vec::new();
        for path in self.paths() {
            let secret = self.key.as_deref() == Some(path);
            let (text, mode) = if secret { (key, SECRET) } else { (certificate, PUBLIC) };
            drafts.push(Draft::new(path, text, mode).map_err(|error| unwritten(path, &error))?);
        }
        // Both names are reserved before one is filled, so that neither is when the other is taken.
        for draft in &mut drafts {
            if !force {
                draft.reserve().map_err(|error| match error.kind() {
                    ErrorKind::AlreadyExists => taken(draft.path),
                    _ => unwritten(draft.path, &error),
                })?;
            }
        }
        // Everything is on the disk by now; only the renaming is left.
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

/// A complete file that gets its name last. Dropped before it is done, it restores what was there.
struct Draft<'a> {
    path: &'a Path,
    new: private_file::Draft,
    /// The file that had the name before, under another.
    old: Option<PathBuf>,
    /// The name was free before.
    reserved: bool,
    is_done: bool,
}

impl<'a> Draft<'a> {
    fn new(path: &'a Path, text: &str, mode: u32) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let mut builder = DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.recursive(true).create(folder)?;
        }
        let new = private_file::Draft::new(path, &[text.as_bytes()], mode)?;
        Ok(Self { path, new, old: None, reserved: false, is_done: false })
    }

    /// Takes the name, even from an existing file. The old file is kept as long as the other of the two may fail, where a
    /// file can have two names.
    fn take_place(&mut self) -> io::Result<()> {
        let kept = self.new.kept();
        match fs::hard_link(self.path, &kept) {
            Ok(()) => self.old = Some(kept),
            Err(error) => self.reserved |= error.kind() == ErrorKind::NotFound,
        }
        self.new.take_place(self.path)
    }

    /// Takes the name, or fails when it is taken.
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
                // A file under both names stays under both.
                let _ = fs::remove_file(old);
            }
            None if self.reserved && !self.is_done => drop(fs::remove_file(self.path)),
            None => {}
        }
    }
}

fn taken(path: &Path) -> Failure {
    mistake(path.display(), "it exists already; give another name, or --force to replace it")
}

fn folder(path: &Path) -> Failure {
    mistake(path.display(), "it is a folder; give the name of a file")
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let cure = match error.kind() {
        ErrorKind::PermissionDenied => "write to a folder of your own",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => "a file is in the place of a folder; give another name",
        _ => cure(error).unwrap_or("check the path"),
    };
    Failure::Write(format!("{}: it cannot be written: {error}; {cure}", path.display()))
}
