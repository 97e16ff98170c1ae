//! What an authenticator runs. In a build without the flows it holds an outcome that needs no request, and nothing of the
//! state machines is linked.

use crate::failure::Failure;
#[cfg(feature = "flows")]
use core::time::Duration;
#[cfg(feature = "flows")]
use defender_auth::Now;
use defender_auth::{Action, Event, Plan, UnixTime, error::ApiMisuse, http::OperationId, wait::TimeLimit};

#[cfg(feature = "flows")]
type Inner = defender_auth::Authenticator;

#[cfg(not(feature = "flows"))]
type Inner = defender_auth::Outcome;

pub(crate) struct Machine(Inner);

#[cfg(feature = "flows")]
impl Machine {
    #[expect(clippy::unnecessary_wraps, reason = "a build without the flows rejects most plans")]
    pub(super) fn new(plan: &Plan, now: UnixTime, limit: TimeLimit) -> Result<Self, Failure> {
        Ok(Self(Inner::new(plan, Now { wall: now, monotonic: Duration::ZERO }, limit)))
    }

    pub(super) const fn poll(&self) -> Action<'_> {
        self.0.poll()
    }

    /// C gives wall times alone. The time between two of them counts as passed; a clock that is set back counts as none.
    pub(super) fn handle(&mut self, now: UnixTime, event: Event<'_>) -> Result<(), ApiMisuse> {
        let since = self.0.since();
        let monotonic = since.monotonic.saturating_add(now.since(since.wall));
        self.0.handle(Now { wall: now, monotonic }, event)
    }

    pub(super) fn clock_offset(&self) -> i64 {
        self.0.clock_offset().unwrap_or(0)
    }

    pub(super) fn pending_operation(&self) -> Option<&OperationId> {
        self.0.pending_operation()
    }

    #[cfg(feature = "https")]
    pub(super) const fn inner(&mut self) -> &mut Inner {
        &mut self.0
    }
}

#[cfg(not(feature = "flows"))]
impl Machine {
    pub(super) fn new(plan: &Plan, _: UnixTime, _: TimeLimit) -> Result<Self, Failure> {
        let outcome = plan.outcome().cloned();
        outcome.map(Self).ok_or_else(|| Failure::unsupported("authentication by requests (feature `flows`)"))
    }

    pub(super) const fn poll(&self) -> Action<'_> {
        Action::Done(&self.0)
    }

    #[expect(clippy::unused_self, reason = "a build with the flows asks its state machine")]
    pub(super) fn handle(&mut self, _: UnixTime, _: Event<'_>) -> Result<(), ApiMisuse> {
        Err(ApiMisuse { pending: "Done", given: "an event" })
    }

    #[expect(clippy::unused_self, reason = "a build with the flows asks its state machine")]
    pub(super) const fn clock_offset(&self) -> i64 {
        0
    }

    #[expect(clippy::unused_self, reason = "a build with the flows asks its state machine")]
    pub(super) const fn pending_operation(&self) -> Option<&OperationId> {
        None
    }
}
