//! Devices and modules: created, changed, and what they have sent and are sent.

use super::{
    bodies::{Call, DeviceChange, Keys, Post, message_json},
    desk::{Desk, read},
    reply::{Answered, Failure, Reply},
    state::device_json,
};
use crate::config::{Credentials, Device, Key, Module};
use serde_json::{Value, json};
use std::time::Duration;

impl Desk<'_> {
    /// Requests below `/hubs/HUB/devices`.
    pub(super) fn devices(&self, hub: &str, path: &[&str]) -> Answered {
        match (self.head.method.as_str(), path) {
            ("GET", []) => {
                let state = self.emulator.shared.seen();
                let hub = state.hub(hub).ok_or_else(|| Failure::unknown(&format!("hub {hub}")))?;
                let devices = hub.devices.iter().map(|device| device_json(&state, hub, device));
                Ok(Reply::json(200, &devices.collect::<Vec<_>>().into()))
            }
            ("PUT", [device]) => {
                let device: Device = read(self.with_id(device)?)?;
                let (id, is_new) = (device.id.clone(), self.emulator.put_device(hub, device)?);
                self.shown(hub, &id, None, if is_new { 201 } else { 200 })
            }
            ("PATCH", [device]) => self.change(hub, device),
            ("DELETE", [device]) => {
                self.emulator.remove_device(hub, device)?;
                Ok(Reply::done())
            }
            ("DELETE", [device, "certificates"]) => {
                self.emulator.revoke_certificates(hub, device)?;
                Ok(Reply::done())
            }
            ("POST", [device, "messages"]) => {
                let post: Post = self.json()?;
                let properties: Vec<(&str, &str)> =
                    post.properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                self.emulator.send_to_device(hub, device, &properties, &post.payload()?)?;
                Ok(Reply::done())
            }
            ("PUT", [device, "modules", module]) => {
                let new: Module = read(self.with_id(module)?)?;
                let is_new = self.emulator.put_module(hub, device, new)?;
                self.shown(hub, device, Some(module), if is_new { 201 } else { 200 })
            }
            ("DELETE", [device, "modules", module]) => {
                self.emulator.remove_module(hub, device, module)?;
                Ok(Reply::done())
            }
            (method, [device, "modules", module, rest @ ..]) => self.identity(method, hub, device, Some(module), rest),
            (method, [device, rest @ ..]) => self.identity(method, hub, device, None, rest),
            _ => Err(self.unknown()),
        }
    }

    /// What a device and a module have in common.
    fn identity(&self, method: &str, hub: &str, device: &str, module: Option<&str>, rest: &[&str]) -> Answered {
        match (method, rest) {
            ("GET", []) => self.shown(hub, device, module, 200),
            ("GET", ["twin"]) => Ok(Reply::json(200, &self.emulator.twin(hub, device, module)?)),
            ("PATCH", ["twin"]) => {
                self.emulator.set_desired(hub, device, module, self.json()?)?;
                Ok(Reply::json(200, &self.emulator.twin(hub, device, module)?))
            }
            ("GET", ["messages"]) => {
                let messages = self.emulator.messages(hub, device, module);
                let count = self.emulator.message_count(hub, device, module);
                let messages: Vec<Value> = messages.iter().map(message_json).collect();
                Ok(Reply::json(200, &json!({ "count": count, "messages": messages })))
            }
            ("POST", ["methods", name]) => {
                let call: Call = self.json()?;
                let wait = Duration::from_secs(call.timeout_seconds.min(300));
                let (status, payload) = self.emulator.call_method(hub, device, module, name, &call.payload, wait)?;
                Ok(Reply::json(200, &json!({ "status": status, "payload": payload })))
            }
            ("POST", ["rotate"]) => {
                let [primary, secondary] = self.json::<Keys>()?.take()?;
                match module {
                    Some(module) => self.emulator.rotate_module_keys(hub, device, module, &primary, &secondary)?,
                    None => self.emulator.rotate_device_keys(hub, device, &primary, &secondary)?,
                }
                self.shown(hub, device, module, 200)
            }
            ("POST", ["disconnect"]) => {
                self.emulator.disconnect(hub, device, module)?;
                Ok(Reply::done())
            }
            _ => Err(self.unknown()),
        }
    }

    fn change(&self, hub: &str, device: &str) -> Answered {
        let change: DeviceChange = self.json()?;
        if let Some(primary) = &change.thumbprint {
            self.emulator.set_device_thumbprints(hub, device, primary, change.secondary_thumbprint.as_deref())?;
        }
        match change.disabled {
            Some(true) => self.emulator.disable_device(hub, device)?,
            Some(false) => self.emulator.enable_device(hub, device)?,
            None => {}
        }
        self.shown(hub, device, None, 200)
    }

    /// A device or module with its keys.
    fn shown(&self, hub: &str, device: &str, module: Option<&str>, status: u16) -> Answered {
        let state = self.emulator.shared.seen();
        let hub = state.hub(hub).ok_or_else(|| Failure::unknown(&format!("hub {hub}")))?;
        let known = hub.find(device).ok_or_else(|| Failure::unknown(&format!("device {device}")))?;
        let mut shown = device_json(&state, hub, known);
        let (mut name, mut credentials) = (format!("HostName={};DeviceId={device}", hub.host_name), &known.credentials);
        if let Some(module) = module {
            let one = known.find(module).ok_or_else(|| Failure::unknown(&format!("module {module}")))?;
            let mut all = shown.get("modules").and_then(Value::as_array).into_iter().flatten();
            shown = all.find(|one| one.get("id").is_some_and(|id| id == module)).cloned().unwrap_or_default();
            name = format!("{name};ModuleId={module}");
            credentials = &one.credentials;
        }
        add_keys(&mut shown, credentials, &name);
        Ok(Reply::json(status, &shown))
    }

    /// The body with the ID of the path.
    pub(super) fn with_id(&self, id: &str) -> Result<Value, Failure> {
        let mut body: Value = self.json()?;
        let members = body.as_object_mut().ok_or_else(|| Failure::unfit("the body is not a JSON object"))?;
        match members.insert("id".into(), id.into()) {
            Some(other) if other != id => Err(Failure::unfit("the body has another `id` than the path")),
            _ => Ok(body),
        }
    }
}

fn add_keys(shown: &mut Value, credentials: &Credentials, name: &str) {
    let Some(members) = shown.as_object_mut() else { return };
    let [primary, secondary] = credentials.keys().map(|key| key.map(Key::text));
    if let Some(key) = primary {
        members.insert("connection_string".into(), format!("{name};SharedAccessKey={key}").into());
    }
    for (member, key) in [("primary_key", primary), ("secondary_key", secondary)] {
        members.extend(key.map(|key| (member.to_owned(), key.into())));
    }
}
