//! The authenticator as C holds it.

use super::{machine::Machine, views::Views};
use crate::{
    code::DEFENDERAUTH_STATE,
    failure::Failure,
    object::{Poison, object},
    options::Chosen,
};
use defender_auth::{Action, Outcome, Plan, UnixTime};

/// One authentication: poll for the next action, perform it, report its result. Free it with
/// `defenderauth_authenticator_free`. Once DONE it is immutable and creates tokens until it is freed.
pub struct Authenticator {
    poison: Poison,
    pub(super) machine: Machine,
    pub(super) chosen: Chosen,
    /// With the options applied.
    pub(super) outcome: Option<Outcome>,
    pub(super) views: Views,
}

object!(Authenticator, "authenticator");

impl Authenticator {
    pub(super) fn new(plan: &Plan, chosen: Chosen, now: UnixTime) -> Result<Self, Failure> {
        let machine = Machine::new(plan, now, chosen.limit())?;
        let (outcome, views) = (None, Views::default());
        let mut this = Self { poison: Poison::new(), machine, chosen, outcome, views };
        this.refresh();
        Ok(this)
    }

    /// The outcome, once there is one.
    pub(crate) fn outcome(&self) -> Result<&Outcome, Failure> {
        self.outcome.as_ref().ok_or_else(|| {
            let message = "it is not DONE yet; poll it, perform the pending action, and report the result";
            Failure::new(DEFENDERAUTH_STATE, message).field("authenticator")
        })
    }

    /// Rebuilds the views, after every transition.
    pub(crate) fn refresh(&mut self) {
        if let Action::Done(outcome) = self.machine.poll() {
            self.outcome = Some(self.chosen.outcome(outcome.clone()));
        }
        self.views = Views::of(self.machine.poll(), self.outcome.as_ref(), &self.chosen);
    }

    /// The state machine, for the driver; call `refresh` afterwards.
    #[cfg(feature = "https")]
    pub(crate) const fn machine(&mut self) -> &mut defender_auth::Authenticator {
        self.machine.inner()
    }

    /// The same for the driver of a build without one.
    #[cfg(not(feature = "https"))]
    pub(crate) const fn machine(&mut self) -> &mut Machine {
        &mut self.machine
    }
}
