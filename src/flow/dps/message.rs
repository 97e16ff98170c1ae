//! The JSON of the provisioning service, in and out.
//!
//! Source of its shape: `Azure/azure-iot-sdk-csharp:common/src/device/provisioning/transport`.

use super::{ActivationBlob, Attestation, Profile};
use crate::{
    base::{encode, payload::Payload},
    credential::CertificateRequest,
    error::{Error, PlanError, ProtocolError, ProtocolProblem, Refusal, ServiceError, ServiceOperation},
    flow::{
        http::OperationId,
        outcome::{ConnectionProfile, Issuance, RegistrationState, Substatus},
        refusal::printable,
    },
    identity::{DeviceId, HostName},
    key::KeyUse,
};
use alloc::{
    boxed::Box,
    collections::BTreeMap,
    string::{String, ToString as _},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The body of a registration or a lookup.
pub(super) fn body(profile: &Profile, attestation: &Attestation) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Tpm {
        endorsement_key: String,
        storage_root_key: String,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        registration_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        tpm: Option<Tpm>,
        #[serde(skip_serializing_if = "Option::is_none")]
        csr: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<&'a RawValue>,
    }
    let tpm = match attestation {
        Attestation::Tpm { endorsement_key, storage_root_key } => Some(Tpm {
            endorsement_key: encode::base64(endorsement_key),
            storage_root_key: encode::base64(storage_root_key),
        }),
        Attestation::SymmetricKey(_) | Attestation::Certificate(_) => None,
    };
    let csr = profile.sent_request().map(CertificateRequest::to_base64);
    let payload = profile.sent_payload().map(Payload::as_raw);
    let body = Body { registration_id: profile.registration_id().as_str(), tpm, csr, payload };
    // Texts and a checked value always serialise.
    serde_json::to_vec(&body).unwrap_or_default()
}

/// The key that the service has wrapped for a TPM, and the name of its policy.
pub(super) struct Challenge {
    pub(super) blob: ActivationBlob,
    pub(super) key_name: Option<String>,
}

/// A 401 is a challenge when it brings a key and no error code, and only then.
pub(super) fn challenge(json: &[u8]) -> Result<Option<Challenge>, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        authentication_key: Option<String>,
        key_name: Option<String>,
        error_code: Option<u32>,
    }
    match serde_json::from_slice(json) {
        Ok(Body { authentication_key: Some(key), key_name, error_code: None }) => {
            Ok(Some(Challenge { blob: blob("authenticationKey", &key, KeyUse::Registration)?, key_name }))
        }
        _ => Ok(None),
    }
}

fn wrong(field: &'static str, problem: ProtocolProblem) -> Error {
    ProtocolError::new(field, problem).into()
}

fn blob(field: &'static str, base64: &str, key_use: KeyUse) -> Result<ActivationBlob, Error> {
    let bytes = encode::from_base64(base64).map_err(|_| wrong(field, ProtocolProblem::Unreadable))?;
    ActivationBlob::parse(bytes.expose(), key_use).map_err(|_| wrong(field, ProtocolProblem::Unreadable))
}

/// The answer to a registration, a poll or a lookup.
pub(super) enum Answer {
    /// Not assigned yet; poll this operation.
    Pending(Option<OperationId>),
    Assigned(Box<Assigned>),
}

pub(super) struct Assigned {
    pub(super) hub: HostName,
    pub(super) device: DeviceId,
    pub(super) hub_key: Option<ActivationBlob>,
    pub(super) record: RegistrationState,
}

/// The members that have a meaning here. [`State::KNOWN`] names them, and those that say what is known already.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct State<'a> {
    registration_id: Option<String>,
    status: Option<String>,
    substatus: Option<String>,
    assigned_hub: Option<String>,
    /// Given in the place of the hub when the enrollment assigns an MQTT broker.
    #[serde(borrow)]
    assigned_endpoint: Option<&'a RawValue>,
    device_id: Option<String>,
    last_updated_date_time_utc: Option<String>,
    etag: Option<String>,
    error_code: Option<u32>,
    error_message: Option<String>,
    /// Not among the known: beside an assignment it is kept with the other members.
    tracking_id: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    tpm: Option<Tpm>,
    #[serde(borrow)]
    issued_certificate_chain: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tpm {
    authentication_key: Option<String>,
}

impl State<'_> {
    fn assigns_broker(&self) -> bool {
        let is_given = |endpoint: &RawValue| endpoint.get() != "null";
        self.assigned_hub.as_ref().is_none_or(String::is_empty) && self.assigned_endpoint.is_some_and(is_given)
    }

    const KNOWN: [&'static str; 12] = [
        "registrationId",
        "status",
        "substatus",
        "assignedHub",
        "deviceId",
        "lastUpdatedDateTimeUtc",
        "etag",
        "errorCode",
        "errorMessage",
        "payload",
        "tpm",
        "issuedCertificateChain",
    ];
}

/// The answer to a registration or a poll: an envelope around the state.
pub(super) fn answer(status: u16, json: &[u8], profile: &Profile) -> Result<Answer, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Envelope<'a> {
        operation_id: Option<String>,
        status: Option<String>,
        #[serde(borrow)]
        registration_state: Option<&'a RawValue>,
    }
    let envelope: Envelope<'_> =
        serde_json::from_slice(json).map_err(|_| wrong("body", ProtocolProblem::Unreadable))?;
    let operation = envelope
        .operation_id
        .map(|id| OperationId::new(&id).ok_or_else(|| wrong("operationId", ProtocolProblem::Unreadable)))
        .transpose()?;
    let state = envelope.registration_state.map_or("{}", RawValue::get);
    finish(status, envelope.status.as_deref(), operation, state, profile)
}

/// The answer to a lookup, which is the state itself.
pub(super) fn lookup(status: u16, json: &[u8], profile: &Profile) -> Result<Answer, Error> {
    let json = core::str::from_utf8(json).map_err(|_| wrong("body", ProtocolProblem::Unreadable))?;
    finish(status, None, None, json, profile)
}

fn finish(
    status: u16,
    word: Option<&str>,
    operation: Option<OperationId>,
    json: &str,
    profile: &Profile,
) -> Result<Answer, Error> {
    let is_lookup = profile.is_lookup_only();
    let asked = profile.registration_id();
    let place = if is_lookup { "body" } else { "registrationState" };
    let state: State<'_> = serde_json::from_str(json).map_err(|_| wrong(place, ProtocolProblem::Unreadable))?;
    // Registration IDs are compared without regard to case by the service.
    if state.registration_id.as_ref().is_some_and(|id| !id.eq_ignore_ascii_case(asked.as_str())) {
        return Err(wrong("registrationState.registrationId", ProtocolProblem::Unexpected));
    }
    let refused = |refusal| {
        Error::Service(Box::new(ServiceError {
            code: state.error_code,
            tracking_id: state.tracking_id.as_deref().map(printable),
            message: state.error_message.as_deref().map(printable),
            ..ServiceError::new(ServiceOperation::Registration, refusal, status)
        }))
    };
    match word.or(state.status.as_deref()).ok_or_else(|| wrong("status", ProtocolProblem::Missing))? {
        "unassigned" if is_lookup => Err(refused(Refusal::Unassigned)),
        "assigning" | "unassigned" => Ok(Answer::Pending(operation)),
        "assigned" if state.assigns_broker() => Err(refused(Refusal::AssignedBroker)),
        "failed" => Err(refused(Refusal::Failed)),
        "disabled" | "blacklisted" => Err(refused(Refusal::Disabled)),
        "assigned" => assigned(state, json, profile).map(Box::new).map(Answer::Assigned),
        _ => Err(wrong("status", ProtocolProblem::Unexpected)),
    }
}

fn assigned(state: State<'_>, json: &str, profile: &Profile) -> Result<Assigned, Error> {
    const HUB: &str = "registrationState.assignedHub";
    const DEVICE: &str = "registrationState.deviceId";
    let hub = state.assigned_hub.ok_or_else(|| wrong(HUB, ProtocolProblem::Missing))?;
    let device = state.device_id.ok_or_else(|| wrong(DEVICE, ProtocolProblem::Missing))?;
    let hub = HostName::new(&hub).map_err(|_| wrong(HUB, ProtocolProblem::Unreadable))?;
    if let Some(PlanError::BackEndHost { host, .. }) = PlanError::of_host(&hub) {
        let refused = ServiceError::new(ServiceOperation::Registration, Refusal::AssignedBackEndHost, 200);
        return Err(Error::Service(Box::new(ServiceError { message: Some(host.to_string()), ..refused })));
    }
    let hub_key = state.tpm.and_then(|tpm| tpm.authentication_key);
    let hub_key = hub_key.map(|key| blob("registrationState.tpm.authenticationKey", &key, KeyUse::Hub)).transpose()?;
    Ok(Assigned {
        hub,
        device: DeviceId::new(&device).map_err(|_| wrong(DEVICE, ProtocolProblem::Unreadable))?,
        hub_key,
        record: RegistrationState {
            substatus: state.substatus.as_deref().map(substatus),
            last_updated: state.last_updated_date_time_utc.as_deref().map(printable),
            etag: state.etag.as_deref().map(printable),
            payload: state.payload.map(Payload::from_raw),
            issuance: Issuance::of(state.issued_certificate_chain, profile.sent_request().is_some()),
            others: others(json),
        },
    })
}

/// Whether there is a login to the assigned hub, for a device with or without a certificate.
pub(super) fn check_profile(record: &RegistrationState, has_certificate: bool) -> Result<(), Error> {
    let refused = |refusal, message| {
        let refused = ServiceError::new(ServiceOperation::Registration, refusal, 200);
        Err(Error::Service(Box::new(ServiceError { message, ..refused })))
    };
    match record.connection_profile() {
        ConnectionProfile::Classic => Ok(()),
        ConnectionProfile::MqttV5 if has_certificate => Ok(()),
        ConnectionProfile::MqttV5 => refused(Refusal::ProfileNeedsCertificate, None),
        ConnectionProfile::Unknown(name) => refused(Refusal::UnknownConnectionProfile, Some(name)),
    }
}

fn substatus(word: &str) -> Substatus {
    match word {
        "initialAssignment" => Substatus::InitialAssignment,
        "deviceDataMigrated" => Substatus::DeviceDataMigrated,
        "deviceDataReset" => Substatus::DeviceDataReset,
        "reprovisionedToInitialAssignment" => Substatus::ReprovisionedToInitialAssignment,
        other => Substatus::Other(printable(other)),
    }
}

/// The members that the library gives no meaning to.
fn others(json: &str) -> BTreeMap<String, Payload> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(json).unwrap_or_default();
    let unknown = members.into_iter().filter(|(name, _)| !State::KNOWN.contains(&name.as_str()));
    unknown.map(|(name, value)| (name, Payload::from_raw(value))).collect()
}
