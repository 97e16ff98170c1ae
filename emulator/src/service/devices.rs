//! The REST interface of a hub for a back end: the identities of devices.
//!
//! Source: "IoT Hub service REST API", devices.

use super::{
    back_end::AskBackEnd,
    decide::decide,
    identity::{Given, authentication, check_etag, credentials, etag},
    shared::{Shared, State},
};
use crate::{
    answer::{Answer, Service},
    config::{Device, Permission, check_device},
    fault::{Fault, Operation},
    hub::Identity,
    journal::Refusal,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// How many devices a list has at most.
const LISTED: usize = 1000;

/// A device's identity as the hub answers it.
fn device_identity(device: &Device, is_connected: bool) -> Value {
    json!({
        "deviceId": device.id,
        "generationId": "638000000000000000",
        "etag": etag(device.revision),
        "connectionState": if is_connected { "Connected" } else { "Disconnected" },
        "status": if device.disabled { "disabled" } else { "enabled" },
        "statusReason": null,
        "connectionStateUpdatedTime": "0001-01-01T00:00:00",
        "statusUpdatedTime": "0001-01-01T00:00:00",
        "lastActivityTime": "0001-01-01T00:00:00",
        "cloudToDeviceMessageCount": 0,
        "authentication": authentication(&device.credentials),
        "capabilities": { "iotEdge": false },
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    device_id: String,
    status: Option<String>,
    authentication: Option<Given>,
}

/// Lists the identities of devices.
pub(crate) fn list_devices(shared: &Shared, asked: &AskBackEnd<'_>) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let top = asked.query.split('&').find_map(|pair| pair.strip_prefix("top="));
        let top = top.map_or(Some(LISTED), |top| top.parse().ok()).ok_or(Refusal::IdentityBody)?;
        let hub = asked.hub(shared, state, now, Permission::RegistryRead)?;
        let devices = hub.devices.iter().take(top.min(LISTED));
        let all: Vec<Value> = devices.map(|device| device_identity(device, false)).collect();
        Ok(Answer::new(200, &Value::from(all.clone()), format!("{} devices", all.len())))
    };
    decide(shared, Service::Hub, Operation::BackEnd, &format!("list devices of {}", asked.host), decision)
}

/// Reads the identity of a device.
pub(crate) fn read_device(shared: &Shared, asked: &AskBackEnd<'_>, id: &str) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let hub = asked.hub(shared, state, now, Permission::RegistryRead)?;
        let device = hub.find(id).ok_or(Refusal::UnknownDevice)?.clone();
        let identity = Identity::of(&hub.host_name, id, None);
        let is_connected = state.connections.has(&identity);
        Ok(Answer::new(200, &device_identity(&device, is_connected), "read"))
    };
    decide(shared, Service::Hub, Operation::BackEnd, &format!("read device {}/{id}", asked.host), decision)
}

/// Creates a device, or changes one with `If-Match`.
pub(crate) fn write_device(shared: &Shared, asked: &AskBackEnd<'_>, id: &str) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let hub = asked.hub(shared, state, now, Permission::RegistryWrite)?;
        match (hub.find(id), asked.if_match) {
            (Some(_), None) => return Err(Refusal::DeviceExists),
            (None, Some(_)) => return Err(Refusal::UnknownDevice),
            (Some(known), Some(_)) => check_etag(known.revision, asked.if_match)?,
            (None, None) => {}
        }
        let body: Body = asked.read()?;
        let disabled = match body.status.as_deref() {
            None | Some("enabled") => false,
            Some("disabled") => true,
            Some(_) => return Err(Refusal::IdentityBody),
        };
        if body.device_id != id {
            return Err(Refusal::IdentityBody);
        }
        let new = Device { disabled, ..Device::with(id, credentials(body.authentication)?) };
        check_device(&new).map_err(|_| Refusal::IdentityBody)?;
        let (device, outcome) = if let Some(known) = hub.find_mut(id) {
            (known.credentials, known.disabled) = (new.credentials, disabled);
            known.revision += 1;
            (known.clone(), "changed")
        } else {
            hub.devices.push(new.clone());
            (new, "created")
        };
        Ok(Answer::new(200, &device_identity(&device, false), outcome))
    };
    decide(shared, Service::Hub, Operation::BackEnd, &format!("write device {}/{id}", asked.host), decision)
}

/// Deletes a device.
pub(crate) fn delete_device(shared: &Shared, asked: &AskBackEnd<'_>, id: &str) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let hub = asked.hub(shared, state, now, Permission::RegistryWrite)?;
        check_etag(hub.find(id).ok_or(Refusal::UnknownDevice)?.revision, asked.if_match)?;
        hub.devices.retain(|device| device.id != id);
        Ok(Answer::empty("deleted"))
    };
    decide(shared, Service::Hub, Operation::BackEnd, &format!("delete device {}/{id}", asked.host), decision)
}
