//! Credential sources as plans.

use crate::{authenticator::Authenticator, certificate::Certificate, failure::Failure, operational::Usable};
use alloc::vec::Vec;
use defender_auth::{Plan, UnixTime, credential::ClientCertificate, dps::Profile, session::Source};

/// They have different names.
#[derive(Default)]
pub(crate) struct SourceList(Vec<Source>);

impl SourceList {
    #[expect(clippy::unnecessary_wraps, reason = "a build without sessions returns an error")]
    pub(in crate::session) fn new() -> Result<Self, Failure> {
        Ok(Self::default())
    }

    pub(in crate::session) fn add(&mut self, name: &str, authenticator: &Authenticator) -> Result<(), Failure> {
        if self.0.iter().any(|source| source.name() == name) {
            return Err(Failure::argument("name", "another source has this name; give each its own name"));
        }
        let plan = authenticator.plan()?;
        let validity = certificate(&plan).and_then(|it| Certificate::from(it.clone()).validity());
        let source = Source::new(name, plan);
        self.0.push(match validity {
            Some((first, last)) => source.with_validity(first, last),
            None => source,
        });
        Ok(())
    }

    pub(in crate::session) fn set_validity(&mut self, first: UnixTime, last: UnixTime) -> Result<(), Failure> {
        let latest = self.0.pop().ok_or_else(|| Failure::argument("sources", "there is none; add a source first"))?;
        self.0.push(latest.with_validity(first, last));
        Ok(())
    }

    /// With the certificate in use, unless it is for another registration ID.
    pub(in crate::session) fn request_certificates(&mut self, kept: Option<Usable>) -> Result<(), Failure> {
        let latest = self.0.last().ok_or_else(|| Failure::argument("sources", "there is none; add a source first"))?;
        if !latest.can_request_certificates() {
            let message =
                "its last source cannot request certificates; add the registration of a device, without a module";
            return Err(Failure::argument("sources", message));
        }
        if self.0.iter().rev().skip(1).any(|source| source.requests_certificates_for().is_some()) {
            return Err(Failure::argument("sources", "another source requests certificates; one of a session can"));
        }
        let id = latest.plan().profile().map(Profile::registration_id);
        let is_its = |kept: &Usable| id.is_some_and(|id| kept.common_name.as_deref() == Some(id.as_str()));
        let current = kept.filter(is_its).map(Usable::operational);
        if let Some(latest) = self.0.last_mut() {
            *latest = latest.clone().requesting_certificates(current);
        }
        Ok(())
    }

    /// A session needs one at least.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.0.is_empty() {
            return Err(Failure::argument("sources", "there is none; add a source first"));
        }
        Ok(())
    }

    pub(crate) fn all(&self) -> &[Source] {
        &self.0
    }
}

/// The certificate that the hub sees, if it is one.
fn certificate(plan: &Plan) -> Option<&ClientCertificate> {
    match (plan.target(), plan.outcome()) {
        (Some(target), _) => target.certificate(),
        (None, Some(outcome)) => outcome.credential().certificate(),
        (None, None) => plan.attestation()?.certificate(),
    }
}
