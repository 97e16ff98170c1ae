//! The session as C holds it.

use super::{machine::Machine, views::Views};
use crate::{
    code::DEFENDERAUTH_STATE,
    failure::Failure,
    object::{Poison, object},
    options::Chosen,
};
use core::mem;
use defender_auth::credential::IssuedChain;

/// Keeps one agent authenticated for years: poll for the next action, perform it, report what came of it. Free it with
/// `defenderauth_session_free`.
pub struct Session {
    poison: Poison,
    /// `None` for a view of a driver's session.
    machine: Option<Machine>,
    chosen: Chosen,
    pub(super) views: Views,
}

object!(Session, "session");

impl Session {
    pub(super) fn new(machine: Machine, chosen: Chosen) -> Self {
        let mut this = Self { poison: Poison::new(), machine: Some(machine), chosen, views: Views::default() };
        this.refresh();
        this
    }

    /// A view of the session of a driver.
    pub(crate) fn of_driver() -> Self {
        Self { poison: Poison::new(), machine: None, chosen: Chosen::default(), views: Views::default() }
    }

    /// Shows what the session is doing and, when it has connected, as whom.
    #[cfg(feature = "mqtt")]
    pub(crate) fn show(
        &mut self,
        session: &defender_auth::Session,
        identity: Option<&defender_auth::identity::Identity>,
    ) {
        self.views = super::machine::shown(session, identity, mem::take(&mut self.views));
    }

    /// The certificates that are to be kept.
    pub(crate) fn issued(&self) -> Result<&IssuedChain, Failure> {
        self.machine()?.issued()
    }

    pub(super) fn machine(&self) -> Result<&Machine, Failure> {
        self.machine.as_ref().ok_or_else(of_driver)
    }

    pub(super) fn machine_mut(&mut self) -> Result<&mut Machine, Failure> {
        self.machine.as_mut().ok_or_else(of_driver)
    }

    /// Rebuilds the views, after every transition.
    pub(super) fn refresh(&mut self) {
        if let Some(machine) = &self.machine {
            self.views = machine.views(&self.chosen, mem::take(&mut self.views));
        }
    }
}

fn of_driver() -> Failure {
    let message = "it belongs to a driver, which performs its actions; only read it";
    Failure::new(DEFENDERAUTH_STATE, message).field("session")
}
