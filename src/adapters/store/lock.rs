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

/// The lock of a file whose process has ended, `None` if that process runs. Who removes the file holds the lock until then:
/// its process may have made it a moment ago, and would otherwise lock it between this test and the removal.
#[cfg(unix)]
pub(super) fn take_if_free(path: &Path) -> Option<File> {
    use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
    // Neither follow a link nor wait for the other end of a pipe.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(open(path, flags, Mode::empty()).ok()?);
    let is_free = file.metadata().is_ok_and(|metadata| metadata.is_file())
        && flock(&file, FlockOperation::NonBlockingLockShared).is_ok();
    is_free.then_some(file)
}

/// Another process holds a lock.
pub(super) struct Held;

/// The lock of a folder, held while the file is open. Where there are no locks for folders, none is taken, and it is as if it
/// were free.
#[cfg(unix)]
pub(super) fn hold(folder: &Path) -> Result<Option<File>, Held> {
    use rustix::{
        fs::{FlockOperation, Mode, OFlags, flock, open},
        io::Errno,
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(file) = open(folder, flags, Mode::empty()).map(File::from) else { return Ok(None) };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Err(Held),
        locked => Ok(locked.ok().map(|()| file)),
    }
}

#[cfg(not(unix))]
pub(super) const fn hold(_: &Path) -> Result<Option<File>, Held> {
    Ok(None)
}

#[cfg(not(unix))]
pub(super) const fn take(_: &File) -> bool {
    true
}

/// Unknown here, so that nothing is removed.
#[cfg(not(unix))]
pub(super) const fn take_if_free(_: &Path) -> Option<File> {
    None
}
