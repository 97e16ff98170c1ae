//! `aziot-keyd`: signs with keys that it does not disclose, for every client that has a handle.

use super::{
    answer::{Answer, Asked, error, invalid, not_found, ok, unreadable},
    state::State,
};
use data_encoding::BASE64;
use ring::hmac;
use serde::Deserialize;
use serde_json::json;

const VERSIONS: [&str; 2] = ["2020-09-01", "2021-05-01"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sign {
    key_handle: String,
    algorithm: String,
    parameters: Parameters,
}

#[derive(Deserialize)]
struct Parameters {
    message: Option<String>,
}

pub(super) fn answer(state: &State, asked: &Asked<'_>) -> Answer {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let decided = match (asked.method, path.as_slice()) {
        ("POST", ["sign"]) => asked.check(&VERSIONS, "").and_then(|()| sign(state, asked.body)),
        ("GET", ["key", id]) => asked.check(&VERSIONS, "").and_then(|()| open(state, id)),
        _ => Err(not_found()),
    };
    decided.unwrap_or_else(|refused| refused)
}

fn sign(state: &State, body: &[u8]) -> Result<Answer, Answer> {
    let asked: Sign = serde_json::from_slice(body).map_err(|error| unreadable(&error.to_string()))?;
    let message = asked.parameters.message.ok_or_else(|| unreadable("missing field `message`"))?;
    let message = BASE64.decode(message.as_bytes()).map_err(|_| {
        let column = column(body, &message);
        unreadable(&format!("{} at line 1 column {column}", foreign_symbol(&message)))
    })?;
    let handle = state.handles().read(&asked.key_handle);
    let key = handle.and_then(|module| state.key(&module)).ok_or_else(|| invalid("handle", "invalid handle"))?;
    if asked.algorithm != "HMAC-SHA256" {
        return Err(error(400, "a parameter has an invalid value"));
    }
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &message);
    Ok(ok(&json!({ "signature": BASE64.encode(signature.as_ref()) })))
}

/// What is wrong with a text in base64, in the words of the real daemon.
fn foreign_symbol(text: &str) -> String {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    match text.bytes().enumerate().find(|(_, byte)| !allowed(*byte)) {
        Some((at, byte)) => format!("Invalid symbol {byte}, offset {at}."),
        None => "Invalid padding".into(),
    }
}

/// The column at which a reader of JSON stands after this text.
fn column(body: &[u8], text: &str) -> usize {
    let quoted = json!(text).to_string();
    let at = body.windows(quoted.len()).position(|part| part == quoted.as_bytes());
    at.unwrap_or_default() + quoted.len()
}

fn open(state: &State, id: &str) -> Result<Answer, Answer> {
    if id != "device-id" {
        return Err(error(400, "a parameter has an invalid value"));
    }
    let handle = state.handles().make("").ok_or_else(|| error(500, "internal error"))?;
    Ok(ok(&json!({ "keyHandle": handle })))
}
