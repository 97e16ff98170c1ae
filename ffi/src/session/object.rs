//! The session as C holds it.

use super::{machine::Machine, views::Views};
use crate::{
    object::{Poison, object},
    options::Chosen,
};
use std::mem;

/// Keeps one agent authenticated for years: poll for the next action, perform it, report what came of it. Free it with
/// `defenderauth_session_free`.
pub struct Session {
    poison: Poison,
    pub(super) machine: Machine,
    chosen: Chosen,
    pub(super) views: Views,
}

object!(Session, "session");

impl Session {
    pub(super) fn new(machine: Machine, chosen: Chosen) -> Self {
        let mut this = Self { poison: Poison::new(), machine, chosen, views: Views::default() };
        this.refresh();
        this
    }

    /// Rebuilds the views, after every transition.
    pub(super) fn refresh(&mut self) {
        self.views = self.machine.views(&self.chosen, mem::take(&mut self.views));
    }
}
