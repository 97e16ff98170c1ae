//! What an authenticator runs in a build that has Device mode and no provisioning: the lookup of a module alone, which is half as
//! large as what runs any plan.

use crate::{code::DEFENDERAUTH_STATE, failure::Failure};
use core::{mem, time::Duration};
use defender_auth::{
    Action, Attempt, Error, Event, Now, Outcome, Plan, UnixTime,
    device_mode::{ModuleLookup, Sending, Signing, Step, Waiting},
    http::OperationId,
    key::KeyUse,
    wait::TimeLimit,
};

pub(crate) struct Machine {
    state: State,
    since: Now,
    clock_offset: i64,
}

enum State {
    Sending(ModuleLookup<Sending>),
    Waiting(ModuleLookup<Waiting>),
    Signing(ModuleLookup<Signing>),
    Done(Outcome),
    Failed(Error),
}

impl From<Result<Step, Error>> for State {
    fn from(step: Result<Step, Error>) -> Self {
        match step {
            Ok(Step::Send(lookup)) => Self::Sending(lookup),
            Ok(Step::Wait(lookup)) => Self::Waiting(lookup),
            Ok(Step::Sign(lookup)) => Self::Signing(lookup),
            Ok(Step::Done(outcome)) => Self::Done(outcome),
            Err(error) => Self::Failed(error),
        }
    }
}

impl Machine {
    pub(super) fn new(plan: &Plan, now: UnixTime, limit: TimeLimit) -> Result<Self, Failure> {
        let since = Now { wall: now, monotonic: Duration::ZERO };
        let state = match (plan.outcome(), plan.known_device(), plan.target()) {
            (Some(outcome), ..) => State::Done(outcome.clone()),
            (None, Some(device), Some(target)) => {
                ModuleLookup::start(device.clone(), target.clone(), since, Attempt::new(since, limit)).into()
            }
            _ => return Err(Failure::unsupported("provisioning and daemons (feature `flows`)")),
        };
        Ok(Self { state, since, clock_offset: 0 })
    }

    pub(super) const fn poll(&self) -> Action<'_> {
        match &self.state {
            State::Sending(lookup) => Action::Send(lookup.request()),
            State::Waiting(lookup) => Action::Wait(lookup.wait()),
            State::Signing(lookup) => Action::Sign(KeyUse::Hub, lookup.string_to_sign()),
            State::Done(outcome) => Action::Done(outcome),
            State::Failed(error) => Action::Failed(error),
        }
    }

    /// C gives wall times alone. The time between two of them counts as passed; a clock that is set back counts as none.
    pub(super) fn handle(&mut self, now: UnixTime, event: Event<'_>) -> Result<(), Failure> {
        let monotonic = self.since.monotonic.saturating_add(now.since(self.since.wall));
        let now = Now { wall: now, monotonic };
        let state = mem::replace(&mut self.state, State::Failed(Error::OutOfTime));
        self.state = match (state, event) {
            (State::Sending(lookup), Event::Answered(response)) => {
                if let Some(date) = response.date() {
                    let seconds = |time: UnixTime| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
                    self.clock_offset = seconds(date).saturating_sub(seconds(now.wall));
                }
                lookup.answered(now, response).into()
            }
            (State::Sending(lookup), Event::Unanswered) => lookup.unanswered(now).into(),
            (State::Waiting(lookup), Event::Elapsed) => lookup.elapsed(now).into(),
            (State::Signing(lookup), Event::Signed(signature)) => lookup.signed(now, &signature).map(Step::Send).into(),
            (state, _) => {
                self.state = state;
                let message = "it does not answer the pending action; poll again and answer what is pending";
                return Err(Failure::new(DEFENDERAUTH_STATE, message).field("authenticator"));
            }
        };
        self.since = now;
        Ok(())
    }

    pub(super) const fn clock_offset(&self) -> i64 {
        self.clock_offset
    }

    #[expect(clippy::unused_self, reason = "a build with provisioning asks its state machine")]
    pub(super) const fn pending_operation(&self) -> Option<&OperationId> {
        None
    }
}
