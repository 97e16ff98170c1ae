//! The driver as C holds it.

use super::{machine::Machine, views::Views};
use crate::{
    lock::{Mutex, MutexGuard, PoisonError},
    object::{Poison, object},
    session::Session,
};
use defender_auth::identity::Identity;

/// Keeps an agent connected: a session with its requests, its connection and its files. It has no thread: everything happens
/// in `defenderauth_driver_next` and the calls that send. Free it with `defenderauth_driver_free`.
pub struct Driver {
    pub(super) poison: Poison,
    /// Behind a lock, because const functions read it at the same time and its parts are for one thread at a time.
    machine: Mutex<Machine>,
    pub(super) views: Views,
    /// A view of the session.
    pub(super) session: Session,
}

object!(Driver, "driver");

impl Driver {
    pub(super) fn new(machine: Machine) -> Self {
        Self {
            poison: Poison::new(),
            machine: Mutex::new(machine),
            views: Views::default(),
            session: Session::of_driver(),
        }
    }

    /// For a const function. A panic that happened with it has made the object unusable.
    pub(super) fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn machine_mut(&mut self) -> &mut Machine {
        self.machine.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn into_machine(self) -> Machine {
        self.machine.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows the session as it is now, and who has connected.
    pub(super) fn refresh(&mut self, identity: Option<&Identity>) {
        let machine = self.machine.get_mut().unwrap_or_else(PoisonError::into_inner);
        machine.show(&mut self.session, identity);
    }
}
