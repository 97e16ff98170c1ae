//! The REST interface of a hub for devices: messages to it and from it.
//!
//! Source: "IoT Hub device REST API", and `Azure/azure-iot-sdk-node:device/transport/http/src/http.ts`.

use super::{
    decide::decide,
    mail::{Letter, encoded},
    messages::Message,
    shared::{Shared, State},
};
use crate::{
    answer::{Answer, Service},
    base::{Moment, check_hub_version},
    chain::Certificates,
    fault::{Fault, Operation},
    hub::{Identity, authenticate},
    journal::{Entry, Refusal},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The content type of several messages in one body.
const BATCH: &str = "application/vnd.microsoft.iothub.json";

/// What the header of a message's own property begins with.
const PROPERTY: &str = "iothub-app-";

/// The headers of the system's properties, and the names of these in a topic.
const SYSTEM: [(&str, &str); 7] = [
    ("iothub-messageid", "$.mid"),
    ("iothub-correlationid", "$.cid"),
    ("iothub-userid", "$.uid"),
    ("iothub-contenttype", "$.ct"),
    ("iothub-contentencoding", "$.ce"),
    ("content-type", "$.ct"),
    ("content-encoding", "$.ce"),
];

/// A request of a device or its module about itself.
pub(crate) struct AskDevice<'a> {
    pub(crate) host: &'a str,
    pub(crate) device: &'a str,
    pub(crate) module: Option<&'a str>,
    pub(crate) query: &'a str,
    /// The `Authorization` header.
    pub(crate) token: Option<&'a str>,
    /// The certificates of the TLS handshake.
    pub(crate) chain: &'a Certificates,
}

/// How a device gives up a message that it has received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receipt {
    /// Its work is done, or it is rejected.
    Complete,
    /// It is to be received again.
    Abandon,
}

impl AskDevice<'_> {
    fn admit(&self, state: &State, now: Moment) -> Result<Identity, Refusal> {
        let hub = state.hub(self.host).ok_or(Refusal::UnknownHub)?;
        if !check_hub_version(self.query) {
            return Err(Refusal::ApiVersion);
        }
        let token = self.token.map(str::as_bytes);
        let found = authenticate(hub, now.seconds(), (self.device, self.module), token, self.chain);
        found.map(|(identity, _)| identity).map_err(|it| if it == Refusal::NoPassword { Refusal::NoToken } else { it })
    }

    fn name(&self, what: &str) -> String {
        let module = self.module.map(|module| format!("/{module}")).unwrap_or_default();
        format!("{what} {}/{}{module}", self.host, self.device)
    }
}

/// Takes a message, or several in one body.
pub(crate) fn send_message(
    shared: &Shared,
    asked: &AskDevice<'_>,
    described: &[(String, String)],
    body: &[u8],
) -> Answer {
    let mut taken = Vec::new();
    let decision = |state: &mut State, now: Moment, _: Option<&Fault>| {
        let identity = asked.admit(state, now)?;
        let is_batch = described.iter().any(|(name, value)| name == "content-type" && value.starts_with(BATCH));
        let messages = if is_batch { batch(body)? } else { vec![Message::new(properties(described), body.to_vec())] };
        for message in messages {
            taken.push((identity.to_string(), message.properties.clone(), message.payload.len()));
            state.messages.add(&identity, message, now);
        }
        Ok(Answer::empty(format!("{} messages", taken.len())))
    };
    let answer = decide(shared, Service::Hub, Operation::SendMessage, &asked.name("send a message from"), decision);
    for (identity, properties, bytes) in taken {
        shared.note(Entry::Received { identity, properties, bytes });
    }
    answer
}

/// The properties of a message as a topic has them.
fn properties(described: &[(String, String)]) -> String {
    let mut named: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, value) in described {
        if let Some(own) = name.strip_prefix(PROPERTY) {
            named.insert(own, value);
        } else if let Some((_, system)) = SYSTEM.iter().find(|(header, _)| header == name) {
            named.insert(system, value);
        }
    }
    encoded(named.into_iter())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct One {
    body: String,
    #[serde(default = "yes")]
    base64_encoded: bool,
    #[serde(default)]
    properties: BTreeMap<String, serde_json::Value>,
}

const fn yes() -> bool {
    true
}

fn batch(body: &[u8]) -> Result<Vec<Message>, Refusal> {
    let all: Vec<One> = serde_json::from_slice(body).map_err(|_| Refusal::MessageBatch)?;
    let message = |one: One| {
        let payload = if one.base64_encoded {
            data_encoding::BASE64.decode(one.body.as_bytes()).map_err(|_| Refusal::MessageBatch)?
        } else {
            one.body.into_bytes()
        };
        let named = one.properties.into_iter().map(|(name, value)| {
            let name = if name.starts_with("iothub-") { name } else { format!("{PROPERTY}{name}") };
            (name, value.as_str().map_or_else(|| value.to_string(), Into::into))
        });
        let named: Vec<(String, String)> = named.collect();
        Ok(Message::new(properties(&named), payload))
    };
    all.into_iter().map(message).collect()
}

/// Gives a device the next message from the cloud, which it keeps until it has settled it.
pub(crate) fn receive_message(shared: &Shared, asked: &AskDevice<'_>) -> Answer {
    let decision = |state: &mut State, now: Moment, _: Option<&Fault>| {
        let identity = asked.admit(state, now)?;
        let Some(letter) = state.mail.lock(&identity, now.seconds()) else {
            return Ok(Answer::empty("no message waits"));
        };
        Ok(delivered(&letter))
    };
    decide(shared, Service::Hub, Operation::ReceiveMessage, &asked.name("receive a message for"), decision)
}

fn delivered(letter: &Letter) -> Answer {
    let mut headers = vec![("ETag".to_owned(), format!("\"{}\"", letter.lock))];
    for (name, value) in &letter.named {
        // A line break would end the header.
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        let system = SYSTEM.iter().find(|(_, system)| system == name).map(|(header, _)| (*header).to_owned());
        let is_name =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        match system {
            Some(header) => headers.push((header, value)),
            None if is_name => headers.push((format!("{PROPERTY}{name}"), value)),
            None => {}
        }
    }
    let answer = Answer::new(200, &serde_json::Value::Null, "a message");
    let body = String::from_utf8_lossy(&letter.payload).into_owned();
    Answer { headers, body, content_type: "application/octet-stream", ..answer }
}

/// Ends the delivery of a message.
pub(crate) fn settle_message(shared: &Shared, asked: &AskDevice<'_>, lock: &str, how: Receipt) -> Answer {
    let decision = |state: &mut State, now: Moment, _: Option<&Fault>| {
        let identity = asked.admit(state, now)?;
        let is_known = state.mail.settle(&identity, lock.trim_matches('"'), how == Receipt::Abandon);
        if is_known { Ok(Answer::empty("settled")) } else { Err(Refusal::Precondition) }
    };
    decide(shared, Service::Hub, Operation::ReceiveMessage, &asked.name("settle a message for"), decision)
}
