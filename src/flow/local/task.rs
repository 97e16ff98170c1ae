//! One thing that a daemon does for the agent, as a machine.

use super::Request;
use crate::{
    base::{
        time::Now,
        wait::{TimeLimit, Wait},
    },
    error::{ApiMisuse, DaemonProblem, Error},
    flow::{attempt::Attempt, http::Response},
};
use core::mem;

/// What the caller does next. A view: it borrows from the task, costs nothing and changes nothing.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Action<'a> {
    /// Send this; answer with [`Event::Answered`], [`Event::Unanswered`] or [`Event::NotReached`].
    Send(&'a Request),
    /// Let time pass; answer with [`Event::Elapsed`].
    Wait(Wait),
    /// The answer is there; take it with [`Task::into_answer`].
    Done,
    /// The task has failed, for this reason.
    Failed(&'a Error),
}

/// The answer to an action.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An answer, whatever its status.
    Answered(Response<'a>),
    /// No complete answer: a connection that is refused or closed, a time-out. The task waits and sends the request again.
    Unanswered,
    /// What waiting does not change. The task fails.
    NotReached(Obstacle),
    /// The time has passed.
    Elapsed,
}

/// Why a daemon cannot be reached until something is changed on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// There is no socket at the path.
    Absent,
    /// The daemon listens on a Unix socket, and the caller has none on this system.
    NoSockets,
    /// The system does not let this user connect to it.
    Denied,
    /// Another kind of file is at the path.
    NotASocket,
}

/// What comes after an answer.
#[derive(Debug)]
pub enum Next<A> {
    /// Another request.
    Send(Request),
    /// The end.
    Done(A),
}

/// What is asked in a task. No other can be written outside this library.
pub trait Question: sealed::Sealed {
    /// What the task ends with.
    type Answer;

    /// Reads an answer with a status of success.
    #[doc(hidden)]
    fn read(&mut self, body: &[u8]) -> Result<Next<Self::Answer>, Error>;

    /// The request to go on with after one that was rejected, or that got no answer. Without one the rejection is the end,
    /// and a request without an answer is sent again.
    #[doc(hidden)]
    fn start_again(&mut self) -> Option<Request> {
        None
    }
}

/// Keeps [`Question`] to those of this library.
pub(crate) mod sealed {
    pub trait Sealed {}
}

/// One thing that a daemon does for the agent, within a limit of time. See the [module](super).
#[derive(Debug)]
#[must_use]
pub struct Task<Q: Question> {
    question: Q,
    attempt: Attempt,
    state: State<Q::Answer>,
}

#[derive(Debug)]
enum State<A> {
    Sending(Request),
    Waiting(Wait, Request),
    Done(A),
    Failed(Error),
}

impl<Q: Question> Task<Q> {
    pub(crate) fn begin(question: Q, request: Result<Request, Error>, now: Now, limit: impl Into<TimeLimit>) -> Self {
        let state = request.map_or_else(State::Failed, State::Sending);
        Self { question, attempt: Attempt::new(now, limit), state }
    }

    /// What to do next. It changes nothing, however often it is called.
    #[must_use]
    pub const fn poll(&self) -> Action<'_> {
        match &self.state {
            State::Sending(request) => Action::Send(request),
            State::Waiting(wait, _) => Action::Wait(*wait),
            State::Done(_) => Action::Done,
            State::Failed(error) => Action::Failed(error),
        }
    }

    /// Takes the event that answers the pending action.
    ///
    /// # Errors
    /// When the event does not answer the action; the task is unchanged.
    pub fn handle(&mut self, now: Now, event: Event<'_>) -> Result<(), ApiMisuse> {
        // Should a transition panic, a failed task is left behind, not a broken one.
        let state = mem::replace(&mut self.state, State::Failed(Error::OutOfTime));
        let next = match (state, event) {
            (State::Sending(request), Event::Answered(response)) => self.answered(now, request, &response),
            (State::Sending(request), Event::Unanswered) => self.unanswered(now, request),
            (State::Sending(request), Event::NotReached(obstacle)) => Err(request.failed(obstacle.into())),
            (State::Waiting(_, request), Event::Elapsed) => self.attempt.check(now).map(|()| State::Sending(request)),
            (state, event) => {
                self.state = state;
                return Err(ApiMisuse { pending: self.poll().name(), given: event.name() });
            }
        };
        self.state = next.unwrap_or_else(State::Failed);
        Ok(())
    }

    /// Ends the task.
    ///
    /// # Errors
    /// Why it failed; or that it is not done, naming the action that is pending.
    pub fn into_answer(self) -> Result<Q::Answer, Error> {
        let pending = self.poll().name();
        match self.state {
            State::Done(answer) => Ok(answer),
            State::Failed(error) => Err(error),
            State::Sending(_) | State::Waiting(..) => Err(ApiMisuse { pending, given: "into_answer" }.into()),
        }
    }

    fn answered(&mut self, now: Now, request: Request, response: &Response<'_>) -> Result<State<Q::Answer>, Error> {
        self.attempt.admit(now, response).map_err(|error| request.explained(error))?;
        match response.status() {
            200..=299 => Ok(match self.question.read(response.body).map_err(|error| request.explained(error))? {
                Next::Send(request) => State::Sending(request),
                Next::Done(answer) => State::Done(answer),
            }),
            408 | 429 | 500..=599 => match self.attempt.busy(now, response) {
                Some(wait) => Ok(State::Waiting(wait, request)),
                None => Err(request.rejected(response)),
            },
            400..=499 => match self.question.start_again() {
                Some(first) => Ok(State::Sending(first)),
                None => Err(request.rejected(response)),
            },
            _ => Err(request.rejected(response)),
        }
    }

    fn unanswered(&mut self, now: Now, request: Request) -> Result<State<Q::Answer>, Error> {
        let wait = self.attempt.unanswered(now).map_err(|error| request.explained(error))?;
        Ok(State::Waiting(wait, self.question.start_again().unwrap_or(request)))
    }
}

impl From<Obstacle> for DaemonProblem {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::Absent => Self::Absent,
            Obstacle::NoSockets => Self::NoSockets,
            Obstacle::Denied => Self::Denied,
            Obstacle::NotASocket => Self::NotASocket,
        }
    }
}

impl Action<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::Send(_) => "Send",
            Self::Wait(_) => "Wait",
            Self::Done => "Done",
            Self::Failed(_) => "Failed",
        }
    }
}

impl Event<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::Answered(_) => "Answered",
            Self::Unanswered => "Unanswered",
            Self::NotReached(_) => "NotReached",
            Self::Elapsed => "Elapsed",
        }
    }
}
