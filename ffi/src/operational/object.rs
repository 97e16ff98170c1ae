//! The certificates and the renewal as C holds them.

#[cfg(all(feature = "operational", feature = "session"))]
use super::machine;
use super::{
    Noting,
    given::Given,
    machine::{Lock, Machine, Record},
    usable::{Unanswered, Usable},
    views::{Kept, Pending},
};
use crate::{
    code::DEFENDERAUTH_STATE,
    failure::Failure,
    input::Path,
    object::{Poison, object},
};
use defender_auth::Now;
#[cfg(all(feature = "operational", feature = "session"))]
use defender_auth::renewal::Action;

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

    /// What notes an operation and writes it into the folder.
    pub(crate) fn noting(&self, folder: &Path) -> Result<Noting, Failure> {
        Noting::new(&self.record, folder)
    }

    /// Takes over what was noted.
    pub(crate) fn take(&mut self, noting: &Noting) {
        noting.give(&mut self.record);
        self.views = self.record.views();
    }

    /// The pending request, for which no certificates have come.
    pub(crate) fn unanswered(&self) -> Result<Unanswered<'_>, Failure> {
        self.record.unanswered()
    }

    /// The certificate in use, if it can be read.
    pub(crate) fn usable(&self) -> Option<Usable> {
        self.record.usable()
    }

    /// The certificate in use, after one was accepted.
    pub(crate) fn in_use(&self) -> Result<Usable, Failure> {
        let message = "no certificate is in use; accept what was issued first";
        self.usable().ok_or_else(|| Failure::new(DEFENDERAUTH_STATE, message).field("certificates"))
    }
}

/// Renews a certificate over the program's MQTT connection, whose user name was made with
/// `defenderauth_options_set_certificate_renewal`: poll for the next action, perform it, report what came of it. Free it with
/// `defenderauth_renewal_free`.
pub struct Renewal {
    poison: Poison,
    /// `None` for a view of a session's renewal.
    machine: Option<Machine>,
    pub(super) views: Pending,
}

object!(Renewal, "renewal");

impl Renewal {
    pub(super) fn new(machine: Machine) -> Self {
        let views = machine.views();
        Self { poison: Poison::new(), machine: Some(machine), views }
    }

    /// A view of the renewal of a session.
    #[cfg(all(feature = "operational", feature = "session"))]
    pub(crate) fn shown(action: Action<'_>) -> Self {
        Self { poison: Poison::new(), machine: None, views: machine::views(action) }
    }

    pub(super) fn machine(&self) -> Result<&Machine, Failure> {
        self.machine.as_ref().ok_or_else(of_session)
    }

    pub(super) fn handle(&mut self, now: Now, given: Given<'_>) -> Result<(), Failure> {
        let machine = self.machine.as_mut().ok_or_else(of_session)?;
        machine.handle(now, given)?;
        self.views = machine.views();
        Ok(())
    }
}

fn of_session() -> Failure {
    let message = "it belongs to a session; report to the session, and take what was issued from it";
    Failure::new(DEFENDERAUTH_STATE, message).field("renewal")
}
