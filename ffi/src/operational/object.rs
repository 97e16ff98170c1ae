//! The certificates and the renewal as C holds them.

use super::{
    machine::{Lock, Machine, Record},
    views::{Kept, Pending},
};
use crate::object::{Poison, object};
use defender_auth::http::OperationId;
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The certificate that a device connects with, its key, and the request for the next one, as one value. Save it after each
/// change and before the next step: then no moment at which the program ends loses a certificate. Free it with
/// `defenderauth_certificates_free`.
pub struct Certificates {
    poison: Poison,
    pub(super) record: Record,
    pub(super) views: Kept,
    /// Held until the object is freed.
    _lock: Option<Lock>,
}

object!(Certificates, "certificates");

impl Certificates {
    pub(super) fn new(record: Record) -> Self {
        let views = record.views();
        Self { poison: Poison::new(), record, views, _lock: None }
    }

    pub(super) fn locked(record: Record, lock: Lock) -> Self {
        Self { _lock: Some(lock), ..Self::new(record) }
    }

    /// What notes an operation and writes it into the folder. A run goes on when that fails: it may still end well.
    pub(crate) fn noting(&self, folder: &Path) -> Noting {
        Noting { record: Mutex::new(self.record.clone()), folder: folder.to_owned() }
    }

    /// Takes over what was noted.
    pub(crate) fn take(&mut self, noting: &Noting) {
        self.record = noting.record.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.views = self.record.views();
    }
}

/// Notes the operation of a registration while it runs.
pub(crate) struct Noting {
    record: Mutex<Record>,
    folder: PathBuf,
}

impl Noting {
    #[cfg_attr(not(feature = "https"), expect(dead_code, reason = "only the built-in driver runs a registration"))]
    pub(crate) fn note(&self, operation: &OperationId) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        if record.sent_by(operation).is_ok_and(|is_new| is_new) {
            let _ = record.save(&self.folder);
        }
    }
}

/// Renews a certificate over the program's MQTT connection, whose user name was made with
/// `defenderauth_options_set_certificate_renewal`: poll for the next action, perform it, report what came of it. Free it with
/// `defenderauth_renewal_free`.
pub struct Renewal {
    poison: Poison,
    pub(super) machine: Machine,
    pub(super) views: Pending,
}

object!(Renewal, "renewal");

impl Renewal {
    pub(super) fn new(machine: Machine) -> Self {
        let views = machine.views();
        Self { poison: Poison::new(), machine, views }
    }
}
