//! What an authenticator runs. A library without the flows has none of them to run: nothing behind this type is ever
//! reached there, and so nothing of it is linked.

use crate::failure::Failure;
use defender_auth::{Action, Event, Plan, UnixTime, error::ApiMisuse, wait::TimeLimit};

#[cfg(feature = "flows")]
use defender_auth::Now;
#[cfg(feature = "flows")]
use std::time::Duration;

#[cfg(feature = "flows")]
type Inner = defender_auth::Authenticator;

/// There is no value of it.
#[cfg(not(feature = "flows"))]
type Inner = std::convert::Infallible;

pub(crate) struct Machine(Inner);

#[cfg(feature = "flows")]
impl Machine {
    #[expect(clippy::unnecessary_wraps, reason = "without the flows there is none")]
    pub(super) fn new(plan: &Plan, now: UnixTime, limit: TimeLimit) -> Result<Self, Failure> {
        Ok(Self(Inner::new(plan, Now { wall: now, monotonic: Duration::ZERO }, limit)))
    }

    pub(super) const fn poll(&self) -> Action<'_> {
        self.0.poll()
    }

    /// C tells wall times alone. What lies between two of them counts as time that has passed; a clock that is set back
    /// counts as none.
    pub(super) fn handle(&mut self, now: UnixTime, event: Event<'_>) -> Result<(), ApiMisuse> {
        let since = self.0.since();
        let monotonic = since.monotonic.saturating_add(now.since(since.wall));
        self.0.handle(Now { wall: now, monotonic }, event)
    }

    pub(super) fn clock_offset(&self) -> i64 {
        self.0.clock_offset().unwrap_or(0)
    }

    #[cfg(feature = "https")]
    pub(super) const fn inner(&mut self) -> &mut Inner {
        &mut self.0
    }
}

#[cfg(not(feature = "flows"))]
impl Machine {
    pub(super) fn new(_: &Plan, _: UnixTime, _: TimeLimit) -> Result<Self, Failure> {
        Err(Failure::unsupported("an authenticator"))
    }

    pub(super) const fn poll(&self) -> Action<'_> {
        match self.0 {}
    }

    pub(super) const fn handle(&mut self, _: UnixTime, _: Event<'_>) -> Result<(), ApiMisuse> {
        match self.0 {}
    }

    pub(super) const fn clock_offset(&self) -> i64 {
        match self.0 {}
    }
}
