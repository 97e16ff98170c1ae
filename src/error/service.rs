use super::{code::Code, issuance::IssuanceDetails, kind::ErrorKind};
use crate::{
    base::time::{ClockSkew, UnixTime},
    identity::RegistrationId,
};
use alloc::string::String;
use core::time::Duration;

/// The operation that a service rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServiceOperation {
    /// Register a device with the provisioning service.
    Registration,
    /// Ask the provisioning service for the status of a registration.
    RegistrationStatus,
    /// Look up at the provisioning service where a device is registered.
    RegistrationLookup,
    /// Read a module's identity at the hub.
    Module,
    /// Renew a device's certificate through the hub.
    CertificateRenewal,
}

impl ServiceOperation {
    /// The step of a plan that it belongs to.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registration | Self::RegistrationStatus | Self::RegistrationLookup => "registration",
            Self::Module => "module identity",
            Self::CertificateRenewal => "certificate renewal",
        }
    }
}

/// How the rejected request was authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthenticationMethod {
    /// A token that was signed with a symmetric key of the device. Whether the key is an individual one or was derived
    /// from that of an enrollment group cannot be seen from the key.
    SymmetricKey,
    /// A token that was signed with the key of a hub's shared access policy.
    PolicyKey,
    /// A token that was given ready-made.
    Token,
    /// A token that was signed by a TPM or another external signer.
    ExternalSigner,
    /// A client certificate.
    Certificate,
    /// The attestation of a TPM to the provisioning service.
    Tpm,
}

impl AuthenticationMethod {
    /// Whether the request carried a SAS token, which expires by the service's clock.
    #[must_use]
    pub const fn is_token(self) -> bool {
        !matches!(self, Self::Certificate)
    }
}

/// What a service rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The request, by an HTTP status.
    Status,
    /// The registration failed.
    Failed,
    /// The enrollment is disabled.
    Disabled,
    /// The lookup found that the device is not registered.
    Unassigned,
    /// The registration assigns an MQTT broker (`assignedEndpoint`) in the place of an IoT hub.
    AssignedBroker,
    /// The registration assigns a hub by its name for back ends (`.service.`), which is the message.
    AssignedBackEndHost,
    /// The registration assigns a hub with a connection profile that this library does not know (`connectionProfile`), so
    /// that it cannot log in there. The message is the profile's name.
    UnknownConnectionProfile,
    /// The registration assigns a hub with the profile `mqttV5`, which accepts certificates only, to a device with a
    /// key that is issued no certificate.
    ProfileNeedsCertificate,
    /// The hub refuses the subscription for the answers of a renewal of certificates.
    RenewalNotOffered,
}

/// A service rejected a request or a registration.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceError {
    /// The operation.
    pub asked: ServiceOperation,
    /// What was rejected.
    pub refusal: Refusal,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The service's own code, six digits.
    pub code: Option<u32>,
    /// The service's tracking ID; quote it in support requests.
    pub tracking_id: Option<String>,
    /// The service's message: printable, at most 256 characters.
    pub message: Option<String>,
    /// How long the service asks to wait before the next request, at least a second. It may be hours.
    pub retry_after: Option<Duration>,
    /// On 401 and 403, when the clocks differ by more than is tolerated: the likely cause.
    pub clock: Option<ClockSkew>,
    /// The service's time in the answer. Without it, [`clock`](Self::clock) is unknown.
    pub date: Option<UnixTime>,
    /// How the request was authenticated.
    pub method: Option<AuthenticationMethod>,
    /// The version of the service's interface that the request was written for.
    pub api_version: Option<String>,
    /// The registration ID of the request, for the provisioning service.
    pub registration_id: Option<RegistrationId>,
    /// The body is in no format of the service, such as HTML: a proxy or firewall may have answered.
    pub is_unrecognized: bool,
    /// What a hub says about the issuance of a certificate, for a renewal.
    pub issuance: Option<IssuanceDetails>,
}

impl ServiceError {
    #[cfg(feature = "flows")]
    pub(crate) const fn new(asked: ServiceOperation, refusal: Refusal, status: u16) -> Self {
        Self {
            asked,
            refusal,
            status,
            code: None,
            tracking_id: None,
            message: None,
            retry_after: None,
            clock: None,
            date: None,
            method: None,
            api_version: None,
            registration_id: None,
            is_unrecognized: false,
            issuance: None,
        }
    }

    pub(super) const fn is_retryable(&self) -> bool {
        match self.refusal {
            // Another operation for the certificate ends, by itself or with its time.
            Refusal::Status if matches!(self.asked, ServiceOperation::CertificateRenewal) && self.status == 409 => true,
            Refusal::Status => matches!(self.status, 408 | 429 | 500..=599),
            Refusal::Unassigned => true,
            Refusal::Failed
            | Refusal::Disabled
            | Refusal::AssignedBroker
            | Refusal::AssignedBackEndHost
            | Refusal::UnknownConnectionProfile
            | Refusal::ProfileNeedsCertificate
            | Refusal::RenewalNotOffered => false,
        }
    }

    /// Whether the service's code of a failed registration means the credential: 401 with three more digits, but for its
    /// own access to the hub, or 400209.
    pub(super) fn rejects_credential(&self) -> bool {
        !self.rejects_link() && self.code.is_some_and(|code| code == 400_209 || code / 1000 == 401)
    }

    /// Whether the hub has rejected the provisioning service itself, whose link to it is out of date.
    pub(super) fn rejects_link(&self) -> bool {
        let quoted = || self.message.as_ref().is_some_and(|text| text.contains("IotHubUnauthorizedAccess"));
        self.refusal == Refusal::Failed && (self.code == Some(401_001) || quoted())
    }

    pub(super) fn kind(&self) -> ErrorKind {
        match (self.refusal, self.status) {
            (Refusal::Failed, _) if self.rejects_credential() => ErrorKind::Service,
            // To learn that, the device has authenticated.
            (
                Refusal::Failed
                | Refusal::Disabled
                | Refusal::Unassigned
                | Refusal::AssignedBroker
                | Refusal::AssignedBackEndHost
                | Refusal::UnknownConnectionProfile
                | Refusal::ProfileNeedsCertificate
                | Refusal::RenewalNotOffered,
                _,
            ) => ErrorKind::Registry,
            (Refusal::Status, 407 | 511) => ErrorKind::Network,
            (Refusal::Status, 100..=399 | 408 | 429 | 500..=599) => ErrorKind::Peer,
            (Refusal::Status, _) if self.is_unrecognized => ErrorKind::Peer,
            (Refusal::Status, _) if self.clock.is_some_and(|clock| !clock.is_ahead()) => ErrorKind::Time,
            (Refusal::Status, _) => ErrorKind::Service,
        }
    }

    pub(super) const fn code(&self) -> Code {
        match (self.refusal, self.status) {
            (
                Refusal::Failed
                | Refusal::AssignedBroker
                | Refusal::AssignedBackEndHost
                | Refusal::UnknownConnectionProfile
                | Refusal::ProfileNeedsCertificate,
                _,
            ) => Code::RegistrationFailed,
            (Refusal::Disabled, _) => Code::RegistrationDisabled,
            (Refusal::Unassigned, _) => Code::RegistrationUnassigned,
            (Refusal::Status, status) => Code::of_status(status),
            (Refusal::RenewalNotOffered, _) => Code::ServiceRejected,
        }
    }
}

impl core::error::Error for ServiceError {}
