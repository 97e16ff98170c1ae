//! The machine: poll for the next action, handle what came of it.

use super::{
    action::{Action, Due, Event},
    assignment::Assignment,
    backoff::Climbed,
    candidate::Candidate,
    clock::Clock,
    diagnosis::Diagnosis,
    next_certificate::NextCertificate,
    policy::Policy,
    rate::Bucket,
    record::Record,
    snapshot::Snapshot,
    source::Source,
    state::{Pass, Purpose, State, Then},
    status::Status,
};
use crate::{
    base::time::{Now, UnixTime},
    credential::Password,
    error::ApiMisuse,
    flow::outcome::Outcome,
};
use alloc::{string::String, vec::Vec};
use core::{mem, time::Duration};

/// Keeps one agent authenticated. See the [module](super).
#[derive(Debug)]
pub struct Session {
    pub(super) policy: Policy,
    pub(super) sources: Vec<Source>,
    /// What an online source has got.
    pub(super) assigned: Option<(Assignment, Outcome)>,
    pub(super) candidates: Vec<Candidate>,
    pub(super) state: State,
    pub(super) clock: Clock,
    /// Until then tokens wait for a clock that is before the floor.
    pub(super) grace_until: Duration,
    pub(super) climbed: Climbed,
    /// How many times in a row all candidates were rejected.
    pub(super) passes: u32,
    pub(super) registrations: Bucket,
    pub(super) connects: Bucket,
    pub(super) certificate: NextCertificate,
    pub(super) saved: Snapshot,
    pub(super) record: Record,
}

/// Why a session cannot be made of some sources.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// There is none.
    #[error("there is no credential source; give one at least")]
    NoSource,
    /// Two have the same name.
    #[error("two credential sources are called {name}; give each its own name")]
    SameName {
        /// Their name.
        name: String,
    },
    /// One is to request certificates and cannot, or is the second to do so.
    #[error(
        "the credential source {name} cannot request certificates; that is for one source whose plan is the registration of \
         a device, without a module"
    )]
    NoCertificates {
        /// Its name.
        name: String,
    },
}

crate::base::debug::debug_as_text! { SessionError }

impl Session {
    /// A session with these credential sources, the preferred one first, and with what an earlier run has saved.
    ///
    /// # Errors
    /// When there is no source, and when two have the same name.
    pub fn new(sources: Vec<Source>, policy: Policy, saved: Option<Snapshot>, now: Now) -> Result<Self, SessionError> {
        check(&sources)?;
        let saved = saved.unwrap_or_default();
        let mut clock = Clock::new(policy.floor, now).known_by_earlier_run(UnixTime::from_secs(saved.floor));
        let now = clock.observe(now);
        let debt = |until: u64| UnixTime::from_secs(until).since(clock.time(now));
        let mut this = Self {
            registrations: Bucket::owing(policy.registrations, now.monotonic, debt(saved.registrations_owed_until)),
            connects: Bucket::owing(policy.connects, now.monotonic, debt(saved.connects_owed_until)),
            certificate: NextCertificate::new(Bucket::owing(
                policy.certificates,
                now.monotonic,
                debt(saved.certificates_owed_until),
            )),
            passes: saved.passes,
            state: State::between(),
            assigned: None,
            candidates: Vec::new(),
            grace_until: now.monotonic.saturating_add(policy.clock_grace),
            climbed: Climbed::default(),
            record: Record::new(now.monotonic),
            policy,
            sources,
            saved,
            clock,
        };
        this.rebuild();
        let worked = |candidate: &Candidate| Some(&candidate.name) == this.saved.working.as_ref();
        let at = this.candidates.iter().position(worked).unwrap_or(0);
        this.proceed(now, Then::Try(Pass { at, ..Pass::default() }));
        Ok(this)
    }

    /// What to do next. It changes nothing, however often it is called.
    #[must_use]
    pub fn poll(&self) -> Action<'_> {
        self.state.action()
    }

    /// The status, at any time.
    #[must_use]
    pub fn status(&self) -> Status<'_> {
        let candidate = self.state.candidate().and_then(|at| self.candidates.get(at));
        let source = || self.sources.get(self.state.round()?.run()?.source).map(Source::name);
        Status {
            phase: self.state.phase(),
            credential: candidate.map(|candidate| candidate.name.as_str()).or_else(source),
            dropped: self.record.dropped(),
            failure: self.record.failure,
            authenticator_failure: self.record.authenticator_failure,
            certificate_failure: self.record.certificate_failure,
            next: match &self.state {
                State::Waiting { window, .. } => Some(*window),
                State::Connected { due, .. } => due.map(|(window, _)| window),
                _ => None,
            },
            certificate_ends: candidate.and_then(|candidate| candidate.validity).map(|(_, last)| last),
            failures_in_a_row: self.record.failures,
            is_unsaved: self.record.unsaved,
            counters: self.record.counters,
        }
    }

    /// The best estimate of the time, also for the verification of the server's certificate.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What the online source in use has got, with the provisioning service's registration state.
    #[must_use]
    pub fn assigned(&self) -> Option<&Outcome> {
        self.assigned.as_ref().map(|(_, outcome)| outcome)
    }

    /// Takes what came of the pending action, or what happened by itself.
    ///
    /// # Errors
    /// When the event does not answer the action; the session is unchanged.
    pub fn handle(&mut self, now: Now, event: Event<'_>) -> Result<(), ApiMisuse> {
        let now = self.clock.observe(now);
        // Should a transition panic, a session is left behind that tries its credentials from the first.
        match (mem::replace(&mut self.state, State::between()), event) {
            (State::Authenticating { running, round }, Event::Authenticator(event)) => {
                return self.advance(now, running, round, event);
            }
            (State::Authenticating { mut round, .. }, Event::TlsFailed(failure)) => {
                let why = Diagnosis::of_tls(failure, &self.clock, now);
                // No answer has corrected the clock.
                round.corrected = true;
                self.run_failed(now, round, why, Duration::ZERO);
            }
            (State::Signing { string_to_sign, pass }, Event::Signed(signature)) => {
                let expires = Some(string_to_sign.expires_at());
                self.connect(now, pass, Password::Token(string_to_sign.token(&signature)), expires);
            }
            (State::Signing { pass, .. }, Event::SignFailed) => {
                self.failed(now, pass, Diagnosis::KeyUnusable, Duration::ZERO);
            }
            (State::Signing { string_to_sign, pass }, Event::Disconnected(_)) => {
                self.state = State::Signing { string_to_sign, pass: Pass { renewing: false, ..pass } };
            }
            (State::Connecting { login, pass }, Event::Connected { date }) => self.connected(now, login, pass, date),
            (State::Connecting { pass, .. }, Event::Rejected { rejection, retry_after, date }) => {
                if let Some(date) = date {
                    self.clock.confirm(now, date);
                }
                self.failed(now, pass, Diagnosis::of_rejection(rejection), retry_after.unwrap_or_default());
            }
            (State::Connecting { pass, .. }, Event::TlsFailed(failure)) => {
                let why = Diagnosis::of_tls(failure, &self.clock, now);
                self.failed(now, pass, why, Duration::ZERO);
            }
            (State::Connecting { pass, .. }, Event::Unreachable) => {
                self.failed(now, pass, Diagnosis::Unreachable, Duration::ZERO);
            }
            (State::Connected { standing, since, .. }, Event::Disconnected(loss)) => {
                self.lost(now, &standing, since, loss);
            }
            (State::Connected { standing, since, due: Some((window, due)) }, Event::Elapsed)
                if now.monotonic >= window.from =>
            {
                match due {
                    Due::Certificate => {
                        self.settle(now, since);
                        self.certify(now, standing);
                    }
                    Due::Renewal | Due::Return => self.fell_due(now, &standing, since, due),
                }
            }
            (State::Connected { standing, since, .. }, Event::ClockSet) => self.stay(now, since, standing),
            (State::Waiting { window, then, .. }, Event::Elapsed) if now.monotonic >= window.from => {
                self.proceed(now, then);
            }
            (State::Waiting { not_before, why, then, .. }, Event::Wake)
                if now.monotonic >= not_before && why != Diagnosis::RateLimited =>
            {
                self.wake(now, then);
            }
            (State::Saving { then, .. }, event @ (Event::Saved | Event::SaveFailed)) => {
                self.record.unsaved = matches!(event, Event::SaveFailed);
                self.proceed(now, then);
            }
            (State::Saving { snapshot, then }, Event::Disconnected(_)) => {
                self.state = State::Saving { snapshot, then: then.lost() };
            }
            (
                State::Requesting { purpose, .. },
                event @ (Event::RequestMade(..) | Event::RequestPending(..) | Event::RequestFailed),
            ) => self.requested(now, purpose, event),
            (State::Requesting { purpose: Purpose::Renew(standing), .. }, Event::Disconnected(loss)) => {
                self.lost(now, &standing, now.monotonic, loss);
            }
            (State::Renewing { renewal, drops, standing }, Event::Renewal(event)) => {
                return self.renew(now, renewal, drops, standing, event);
            }
            (State::Renewing { renewal, drops, standing }, Event::Disconnected(loss)) => {
                self.renewal_dropped(now, renewal, drops);
                self.lost(now, &standing, now.monotonic, loss);
            }
            (State::Keeping { then, .. }, Event::CertificateKept(certificate)) => self.kept(now, certificate, then),
            (State::Keeping { then, .. }, Event::CertificateRefused) => self.refused(now, then),
            (State::Keeping { chain, then }, Event::CertificateNotKept) => self.not_kept(now, chain, then),
            (State::Keeping { chain, then }, Event::Disconnected(_)) => {
                self.state = State::Keeping { chain, then: then.lost() };
            }
            (State::Waiting { why: Diagnosis::ClockSuspect, then, .. }, Event::ClockSet)
            | (State::Disconnecting { then, .. }, Event::Disconnected(_)) => self.proceed(now, then),
            // The former connection, which ended when another was begun; and time that has not passed yet.
            (state, Event::Disconnected(_) | Event::ClockSet | Event::Wake)
            | (state @ (State::Connected { .. } | State::Waiting { .. }), Event::Elapsed) => self.state = state,
            (state, Event::Rotated(sources)) => self.rotated(now, state, sources),
            (state, event) => {
                self.state = state;
                return Err(ApiMisuse { pending: self.poll().name(), given: event.name() });
            }
        }
        Ok(())
    }

    /// Goes on after a wait, a save or a disconnect.
    pub(super) fn proceed(&mut self, now: Now, then: Then) {
        match then {
            Then::Try(pass) => self.choose(now, pass),
            Then::Authenticate(round) => self.next_run(now, round),
            Then::Run(round) => self.prepare(now, round),
            Then::Request(standing) => self.request_renewal(now, standing),
            Then::Stay(standing) => self.stay(now, now.monotonic, standing),
            Then::Lost(pass) => self.failed(now, pass, Diagnosis::ConnectionLost, Duration::ZERO),
        }
    }

    /// Ends a wait: what may have been corrected is tried again, as far as the rates allow it.
    fn wake(&mut self, now: Now, then: Then) {
        self.record.registered_at = None;
        self.grace_until = now.monotonic;
        self.proceed(now, then);
    }
}

/// Whether a session can be made of the sources.
pub(super) fn check(sources: &[Source]) -> Result<(), SessionError> {
    let mut names: Vec<&str> = sources.iter().map(Source::name).collect();
    names.sort_unstable();
    if names.is_empty() {
        return Err(SessionError::NoSource);
    }
    let mut requesting = sources.iter().filter(|source| source.requests);
    let unfit = requesting.clone().find(|source| !source.can_request_certificates()).or_else(|| requesting.nth(1));
    if let Some(source) = unfit {
        return Err(SessionError::NoCertificates { name: source.name().into() });
    }
    let same = names.iter().zip(names.iter().skip(1)).find(|(one, next)| one == next);
    same.map_or(Ok(()), |(name, _)| Err(SessionError::SameName { name: (*name).into() }))
}
