//! The REST interface of a hub: a device creates, changes and deletes its modules, as `aziot-identityd` does.
//!
//! Source: `Azure/iot-identity-service:iotedge-hub-client/src/lib.rs`.

use super::{
    decide::decide,
    identity::{Given, check_etag, credentials},
    module::{AskModule, admit, identity},
    shared::{Shared, State},
};
use crate::{
    answer::{Answer, Service},
    config::{Module, check_module},
    fault::{Fault, Operation},
    journal::Refusal,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    module_id: String,
    device_id: String,
    authentication: Option<Given>,
}

/// Creates a module, or changes one with `If-Match`.
pub(crate) fn write_module(shared: &Shared, asked: &AskModule<'_>, if_match: Option<&str>, body: &[u8]) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let device = admit(state, now, asked)?;
        let known = device.find(asked.module.unwrap_or_default());
        match (known, if_match) {
            (Some(_), None) => return Err(Refusal::ModuleExists),
            (None, Some(_)) => return Err(Refusal::UnknownModule),
            (Some(known), Some(_)) => check_etag(known.revision, if_match)?,
            (None, None) => {}
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
        check_etag(known.ok_or(Refusal::UnknownModule)?.revision, if_match)?;
        let device = state.device_mut(asked.host, asked.device).ok_or(Refusal::UnknownDevice)?;
        device.modules.retain(|module| Some(module.id.as_str()) != asked.module);
        Ok(Answer::empty("deleted"))
    };
    decide(shared, Service::Hub, Operation::WriteModule, &asked.name("delete module"), decision)
}

/// The module of a body. Without keys it gets new ones.
fn read(asked: &AskModule<'_>, body: &[u8]) -> Result<Module, Refusal> {
    let body: Body = serde_json::from_slice(body).map_err(|_| Refusal::ModuleBody)?;
    if Some(body.module_id.as_str()) != asked.module || body.device_id != asked.device {
        return Err(Refusal::ModuleBody);
    }
    let module = Module::with(&body.module_id, credentials(body.authentication).map_err(|_| Refusal::ModuleBody)?);
    check_module(asked.device, &module).map_err(|_| Refusal::ModuleBody)?;
    Ok(module)
}
