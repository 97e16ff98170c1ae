//! One attempt: the time that a run may take, and what an answer's status means for it.

use crate::{
    base::{
        time::{Now, UnixTime},
        wait::{Reason, TimeLimit, Wait},
    },
    error::{Error, ProtocolError, ProtocolProblem, ServiceOperation},
    flow::{
        http::{BODY_LIMIT, Response},
        retry::Backoff,
    },
};
use core::{mem, time::Duration};

/// How long to wait between two polls when the service does not say.
const POLL: Duration = Duration::from_secs(2);

/// The time of one run, from flow to flow: a [`Registration`](crate::dps::Registration) begins with it and hands it on
/// when it is done, so that a [`ModuleLookup`](crate::device_mode::ModuleLookup) after it has what is left.
///
/// Time is counted by the monotonic clock of each event's [`Now`]. A clock that runs backwards or stands still does not
/// lengthen the attempt: then only the minimum of each wait is counted.
#[derive(Debug)]
#[must_use]
pub struct Attempt {
    limit: TimeLimit,
    elapsed: Duration,
    /// The monotonic clock at the latest event.
    latest: Duration,
    /// How long the wait is at least that the latest event led to.
    pending: Duration,
    backoff: Backoff,
}

/// An answer to read, or a wait before the same request is sent again.
pub(crate) enum Verdict<'a> {
    Answer(&'a [u8]),
    Again(Wait),
}

impl Attempt {
    /// Starts at `now` and lasts at most `limit`.
    pub fn new(now: Now, limit: impl Into<TimeLimit>) -> Self {
        let (limit, latest) = (limit.into(), now.monotonic);
        Self { limit, elapsed: Duration::ZERO, latest, pending: Duration::ZERO, backoff: Backoff::default() }
    }

    /// How much time was left at the latest event; zero when the limit has passed.
    #[must_use]
    pub const fn left(&self) -> Duration {
        self.limit.attempt().saturating_sub(self.elapsed)
    }

    /// Whether less than half of the time was left at the latest event.
    pub(crate) const fn is_half_over(&self) -> bool {
        self.left().as_nanos() * 2 < self.limit.attempt().as_nanos()
    }

    /// The expiry of a token that is made at this time.
    pub(crate) fn token_expiry(&self, wall: UnixTime) -> UnixTime {
        wall + self.limit.token_lifetime(self.left())
    }

    /// Whether the attempt may last longer than a token, by the wall clock. Longer than one of its own it lasts only when
    /// that clock was set forward after the token was made.
    pub(crate) fn outlasts(&self, expiry: UnixTime, wall: UnixTime) -> bool {
        expiry < wall + self.left()
    }

    /// An event has come; whether in time.
    pub(crate) fn check(&mut self, now: Now) -> Result<(), Error> {
        let passed = now.monotonic.saturating_sub(self.latest).max(mem::take(&mut self.pending));
        self.elapsed = self.elapsed.saturating_add(passed);
        self.latest = now.monotonic;
        if self.elapsed > self.limit.attempt() { Err(Error::OutOfTime) } else { Ok(()) }
    }

    /// Whether an answer is looked at: it came in time and is no longer than any of this service's.
    pub(crate) fn admit(&mut self, now: Now, response: &Response<'_>) -> Result<(), Error> {
        self.check(now)?;
        if response.body.len() > BODY_LIMIT {
            return Err(ProtocolError::new("body", ProtocolProblem::TooLong).into());
        }
        Ok(())
    }

    /// What an answer means before it is read: go on, send the request again later, or give up.
    pub(crate) fn judge<'a>(
        &mut self,
        service: ServiceOperation,
        now: Now,
        response: &Response<'a>,
    ) -> Result<Verdict<'a>, Error> {
        self.admit(now, response)?;
        match response.status {
            200..=299 => {
                self.backoff.reset();
                Ok(Verdict::Answer(response.body))
            }
            408 | 429 | 500..=599 => {
                self.busy(now, response).map(Verdict::Again).ok_or_else(|| service.refused(now.wall, response))
            }
            _ => Err(service.refused(now.wall, response)),
        }
    }

    /// The service is busy: the wait before the same request, unless that has happened too often.
    pub(crate) fn busy(&mut self, now: Now, response: &Response<'_>) -> Option<Wait> {
        let reason = Reason::Busy { status: response.status };
        self.backoff.next(response.asked_wait(now.wall), reason).and_then(|wait| self.fit(wait))
    }

    /// No complete answer came.
    pub(crate) fn unanswered(&mut self, now: Now) -> Result<Wait, Error> {
        self.check(now)?;
        let gave_up = Error::Unreachable { attempts: self.backoff.attempts() };
        let wait = self.backoff.next(None, Reason::Unanswered).and_then(|wait| self.fit(wait));
        wait.ok_or(gave_up)
    }

    /// The pause before the next poll: as long as the service asks for. A longer one than there is time for is not begun.
    pub(crate) fn poll_pause(&mut self, now: Now, response: &Response<'_>) -> Result<Wait, Error> {
        let (asked, left) = (response.asked_wait(now.wall), self.left());
        let wait = self.fit(Wait::asked(asked.unwrap_or(POLL), Reason::Assigning));
        wait.ok_or(match asked {
            Some(asked) if !left.is_zero() => Error::WaitTooLong { asked, left },
            _ => Error::OutOfTime,
        })
    }

    /// A wait that would end after the attempt is not begun, and none is stretched beyond its end.
    pub(crate) fn fit(&mut self, wait: Wait) -> Option<Wait> {
        let left = self.left();
        if wait.at_least > left {
            return None;
        }
        self.pending = wait.at_least;
        Some(Wait { at_most: wait.at_most.min(left), ..wait })
    }
}
