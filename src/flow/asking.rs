//! The question to the identity service with which a plan begins: who the agent is.

use crate::{
    base::{time::Now, wait::TimeLimit},
    credential::Credential,
    error::Error,
    flow::{
        action::{Action, Event},
        identity_service::{Account, CertifiedAccount, IdentityService},
        local::{self, Ask, Task},
        outcome::Outcome,
    },
};
use alloc::boxed::Box;

/// Who is asked, and the pending task.
#[derive(Debug)]
pub(super) struct Asking {
    service: IdentityService,
    task: Task<Ask<Account>>,
}

/// Who the agent is, and what has its key.
pub(super) enum Told {
    /// keyd signs its tokens.
    Known(Box<Outcome>),
    /// certd has its certificate, and keyd its private key.
    Certified(Box<CertifiedAccount>),
}

impl Asking {
    pub(super) fn begin(service: IdentityService, now: Now, limit: TimeLimit) -> Self {
        let task = service.identify(now, limit);
        Self { service, task }
    }

    pub(super) const fn poll(&self) -> Action<'_> {
        match self.task.poll() {
            local::Action::Send(request) => Action::Ask(request),
            local::Action::Wait(wait) => Action::Wait(wait),
            local::Action::Failed(error) => Action::Failed(error),
            // It is taken at once.
            local::Action::Done => Action::Failed(&Error::OutOfTime),
        }
    }

    /// Whether a request is pending.
    pub(super) const fn asks(&self) -> bool {
        matches!(self.task.poll(), local::Action::Send(_))
    }

    /// Whether the task goes on.
    pub(super) const fn is_pending(&self) -> bool {
        matches!(self.task.poll(), local::Action::Send(_) | local::Action::Wait(_))
    }

    /// Whether the event answers the action. Any other changes nothing.
    pub(super) fn handle(&mut self, now: Now, event: Event<'_>) -> bool {
        event.of_task().is_some_and(|event| self.task.handle(now, event).is_ok())
    }

    pub(super) fn end(self) -> Result<Told, Error> {
        let account = self.task.into_answer()?;
        if account.signing_key().is_some() {
            let outcome = Outcome::new(account.identity().clone(), Credential::ExternalSigner);
            return Ok(Told::Known(outcome.into()));
        }
        // The other kind of account has a certificate.
        let certified = CertifiedAccount::new(self.service, account).ok_or(Error::OutOfTime)?;
        Ok(Told::Certified(certified.into()))
    }
}
