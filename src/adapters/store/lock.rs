//! Advisory locks, which say whether the process that made a file is still running. A process ID does not: containers
//! that share a folder have process IDs of their own.

use std::{fs::File, path::Path};

/// Takes the lock of a new draft. False if another process is testing it at this moment.
#[cfg(unix)]
pub(super) fn take(draft: &File) -> bool {
    use rustix::{
        fs::{FlockOperation, flock},
        io::Errno,
    };
    use std::os::unix::fs::MetadataExt as _;
    // Where there are no locks, nothing is taken for abandoned either.
    flock(draft, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK)
        // It may have been removed between its creation and its lock.
        && draft.metadata().is_ok_and(|metadata| metadata.nlink() > 0)
}

/// Whether no process holds the lock of this file: the one that made it has ended.
#[cfg(unix)]
pub(super) fn is_free(path: &Path) -> bool {
    use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
    // Neither follow a link nor wait for the other end of a pipe.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = open(path, flags, Mode::empty()).map(File::from) else { return false };
    file.metadata().is_ok_and(|metadata| metadata.is_file())
        && flock(&file, FlockOperation::NonBlockingLockShared).is_ok()
}

#[cfg(not(unix))]
pub(super) const fn take(_: &File) -> bool {
    true
}

/// Unknown here, so that nothing is removed.
#[cfg(not(unix))]
pub(super) const fn is_free(_: &Path) -> bool {
    false
}
