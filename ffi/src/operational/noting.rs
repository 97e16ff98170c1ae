//! Notes the operation of a registration while the built-in driver runs it.

use super::machine::Record;
use crate::failure::Failure;
use defender_auth::http::OperationId;
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// What is kept, and where.
pub(crate) struct Noting {
    record: Mutex<Record>,
    folder: PathBuf,
}

impl Noting {
    #[expect(clippy::unnecessary_wraps, reason = "a build without certificates returns an error")]
    pub(super) fn new(record: &Record, folder: &Path) -> Result<Self, Failure> {
        Ok(Self { record: Mutex::new(record.clone()), folder: folder.to_owned() })
    }

    /// Notes it and writes it. The run goes on when that fails, and may still end well.
    #[cfg_attr(not(feature = "https"), expect(dead_code, reason = "nothing runs a registration"))]
    pub(crate) fn note(&self, operation: &OperationId) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        if record.sent_by(operation).is_ok_and(|is_new| is_new) {
            let _ = record.save(&self.folder);
        }
    }

    pub(super) fn give(&self, record: &mut Record) {
        record.clone_from(&self.record.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
