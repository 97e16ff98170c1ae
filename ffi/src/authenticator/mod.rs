//! Authenticators.

use crate::{
    code::DEFENDERAUTH_STATE,
    failure::Failure,
    object::{Poison, object},
};
use defender_auth::{Action, Authenticator as Machine, Outcome};

/// One run of a plan.
pub struct Authenticator {
    poison: Poison,
    machine: Machine,
}

object!(Authenticator, "authenticator");

impl From<Machine> for Authenticator {
    fn from(machine: Machine) -> Self {
        Self { poison: Poison::default(), machine }
    }
}

impl Authenticator {
    pub(crate) const fn machine(&mut self) -> &mut Machine {
        &mut self.machine
    }

    pub(crate) const fn refresh(&mut self) {
        let _ = &self.machine;
    }

    pub(crate) fn outcome(&self) -> Result<&Outcome, Failure> {
        match self.machine.poll() {
            Action::Done(outcome) => Ok(outcome),
            _ => Err(Failure::new(DEFENDERAUTH_STATE, "it is not done; run it first").field("authenticator")),
        }
    }
}
