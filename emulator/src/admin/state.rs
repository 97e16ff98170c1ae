//! Everything that is emulated, at a glance and without keys.

use super::desk::Desk;
use crate::{
    config::{Device, Hub},
    hub::Identity,
    service::{Kind, State, enrollment_json},
};
use serde_json::{Value, json};

impl Desk<'_> {
    pub(super) fn state(&self) -> Value {
        let (emulator, clock) = (self.emulator, &self.emulator.shared.clock);
        let state = emulator.shared.seen();
        let hubs: Vec<Value> = state.hubs.iter().map(|hub| hub_json(&state, hub)).collect();
        let dps = state.dps.as_ref().map(|dps| {
            let groups = dps.groups.iter().map(|group| enrollment_json(Kind::Group, &group.enrollment));
            let enrollments = dps.enrollments.iter().map(|enrollment| enrollment_json(Kind::Individual, enrollment));
            json!({
                "host_names": dps.names(),
                "id_scope": dps.id_scope,
                "enrollments": enrollments.collect::<Vec<_>>(),
                "groups": groups.collect::<Vec<_>>(),
                "registrations": state.registrations.all(),
            })
        });
        json!({
            "mqtt": emulator.address(),
            "https": emulator.https_address(),
            "now": clock.now().iso(),
            "offset_seconds": clock.offset(),
            "connections": state.connections.count(),
            "hubs": hubs,
            "dps": dps,
        })
    }
}

fn hub_json(state: &State, hub: &Hub) -> Value {
    let devices: Vec<Value> = hub.devices.iter().map(|device| device_json(state, hub, device)).collect();
    json!({ "host_names": hub.names().collect::<Vec<_>>(), "profile": hub.connection_profile, "devices": devices })
}

/// A device with its modules.
pub(super) fn device_json(state: &State, hub: &Hub, device: &Device) -> Value {
    let one = |module: Option<&str>| {
        let identity = Identity::of(&hub.host_name, &device.id, module);
        (state.connections.has(&identity), state.messages.count(&identity), state.mail.count(&identity))
    };
    let modules = device.modules.iter().map(|module| {
        let (connected, messages, _) = one(Some(&module.id));
        let authentication = module.credentials.authentication.as_str();
        json!({ "id": module.id, "authentication": authentication, "connected": connected, "messages": messages })
    });
    let (connected, messages, waiting) = one(None);
    json!({
        "id": device.id,
        "authentication": device.credentials.authentication.as_str(),
        "disabled": device.disabled,
        "connected": connected,
        "messages": messages,
        "waiting": waiting,
        "modules": modules.collect::<Vec<_>>(),
    })
}
