//! What an agent can authenticate with, in its order of preference.

use super::{assignment::Assignment, operational::OperationalCertificate};
use crate::{
    base::time::UnixTime,
    credential::{CertificateRequest, Credential, SymmetricKeys},
    flow::{
        dps::{Attestation, Profile},
        http::OperationId,
        outcome::{Device, Outcome},
        plan::Plan,
    },
    identity::RegistrationId,
};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString as _},
};

/// One credential source: a [`Plan`] with a name for logs and for the snapshot.
///
/// A plan that needs no network request is a credential: keys, a certificate, an external signer, a ready-made token. Any
/// other plan gets credentials: from the provisioning service, in Device mode from the hub, or both.
#[derive(Clone, Debug)]
pub struct Source {
    pub(super) name: Box<str>,
    pub(super) plan: Plan,
    pub(super) validity: Option<(UnixTime, UnixTime)>,
    /// Whether its registrations request a certificate, and the one that it has.
    pub(super) requests: bool,
    pub(super) operational: Option<Box<OperationalCertificate>>,
}

impl Source {
    /// A source. Its name is part of the snapshot: keep it from start to start.
    #[must_use]
    pub fn new(name: &str, plan: impl Into<Plan>) -> Self {
        Self { name: name.into(), plan: plan.into(), validity: None, requests: false, operational: None }
    }

    /// With the first and the last second of its certificate, as the feature `x509` reads them. A certificate that is not
    /// valid is not tried.
    #[must_use]
    pub fn with_validity(self, not_before: UnixTime, not_after: UnixTime) -> Self {
        Self { validity: Some((not_before, not_after)), ..self }
    }

    /// With operational certificates: its registration requests one, the session connects with that, and renews it through the
    /// hub. The credential of the plan registers, and serves while there is no certificate. `current` is the certificate that
    /// an earlier run has kept, or `None`.
    ///
    /// The plan has to be a registration of a device, and one source of a session can have them.
    #[must_use]
    pub fn requesting_certificates(self, current: Option<OperationalCertificate>) -> Self {
        Self { requests: true, operational: current.map(Box::new), ..self }
    }

    /// The common name of the certificates that it requests, if it requests any: the registration ID.
    #[must_use]
    pub fn requests_certificates_for(&self) -> Option<&RegistrationId> {
        self.plan.profile().filter(|_| self.requests).map(Profile::registration_id)
    }

    /// Whether it can request certificates: its plan is the registration of a device, without a module.
    #[must_use]
    pub fn can_request_certificates(&self) -> bool {
        self.plan.target().is_none() && self.plan.profile().is_some_and(|profile| !profile.is_lookup_only())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its plan.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What its assignment belongs to: one that was saved for another enrollment is not used.
    pub(super) fn owner(&self) -> String {
        match (self.plan.profile(), self.plan.known_device()) {
            (Some(profile), _) => format!("{}/{}", profile.id_scope(), profile.registration_id()),
            (None, Some(device)) => device.identity().to_string(),
            (None, None) => String::new(),
        }
    }

    /// Whether an assignment is that of this source.
    pub(super) fn owns(&self, assignment: &Assignment) -> bool {
        *self.name == *assignment.source && *self.owner() == *assignment.owner
    }

    /// The credential of a device that the provisioning service has assigned.
    fn device_credential(&self) -> Option<Credential> {
        Some(match self.plan.attestation()? {
            Attestation::SymmetricKey(key) => SymmetricKeys::new(key.clone(), None).into(),
            Attestation::Certificate(certificate) => certificate.clone().into(),
            Attestation::Tpm { .. } => Credential::ExternalSigner,
        })
    }

    /// The assigned device, without another registration. `None` also when the credential, which may have been replaced, has
    /// no login at the hub.
    fn device(&self, assignment: &Assignment) -> Option<Device> {
        if let Some(device) = self.plan.known_device() {
            return Some(device.clone());
        }
        let device = Device::new(assignment.hub.clone(), assignment.device.clone(), self.device_credential()?)
            .with_connection_profile(assignment.profile.clone(), self.operational.is_some())?;
        let is_renamed = self.plan.profile().is_some_and(|profile| profile.classic_hub_name);
        Some(if is_renamed { device.with_classic_hub_name() } else { device })
    }

    /// Whether the identity service of this host tells the identity.
    pub(super) const fn is_local(&self) -> bool {
        self.plan.known_identity_service().is_some()
    }

    /// What leads to a credential without the provisioning service: a question to the identity service, or the module lookup
    /// at the hub that is known already.
    pub(super) fn module_lookup(&self, assignment: Option<&Assignment>) -> Option<Plan> {
        if self.is_local() {
            return Some(self.plan.clone());
        }
        let target = self.plan.target()?;
        if self.plan.known_device().is_some() {
            return Some(self.plan.clone());
        }
        Plan::device(self.device(assignment?)?).in_device_mode(target.clone()).ok()
    }

    /// The module lookup of a device that was just assigned.
    pub(super) fn module_lookup_of(&self, device: Outcome) -> Option<Plan> {
        Plan::device(Device::try_from(device).ok()?).in_device_mode(self.plan.target()?.clone()).ok()
    }

    /// What is registered with: an operational certificate logs in where the credential of the registration does not.
    fn profile(&self) -> Option<Profile> {
        let profile = self.plan.profile()?.clone();
        Some(if self.operational.is_some() { profile.with_issued_certificate() } else { profile })
    }

    /// The registration alone: it and the module lookup are two runs, so that no assignment is lost when the lookup fails.
    pub(super) fn registration(&self) -> Option<Plan> {
        Plan::provision(self.profile()?, self.plan.attestation()?.clone()).ok()
    }

    /// The same with a request for a certificate, and with the operation that an earlier run has sent it by.
    pub(super) fn registration_with(
        &self,
        request: CertificateRequest,
        operation: Option<OperationId>,
    ) -> Option<Plan> {
        let profile = self.profile()?.with_certificate_request(request);
        let profile = match operation {
            Some(operation) => profile.with_pending_operation(operation),
            None => profile,
        };
        Plan::provision(profile, self.plan.attestation()?.clone()).ok()
    }

    /// The credential of a saved assignment. That of a module needs the saved keys.
    pub(super) fn restored(&self, assignment: &Assignment, keys: Option<&SymmetricKeys>) -> Option<Outcome> {
        match (&assignment.module, self.plan.target()) {
            (Some(module), Some(target)) if target.module() == module => {
                Some(self.device(assignment)?.into_module(module.clone(), keys?.clone().into()))
            }
            (None, None) => Some(self.device(assignment)?.into()),
            // The device is known, its module is not yet.
            _ => None,
        }
    }

    /// An outcome with what the source has of its credential, which may have been rotated.
    pub(super) fn refreshed(&self, assignment: &Assignment, outcome: &Outcome) -> Option<Outcome> {
        if self.is_local() {
            return Some(outcome.clone());
        }
        match (outcome.credential(), outcome.identity().module_id()) {
            // The keys of a module are the hub's.
            (Credential::Certificate(_), Some(_)) => {
                Some(outcome.clone().with_certificate(self.plan.target()?.certificate()?.clone()))
            }
            _ => self.restored(assignment, None),
        }
    }
}
