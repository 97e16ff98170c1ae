//! The session while no credential works: what is run, how often, and what the answers lead to.

use super::{
    assignment::Assignment,
    backoff::Ladder,
    diagnosis::{Decision, Diagnosis},
    machine::Session,
    state::{Pass, Round, Run, Running, State, Then},
};
use crate::{
    base::time::Now,
    error::{ApiMisuse, Error},
    flow::{
        authenticator::{self, Authenticator},
        outcome::Outcome,
    },
};
use alloc::{boxed::Box, vec::Vec};
use core::{mem, time::Duration};

impl Session {
    /// Whether anything can be run: a module lookup, or a registration as far as its rate allows it.
    pub(super) fn can_authenticate(&self, now: Now) -> bool {
        let can_register = self.registrations.wait(now.monotonic).is_zero();
        self.sources.iter().any(|source| {
            let plan = source.plan();
            let can_look_up = plan.target().is_some() && (plan.known_device().is_some() || self.assigned.is_some());
            source.is_local() || can_look_up || (can_register && plan.profile().is_some())
        })
    }

    /// Whether the device may have been moved: there was nothing but failures for long.
    pub(super) fn is_lost(&self, now: Now) -> bool {
        let since = self.record.run_at.map_or(self.record.down_since, |at| at.max(self.record.down_since));
        now.monotonic.saturating_sub(since) >= self.policy.lost_after && self.can_authenticate(now)
    }

    /// Whether the provisioning service has not been asked about this trouble, or long ago.
    fn may_register(&self, now: Now) -> bool {
        let long_ago = |at: Duration| now.monotonic.saturating_sub(at) >= self.policy.lost_after;
        self.record.registered_at.is_none_or(|at| at < self.record.down_since || long_ago(at))
    }

    pub(super) fn begin_round(&mut self, now: Now) {
        let assigned = self.assigned.as_ref().map(|(assignment, _)| assignment);
        let assignment = assigned.or(self.saved.assignment.as_ref());
        let (mut runs, mut registering) = (Vec::new(), Vec::new());
        for (number, source) in self.sources.iter().enumerate() {
            let of_source = assignment.filter(|assignment| source.owns(assignment));
            let run = |plan, registers| Run { source: number, plan, registers, requests: None };
            runs.extend(source.module_lookup(of_source).map(|plan| run(plan, false)));
            registering.extend(source.registration().map(|plan| run(plan, true)));
        }
        runs.append(&mut registering);
        self.next_run(now, Box::new(Round { runs, ..Round::default() }));
    }

    /// Begins the round's current run, as far as the rates allow it.
    pub(super) fn next_run(&mut self, now: Now, round: Box<Round>) {
        let Some(run) = round.run() else {
            let why = self.record.failure.unwrap_or(Diagnosis::SourceUnusable);
            return self.round_failed(now, why, Duration::ZERO);
        };
        let registers = run.registers;
        let bucket = if registers { &mut self.registrations } else { &mut self.connects };
        let wait = bucket.wait(now.monotonic);
        if !wait.is_zero() {
            let interval = bucket.interval();
            if self.candidates.is_empty() {
                return self.limit(now, wait, interval, Then::Authenticate(round));
            }
            let why = self.record.failure.unwrap_or(Diagnosis::RateLimited);
            return self.wait(now, Ladder::Credentials, why, Duration::ZERO, Then::Try(Pass::default()));
        }
        bucket.take(now.monotonic);
        self.record.ran(now.monotonic, registers);
        // The debt is saved before the registration, so that a process that ends in it does not register without a bound.
        self.save(now, registers, Then::Run(round));
    }

    pub(super) fn run(&mut self, now: Now, round: Box<Round>) {
        let Some(run) = round.run() else {
            return self.round_failed(now, Diagnosis::SourceUnusable, Duration::ZERO);
        };
        let authenticator = Authenticator::new(&run.plan, self.clock.estimate(now), self.policy.attempt);
        self.look(now, Box::new(Running { authenticator, sent: 0 }), round);
    }

    /// Hands an event to the authenticator.
    pub(super) fn advance(
        &mut self,
        now: Now,
        mut running: Box<Running>,
        round: Box<Round>,
        event: authenticator::Event<'_>,
    ) -> Result<(), ApiMisuse> {
        let date = match event {
            authenticator::Event::Answered(response) => response.date(),
            _ => None,
        };
        let sent = matches!(running.authenticator.poll(), authenticator::Action::Send(_));
        if let Err(misuse) = running.authenticator.handle(self.clock.estimate(now), event) {
            self.state = State::Authenticating { running, round };
            return Err(misuse);
        }
        running.sent += u32::from(sent);
        self.record.counters.requests += u64::from(sent);
        if let Some(date) = date {
            self.clock.confirm(now, date);
        }
        self.look(now, running, round);
        Ok(())
    }

    /// What the authenticator has come to.
    fn look(&mut self, now: Now, running: Box<Running>, round: Box<Round>) {
        match running.authenticator.poll() {
            authenticator::Action::Done(outcome) => self.assign(now, round, outcome.clone()),
            authenticator::Action::Failed(error) => {
                let (why, at_least) = (Diagnosis::of_error(error), error.retry_after().unwrap_or_default());
                // The provisioning service also writes its time into the body.
                if let Error::Service(error) = error
                    && let Some(date) = error.date
                {
                    self.clock.confirm(now, date);
                }
                self.run_failed(now, round, why, at_least);
            }
            authenticator::Action::Send(_) if running.sent >= self.policy.requests_per_run => {
                self.run_failed(now, round, Diagnosis::TimedOut, Duration::ZERO);
            }
            _ => self.state = State::Authenticating { running, round },
        }
    }

    fn assign(&mut self, now: Now, mut round: Box<Round>, outcome: Outcome) {
        let Some(&Run { source: number, registers, requests, .. }) = round.run() else { return };
        let Some(source) = self.sources.get(number) else { return };
        let is_new = self.assigned.as_ref().is_none_or(|(_, known)| outcome.changes_since(known).any());
        if !is_new && !registers && round.has_registration() {
            // The hub's own answer is what it rejects: only the provisioning service can have another.
            round.at += 1;
            return self.next_run(now, round);
        }
        let assignment = Assignment::of(source.name(), source.owner(), &outcome);
        if registers && source.plan().target().is_some() {
            let plan = source.module_lookup_of(outcome);
            round.runs.truncate(round.at + 1);
            round.runs.extend(plan.map(|plan| Run { source: number, plan, registers: false, requests: None }));
            round.at += 1;
            if self.assigned.as_ref().is_some_and(|(known, _)| known.is_of_same_device(&assignment)) {
                return self.next_run(now, round);
            }
            // Saved before the module lookup, for which the hub may not be ready.
            self.assigned = None;
            (self.saved.assignment, self.saved.keys) = (Some(assignment), None);
            self.rebuild();
            return self.save(now, true, Then::Authenticate(round));
        }
        let requested = requests.filter(|it| *it).map(|_| outcome.clone());
        self.assigned = Some((assignment, outcome));
        self.record.authenticator_failure = None;
        self.rebuild();
        self.passes = 0;
        if let Some(outcome) = requested {
            return self.registered(now, &outcome);
        }
        self.save(now, false, Then::Try(Pass::default()));
    }

    pub(super) fn run_failed(&mut self, now: Now, mut round: Box<Round>, why: Diagnosis, at_least: Duration) {
        let (number, registers) = round.run().map_or((0, false), |run| (run.source, run.registers));
        let name = self.sources.get(number).map(|source| source.name().into());
        self.record.failed(self.clock.time(now), name, why);
        self.record.authenticator_failure = Some(why);
        let decision = why.decision_in_run();
        if decision == Decision::Retry(Ladder::Clock) && !mem::replace(&mut round.corrected, true) {
            // The answer had the time: once more by that.
            return self.next_run(now, round);
        }
        let goes_on = matches!(decision, Decision::NextCredential | Decision::Retry(Ladder::Slow))
            || !registers && why.may_have_moved();
        if goes_on && round.has_next() && (registers || self.may_register(now)) {
            round.at += 1;
            return self.next_run(now, round);
        }
        self.round_failed(now, why, at_least);
    }

    fn round_failed(&mut self, now: Now, why: Diagnosis, at_least: Duration) {
        let ladder = match why.decision_in_run() {
            Decision::NextCredential | Decision::Provision => Ladder::Credentials,
            Decision::Retry(ladder) => ladder,
        };
        self.wait(now, ladder, why, at_least, Then::Try(Pass::default()));
    }
}
