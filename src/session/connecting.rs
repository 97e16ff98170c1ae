//! One login: which credential is tried, and what its rejection leads to.

use super::{
    backoff::Ladder,
    candidate::{Candidate, Role},
    clock::ClockState,
    diagnosis::{Decision, Diagnosis},
    login::Login,
    machine::Session,
    state::{Pass, Standing, State, Then},
    window::Window,
};
use crate::{
    base::time::{Now, UnixTime},
    credential::Password,
    flow::http::ApiVersion,
    mqtt::Connect,
};
use alloc::boxed::Box;
use core::time::Duration;

impl Session {
    /// Tries the next candidate without a known flaw. While the clock is before the floor none is known.
    pub(super) fn choose(&mut self, now: Now, mut pass: Pass) {
        let (time, state) = (self.clock.time(now), self.clock.state(now));
        while let Some(candidate) = self.candidates.get_mut(pass.at) {
            let flaw = candidate.flaw(time).filter(|_| state != ClockState::BeforeFloor);
            let Some(why) = flaw else { return self.login(now, pass) };
            candidate.rejected = Some((why, now.monotonic));
            let name = candidate.name.clone();
            self.record.failed(time, Some(name), why);
            pass.at += 1;
        }
        self.all_rejected(now, pass);
    }

    fn login(&mut self, now: Now, pass: Pass) {
        let wait = self.connects.wait(now.monotonic);
        if !wait.is_zero() {
            return self.limit(now, wait, self.connects.interval(), Then::Try(pass));
        }
        let Some(candidate) = self.candidates.get(pass.at) else { return self.all_rejected(now, pass) };
        let is_before_floor = self.clock.state(now) == ClockState::BeforeFloor;
        if candidate.has_token() && is_before_floor && now.monotonic < self.grace_until {
            return self.await_clock(now, pass);
        }
        let expiry = self.clock.time(now) + self.policy.token_lifetime;
        match candidate.outcome.password(expiry) {
            Password::Sign(string_to_sign) => self.state = State::Signing { string_to_sign, pass },
            Password::Certificate(certificate) => self.connect(now, pass, Password::Certificate(certificate), None),
            Password::Token(token) => {
                // A ready-made token has another expiry, and cannot be renewed.
                let expires = Some(token.expires_at()).filter(|expires| *expires == expiry);
                self.connect(now, pass, Password::Token(token), expires);
            }
        }
    }

    /// A token waits for a clock that is before the floor; after that it is made by the time that is counted.
    fn await_clock(&mut self, now: Now, pass: Pass) {
        self.record.failure = Some(Diagnosis::ClockSuspect);
        let from = self.grace_until;
        let window = Window::after(from, self.policy.clock_grace / 2);
        let then = Then::Try(Pass { renewing: false, ..pass });
        self.state = State::Waiting { window, not_before: now.monotonic, why: Diagnosis::ClockSuspect, then };
    }

    pub(super) fn connect(&mut self, now: Now, pass: Pass, password: Password, expires: Option<UnixTime>) {
        let Some(candidate) = self.candidates.get(pass.at) else { return self.all_rejected(now, pass) };
        let identity = candidate.outcome.identity().clone();
        self.connects.take(now.monotonic);
        self.record.counters.connects += 1;
        self.record.counters.renewals += u64::from(pass.renewing);
        let renews = candidate.role == Role::Operational;
        let version = self.policy.hub_api_version.clone().or_else(|| renews.then(ApiVersion::certificate_renewal));
        let login = Login {
            connect: match version {
                Some(version) => Connect::hub_at(&identity, None, &version),
                None => Connect::hub(&identity, None),
            },
            profile: candidate.outcome.connection_profile().clone(),
            renews,
            identity,
            password,
            deadline: now.monotonic.saturating_add(self.policy.connect_limit),
            made: self.clock.estimate(now),
            expires,
        };
        self.state = State::Connecting { login: Box::new(login), pass };
    }

    pub(super) fn connected(&mut self, now: Now, login: Box<Login>, pass: Pass, date: Option<UnixTime>) {
        if let Some(date) = date {
            self.clock.confirm(now, date);
        }
        self.passes = 0;
        self.record.accepted();
        let at = pass.candidate();
        if let Some(candidate) = at.and_then(|at| self.candidates.get_mut(at)) {
            candidate.rejected = None;
        }
        let then = match at {
            Some(_) => Then::Stay(Standing { login, at }),
            // Its credential was replaced while it was tried.
            None => Then::Try(Pass::renewing(0)),
        };
        self.save(now, false, then);
    }

    /// A login, or the connection that it made, has failed.
    pub(super) fn failed(&mut self, now: Now, mut pass: Pass, why: Diagnosis, at_least: Duration) {
        let candidate = pass.candidate().and_then(|at| self.candidates.get(at));
        // A token that was made by a clock that is before its floor proves nothing against its key.
        let suspect = why == Diagnosis::HubRejected
            && self.clock.state(now) == ClockState::BeforeFloor
            && candidate.is_some_and(Candidate::has_token);
        let why = if suspect { Diagnosis::ClockSuspect } else { why };
        // A lost connection or a busy hub is no reason to give a credential up.
        let is_given_up = suspect || why.decision() == Decision::NextCredential;
        let name = candidate.filter(|_| is_given_up).map(|candidate| candidate.name.clone());
        self.record.failed(self.clock.time(now), name, why);
        pass.suspect |= suspect;
        if pass.outdated {
            return self.choose(now, Pass::default());
        }
        match why.decision() {
            Decision::NextCredential => self.try_next(now, pass, why),
            Decision::Retry(_) if suspect => self.try_next(now, pass, why),
            _ if why.may_have_moved() && self.is_lost(now) => self.begin_round(now),
            Decision::Provision => self.look_elsewhere(now, pass, why, at_least),
            Decision::Retry(ladder) => {
                let again = Then::Try(Pass { renewing: false, ..pass });
                self.wait(now, ladder, why, at_least, again);
            }
        }
    }

    fn try_next(&mut self, now: Now, pass: Pass, why: Diagnosis) {
        self.try_at(now, pass, pass.at + 1, why);
    }

    /// Gives up the current candidate for that one.
    fn try_at(&mut self, now: Now, pass: Pass, next: usize, why: Diagnosis) {
        if let Some(candidate) = self.candidates.get_mut(pass.at) {
            candidate.rejected = Some((why, now.monotonic));
        }
        self.choose(now, Pass { at: next, ..pass });
    }

    /// The device is at another hub, or logs in there in another way: a later candidate may do that already, and else an
    /// authenticator tells it.
    fn look_elsewhere(&mut self, now: Now, pass: Pass, why: Diagnosis, at_least: Duration) {
        let mut later = self.candidates.iter().enumerate().skip(pass.at);
        let next = later.next().and_then(|(_, this)| later.find(|(_, other)| !other.logs_in_like(this)));
        if let Some((next, _)) = next {
            return self.try_at(now, pass, next, why);
        }
        if !self.record.has_run() && self.can_authenticate(now) {
            return self.begin_round(now);
        }
        self.wait(now, Ladder::Slow, why, at_least, Then::Try(Pass::default()));
    }

    fn all_rejected(&mut self, now: Now, pass: Pass) {
        let from_first = Then::Try(Pass::default());
        if self.candidates.is_empty() && pass.renewing {
            self.state = State::Disconnecting { why: Diagnosis::Rotated, then: from_first };
            return;
        }
        if self.candidates.is_empty() {
            // Only what was issued has a login there.
            return match self.certificate.unkept.take() {
                Some(chain) => self.keep(*chain, from_first),
                None => self.begin_round(now),
            };
        }
        if pass.suspect {
            return self.wait(now, Ladder::Clock, Diagnosis::ClockSuspect, Duration::ZERO, from_first);
        }
        self.passes = self.passes.saturating_add(1);
        if self.passes >= self.policy.passes_before_provisioning && self.can_authenticate(now) {
            return self.begin_round(now);
        }
        let why = self.record.failure.unwrap_or(Diagnosis::HubRejected);
        self.wait(now, Ladder::Credentials, why, Duration::ZERO, from_first);
    }

    /// Waits on a ladder, and at least as long as the service asked for.
    pub(super) fn wait(&mut self, now: Now, ladder: Ladder, why: Diagnosis, at_least: Duration, then: Then) {
        let at_least = at_least.min(self.policy.retry_after_limit);
        let window = self.climbed.climb(ladder, self.policy.backoff(ladder), now.monotonic, at_least);
        self.state = State::Waiting { window, not_before: now.monotonic.saturating_add(at_least), why, then };
    }

    /// Waits until a rate allows more.
    pub(super) fn limit(&mut self, now: Now, wait: Duration, interval: Duration, mut then: Then) {
        if let Then::Try(pass) = &mut then {
            pass.renewing = false;
        }
        let from = now.monotonic.saturating_add(wait);
        let window = Window::after(from, interval / 2);
        self.state = State::Waiting { window, not_before: from, why: Diagnosis::RateLimited, then };
    }
}
