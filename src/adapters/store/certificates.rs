//! What a device keeps of its certificates, as one file.

use super::{
    Store, StoreError,
    lock::{self, Lock},
    warning::Warning,
};
use crate::flow::renewal::Certificates;
use alloc::string::ToString as _;
use std::path::PathBuf;

const FILE: &str = "certificates.json";

/// Keeps others from requesting certificates with what is in a folder, until it is dropped or its process ends.
#[derive(Debug)]
pub struct CertificatesLock {
    /// `None` where the system has no locks.
    _folder: Option<Lock>,
}

impl Store {
    /// Keeps other processes from changing the certificates: two that change them at a time would each lose what the other is
    /// issued. Take it before [`load_certificates`](Self::load_certificates), and keep it as long as a request may have an answer.
    /// Reading alone needs none. The lock is advisory, and is that of the folder (`flock`); where the file system has no such
    /// locks, as some network file systems, nothing is locked. On Windows it is a file in the folder, `certificates.lock`, which
    /// stays there.
    ///
    /// # Errors
    /// When another holds it.
    pub fn lock_certificates(&self) -> Result<CertificatesLock, StoreError> {
        let in_use = |lock::Held| StoreError::InUse { folder: self.folder().display().to_string() };
        lock::hold_folder(self.folder()).map(|folder| CertificatesLock { _folder: folder }).map_err(in_use)
    }

    /// The file with the certificates, whether it exists or not.
    #[must_use]
    pub fn certificates_path(&self) -> PathBuf {
        self.path(FILE)
    }

    /// Reads what [`save_certificates`](Self::save_certificates) has written, with a warning if other users can reach the file.
    /// `None` when nothing was written.
    ///
    /// # Errors
    /// When the file cannot be read, is a link, or is not what was written.
    pub fn load_certificates(&self) -> Result<Option<(Certificates, Option<Warning>)>, StoreError> {
        let Some((text, warning)) = self.read(FILE)? else { return Ok(None) };
        let at = |error| StoreError::Certificates { path: self.path(FILE).display().to_string(), error };
        Ok(Some((Certificates::parse(text.expose()).map_err(at)?, warning)))
    }

    /// Writes certificates, their keys and the pending request, for the owner alone. They are on the disk when this returns.
    ///
    /// # Errors
    /// When the file cannot be written. What was written before is then as it was.
    pub fn save_certificates(&self, certificates: &Certificates) -> Result<(), StoreError> {
        self.write(FILE, certificates.text().expose())
    }
}
