//! The REST interface of a hub: a device creates, changes and deletes its modules, as `aziot-identityd` does.
//!
//! Source: `Azure/iot-identity-service:iotedge-hub-client/src/lib.rs`.

use super::{
    decide::decide,
    module::{AskModule, admit, etag, identity},
    shared::{Shared, State},
};
use crate::{
    answer::{Answer, Service},
    config::{Module, check_module},
    fault::{Fault, Operation},
    journal::Refusal,
    tpm::random,
};
use data_encoding::BASE64;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    module_id: String,
    device_id: String,
    authentication: Option<Authentication>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    #[serde(rename = "type")]
    kind: String,
    symmetric_key: Option<SymmetricKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SymmetricKey {
    primary_key: Option<String>,
    secondary_key: Option<String>,
}

/// Creates a module, or changes one with `If-Match`.
pub(crate) fn write_module(shared: &Shared, asked: &AskModule<'_>, if_match: Option<&str>, body: &[u8]) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let device = admit(state, now, asked)?;
        let known = device.find(asked.module.unwrap_or_default());
        match (known, if_match) {
            (Some(_), None) => return Err(Refusal::ModuleExists),
            (None, Some(_)) => return Err(Refusal::UnknownModule),
            (known, _) => check_etag(known, if_match)?,
        }
        let mut new = read(asked, body)?;
        let device = state.device_mut(asked.host, asked.device).ok_or(Refusal::UnknownDevice)?;
        let outcome = if let Some(known) = device.find_mut(&new.id) {
            known.credentials = new.credentials;
            known.revision += 1;
            new = known.clone();
            "changed"
        } else {
            device.modules.push(new.clone());
            "created"
        };
        Ok(Answer::new(200, &identity(asked.device, &new), outcome))
    };
    decide(shared, Service::Hub, Operation::WriteModule, &asked.name("write module"), decision)
}

/// Deletes a module.
pub(crate) fn delete_module(shared: &Shared, asked: &AskModule<'_>, if_match: Option<&str>) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let known = admit(state, now, asked)?.find(asked.module.unwrap_or_default());
        check_etag(Some(known.ok_or(Refusal::UnknownModule)?), if_match)?;
        let device = state.device_mut(asked.host, asked.device).ok_or(Refusal::UnknownDevice)?;
        device.modules.retain(|module| Some(module.id.as_str()) != asked.module);
        Ok(Answer::empty("deleted"))
    };
    decide(shared, Service::Hub, Operation::WriteModule, &asked.name("delete module"), decision)
}

/// `*` stands for every etag. Clients write one with or without quotation marks.
fn check_etag(known: Option<&Module>, if_match: Option<&str>) -> Result<(), Refusal> {
    match (known, if_match.map(|text| text.trim_matches('"'))) {
        (Some(known), Some(given)) if given != "*" && given != etag(known) => Err(Refusal::Precondition),
        _ => Ok(()),
    }
}

/// The module of a body. Without keys it gets new ones.
fn read(asked: &AskModule<'_>, body: &[u8]) -> Result<Module, Refusal> {
    let body: Body = serde_json::from_slice(body).map_err(|_| Refusal::ModuleBody)?;
    if Some(body.module_id.as_str()) != asked.module || body.device_id != asked.device {
        return Err(Refusal::ModuleBody);
    }
    let id = &body.module_id;
    let given = body.authentication.as_ref();
    let keys = match given.map(|given| given.kind.as_str()) {
        None | Some("sas") => given.and_then(|given| given.symmetric_key.as_ref()),
        Some("none") => return Ok(Module::without_authentication(id)),
        Some(_) => return Err(Refusal::ModuleBody),
    };
    let new_key = || Ok::<_, Refusal>(BASE64.encode(&random::<32>()?));
    let key = |given: Option<&String>| given.map_or_else(new_key, |key| Ok(key.clone()));
    let primary = key(keys.and_then(|keys| keys.primary_key.as_ref()))?;
    let secondary = key(keys.and_then(|keys| keys.secondary_key.as_ref()))?;
    let module = Module::new(id, &primary).secondary_key(&secondary);
    check_module(asked.device, &module).map_err(|_| Refusal::ModuleBody)?;
    Ok(module)
}
