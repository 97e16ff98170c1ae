//! What a device keeps of its certificates, as one file.

use super::{Store, StoreError, warning::Warning};
use crate::flow::renewal::Certificates;
use alloc::string::ToString as _;
use std::path::PathBuf;

const FILE: &str = "certificates.json";

impl Store {
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
