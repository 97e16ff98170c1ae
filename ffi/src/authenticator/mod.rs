//! Authenticators: a run of a plan, from its making to its outcome.

mod answer;
mod machine;
mod make;
mod outcome;
mod request;
mod views;

pub use answer::*;
pub use make::*;
pub use outcome::*;
pub use request::*;

use crate::{
    Str,
    code::{
        DEFENDERAUTH_ACTION_ACTIVATE, DEFENDERAUTH_ACTION_DONE, DEFENDERAUTH_ACTION_FAILED, DEFENDERAUTH_ACTION_SEND,
        DEFENDERAUTH_ACTION_SIGN, DEFENDERAUTH_ACTION_WAIT,
    },
    error::Error,
    failure::Failure,
    guard,
    object::{Poison, look, object},
    options::Chosen,
};
use defender_auth::{Action, Outcome, Plan, UnixTime};
pub(crate) use machine::Machine;
use views::Views;

/// One run of a way to authenticate: poll for the next action, handle what came of it. Free it with
/// `defenderauth_authenticator_free`. When it is done it is immutable, and good for tokens until it is freed.
pub struct Authenticator {
    poison: Poison,
    machine: Machine,
    chosen: Chosen,
    /// As the options want it.
    outcome: Option<Outcome>,
    views: Views,
}

object!(Authenticator, "authenticator");

impl Authenticator {
    fn new(plan: &Plan, chosen: Chosen, now: UnixTime) -> Result<Self, Failure> {
        let machine = Machine::new(plan, now, chosen.limit())?;
        let (outcome, views) = (None, Views::default());
        let mut this = Self { poison: Poison::new(), machine, chosen, outcome, views };
        this.refresh();
        Ok(this)
    }

    /// Makes the views anew: after every transition.
    pub(crate) fn refresh(&mut self) {
        if let Action::Done(outcome) = self.machine.poll() {
            self.outcome = Some(self.chosen.outcome(outcome.clone()));
        }
        self.views = Views::of(self.machine.poll(), self.outcome.as_ref(), &self.chosen);
    }

    /// What runs; `refresh` afterwards.
    #[cfg(feature = "https")]
    pub(crate) const fn machine(&mut self) -> &mut defender_auth::Authenticator {
        self.machine.inner()
    }

    /// The same, for nobody.
    #[cfg(not(feature = "https"))]
    pub(crate) const fn machine(&mut self) -> &mut Machine {
        &mut self.machine
    }
}

/// Why there is nothing to ask.
static NO_OBJECT: Error = Error::no_object();

/// What to do next: `DEFENDERAUTH_ACTION_`. Pure: ask as often as you like.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_poll(authenticator: Option<&Authenticator>) -> i32 {
    guard::get(DEFENDERAUTH_ACTION_FAILED, || {
        look(authenticator, DEFENDERAUTH_ACTION_FAILED, |authenticator| match authenticator.machine.poll() {
            Action::Send(_) => DEFENDERAUTH_ACTION_SEND,
            Action::Wait(_) => DEFENDERAUTH_ACTION_WAIT,
            Action::Activate(_) => DEFENDERAUTH_ACTION_ACTIVATE,
            Action::Sign(..) => DEFENDERAUTH_ACTION_SIGN,
            Action::Done(_) => DEFENDERAUTH_ACTION_DONE,
            // Failed, and what this interface does not know.
            _ => DEFENDERAUTH_ACTION_FAILED,
        })
    })
}

/// Where it stands, in words: for logs, not for decisions.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_state(authenticator: Option<&Authenticator>) -> Str {
    guard::get(Str::EMPTY, || look(authenticator, Str::EMPTY, |authenticator| authenticator.views.state.as_str()))
}

/// Why it failed. Not NULL exactly when `defenderauth_authenticator_poll` says FAILED, for a NULL or poisoned object too. It
/// is the authenticator's: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_failure(authenticator: Option<&Authenticator>) -> Option<&Error> {
    guard::get(Some(&NO_OBJECT), || {
        look(authenticator, Some(&NO_OBJECT), |authenticator| authenticator.views.failure.as_ref())
    })
}

/// Frees an authenticator, and wipes it. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_authenticator_free(authenticator: Option<Box<Authenticator>>) {
    guard::get((), || drop(authenticator));
}
