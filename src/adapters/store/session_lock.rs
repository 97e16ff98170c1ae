//! One session at a time for one folder.

use super::{Store, StoreError, lock::Held};
use alloc::string::ToString as _;
use std::fs::File;
#[cfg(not(windows))]
use std::path::Path;

/// Empty. It is made once, locked while a session runs, and never removed: a lock of a file without a name keeps nobody out.
const FILE: &str = "session.lock";

/// Keeps others from running a session with the state in a folder, until it is dropped or its process ends.
#[derive(Debug)]
pub struct SessionLock {
    /// Open and locked. `None` where it cannot be locked.
    #[cfg_attr(not(unix), expect(dead_code, reason = "it is held"))]
    file: Option<File>,
}

impl Store {
    /// Keeps other processes from running a session with this state: two sessions with one identity displace each other's
    /// connection, because a hub has one for each. Take it before [`load`](Self::load), and keep it as long as the session
    /// runs. A driver of the crate `defender-auth-mqtt` takes it by itself.
    ///
    /// The lock is advisory, and is that of the file `session.lock` (`flock`; on Windows the file is opened for writing, and is
    /// not shared). Where the folder cannot be written to, or its file system has no locks, as some network file systems,
    /// nothing is locked.
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("session-lock-{}", std::process::id()));
    /// use defender_auth::store::{Store, StoreError};
    ///
    /// let store = Store::open(&folder)?;
    /// let lock = store.lock_session()?; // as long as this process runs its session
    /// # #[cfg(any(unix, windows))]
    /// assert!(matches!(store.lock_session(), Err(StoreError::SessionInUse { .. })));
    /// # drop(lock);
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When another holds it.
    pub fn lock_session(&self) -> Result<SessionLock, StoreError> {
        let in_use = |Held| StoreError::SessionInUse { folder: self.folder().display().to_string() };
        hold(&self.path(FILE)).map(|file| SessionLock { file }).map_err(in_use)
    }
}

#[cfg(unix)]
impl Drop for SessionLock {
    /// Closing the file would not be enough: a process that is being spawned has a copy of it until it runs its own program.
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            let _ = rustix::fs::flock(file, rustix::fs::FlockOperation::Unlock);
        }
    }
}

#[cfg(unix)]
fn hold(path: &Path) -> Result<Option<File>, Held> {
    use rustix::{
        fs::{FlockOperation, Mode, OFlags, flock, open},
        io::Errno,
    };
    // Neither follow a link nor wait for the other end of a pipe.
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = open(path, flags, Mode::RUSR | Mode::WUSR).map(File::from) else { return Ok(None) };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Err(Held),
        locked => Ok(locked.ok().map(|()| file)),
    }
}

#[cfg(windows)]
use super::lock::hold_file as hold;

#[cfg(not(any(unix, windows)))]
const fn hold(_: &Path) -> Result<Option<File>, Held> {
    Ok(None)
}
