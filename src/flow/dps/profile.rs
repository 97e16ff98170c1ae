use crate::{
    base::payload::Payload,
    credential::{CertificateRequest, ClientCertificate},
    error::AuthenticationMethod,
    flow::http::{ApiVersion, OperationId, Registrant},
    identity::{HostName, IdScope, RegistrationId},
    key::SharedAccessKey,
};
use alloc::vec::Vec;
use core::fmt;

/// The clouds, each with one host name for its provisioning service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cloud {
    /// `global.azure-devices-provisioning.net`
    #[default]
    Global,
    /// `global.azure-devices-provisioning.cn`
    China,
    /// `global.azure-devices-provisioning.us`
    UsGovernment,
}

impl From<Cloud> for HostName {
    fn from(cloud: Cloud) -> Self {
        Self::known(match cloud {
            Cloud::Global => "global.azure-devices-provisioning.net",
            Cloud::China => "global.azure-devices-provisioning.cn",
            Cloud::UsGovernment => "global.azure-devices-provisioning.us",
        })
    }
}

/// What to register, and where.
#[derive(Clone, Debug)]
pub struct Profile {
    endpoint: HostName,
    scope: IdScope,
    id: RegistrationId,
    version: Option<ApiVersion>,
    payload: Option<Payload>,
    request: Option<CertificateRequest>,
    operation: Option<OperationId>,
    pub(crate) lookup_only: bool,
    pub(crate) classic_hub_name: bool,
    pub(crate) has_issued_certificate: bool,
}

impl Profile {
    /// At the global endpoint.
    #[must_use]
    pub fn new(scope: IdScope, id: RegistrationId) -> Self {
        let endpoint = Cloud::Global.into();
        Self {
            endpoint,
            scope,
            id,
            version: None,
            payload: None,
            request: None,
            operation: None,
            lookup_only: false,
            classic_hub_name: false,
            has_issued_certificate: false,
        }
    }

    /// At another endpoint: another [`Cloud`]'s, or any host name.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: impl Into<HostName>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// For a device that has a certificate from an earlier registration or renewal and registers with a key: a hub with the
    /// connection profile `mqttV5`, which accepts no key, is then no failure. Log in there with
    /// [`Outcome::with_certificate`](crate::outcome::Outcome::with_certificate). Without effect on other registrations.
    #[must_use]
    pub const fn with_issued_certificate(mut self) -> Self {
        self.has_issued_certificate = true;
        self
    }

    /// With custom data for the allocation, such as [`Payload::model_id`].
    #[must_use]
    pub fn with_payload(mut self, payload: Payload) -> Self {
        self.payload = Some(payload);
        self
    }

    /// With a certificate signing request, which the service answers with a certificate for the device if the enrollment has
    /// a policy for that: [`RegistrationState::issuance`](crate::outcome::RegistrationState::issuance). The common name of
    /// its subject is the registration ID. A lookup sends no request. Before it is sent, the private key of the request has to
    /// be where a restart finds it: the service does not repeat the certificate.
    #[must_use]
    pub fn with_certificate_request(mut self, request: CertificateRequest) -> Self {
        self.request = Some(request);
        self
    }

    /// Goes on with a registration that an earlier run has begun, by the operation that the service has answered it with
    /// ([`Authenticator::pending_operation`](crate::Authenticator::pending_operation)). The run asks for its status first, and
    /// gets the certificates that were issued for the same request meanwhile. It registers anew when the service does not
    /// know the operation, when the operation has failed or has brought no certificate that was requested, and when it is
    /// not completed in half of the run's time.
    ///
    /// Source: `Azure/azure-rest-api-specs`, the device provisioning data plane (`device/models.tsp`): the status of an
    /// operation includes the certificates, that of a registration does not.
    #[must_use]
    pub fn with_pending_operation(mut self, operation: OperationId) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Looks up where the device is registered instead of registering it, as the security agents do.
    #[must_use]
    pub const fn lookup_only(mut self, lookup_only: bool) -> Self {
        self.lookup_only = lookup_only;
        self
    }

    /// Uses the classic name of the hub that is assigned in tokens and user names, and dials the assigned name: see
    /// [`Identity::with_classic_hub_name`](crate::identity::Identity::with_classic_hub_name).
    #[must_use]
    pub const fn with_classic_hub_name(mut self) -> Self {
        self.classic_hub_name = true;
        self
    }

    /// With another version of the service's interface than 2019-03-31, or with a certificate signing request than
    /// 2025-07-01-preview, the first that has them.
    #[must_use]
    pub fn with_api_version(mut self, version: ApiVersion) -> Self {
        self.version = Some(version);
        self
    }

    /// The version of the service's interface: the one that was set, or the oldest that has what is used.
    #[must_use]
    pub fn api_version(&self) -> ApiVersion {
        self.version.clone().unwrap_or_else(|| match self.sent_request() {
            Some(_) => ApiVersion::certificate_issuance(),
            None => ApiVersion::provisioning(),
        })
    }

    /// The host name of the provisioning service.
    #[must_use]
    pub const fn endpoint(&self) -> &HostName {
        &self.endpoint
    }

    /// The ID scope.
    #[must_use]
    pub const fn id_scope(&self) -> &IdScope {
        &self.scope
    }

    /// The registration ID.
    #[must_use]
    pub const fn registration_id(&self) -> &RegistrationId {
        &self.id
    }

    /// Whether it looks up the registration and does not register.
    #[must_use]
    pub const fn is_lookup_only(&self) -> bool {
        self.lookup_only
    }

    pub(super) fn registrant(&self) -> Registrant {
        Registrant { scope: self.scope.clone(), id: self.id.clone(), version: self.api_version() }
    }

    /// A lookup requests no certificate.
    pub(crate) fn sent_request(&self) -> Option<&CertificateRequest> {
        self.request.as_ref().filter(|_| !self.lookup_only)
    }

    /// A lookup has no operation.
    pub(super) fn resumed_operation(&self) -> Option<&OperationId> {
        self.operation.as_ref().filter(|_| !self.lookup_only)
    }

    /// A lookup has no payload.
    pub(super) fn sent_payload(&self) -> Option<&Payload> {
        self.payload.as_ref().filter(|_| !self.lookup_only)
    }
}

/// How a device authenticates to the provisioning service.
#[derive(Clone)]
#[non_exhaustive]
pub enum Attestation {
    /// The key of an individual enrollment, or one derived from a group's.
    SymmetricKey(SharedAccessKey),
    /// A certificate of an individual enrollment, or one that chains to a group's.
    Certificate(ClientCertificate),
    /// A TPM, by its public keys, each a complete `TPM2B_PUBLIC`.
    Tpm {
        /// The endorsement key, which the enrollment holds.
        endorsement_key: Vec<u8>,
        /// The storage root key, for which the service wraps the keys that it sends.
        storage_root_key: Vec<u8>,
    },
}

impl Attestation {
    /// The certificate, if it is one.
    #[must_use]
    pub const fn certificate(&self) -> Option<&ClientCertificate> {
        match self {
            Self::Certificate(certificate) => Some(certificate),
            Self::SymmetricKey(_) | Self::Tpm { .. } => None,
        }
    }
}

impl From<&Attestation> for AuthenticationMethod {
    fn from(attestation: &Attestation) -> Self {
        match attestation {
            Attestation::SymmetricKey(_) => Self::SymmetricKey,
            Attestation::Certificate(_) => Self::Certificate,
            Attestation::Tpm { .. } => Self::Tpm,
        }
    }
}

impl fmt::Debug for Attestation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SymmetricKey(_) => "SymmetricKey(..)",
            Self::Certificate(_) => "Certificate(..)",
            Self::Tpm { .. } => "Tpm { .. }",
        })
    }
}

impl From<SharedAccessKey> for Attestation {
    fn from(key: SharedAccessKey) -> Self {
        Self::SymmetricKey(key)
    }
}

impl From<ClientCertificate> for Attestation {
    fn from(certificate: ClientCertificate) -> Self {
        Self::Certificate(certificate)
    }
}
