//! What both flows share: the states in which a caller may find them, one attempt's view of time, and the judgement of
//! an answer's status.
//!
//! A state is named for what the *caller* does next. Where the protocol stands is in what the state holds.

use crate::{
    base::{
        time::UnixTime,
        wait::{Backoff, Deadline, Reason, Wait},
    },
    error::{Error, ProtocolError, ProtocolProblem, ServiceOperation},
    flow::http::{BODY_LIMIT, Request, Response},
    sas::StringToSign,
};
use core::time::Duration;

/// A request is to be sent.
#[derive(Debug)]
pub struct Sending {
    pub(crate) request: Request,
}

/// Time is to pass, then the request is sent.
#[derive(Debug)]
pub struct Waiting {
    pub(crate) wait: Wait,
    pub(crate) request: Request,
}

/// Bytes are to be signed by whoever holds the key.
#[derive(Debug)]
pub struct Signing {
    pub(crate) string_to_sign: StringToSign,
}

/// How long to wait between two polls when the service does not say.
const POLL: Duration = Duration::from_secs(2);

/// One attempt: when it gives up, and how patient it still is.
#[derive(Debug)]
pub(crate) struct Attempt {
    asked: ServiceOperation,
    deadline: Deadline,
    backoff: Backoff,
    /// No event comes before that: the latest one, and the wait that it led to.
    least: UnixTime,
}

/// A good answer, or a wait before the same question is put again.
pub(crate) enum Verdict<'a> {
    Answer(&'a [u8]),
    Again(Wait),
}

impl Attempt {
    pub(crate) fn until(deadline: Deadline, asked: ServiceOperation) -> Self {
        Self { asked, deadline, backoff: Backoff::default(), least: UnixTime::from_secs(0) }
    }

    pub(crate) const fn token_expiry(&self) -> UnixTime {
        self.deadline.token_end
    }

    /// Whether there is still time when an event comes. A clock that stands still or is set back does not make more of it:
    /// what it lacks is taken from what is left.
    pub(crate) fn check(&mut self, now: UnixTime) -> Result<(), Error> {
        self.deadline.at = self.deadline.at.earlier_by(self.least.since(now));
        self.least = now;
        if now > self.deadline.at { Err(Error::OutOfTime) } else { Ok(()) }
    }

    /// Whether an answer is looked at: it came in time and is no longer than any of this service's.
    pub(crate) fn admit(&mut self, now: UnixTime, response: &Response<'_>) -> Result<(), Error> {
        self.check(now)?;
        if response.body.len() > BODY_LIMIT {
            return Err(ProtocolError::new("body", ProtocolProblem::TooLong).into());
        }
        Ok(())
    }

    /// What an answer means before it is read: go on, ask again later, or give up.
    pub(crate) fn judge<'a>(&mut self, now: UnixTime, response: &Response<'a>) -> Result<Verdict<'a>, Error> {
        self.admit(now, response)?;
        match response.status {
            200..=299 => {
                self.backoff.reset();
                Ok(Verdict::Answer(response.body))
            }
            status @ (408 | 429 | 500..=599) => {
                let who = self.asked;
                let refused = || who.refused(now, response);
                let asked = response.retry_after.map(|after| after.clamped(response.date.unwrap_or(now)));
                let wait = self.backoff.next(asked, Reason::Busy { status }).ok_or_else(refused)?;
                self.fit(now, wait).map(Verdict::Again).ok_or_else(refused)
            }
            _ => Err(self.asked.refused(now, response)),
        }
    }

    /// No complete answer came.
    pub(crate) fn unanswered(&mut self, now: UnixTime) -> Result<Wait, Error> {
        self.check(now)?;
        let gave_up = Error::Unreachable { attempts: self.backoff.attempts() };
        let wait = self.backoff.next(None, Reason::Unanswered).and_then(|wait| self.fit(now, wait));
        wait.ok_or(gave_up)
    }

    /// The pause before the next poll: as long as the service asks for.
    pub(crate) fn poll_pause(&mut self, now: UnixTime, response: &Response<'_>) -> Result<Wait, Error> {
        let least = response.retry_after.map_or(POLL, |after| after.clamped(response.date.unwrap_or(now)));
        self.fit(now, Wait::asked(least, Reason::Assigning)).ok_or(Error::OutOfTime)
    }

    /// A wait that would end after the deadline is not begun, and none is stretched beyond it.
    fn fit(&mut self, now: UnixTime, wait: Wait) -> Option<Wait> {
        let left = self.deadline.at.since(now);
        self.least = now + wait.at_least;
        (wait.at_least <= left).then(|| Wait { at_most: wait.at_most.min(left), ..wait })
    }
}
