//! The bodies of requests that are not the tables of a configuration.

use super::reply::Failure;
use crate::{service::Message, service::new_key};
use data_encoding::BASE64;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// New keys, in base64. Without them they are random ones.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    primary_key: Option<String>,
    secondary_key: Option<String>,
}

impl Keys {
    pub(super) fn take(self) -> Result<[String; 2], Failure> {
        let key = |given: Option<String>| {
            given.map_or_else(|| new_key().map_err(|reason| Failure(500, reason.to_string())), Ok)
        };
        Ok([key(self.primary_key)?, key(self.secondary_key)?])
    }
}

/// A message to a device: text, or base64 of any bytes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Post {
    payload: Option<Value>,
    payload_base64: Option<String>,
    #[serde(default)]
    pub(super) properties: BTreeMap<String, String>,
}

impl Post {
    pub(super) fn payload(&self) -> Result<Vec<u8>, Failure> {
        match (&self.payload, &self.payload_base64) {
            (Some(Value::String(text)), None) => Ok(text.clone().into()),
            (Some(value), None) => Ok(value.to_string().into()),
            (None, Some(text)) => {
                BASE64.decode(text.as_bytes()).map_err(|_| Failure::unfit("`payload_base64` is not base64"))
            }
            (None, None) => Ok(Vec::new()),
            (Some(_), Some(_)) => Err(Failure::unfit("the body has a `payload` and a `payload_base64`")),
        }
    }
}

/// A call of a method.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    #[serde(default)]
    pub(super) payload: Value,
    #[serde(default = "thirty")]
    pub(super) timeout_seconds: u64,
}

const fn thirty() -> u64 {
    30
}

/// What may be changed of a device.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeviceChange {
    pub(super) disabled: Option<bool>,
    pub(super) thumbprint: Option<String>,
    pub(super) secondary_thumbprint: Option<String>,
}

/// What may be changed of an enrollment.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrollmentChange {
    pub(super) disabled: Option<bool>,
    pub(super) hub: Option<String>,
}

/// A message from a device.
pub(super) fn message_json(message: &Message) -> Value {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let properties = message.properties.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value).into())
    });
    let properties: Map<String, Value> = properties.collect();
    let text = std::str::from_utf8(&message.payload).ok();
    json!({
        "enqueued": message.enqueued,
        "properties": properties,
        "payload": text,
        "payload_base64": BASE64.encode(&message.payload),
    })
}
