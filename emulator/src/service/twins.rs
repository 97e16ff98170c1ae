//! The REST interface of a hub for a back end: twins, and direct methods.
//!
//! Source: "IoT Hub service REST API", devices and modules: twins, direct methods.

use super::{
    back_end::AskBackEnd,
    call::call_method,
    decide::{decide, written},
    shared::{Shared, State},
};
use crate::{
    answer::{Answer, Service},
    config::Permission,
    fault::{Fault, Operation},
    hub::Identity,
    journal::Refusal,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long a method may take to answer, in seconds: the least, unless the call says it, and the most.
const ANSWER: [u64; 3] = [5, 30, 300];

/// What is done with a twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TwinVerb {
    Read,
    Patch,
    Replace,
}

#[derive(Deserialize)]
struct Body {
    tags: Option<Value>,
    properties: Option<Properties>,
}

#[derive(Deserialize)]
struct Properties {
    desired: Option<Value>,
}

/// Reads a twin, or changes its tags and its desired properties.
pub(crate) fn twin(shared: &Shared, asked: &AskBackEnd<'_>, id: (&str, Option<&str>), verb: TwinVerb) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let host = asked.hub(shared, state, now, Permission::ServiceConnect)?.host_name.clone();
        let identity = Identity::of(&host, id.0, id.1);
        let unknown = if id.1.is_some() { Refusal::UnknownModule } else { Refusal::UnknownDevice };
        let is_connected = state.connections.has(&identity);
        // A device that is disabled has its twin, and no client reads it.
        let device = state.device_mut(&host, id.0).ok_or(Refusal::UnknownDevice)?;
        let (is_disabled, kind) = (device.disabled, device.credentials.authentication.as_str());
        let twin = match id.1 {
            Some(module) => &mut device.find_mut(module).ok_or(unknown)?.twin,
            None => &mut device.twin,
        };
        if verb != TwinVerb::Read {
            let body: Body = asked.read()?;
            let desired = body.properties.and_then(|properties| properties.desired);
            let (tags, desired) = match verb {
                TwinVerb::Replace => {
                    let tags = replacing(twin.tags(), body.tags.unwrap_or_else(|| Value::Object(Map::new())));
                    (Some(tags), desired.map(|desired| replacing(twin.desired(), desired)))
                }
                _ => (body.tags, desired),
            };
            twin.change(tags, desired)?;
        }
        let mut document = twin.back_end_document();
        if let Value::Object(members) = &mut document {
            members.insert("deviceId".into(), id.0.into());
            members.extend(id.1.map(|module| ("moduleId".to_owned(), module.into())));
            members.insert("status".into(), if is_disabled { "disabled" } else { "enabled" }.into());
            members.insert("connectionState".into(), if is_connected { "Connected" } else { "Disconnected" }.into());
            members.insert("authenticationType".into(), kind.into());
        }
        Ok(Answer::new(200, &document, if verb == TwinVerb::Read { "read" } else { "changed" }))
    };
    let request = format!("{} the twin of {}", if verb == TwinVerb::Read { "read" } else { "change" }, name(asked, id));
    decide(shared, Service::Hub, Operation::BackEnd, &request, decision)
}

/// The patch that makes `new` of `old`.
fn replacing(old: &Value, new: Value) -> Value {
    let Value::Object(mut members) = new else { return new };
    // What the service adds to a twin comes back with it.
    members.retain(|name, _| !name.starts_with('$'));
    for name in old.as_object().into_iter().flat_map(Map::keys) {
        members.entry(name.as_str()).or_insert(Value::Null);
    }
    Value::Object(members)
}

fn name(asked: &AskBackEnd<'_>, (device, module): (&str, Option<&str>)) -> String {
    Identity::of(asked.host, device, module).to_string()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    method_name: String,
    #[serde(default)]
    payload: Value,
    response_timeout_in_seconds: Option<u64>,
}

/// Calls a direct method and waits for its answer.
pub(crate) fn invoke(shared: &Shared, asked: &AskBackEnd<'_>, id: (&str, Option<&str>)) -> Answer {
    let (request, now) = (format!("call a method of {}", name(asked, id)), shared.clock.now());
    let fault = shared.meet(Operation::BackEnd, &request);
    if let Some(instead) = fault.as_ref().and_then(|fault| Service::Hub.instead(fault, now)) {
        return instead;
    }
    let permitted =
        asked.hub(shared, &mut shared.seen(), now, Permission::ServiceConnect).map(|hub| hub.host_name.clone());
    let called = permitted.and_then(|host| {
        let call: Call = asked.read()?;
        let [least, usual, most] = ANSWER;
        let seconds = call.response_timeout_in_seconds.unwrap_or(usual);
        if !(least..=most).contains(&seconds) {
            return Err(Refusal::IdentityBody);
        }
        let identity = Identity::of(&host, id.0, id.1);
        call_method(shared, &identity, &call.method_name, &call.payload, Duration::from_secs(seconds))
    });
    let decided = called.map(|(status, payload)| {
        Answer::new(200, &json!({ "status": status, "payload": payload }), format!("the method answered {status}"))
    });
    written(shared, Service::Hub, &request, fault, decided)
}
