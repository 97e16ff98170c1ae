use super::{
    Certificate, EndorsementKey, Issuing, Key,
    builders::{assignment_builders, key_builder, thumbprint_builder},
};
use crate::{base::Json, chain::Thumbprint, sas, tpm};
use serde::Deserialize;
use serde_json::Value;

/// An individual enrollment: a registration ID with its attestation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrollment {
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) attestation: Attestation,
    pub(crate) device_id: Option<String>,
    #[serde(flatten)]
    pub(crate) assignment: Assignment,
    /// How often it was changed. The etag is made of it.
    #[serde(skip)]
    pub(crate) revision: u64,
}

/// An enrollment group: devices with keys that are derived from the group's, or with certificates that lead to the group's
/// CA.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Group {
    pub(crate) enrollment: Enrollment,
}

/// How a device attests itself: by keys, by certificates or by a TPM.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Attestation {
    pub(crate) primary_key: Option<Key>,
    pub(crate) secondary_key: Option<Key>,
    pub(crate) thumbprint: Option<Thumbprint>,
    pub(crate) secondary_thumbprint: Option<Thumbprint>,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) secondary_certificate: Option<Certificate>,
    pub(crate) endorsement_key: Option<EndorsementKey>,
}

/// How a registration ends.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Assignment {
    pub(crate) hub: Option<String>,
    pub(crate) mqtt_broker: Option<String>,
    #[serde(default)]
    pub(crate) disabled: bool,
    pub(crate) failing: Option<Failure>,
    #[serde(default = "one")]
    pub(crate) pending: u32,
    pub(crate) payload: Option<Json>,
    pub(crate) issuing: Option<Issuing>,
}

/// How a registration fails.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    pub(crate) code: u32,
    pub(crate) message: String,
}

const fn one() -> u32 {
    1
}

impl Attestation {
    pub(crate) const fn keys(&self) -> [Option<&Key>; 2] {
        [self.primary_key.as_ref(), self.secondary_key.as_ref()]
    }

    pub(crate) const fn thumbprints(&self) -> [Option<&Thumbprint>; 2] {
        [self.thumbprint.as_ref(), self.secondary_thumbprint.as_ref()]
    }

    pub(crate) const fn certificates(&self) -> [Option<&Certificate>; 2] {
        [self.certificate.as_ref(), self.secondary_certificate.as_ref()]
    }

    /// The enrolled TPM's key. `None` as well for one that cannot be read, with which the emulator does not start.
    pub(crate) fn endorsement_key(&self) -> Option<tpm::EndorsementKey> {
        self.endorsement_key.as_ref()?.read().ok()
    }

    /// Whether certificates are the only attestation.
    pub(crate) const fn is_by_certificate(&self) -> bool {
        self.primary_key.is_none() && self.secondary_key.is_none() && self.endorsement_key.is_none()
    }
}

impl Enrollment {
    /// An enrollment with a primary key, in base64. It is assigned to the first hub at the first status request, with the
    /// registration ID as device ID.
    #[must_use]
    pub fn new(registration_id: &str, primary_key: &str) -> Self {
        Self::by(registration_id, Attestation { primary_key: Some(primary_key.into()), ..Attestation::default() })
    }

    /// The same with a certificate of this thumbprint: upper-case hex of SHA-1 or SHA-256. The certificate's common name is
    /// the registration ID.
    #[must_use]
    pub fn with_thumbprint(registration_id: &str, thumbprint: &str) -> Self {
        Self::by(registration_id, Attestation { thumbprint: Some(thumbprint.into()), ..Attestation::default() })
    }

    /// The same with this certificate, in PEM. If it is a CA certificate, the device has one that leads to it.
    #[must_use]
    pub fn with_certificate(registration_id: &str, pem: &str) -> Self {
        Self::by(registration_id, Attestation { certificate: Some(pem.into()), ..Attestation::default() })
    }

    /// The same with the TPM of this endorsement key: base64 of its `TPM2B_PUBLIC`, of RSA-2048. It requires HTTPS.
    #[must_use]
    pub fn with_endorsement_key(registration_id: &str, endorsement_key: &str) -> Self {
        Self::by(
            registration_id,
            Attestation { endorsement_key: Some(endorsement_key.into()), ..Attestation::default() },
        )
    }

    pub(crate) fn by(id: &str, attestation: Attestation) -> Self {
        let (hub, mqtt_broker, failing, payload, issuing) = (None, None, None, None, None);
        let assignment = Assignment { hub, mqtt_broker, disabled: false, failing, pending: one(), payload, issuing };
        Self { id: id.into(), attestation, device_id: None, assignment, revision: 0 }
    }

    key_builder!(attestation);
    thumbprint_builder!(attestation);

    /// Adds a secondary certificate, in PEM.
    #[must_use]
    pub fn secondary_certificate(mut self, pem: &str) -> Self {
        self.attestation.secondary_certificate = Some(pem.into());
        self
    }

    /// Sets the device ID, which is the registration ID unless set.
    #[must_use]
    pub fn device_id(mut self, id: &str) -> Self {
        self.device_id = Some(id.into());
        self
    }

    assignment_builders!(assignment);
}

impl Group {
    /// A group with a primary key, in base64. Its devices are assigned to the first hub at the first status request.
    #[must_use]
    pub fn new(name: &str, primary_key: &str) -> Self {
        Self { enrollment: Enrollment::new(name, primary_key) }
    }

    /// A group with a CA certificate in PEM, a root or an intermediate. Its devices have certificates that lead to it, with
    /// the registration ID as common name.
    #[must_use]
    pub fn with_authority(name: &str, pem: &str) -> Self {
        Self { enrollment: Enrollment::with_certificate(name, pem) }
    }

    /// Adds a secondary CA certificate, in PEM.
    #[must_use]
    pub fn secondary_authority(self, pem: &str) -> Self {
        Self { enrollment: self.enrollment.secondary_certificate(pem) }
    }

    /// The key of one device of a group, derived from the group's key. `None` when that is not base64.
    #[must_use]
    pub fn device_key(group_key: &str, registration_id: &str) -> Option<String> {
        Key::from(group_key).decode().map(|key| sas::derive(&key, registration_id))
    }

    key_builder!(enrollment.attestation);
    assignment_builders!(enrollment.assignment);
}
