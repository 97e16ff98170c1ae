//! The text of a rejection. What to do about it is chosen by the service's code, the operation and the way the request was authenticated.
//!
//! Sources of the codes: `Azure/azure-iot-sdk-c:provisioning_client/src/prov_device_ll_client.c`,
//! `Azure/azure-sdk-for-c:sdk/src/azure/iot/az_iot_provisioning_client.c`, and reports of users.

use super::{
    issuance_text,
    service::{AuthenticationMethod, Refusal, ServiceError, ServiceOperation},
};
use crate::base::wait::Readable;
use core::fmt;

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = match self.asked {
            ServiceOperation::Module | ServiceOperation::CertificateRenewal => "the hub",
            _ => "the provisioning service",
        };
        match self.refusal {
            Refusal::Status => write!(f, "{service} answered {}", self.status)?,
            Refusal::Failed => f.write_str("the registration failed")?,
            Refusal::Disabled => f.write_str("the enrollment is disabled")?,
            Refusal::Unassigned => f.write_str("the device is not registered")?,
            Refusal::AssignedBroker => {
                f.write_str("the enrollment assigns an MQTT broker (`assignedEndpoint`), not an IoT hub")?;
            }
            Refusal::AssignedBackEndHost => {
                f.write_str("the registration assigns the hub's name for back ends (`.service.`)")?;
            }
            Refusal::UnknownConnectionProfile => {
                f.write_str("the assigned hub has a connection profile (`connectionProfile`) that is not known here")?;
            }
            Refusal::ProfileNeedsCertificate => {
                f.write_str(
                    "the assigned hub has the connection profile `mqttV5`, which accepts no shared access key",
                )?;
            }
            Refusal::RenewalNotOffered => {
                f.write_str("the hub refuses the subscription for the renewal of certificates")?;
            }
        }
        if let Some(code) = self.code {
            write!(f, " ({code})")?;
        }
        if let Some(message) = &self.message {
            // The advice follows in the same sentence.
            write!(f, ": {}", message.trim_end_matches('.'))?;
        }
        if let Some(message) = self.issuance.as_ref().and_then(|details| details.credential_message.as_ref()) {
            write!(f, ": {}", message.trim_end_matches('.'))?;
        }
        if let Some(id) = &self.tracking_id {
            write!(f, " [tracking id {id}]")?;
        }
        if let Some(id) = self.issuance.as_ref().and_then(|details| details.correlation_id.as_ref()) {
            write!(f, " [correlation id {id}]")?;
        }
        if let Some(after) = self.retry_after {
            write!(f, "; the service asked for {}", Readable(after))?;
        }
        let advice = Advice(self);
        match self.clock {
            // The likely cause comes first: to replace the key before the clock is set costs an hour.
            Some(clock) if !clock.is_ahead() => write!(f, "; {clock}. If that does not help: {advice}"),
            // A token that expires later than intended is no reason for a rejection.
            Some(clock) => write!(f, "; {advice}. Besides, {clock}"),
            None => write!(f, "; {advice}"),
        }
    }
}

struct Advice<'a>(&'a ServiceError);

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(error) = self;
        match (error.refusal, error.asked) {
            (Refusal::Disabled, _) => f.write_str("enable the enrollment, or use another one"),
            (Refusal::Unassigned, _) => f.write_str(
                "register the device first (`Profile::lookup_only(false)`, `defenderauth authenticate --register`)",
            ),
            (Refusal::AssignedBroker, _) => {
                f.write_str("select an IoT hub in the enrollment, or connect to that broker with a client for it")
            }
            (Refusal::AssignedBackEndHost, _) => {
                f.write_str("link the hub to the provisioning service by its name without `.service`, or with `.device`")
            }
            (Refusal::UnknownConnectionProfile, _) => {
                f.write_str("use a version that knows it, or register with an older api-version")
            }
            (Refusal::ProfileNeedsCertificate, _) => {
                f.write_str("register with a client certificate, request one with the registration, or have the enrollment assign a classic hub")
            }
            (Refusal::RenewalNotOffered, _) => f.write_str(
                "renewal requires a hub with issuance of certificates and MQTT 3.1.1; register again with a new request instead",
            ),
            (Refusal::Failed, _) => failed(error, f),
            (Refusal::Status, _) => match on_the_way(error) {
                Some(advice) => f.write_str(advice),
                None if error.asked == ServiceOperation::Module => hub(error, f),
                None if error.asked == ServiceOperation::CertificateRenewal => issuance_text::advice(error, f),
                None => provisioning(error, f),
            },
        }
    }
}

/// The answer is a proxy's, or it is about the moment and not about the device.
fn on_the_way(error: &ServiceError) -> Option<&'static str> {
    Some(match error.status {
        407 => "a proxy requires authentication; give the proxy's user name and password, or use no proxy",
        511 => "the network requires a login before it gives access (a captive portal); log in to the network first",
        300..=399 => "it redirects the request to another address; check the host name, and any proxy on the way",
        429 => "there are too many requests; wait as long as it asks",
        408 | 500..=599 if error.is_unrecognized => {
            "the service is busy or down, or a proxy on the way cannot reach it; try again later"
        }
        408 | 500..=599 => "it is busy or down; try again later",
        _ if error.is_unrecognized => {
            "the answer is in no format of this service; check the host name, and any proxy or firewall on the way"
        }
        _ => return None,
    })
}

/// A registration that the service had begun.
fn failed(error: &ServiceError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if error.rejects_link() {
        return f.write_str(
            "the hub does not accept the provisioning service; unlink the hub from the provisioning service and link it \
             again",
        );
    }
    if error.rejects_credential() {
        return credential(error, f);
    }
    f.write_str(match error.code {
        Some(400_208) => {
            "the enrollment has no IoT hub; link a hub to the provisioning service and select it in the enrollment"
        }
        Some(404_000..=404_999) => {
            "the enrollment, or the hub that it selects, does not exist any longer; check both, and register again"
        }
        Some(429_000..=429_999) => "the limit of registrations is reached; wait, then register again",
        Some(500_000..=599_999) => "an error inside the service or the allocation function; register again later",
        _ => "check the enrollment: its hub, its allocation policy, and the function of a custom policy",
    })
}

fn provisioning(error: &ServiceError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (error.status, error.code) {
        (_, Some(400_004)) => match &error.registration_id {
            Some(id) => write!(
                f,
                "the service does not accept the registration ID `{id}`; use that of the enrollment, and with a \
                 certificate its common name"
            ),
            None => f.write_str("the service does not accept the registration ID; use that of the enrollment"),
        },
        (401, _) => credential(error, f),
        (403, _) => f.write_str(
            "the service denies access; check its IP filter and private endpoints, and that the enrollment allows this \
             device",
        ),
        (404, code) => f.write_str(match error.asked {
            ServiceOperation::RegistrationStatus => {
                "the service does not know this registration operation any longer; register again"
            }
            _ if code == Some(404_202) => "the device is not registered; register it first",
            ServiceOperation::RegistrationLookup => {
                "there is no enrollment for this registration ID, the device has never been registered, or the ID scope \
                 is another service's"
            }
            _ => "there is no enrollment for this registration ID, or the ID scope is another service's",
        }),
        (400, Some(_)) => {
            f.write_str("the service cannot read the request; check the registration ID, the custom payload and the API version")?;
            version(error, f)
        }
        _ => f.write_str(unexplained(error)),
    }
}

/// The provisioning service does not accept the credential.
fn credential(error: &ServiceError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(match error.method {
        Some(AuthenticationMethod::SymmetricKey) => {
            "the key is not that of this registration ID (an individual enrollment has its own key; a group's key must be \
             derived for it first)"
        }
        Some(AuthenticationMethod::Certificate) => {
            "the certificate is not accepted for this registration ID (its common name must be the registration ID; it \
             must be that of the individual enrollment, or lead to the group's by the intermediates that are sent; and it \
             must not have expired)"
        }
        Some(AuthenticationMethod::Tpm) => {
            "the TPM is not that of this registration ID (a TPM is enrolled by its endorsement key; compare it with the \
             enrollment's)"
        }
        _ => {
            "the credential is not that of this registration ID (a group's key must be derived for it first; a \
             certificate has it as common name; a TPM is enrolled by its endorsement key)"
        }
    })?;
    // A registration that fails later has found its enrollment.
    if error.refusal == Refusal::Failed {
        return f.write_str("; correct it, or the enrollment");
    }
    f.write_str(
        ", the enrollment has another type of attestation, or ID scope and registration ID do not belong together",
    )?;
    f.write_str(clock(error))
}

/// The hub does not give the module's identity.
fn hub(error: &ServiceError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let names = |name: &str| error.message.as_ref().is_some_and(|text| text.contains(name));
    if matches!(error.status, 401 | 403) {
        f.write_str(match error.method {
            Some(AuthenticationMethod::Certificate) => {
                "the certificate is not that of this device (compare the thumbprints)"
            }
            Some(AuthenticationMethod::Token) => {
                "the token is not signed with a key of this device, or is for another resource (its `sr` must be the \
                 device, not a module)"
            }
            Some(AuthenticationMethod::PolicyKey) => {
                "the hub has no such policy, another key for it, or it does not allow to read identities"
            }
            Some(AuthenticationMethod::ExternalSigner) => {
                "the hub has another key for this device than the TPM or signer (register again)"
            }
            _ => "the key is not that of this device (a module's key does not do)",
        })?;
        f.write_str(", the device is registered with another type of authentication, or it is disabled")?;
        f.write_str(clock(error))?;
        return f.write_str("; compare it with the portal");
    }
    if error.status == 400 {
        f.write_str("the hub cannot read the request; check the device ID, the module ID and the API version")?;
        return version(error, f);
    }
    f.write_str(match error.status {
        404 if names("ModuleNotFound") => "the device has no such security module; create the module at the hub",
        404 if names("DeviceNotFound") => {
            "the hub has no such device; check the device ID and the host name of the hub"
        }
        404 => "the hub has no such device, or the device has no such security module; create the module at the hub",
        _ => unexplained(error),
    })
}

/// A token expires by the service's clock. An answer that gives no time leaves open whether the device's clock is right.
fn clock(error: &ServiceError) -> &'static str {
    let is_token = error.method.is_none_or(AuthenticationMethod::is_token);
    if is_token && error.date.is_none() && error.status == 401 {
        ", or this device's clock is wrong, so that the token has expired"
    } else {
        ""
    }
}

/// The version of the request, after a word for it.
fn version(error: &ServiceError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    error.api_version.as_ref().map_or(Ok(()), |version| write!(f, " {version}"))
}

fn unexplained(error: &ServiceError) -> &'static str {
    if error.code.is_none() && error.message.is_none() {
        "it gives no reason; check that the service itself has answered, not a proxy or firewall on the way"
    } else {
        "its code and message give the reason"
    }
}
