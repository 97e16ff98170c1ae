//! The operational certificate of a source: when one is requested, and what becomes of what is issued.

use super::{
    action::{Due, Event},
    backoff::Ladder,
    candidate::Role,
    clock::ClockState,
    diagnosis::Diagnosis,
    machine::Session,
    operational::{OperationalCertificate, RequestFor},
    source::Source,
    state::{Pass, Purpose, Round, Run, Standing, State, Then},
    window::Window,
};
use crate::{
    base::time::Now,
    credential::IssuedChain,
    flow::{
        http::OperationId,
        outcome::{ConnectionProfile, Issuance, Outcome},
    },
};
use alloc::{boxed::Box, vec};
use core::time::Duration;

impl Session {
    /// The source that requests certificates.
    pub(super) fn requesting(&self) -> Option<(usize, &Source)> {
        self.sources.iter().enumerate().find(|(_, source)| source.requests)
    }

    /// Whether a registration of that source is to request a certificate: it has none that works, and may request one.
    fn wants_certificate(&self, now: Now, number: usize) -> bool {
        let Some(source) = self.sources.get(number).filter(|source| source.requests) else { return false };
        let next = &self.certificate;
        next.unkept.is_none() && next.issues.wait(now.monotonic).is_zero() && !self.has_certificate(now, source)
    }

    /// Whether the source has a certificate that is valid and was not rejected.
    fn has_certificate(&self, now: Now, source: &Source) -> bool {
        let (time, state) = (self.clock.time(now), self.clock.state(now));
        let candidate = self.candidates.iter().find(|candidate| candidate.role == Role::Operational);
        // A clock in doubt condemns no certificate.
        let is_valid = |(first, last)| state == ClockState::BeforeFloor || first <= time && time <= last;
        source.operational.as_ref().is_some_and(|it| is_valid(it.validity()))
            && candidate.is_none_or(|candidate| candidate.rejected.is_none())
    }

    /// The operation of the registration that has requested a certificate, as long as it is under way. Keep it with the request
    /// ([`Certificates::sent_by`](crate::renewal::Certificates::sent_by)) before the action that is pending: a process that
    /// ends then gets the certificate in its next run ([`Event::RequestPending`]).
    #[must_use]
    pub fn pending_operation(&self) -> Option<&OperationId> {
        match &self.state {
            State::Authenticating { running, .. } => running.authenticator.pending_operation(),
            _ => None,
        }
    }

    /// Before a registration: a request for a certificate, if it is to have one.
    pub(super) fn prepare(&mut self, now: Now, round: Box<Round>) {
        let source = round.run().filter(|run| run.requests.is_none()).map(|run| run.source);
        match source.filter(|source| self.wants_certificate(now, *source)) {
            Some(source) => self.make_request(now, source, Purpose::Register(round)),
            None => self.run(now, round),
        }
    }

    pub(super) fn make_request(&mut self, now: Now, source: usize, purpose: Purpose) {
        let source = self.sources.get(source);
        let Some((source, profile)) = source.and_then(|source| Some((source, source.plan.profile()?))) else {
            return self.no_request(now, purpose);
        };
        let wanted = RequestFor {
            source: source.name().into(),
            common_name: profile.registration_id().as_str().into(),
            is_new: self.certificate.is_spent,
        };
        self.state = State::Requesting { wanted: Box::new(wanted), purpose };
    }

    /// The request is on the disk, with its key; or there is none.
    pub(super) fn requested(&mut self, now: Now, purpose: Purpose, event: Event<'_>) {
        let (request, rid, operation) = match event {
            Event::RequestMade(request, rid) => (request, rid, None),
            Event::RequestPending(request, rid, operation) => (request, rid, Some(operation)),
            _ => return self.no_request(now, purpose),
        };
        self.certificate.is_spent = false;
        match purpose {
            Purpose::Register(mut round) => {
                let source = round.run().and_then(|run| self.sources.get(run.source));
                let plan = source.and_then(|source| source.registration_with(request, operation));
                // It is not for this registration ID.
                let Some(plan) = plan else { return self.no_request(now, Purpose::Register(round)) };
                if let Some(run) = round.run_mut() {
                    (run.plan, run.requests) = (plan, Some(true));
                }
                self.run(now, round);
            }
            Purpose::Renew(standing) => self.begin_renewal(now, standing, request, rid),
        }
    }

    /// No key or no request could be made, or it could not be written: nothing is requested.
    fn no_request(&mut self, now: Now, purpose: Purpose) {
        self.record.certificate_failure = Some(Diagnosis::RequestUnusable);
        match purpose {
            Purpose::Register(mut round) => {
                // A connection that stands is not ended for another try before that.
                self.certificate.issues.take(now.monotonic);
                if let Some(run) = round.run_mut() {
                    run.requests = Some(false);
                }
                self.run(now, round);
            }
            Purpose::Renew(standing) => self.stay(now, now.monotonic, standing),
        }
    }

    /// What a registration that has requested a certificate says about it.
    pub(super) fn registered(&mut self, now: Now, outcome: &Outcome) {
        self.certificate.issues.take(now.monotonic);
        self.certificate.broken = None;
        let first = Then::Try(Pass::default());
        let why = match outcome.registration_state().map(|state| &state.issuance) {
            Some(Issuance::Issued(chain)) => return self.keep(chain.clone(), first),
            Some(Issuance::Unreadable(_)) => {
                self.certificate.is_spent = true;
                Diagnosis::InvalidMessage
            }
            _ => Diagnosis::CertificateWithheld,
        };
        self.record.certificate_failure = Some(why);
        self.save(now, true, first);
    }

    /// When a certificate is requested while the session is connected.
    pub(super) fn certificate_due(&mut self, now: Now, standing: &Standing) -> Option<(Window, Due)> {
        let candidate = self.candidates.get(standing.at?)?;
        let is_operational = candidate.role == Role::Operational;
        let (_, source) = self.requesting()?;
        let (rate, slow) = (self.certificate.issues, self.policy.slow);
        let later = Window::after(now.monotonic.saturating_add(slow.first), slow.first / 2);
        if candidate.role == Role::Other {
            return None;
        }
        if self.certificate.unkept.is_some() {
            return Some((later, Due::Certificate));
        }
        let mut window = if is_operational {
            let wait = source.operational.as_ref()?.due(self.policy.certificate_renewal, self.clock.estimate(now));
            let at = |wait| now.monotonic.saturating_add(wait);
            Window { from: at(wait.at_least), until: at(wait.at_most) }
        } else if self.has_certificate(now, source) {
            return None;
        } else {
            let wait = self.registrations.wait(now.monotonic);
            Window { from: later.from.saturating_add(wait), until: later.until.saturating_add(wait) }
        };
        // That profile has no renewal.
        if is_operational && self.assigned().is_some_and(|it| *it.connection_profile() != ConnectionProfile::Classic) {
            self.record.certificate_failure = Some(Diagnosis::RenewalUnsupported);
            return None;
        }
        // A renewal leaves one for a registration, in case the certificate expires or is rejected.
        let wait = if is_operational { rate.debt(now.monotonic) } else { rate.wait(now.monotonic) };
        let allowed = now.monotonic.saturating_add(wait);
        if allowed > window.from {
            window = Window { from: allowed, until: window.until.max(allowed.saturating_add(rate.interval() / 8)) };
        }
        Some((window, Due::Certificate))
    }

    /// A certificate is due: what was issued is kept, the one in use is renewed, or the device registers for one.
    pub(super) fn certify(&mut self, now: Now, standing: Standing) {
        if let Some(chain) = self.certificate.unkept.take() {
            return self.keep(*chain, Then::Stay(standing));
        }
        let candidate = standing.at.and_then(|at| self.candidates.get(at));
        if candidate.is_some_and(|candidate| candidate.role == Role::Operational) {
            self.certificate.issues.take(now.monotonic);
            // The debt is saved before the request.
            return self.save(now, true, Then::Request(standing));
        }
        let run = |(source, it): (usize, &Source)| {
            Some(Run { source, plan: it.registration()?, registers: true, requests: None })
        };
        let Some(run) = self.requesting().and_then(run) else { return self.stay(now, now.monotonic, standing) };
        let rejected = self.candidates.iter().find(|candidate| candidate.role == Role::Operational);
        let why = rejected.and_then(|candidate| candidate.rejected).map(|(why, _)| why);
        let round = Box::new(Round { runs: vec![run], ..Round::default() });
        let why = why.unwrap_or(Diagnosis::CertificateWithheld);
        self.state = State::Disconnecting { why, then: Then::Authenticate(round) };
    }

    pub(super) fn keep(&mut self, chain: IssuedChain, then: Then) {
        self.state = State::Keeping { chain, then };
    }

    /// The certificate is on the disk, and is used from the next connection on.
    pub(super) fn kept(&mut self, now: Now, certificate: OperationalCertificate, then: Then) {
        let assignment = self.assigned.as_ref().map(|(assignment, _)| assignment);
        // The source may have been replaced by that of another enrollment meanwhile.
        let is_its = |source: &&mut Source| source.requests && assignment.is_some_and(|it| source.owns(it));
        if let Some(source) = self.sources.iter_mut().find(is_its) {
            source.operational = Some(Box::new(certificate));
        }
        self.record.certificate_failure = None;
        self.record.counters.certificates += 1;
        self.rebuild();
        let then = match then {
            // It was made with a credential that is another one now: the session connects anew in a while.
            Then::Stay(standing) => Then::Stay(Standing { at: None, ..standing }),
            Then::Lost(pass) => Then::Lost(Pass { outdated: true, ..pass }),
            then => then,
        };
        self.save(now, true, then);
    }

    /// What was issued is not what was requested, or cannot be used. Nothing else is requested until the rate allows it.
    pub(super) fn refused(&mut self, now: Now, then: Then) {
        self.certificate.is_spent = true;
        self.certificate.issues.take(now.monotonic);
        self.record.certificate_failure = Some(Diagnosis::CertificateRefused);
        self.save(now, true, then);
    }

    /// What was issued could not be written. It is tried again before anything else is requested.
    pub(super) fn not_kept(&mut self, now: Now, chain: IssuedChain, then: Then) {
        self.certificate.unkept = Some(Box::new(chain));
        let why = Diagnosis::CertificateUnsaved;
        self.record.certificate_failure = Some(why);
        if self.candidates.is_empty() && matches!(then, Then::Try(_)) {
            // Nothing else logs in. The debt of the registration is saved already.
            return self.wait(now, Ladder::Slow, why, Duration::ZERO, then);
        }
        self.save(now, true, then);
    }

    /// New sources have the certificates of those that they replace, unless they bring others.
    pub(super) fn inherit(&mut self, former: &[Source]) {
        let mut has_changed = true;
        for source in self.sources.iter_mut().filter(|source| source.requests) {
            let same = former.iter().find(|it| it.requests && it.name == source.name && it.owner() == source.owner());
            has_changed = same.is_none();
            let own = source.operational.take();
            source.operational = own.or_else(|| same.and_then(|it| it.operational.clone()));
        }
        if has_changed {
            (self.certificate.broken, self.certificate.unkept) = (None, None);
        }
    }
}
