//! Advisory locks, which say whether the process that made a file is still running. A process ID does not: containers
//! that share a folder have process IDs of their own.
//!
//! On Windows an open file is its own lock: it is opened for writing in such a way that no other can do the same until it is
//! closed, at the latest when its process ends.

#[cfg(unix)]
pub(super) use by_flock::{hold_file, hold_folder, take, take_if_free};
#[cfg(windows)]
pub(super) use by_sharing::{SHARE_DELETE, SHARE_READ, hold_file, hold_folder, take, take_if_free};
#[cfg(not(any(unix, windows)))]
pub(super) use none::{hold_file, hold_folder, take, take_if_free};
use std::fs::File;

/// Another process holds a lock.
pub(super) struct Held;

/// A lock, held until it is dropped or its process ends.
#[derive(Debug)]
pub(super) struct Lock {
    /// Open and locked.
    #[cfg_attr(not(unix), expect(dead_code, reason = "it is held"))]
    file: File,
}

#[cfg(unix)]
impl Drop for Lock {
    /// Closing the file would not be enough: a process that is being spawned has a copy of it until it runs its own program.
    fn drop(&mut self) {
        let _ = rustix::fs::flock(&self.file, rustix::fs::FlockOperation::Unlock);
    }
}

#[cfg(unix)]
mod by_flock {
    use super::{super::entry, Held, Lock};
    use rustix::{
        fd::OwnedFd,
        fs::{FlockOperation, Mode, OFlags, flock, open},
        io::{self, Errno},
    };
    use std::{fs::File, os::unix::fs::MetadataExt as _, path::Path};

    /// Takes the lock of a new draft. False if another process is testing it at this moment.
    pub(in super::super) fn take(draft: &File) -> bool {
        // Where there are no locks, nothing is taken for abandoned either.
        flock(draft, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK)
            // It may have been removed between its creation and its lock.
            && draft.metadata().is_ok_and(|metadata| metadata.nlink() > 0)
    }

    /// The lock of a file whose process has ended, `None` if that process runs. Who removes the file holds the lock until
    /// then: its process may have made it a moment ago, and would otherwise lock it between this test and the removal.
    pub(in super::super) fn take_if_free(path: &Path) -> Option<File> {
        let file = entry::open(path).ok()?;
        let is_free = file.metadata().is_ok_and(|metadata| entry::is_regular(&metadata))
            && flock(&file, FlockOperation::NonBlockingLockShared).is_ok();
        is_free.then_some(file)
    }

    /// The lock of a folder. Where there are no locks for folders, none is taken, and it is as if it were free.
    pub(in super::super) fn hold_folder(folder: &Path) -> Result<Option<Lock>, Held> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        hold(open(folder, flags, Mode::empty()))
    }

    /// The lock of a file that is nothing else. It is made if there is none, and stays. Where that fails, nothing is locked.
    pub(in super::super) fn hold_file(path: &Path) -> Result<Option<Lock>, Held> {
        // Neither follow a link nor wait for the other end of a pipe.
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        hold(open(path, flags, Mode::RUSR | Mode::WUSR))
    }

    fn hold(opened: io::Result<OwnedFd>) -> Result<Option<Lock>, Held> {
        let Ok(file) = opened.map(File::from) else { return Ok(None) };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => Err(Held),
            locked => Ok(locked.ok().map(|()| Lock { file })),
        }
    }
}

#[cfg(windows)]
mod by_sharing {
    use super::{
        super::entry::{FILE_FLAG_OPEN_REPARSE_POINT, is_regular},
        Held, Lock,
    };
    use std::{
        fs::{File, OpenOptions},
        os::windows::fs::OpenOptionsExt as _,
        path::Path,
    };

    /// Others may read it meanwhile.
    pub(in super::super) const SHARE_READ: u32 = 0x1;
    /// Others may rename and remove it meanwhile.
    pub(in super::super) const SHARE_DELETE: u32 = 0x4;
    const SHARE_ALL: u32 = 0x7;
    const ERROR_SHARING_VIOLATION: i32 = 32;

    /// The file of a folder that is the folder's lock. The folder itself could not be held: nothing in it could be renamed.
    const LOCK: &str = "certificates.lock";

    /// A draft is locked since it was made.
    pub(in super::super) const fn take(_: &File) -> bool {
        true
    }

    /// A file whose process has ended, open for writing. `None` if that process runs, or the file may not be written to.
    pub(in super::super) fn take_if_free(path: &Path) -> Option<File> {
        let mut options = OpenOptions::new();
        options.write(true).share_mode(SHARE_ALL).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
        let file = options.open(path).ok()?;
        file.metadata().is_ok_and(|metadata| is_regular(&metadata)).then_some(file)
    }

    /// The lock of a folder.
    pub(in super::super) fn hold_folder(folder: &Path) -> Result<Option<Lock>, Held> {
        hold_file(&folder.join(LOCK))
    }

    /// The lock of a file that is nothing else. It is made if there is none, and stays. Where that fails, nothing is locked.
    pub(in super::super) fn hold_file(path: &Path) -> Result<Option<Lock>, Held> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        options.share_mode(SHARE_READ).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
        match options.open(path) {
            Err(error) if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION) => Err(Held),
            opened => Ok(opened.ok().map(|file| Lock { file })),
        }
    }
}

#[cfg(not(any(unix, windows)))]
mod none {
    use super::{Held, Lock};
    use std::{fs::File, path::Path};

    pub(in super::super) const fn take(_: &File) -> bool {
        true
    }

    /// Unknown, so that nothing is removed.
    pub(in super::super) const fn take_if_free(_: &Path) -> Option<File> {
        None
    }

    pub(in super::super) const fn hold_folder(_: &Path) -> Result<Option<Lock>, Held> {
        Ok(None)
    }

    pub(in super::super) const fn hold_file(_: &Path) -> Result<Option<Lock>, Held> {
        Ok(None)
    }
}
