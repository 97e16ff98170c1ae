//! The authenticator as C holds it.

use super::{machine::Machine, views::Views};
use crate::{
    code::DEFENDERAUTH_STATE,
    failure::Failure,
    object::{Poison, object},
    options::Chosen,
    view::View,
};
use defender_auth::{Action, Outcome, Plan, UnixTime};

/// One authentication: poll for the next action, perform it, report its result. Free it with
/// `defenderauth_authenticator_free`. Once DONE it is immutable and creates tokens until it is freed.
pub struct Authenticator {
    poison: Poison,
    /// `None` for the run of a session, which has the machine.
    machine: Option<Machine>,
    /// `None` for the run of a session.
    #[cfg(feature = "session")]
    plan: Option<Plan>,
    pub(super) chosen: Chosen,
    /// With the options applied.
    pub(super) outcome: Option<Outcome>,
    pub(super) views: Views,
}

object!(Authenticator, "authenticator");

impl Authenticator {
    pub(super) fn new(plan: &Plan, chosen: Chosen, now: UnixTime) -> Result<Self, Failure> {
        let plan = chosen.plan(plan);
        let machine = Machine::new(&plan, now, chosen.limit())?;
        let mut this = Self {
            poison: Poison::new(),
            machine: Some(machine),
            #[cfg(feature = "session")]
            plan: Some(plan),
            chosen,
            outcome: None,
            views: Views::default(),
        };
        this.refresh();
        Ok(this)
    }

    /// A view of what a session's run has to do, or of what it has got.
    #[cfg(feature = "session")]
    pub(crate) fn shown(action: Action<'_>, chosen: &Chosen) -> Self {
        let outcome = match action {
            Action::Done(outcome) => Some(chosen.outcome(outcome.clone())),
            _ => None,
        };
        let views = Views::of(action, outcome.as_ref(), chosen);
        Self { poison: Poison::new(), machine: None, plan: None, chosen: chosen.clone(), outcome, views }
    }

    /// The plan, with the options that belong to the identity.
    #[cfg(feature = "session")]
    pub(crate) fn plan(&self) -> Result<Plan, Failure> {
        let plan = self.plan.as_ref().ok_or_else(of_session)?;
        match (plan.outcome(), plan.target()) {
            (Some(outcome), _) => Ok(self.chosen.outcome(outcome.clone()).into()),
            (None, None) if self.chosen.has_audience() => {
                let message = "a session cannot set the audience of a device that the provisioning service assigns; \
                               create the authenticator without it";
                Err(Failure::argument("authenticator", message))
            }
            (None, _) => Ok(plan.clone()),
        }
    }

    /// The outcome, once there is one.
    pub(crate) fn outcome(&self) -> Result<&Outcome, Failure> {
        self.outcome.as_ref().ok_or_else(|| {
            let message =
                "it is not DEFENDERAUTH_ACTION_DONE; poll it, perform the pending action, and report the result";
            Failure::new(DEFENDERAUTH_STATE, message).field("authenticator")
        })
    }

    /// Rebuilds the views, after every transition.
    pub(crate) fn refresh(&mut self) {
        let Some(machine) = &self.machine else { return };
        if let Action::Done(outcome) = machine.poll() {
            self.outcome = Some(self.chosen.outcome(outcome.clone()));
        }
        let operation = machine.pending_operation().map(|operation| View::new(operation.as_str())).unwrap_or_default();
        self.views = Views { operation, ..Views::of(machine.poll(), self.outcome.as_ref(), &self.chosen) };
    }

    pub(super) fn clock_offset(&self) -> i64 {
        self.machine.as_ref().map_or(0, Machine::clock_offset)
    }

    /// The state machine; call `refresh` afterwards.
    pub(super) fn stepper(&mut self) -> Result<&mut Machine, Failure> {
        self.machine.as_mut().ok_or_else(of_session)
    }

    /// The same for the driver.
    #[cfg(feature = "https")]
    pub(crate) fn machine(&mut self) -> Result<&mut defender_auth::Authenticator, Failure> {
        Ok(self.stepper()?.inner())
    }

    /// The same for the driver of a build without one.
    #[cfg(not(feature = "https"))]
    pub(crate) fn machine(&mut self) -> Result<&mut Machine, Failure> {
        self.stepper()
    }
}

/// Only a program that casts `const` away gets here.
fn of_session() -> Failure {
    let message = "it belongs to a session; report the result of its action to the session";
    Failure::new(DEFENDERAUTH_STATE, message).field("authenticator")
}
