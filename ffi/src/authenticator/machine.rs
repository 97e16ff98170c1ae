//! What an authenticator runs. A library without the flows has none of them to run: nothing behind this type is ever
//! reached there, and so nothing of it is linked.

use crate::failure::Failure;
use defender_auth::{Action, Event, Plan, UnixTime, error::ApiMisuse, wait::Deadline};

#[cfg(feature = "flows")]
type Inner = defender_auth::Authenticator;

/// There is no value of it.
#[cfg(not(feature = "flows"))]
type Inner = std::convert::Infallible;

pub(crate) struct Machine(Inner);

#[cfg(feature = "flows")]
impl Machine {
    #[expect(clippy::unnecessary_wraps, reason = "without the flows there is none")]
    pub(super) fn new(plan: &Plan, deadline: Deadline) -> Result<Self, Failure> {
        Ok(Self(Inner::new(plan, deadline)))
    }

    pub(super) const fn poll(&self) -> Action<'_> {
        self.0.poll()
    }

    pub(super) fn handle(&mut self, now: UnixTime, event: Event<'_>) -> Result<(), ApiMisuse> {
        self.0.handle(now, event)
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
    pub(super) fn new(_: &Plan, _: Deadline) -> Result<Self, Failure> {
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
