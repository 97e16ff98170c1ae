//! The JSON of the identity service.

use super::account::{Account, Authentication, KeyHandle};
use crate::{
    error::{Error, ProtocolError, ProtocolProblem},
    flow::{
        json_text::quoted,
        local::{bytes_of, field, read, signature_of},
    },
    identity::{HostName, Identity},
    key::Signature,
};
use alloc::{string::String, vec::Vec};
use core::str::FromStr;
use serde::Deserialize;
use serde_json::value::RawValue;

/// How the device was provisioned.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Provisioning {
    /// `dps`, `manual` or another word.
    pub source: String,
    /// `x509`, `symmetric_key`, `sas`, `tpm` or another word.
    pub auth: Option<String>,
    /// The provisioning service.
    pub endpoint: Option<String>,
    /// The ID scope.
    pub scope_id: Option<String>,
    /// The registration ID.
    pub registration_id: Option<String>,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow)]
    spec: Option<Spec<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    hub_name: Option<String>,
    gateway_host: Option<String>,
    device_id: Option<String>,
    module_id: Option<String>,
    gen_id: Option<String>,
    #[serde(borrow)]
    auth: Option<Auth<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Auth<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow)]
    key_handle: Option<&'a RawValue>,
    cert_id: Option<String>,
}

pub(super) fn account(json: &[u8]) -> Result<Account, Error> {
    let answer: Answer<'_> = read(json)?;
    match answer.kind.as_deref() {
        Some("aziot") => {}
        Some(_) => return Err(unexpected("type")),
        None => return field("type", None),
    }
    let spec = field("spec", answer.spec)?;
    let hub: HostName = name("spec.hubName", spec.hub_name)?;
    let device = name("spec.deviceId", spec.device_id)?;
    let gateway = spec.gateway_host.map(|host| name::<HostName>("spec.gatewayHost", Some(host))).transpose()?;
    // Without a gateway it is the hub.
    let gateway = gateway.filter(|gateway| !gateway.as_str().eq_ignore_ascii_case(hub.as_str()));
    let identity = match spec.module_id {
        Some(module) => Identity::module(hub, device, name("spec.moduleId", Some(module))?),
        None => Identity::device(hub, device),
    };
    let auth = field("spec.auth", spec.auth)?;
    let key = || handle("spec.auth.keyHandle", auth.key_handle);
    let authentication = match auth.kind.as_deref() {
        Some("sas") => Authentication::Sas(key()?),
        Some("x509") => {
            Authentication::X509 { key: key()?, certificate_id: field("spec.auth.certId", auth.cert_id.clone())? }
        }
        Some(_) => return Err(unexpected("spec.auth.type")),
        None => return field("spec.auth.type", None),
    };
    let identity = gateway.into_iter().fold(identity, Identity::with_gateway);
    Ok(Account { identity, generation: spec.gen_id.map(Into::into), authentication })
}

pub(super) fn provisioning(json: &[u8]) -> Result<Provisioning, Error> {
    read(json)
}

#[derive(Deserialize)]
struct Signature64 {
    signature: Option<String>,
}

pub(super) fn signature(json: &[u8]) -> Result<Signature, Error> {
    let signed: Signature64 = read(json)?;
    signature_of("signature", signed.signature.as_deref())
}

pub(super) fn signature_bytes(json: &[u8]) -> Result<Vec<u8>, Error> {
    let signed: Signature64 = read(json)?;
    bytes_of("signature", signed.signature.as_deref())
}

pub(super) fn ciphertext(json: &[u8]) -> Result<Vec<u8>, Error> {
    #[derive(Deserialize)]
    struct Encrypted {
        ciphertext: Option<String>,
    }
    let encrypted: Encrypted = read(json)?;
    bytes_of("ciphertext", encrypted.ciphertext.as_deref())
}

pub(super) fn parameter(json: &[u8]) -> Result<String, Error> {
    #[derive(Deserialize)]
    struct Parameter {
        value: Option<String>,
    }
    let parameter: Parameter = read(json)?;
    field("value", parameter.value)
}

pub(super) fn key_handle(json: &[u8]) -> Result<KeyHandle, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Opened<'a> {
        #[serde(borrow)]
        key_handle: Option<&'a RawValue>,
    }
    let opened: Opened<'_> = read(json)?;
    handle("keyHandle", opened.key_handle)
}

pub(super) fn certificate(json: &[u8]) -> Result<String, Error> {
    #[derive(Deserialize)]
    struct Chain {
        pem: Option<String>,
    }
    let chain: Chain = read(json)?;
    field("pem", chain.pem)
}

fn handle(name: &'static str, json: Option<&RawValue>) -> Result<KeyHandle, Error> {
    let written = quoted(field(name, json)?).filter(|written| !written.is_empty());
    written.map(KeyHandle::as_written).ok_or(ProtocolError::new(name, ProtocolProblem::Unreadable).into())
}

/// A name that the agent uses. What it says is not repeated: the message may come from anything that has the socket.
fn name<T: FromStr>(member: &'static str, text: Option<String>) -> Result<T, Error> {
    field(member, text)?.parse().map_err(|_| ProtocolError::new(member, ProtocolProblem::Unreadable).into())
}

fn unexpected(member: &'static str) -> Error {
    ProtocolError::new(member, ProtocolProblem::Unexpected).into()
}
