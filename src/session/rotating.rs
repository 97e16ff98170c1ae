//! New credential sources without a restart.

use super::{
    backoff::Climbed,
    candidate::Candidate,
    diagnosis::Diagnosis,
    machine::{Session, check},
    source::Source,
    state::{Pass, Purpose, Standing, State, Then},
};
use crate::base::time::Now;
use alloc::vec::Vec;
use core::mem;

impl Session {
    /// Replaces the sources. A connection is kept while nothing up to its credential is new; another is made over it
    /// otherwise. Waits end, but for those that a service or a rate demands.
    pub(super) fn rotated(&mut self, now: Now, state: State, sources: Vec<Source>) {
        if check(&sources).is_err() {
            self.record.failure = Some(Diagnosis::SourceUnusable);
            self.state = state;
            return;
        }
        let used = state.candidate();
        let former = mem::take(&mut self.candidates);
        let replaced = mem::replace(&mut self.sources, sources);
        self.inherit(&replaced);
        self.rebuild();
        self.climbed = Climbed::default();
        self.passes = 0;
        let kept = used.filter(|used| self.keeps(&former, *used));
        if let Some(kept) = kept {
            let rejected = former.iter().map(|candidate| candidate.rejected);
            self.candidates.iter_mut().zip(rejected).take(kept).for_each(|(new, rejected)| new.rejected = rejected);
        }
        let first = Then::Try(Pass::default());
        self.state = match state {
            State::Connected { .. }
            | State::Connecting { .. }
            | State::Renewing { .. }
            | State::Requesting { purpose: Purpose::Renew(_), .. }
                if kept.is_some() =>
            {
                state
            }
            State::Connected { .. } | State::Renewing { .. } | State::Requesting { purpose: Purpose::Renew(_), .. } => {
                return self.choose(now, Pass::renewing(0));
            }
            State::Connecting { login, pass } => State::Connecting { login, pass: Pass { outdated: true, ..pass } },
            State::Signing { pass, .. } => {
                return self.choose(now, Pass { renewing: pass.renewing, ..Pass::default() });
            }
            State::Authenticating { .. } | State::Requesting { .. } => return self.choose(now, Pass::default()),
            State::Waiting { not_before, .. } if now.monotonic >= not_before => {
                return self.choose(now, Pass::default());
            }
            State::Waiting { window, not_before, why, .. } => State::Waiting { window, not_before, why, then: first },
            State::Saving { snapshot, then: Then::Stay(standing) | Then::Request(standing) } => {
                State::Saving { snapshot, then: replaced_or(kept, standing) }
            }
            State::Saving { snapshot, .. } => State::Saving { snapshot, then: first },
            // It is kept for the source that has requested it, if that is still there.
            State::Keeping { chain, then: Then::Stay(standing) } => {
                State::Keeping { chain, then: replaced_or(kept, standing) }
            }
            State::Keeping { chain, .. } => State::Keeping { chain, then: first },
            State::Disconnecting { why, .. } => State::Disconnecting { why, then: first },
        };
    }

    /// Whether the candidates are the same up to that one.
    fn keeps(&self, former: &[Candidate], used: usize) -> bool {
        let same = self.candidates.iter().zip(former).take(used + 1).filter(|(new, former)| new.is_same(former));
        same.count() == used + 1
    }
}

/// The connection that stands if its credential is kept, else another one over it.
fn replaced_or(kept: Option<usize>, standing: Standing) -> Then {
    if kept.is_some() { Then::Stay(standing) } else { Then::Try(Pass::renewing(0)) }
}
