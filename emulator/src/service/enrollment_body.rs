//! The body of an enrollment, as a back end sends it.

use super::identity::{Keys, new_key};
use crate::{
    config::{Attestation, Certificate, Enrollment, Key},
    journal::Refusal,
};
use serde::Deserialize;
use serde_json::Value;

/// An individual enrollment, or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Individual,
    Group,
}

impl Kind {
    /// The member of its ID.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Individual => "registrationId",
            Self::Group => "enrollmentGroupId",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    attestation: Given,
    device_id: Option<String>,
    iot_hub_host_name: Option<String>,
    iot_hubs: Option<Vec<String>>,
    provisioning_status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    #[serde(rename = "type")]
    kind: String,
    symmetric_key: Option<Keys>,
    x509: Option<X509>,
    tpm: Option<Tpm>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct X509 {
    client_certificates: Option<Pair>,
    signing_certificates: Option<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    primary: One,
    secondary: Option<One>,
}

#[derive(Deserialize)]
struct One {
    certificate: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tpm {
    endorsement_key: String,
}

/// The enrollment of a body. Without keys it gets new ones.
pub(super) fn read(body: &[u8], kind: Kind, id: &str) -> Result<Enrollment, Refusal> {
    let wrong = Refusal::IdentityBody;
    let document: Value = serde_json::from_slice(body).map_err(|_| wrong.clone())?;
    if document.get(kind.id()).and_then(Value::as_str) != Some(id) {
        return Err(wrong);
    }
    let body: Body = serde_json::from_value(document).map_err(|_| wrong.clone())?;
    let mut enrollment = Enrollment::by(id, attestation(body.attestation)?);
    enrollment.device_id = body.device_id;
    let hub = body.iot_hub_host_name.or_else(|| body.iot_hubs?.into_iter().next());
    enrollment.assignment.hub = hub;
    enrollment.assignment.disabled = match body.provisioning_status.as_deref() {
        None | Some("enabled") => false,
        Some("disabled") => true,
        Some(_) => return Err(wrong),
    };
    Ok(enrollment)
}

fn attestation(given: Given) -> Result<Attestation, Refusal> {
    let mut made = Attestation::default();
    match (given.kind.as_str(), given.x509, given.tpm) {
        ("symmetricKey", ..) => {
            let keys = given.symmetric_key.unwrap_or_default();
            let key =
                |given: Option<Key>| given.map_or_else(|| new_key().map(|key| key.as_str().into()), Ok::<_, Refusal>);
            (made.primary_key, made.secondary_key) = (Some(key(keys.primary_key)?), Some(key(keys.secondary_key)?));
        }
        ("x509", Some(x509), _) => {
            let pair = x509.signing_certificates.or(x509.client_certificates).ok_or(Refusal::IdentityBody)?;
            made.certificate = Some(certificate(&pair.primary));
            made.secondary_certificate = pair.secondary.as_ref().map(certificate);
        }
        ("tpm", _, Some(tpm)) => made.endorsement_key = Some(tpm.endorsement_key.as_str().into()),
        _ => return Err(Refusal::IdentityBody),
    }
    Ok(made)
}

/// In PEM, or in base64 of its DER.
fn certificate(one: &One) -> Certificate {
    let text = &one.certificate;
    if text.contains("-----BEGIN") {
        return text.as_str().into();
    }
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", text.trim()).as_str().into()
}
