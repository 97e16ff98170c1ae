//! The credentials that a session has, and what it saves of them.

use super::{
    candidate::Candidate,
    machine::Session,
    snapshot::Snapshot,
    state::{State, Then},
};
use crate::base::time::Now;
use alloc::boxed::Box;
use core::time::Duration;

impl Session {
    /// Makes the candidates, in the order of the sources. Those of an assignment stand in the place of its source.
    pub(super) fn rebuild(&mut self) {
        if self.assigned.is_none()
            && let Some(saved) = &self.saved.assignment
            && let Some(source) = self.sources.iter().find(|source| source.owns(saved))
            && let Some(outcome) = source.restored(saved, self.saved.keys.as_ref())
        {
            self.assigned = Some((saved.clone(), outcome));
        }
        if let Some((assignment, outcome)) = &mut self.assigned
            && let Some(source) = self.sources.iter().find(|source| source.owns(assignment))
            && let Some(renewed) = source.refreshed(assignment, outcome)
            && renewed.changes_since(outcome).credential
        {
            *outcome = renewed;
        }
        self.candidates.clear();
        for source in &self.sources {
            match (source.plan().outcome(), &self.assigned) {
                (Some(outcome), _) => Candidate::add(source, outcome, &mut self.candidates),
                (None, Some((assignment, outcome))) if source.owns(assignment) => {
                    Candidate::add_operational(source, outcome, &mut self.candidates);
                    Candidate::add(source, outcome, &mut self.candidates);
                }
                _ => {}
            }
        }
    }

    /// Saves the state before what follows, if it has changed or has to be saved in any case.
    pub(super) fn save(&mut self, now: Now, always: bool, then: Then) {
        let mut snapshot = self.saved.clone();
        if let Some((assignment, outcome)) = &self.assigned {
            snapshot.assignment = Some(assignment.clone());
            snapshot.keys = Snapshot::keys_of(outcome);
        }
        if let Then::Stay(standing) = &then
            && let Some(candidate) = standing.at.and_then(|at| self.candidates.get(at))
        {
            snapshot.working = Some(candidate.name.clone());
        }
        let until = |debt: Duration| (self.clock.time(now) + debt).as_secs();
        snapshot.floor = self.clock.floor().as_secs();
        snapshot.registrations_owed_until = until(self.registrations.debt(now.monotonic));
        snapshot.connects_owed_until = until(self.connects.debt(now.monotonic));
        snapshot.certificates_owed_until = match self.certificate.issues.debt(now.monotonic) {
            Duration::ZERO => 0,
            debt => until(debt),
        };
        snapshot.passes = self.passes;
        if always || self.record.unsaved || snapshot.differs_from(&self.saved) {
            self.saved = snapshot.clone();
            self.state = State::Saving { snapshot: Box::new(snapshot), then };
        } else {
            self.proceed(now, then);
        }
    }
}
