//! The driver as C holds it.

use super::{machine::Machine, views::Views};
use crate::{
    object::{Poison, object},
    session::Session,
};
use defender_auth::identity::Identity;

/// Keeps an agent connected: a session with its requests, its connection and its files. It has no thread: everything happens
/// in `defenderauth_driver_next` and the calls that send. Free it with `defenderauth_driver_free`.
pub struct Driver {
    pub(super) poison: Poison,
    pub(super) machine: Machine,
    pub(super) views: Views,
    /// A view of the session.
    pub(super) session: Session,
}

object!(Driver, "driver");

impl Driver {
    /// Shows the session as it is now, and who has connected.
    pub(super) fn refresh(&mut self, identity: Option<&Identity>) {
        self.machine.show(&mut self.session, identity);
    }
}
