use super::{Certificate, EndorsementKey, Json, Key, Thumbprint};
use crate::{sas, tpm};
use serde::Deserialize;
use serde_json::Value;

/// One device that may provision itself: a registration id, and its keys, its certificates or its TPM.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrollment {
    pub(crate) id: String,
    pub(crate) primary_key: Option<Key>,
    pub(crate) secondary_key: Option<Key>,
    pub(crate) thumbprint: Option<Thumbprint>,
    pub(crate) secondary_thumbprint: Option<Thumbprint>,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) secondary_certificate: Option<Certificate>,
    pub(crate) endorsement_key: Option<EndorsementKey>,
    pub(crate) device_id: Option<String>,
    pub(crate) hub: Option<String>,
    #[serde(default)]
    pub(crate) disabled: bool,
    pub(crate) failing: Option<Failure>,
    #[serde(default = "one")]
    pub(crate) pending: u32,
    pub(crate) payload: Option<Json>,
}

/// Many devices that may provision themselves: each with a key that is derived from the group's, or with a certificate
/// that leads to the group's authority.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Group(pub(crate) Enrollment);

/// How an assignment fails.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    pub(crate) code: u32,
    pub(crate) message: String,
}

const fn one() -> u32 {
    1
}

impl Enrollment {
    /// An enrollment that is assigned to the first hub at the first poll, under its registration id.
    #[must_use]
    pub fn new(registration_id: &str, primary_key: &str) -> Self {
        Self { primary_key: Some(primary_key.into()), ..Self::named(registration_id) }
    }

    /// The same for a device with a certificate of this thumbprint: hex in upper case, of SHA-1 or SHA-256. The
    /// certificate's common name is the registration id.
    #[must_use]
    pub fn with_thumbprint(registration_id: &str, thumbprint: &str) -> Self {
        Self { thumbprint: Some(thumbprint.into()), ..Self::named(registration_id) }
    }

    /// The same for a device with this certificate, in PEM, or with one that leads to it when it is an authority's.
    #[must_use]
    pub fn with_certificate(registration_id: &str, pem: &str) -> Self {
        Self { certificate: Some(pem.into()), ..Self::named(registration_id) }
    }

    /// The same for a device with the TPM of this endorsement key: base64 of its `TPM2B_PUBLIC`, of RSA-2048. It has to
    /// register over HTTPS.
    #[must_use]
    pub fn with_endorsement_key(registration_id: &str, endorsement_key: &str) -> Self {
        Self { endorsement_key: Some(endorsement_key.into()), ..Self::named(registration_id) }
    }

    fn named(id: &str) -> Self {
        Self {
            id: id.into(),
            primary_key: None,
            secondary_key: None,
            thumbprint: None,
            secondary_thumbprint: None,
            certificate: None,
            secondary_certificate: None,
            endorsement_key: None,
            device_id: None,
            hub: None,
            disabled: false,
            failing: None,
            pending: one(),
            payload: None,
        }
    }

    /// With a secondary key.
    #[must_use]
    pub fn secondary_key(mut self, key: &str) -> Self {
        self.secondary_key = Some(key.into());
        self
    }

    /// With a secondary thumbprint.
    #[must_use]
    pub fn secondary_thumbprint(mut self, thumbprint: &str) -> Self {
        self.secondary_thumbprint = Some(thumbprint.into());
        self
    }

    /// With a secondary certificate, in PEM.
    #[must_use]
    pub fn secondary_certificate(mut self, pem: &str) -> Self {
        self.secondary_certificate = Some(pem.into());
        self
    }

    /// Assigned to this hub. It need not be one that is played.
    #[must_use]
    pub fn hub(mut self, host_name: &str) -> Self {
        self.hub = Some(host_name.into());
        self
    }

    /// Known to the hub under another id than its registration id.
    #[must_use]
    pub fn device_id(mut self, id: &str) -> Self {
        self.device_id = Some(id.into());
        self
    }

    /// Answered with the status `disabled`.
    #[must_use]
    pub const fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// Ending in the status `failed`, with this code and message.
    #[must_use]
    pub fn failing(mut self, code: u32, message: &str) -> Self {
        self.failing = Some(Failure { code, message: message.into() });
        self
    }

    /// Final at the poll of this number. With 0 the answer to the registration itself is final.
    #[must_use]
    pub const fn pending(mut self, polls: u32) -> Self {
        self.pending = polls;
        self
    }

    /// With data for the device in its assignment.
    #[must_use]
    pub fn payload(mut self, data: Value) -> Self {
        self.payload = Some(Json(data));
        self
    }

    pub(crate) fn keys(&self) -> [Option<&Key>; 2] {
        [self.primary_key.as_ref(), self.secondary_key.as_ref()]
    }

    pub(crate) fn thumbprints(&self) -> [Option<&Thumbprint>; 2] {
        [self.thumbprint.as_ref(), self.secondary_thumbprint.as_ref()]
    }

    pub(crate) fn certificates(&self) -> [Option<&Certificate>; 2] {
        [self.certificate.as_ref(), self.secondary_certificate.as_ref()]
    }

    /// The key of the TPM that one registers by. `None` as well for one that cannot be read, which is not played.
    pub(crate) fn endorsement_key(&self) -> Option<tpm::EndorsementKey> {
        self.endorsement_key.as_ref()?.read().ok()
    }

    /// Whether it is by certificate that one registers, and neither by key nor by TPM.
    pub(crate) fn is_by_certificate(&self) -> bool {
        self.primary_key.is_none() && self.secondary_key.is_none() && self.endorsement_key.is_none()
    }
}

impl Group {
    /// A group whose devices are assigned to the first hub at the first poll.
    #[must_use]
    pub fn new(name: &str, primary_key: &str) -> Self {
        Self(Enrollment::new(name, primary_key))
    }

    /// A group whose devices have certificates that lead to this authority, a root or one below it, in PEM. A
    /// certificate's common name is the registration id.
    #[must_use]
    pub fn with_authority(name: &str, pem: &str) -> Self {
        Self(Enrollment::with_certificate(name, pem))
    }

    /// With a secondary authority, in PEM.
    #[must_use]
    pub fn secondary_authority(self, pem: &str) -> Self {
        Self(self.0.secondary_certificate(pem))
    }

    /// The key of one device of a group, from the group's key. `None` when that is not base64.
    #[must_use]
    pub fn device_key(group_key: &str, registration_id: &str) -> Option<String> {
        Key::from(group_key).decode().map(|key| sas::derive(&key, registration_id))
    }

    /// With a secondary key.
    #[must_use]
    pub fn secondary_key(self, key: &str) -> Self {
        Self(self.0.secondary_key(key))
    }

    /// Assigned to this hub. It need not be one that is played.
    #[must_use]
    pub fn hub(self, host_name: &str) -> Self {
        Self(self.0.hub(host_name))
    }

    /// Answered with the status `disabled`.
    #[must_use]
    pub fn disabled(self) -> Self {
        Self(self.0.disabled())
    }

    /// Ending in the status `failed`, with this code and message.
    #[must_use]
    pub fn failing(self, code: u32, message: &str) -> Self {
        Self(self.0.failing(code, message))
    }

    /// Final at the poll of this number. With 0 the answer to the registration itself is final.
    #[must_use]
    pub fn pending(self, polls: u32) -> Self {
        Self(self.0.pending(polls))
    }

    /// With data for the devices in their assignments.
    #[must_use]
    pub fn payload(self, data: Value) -> Self {
        Self(self.0.payload(data))
    }
}
