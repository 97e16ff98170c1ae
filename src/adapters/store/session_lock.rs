//! One session at a time for one folder.

use super::{
    Store, StoreError,
    lock::{self, Lock},
};
use alloc::string::ToString as _;

/// Empty. It is made once, locked while a session runs, and never removed: a lock of a file without a name keeps nobody out.
const FILE: &str = "session.lock";

/// Keeps others from running a session with the state in a folder, until it is dropped or its process ends.
#[derive(Debug)]
pub struct SessionLock {
    /// `None` where it cannot be locked.
    _file: Option<Lock>,
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
        let in_use = |lock::Held| StoreError::SessionInUse { folder: self.folder().display().to_string() };
        lock::hold_file(&self.path(FILE)).map(|file| SessionLock { _file: file }).map_err(in_use)
    }
}
