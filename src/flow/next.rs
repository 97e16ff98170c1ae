//! The next state of an exchange, as an action and by an event.

use crate::{
    base::time::Now,
    error::Error,
    flow::{
        action::{Action, Event},
        exchange::{Next, Protocol},
    },
};

impl<P: Protocol> Next<P> {
    /// What the caller does next.
    pub(super) const fn action(&self) -> Action<'_> {
        match self {
            Self::Send(sending) => Action::Send(sending.request()),
            Self::Wait(waiting) => Action::Wait(waiting.wait()),
            Self::Sign(signing) => Action::Sign(P::KEY_USE, signing.string_to_sign()),
        }
    }

    /// The step that an event leads to, or the state itself when the event does not answer its action.
    #[expect(clippy::result_large_err, reason = "the state is put back where it was, without an allocation")]
    pub(super) fn answer(self, now: Now, event: Event<'_>) -> Result<Result<P::Step, Error>, Self> {
        match (self, event) {
            (Self::Send(sending), Event::Answered(response)) => Ok(sending.answered(now, response)),
            (Self::Send(sending), Event::Unanswered) => Ok(sending.unanswered(now)),
            (Self::Wait(waiting), Event::Elapsed) => Ok(waiting.elapsed(now)),
            (Self::Sign(signing), Event::Signed(signature)) => {
                Ok(signing.signed(now, &signature).map(|sending| Self::Send(sending).into()))
            }
            (Self::Sign(_), Event::TpmFailed(error)) => Ok(Err(error.clone())),
            (next, _) => Err(next),
        }
    }
}
