//! The credentials that a session has at a time, in the order of its sources.

use super::{diagnosis::Diagnosis, source::Source};
use crate::{base::time::UnixTime, credential::Credential, error::PlanError, flow::outcome::Outcome};
use alloc::{format, string::String, vec::Vec};
use core::time::Duration;

/// One credential of one identity. Two keys are two candidates.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) outcome: Outcome,
    pub(super) validity: Option<(UnixTime, UnixTime)>,
    /// Why and when it was rejected, unless it has been accepted since.
    pub(super) rejected: Option<(Diagnosis, Duration)>,
    pub(super) role: Role,
}

/// What a candidate is to the source that requests certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The operational certificate of it.
    Operational,
    /// The credential of it, which registers.
    Onboarding,
    /// The credential of another source.
    Other,
}

impl Candidate {
    /// Adds those of an outcome of a source, unless its credential has no login at the hub.
    pub(super) fn add(source: &Source, outcome: &Outcome, to: &mut Vec<Self>) {
        if outcome.requires_certificate() {
            return;
        }
        let mut other = outcome.clone();
        if other.fall_back() {
            to.push(Self::new(format!("{}/primary", source.name), source, outcome.clone()));
            to.push(Self::new(format!("{}/secondary", source.name), source, other));
        } else {
            to.push(Self::new(source.name.as_ref().into(), source, other));
        }
    }

    /// Adds the operational certificate of a source, which an outcome of the source has the hub and the device for.
    pub(super) fn add_operational(source: &Source, outcome: &Outcome, to: &mut Vec<Self>) {
        if let Some(operational) = source.operational.as_ref().filter(|_| source.requests) {
            to.push(Self {
                name: format!("{}/certificate", source.name),
                outcome: outcome.clone().with_certificate(operational.certificate().clone()),
                validity: Some(operational.validity()),
                rejected: None,
                role: Role::Operational,
            });
        }
    }

    fn new(name: String, source: &Source, outcome: Outcome) -> Self {
        let validity = source.validity.filter(|_| outcome.credential().certificate().is_some());
        let role = if source.requests { Role::Onboarding } else { Role::Other };
        Self { name, outcome, validity, rejected: None, role }
    }

    /// Why it is not tried: what can be known without a connection.
    pub(super) fn flaw(&self, time: UnixTime) -> Option<Diagnosis> {
        if PlanError::of_identity(self.outcome.identity()).is_some() {
            return Some(Diagnosis::SourceUnusable);
        }
        match (self.validity, self.outcome.credential()) {
            (Some((_, last)), _) if time > last => Some(Diagnosis::ClientExpired),
            (Some((first, _)), _) if time < first => Some(Diagnosis::ClientNotYetValid),
            (_, Credential::Token(token)) if token.expires_at() <= time => Some(Diagnosis::TokenExpired),
            _ => None,
        }
    }

    /// Whether a token goes with it, which expires by a clock.
    pub(super) const fn has_token(&self) -> bool {
        self.outcome.credential().certificate().is_none()
    }

    /// Whether the two log in at the same hub in the same way.
    pub(super) fn logs_in_like(&self, other: &Self) -> bool {
        let (this, other) = (&self.outcome, &other.outcome);
        this.identity().endpoint() == other.identity().endpoint()
            && this.connection_profile() == other.connection_profile()
    }

    /// Whether the two are the same credential in the same place.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.outcome == other.outcome
    }
}
