//! `aziot-keyd`: signs and encrypts with keys that it does not disclose, for every client that has a handle.

use super::{
    answer::{Answer, Asked, error, invalid, not_found, ok, unreadable},
    key_pair::KeyPair,
    sealed,
    state::{Holds, State},
};
use data_encoding::BASE64;
use ring::hmac;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

const VERSIONS: [&str; 2] = ["2020-09-01", "2021-05-01"];

/// The algorithms of a new key unless the caller prefers others.
const PREFERRED: &str = "ec-p256:rsa-2048:*";

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
    digest: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seal {
    key_handle: String,
    algorithm: String,
    parameters: Option<Aead>,
    plaintext: Option<String>,
    ciphertext: Option<String>,
}

#[derive(Deserialize)]
struct Aead {
    iv: String,
    aad: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    key_id: String,
    preferred_algorithms: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfKey {
    key_handle: String,
}

pub(super) fn answer(state: &State, asked: &Asked<'_>) -> Answer {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let known = |decide: &dyn Fn() -> Result<Answer, Answer>| asked.check(&VERSIONS, "").and_then(|()| decide());
    let decided = match (asked.method, path.as_slice()) {
        ("POST", ["sign"]) => known(&|| sign(state, asked.body)),
        ("POST", ["encrypt"]) => known(&|| encrypt(state, asked.body)),
        ("POST", ["decrypt"]) => known(&|| decrypt(state, asked.body)),
        ("POST", ["parameters", name]) => known(&|| parameter(state, name, asked.body)),
        ("POST", ["keypair"]) => known(&|| create(state, asked.body)),
        ("GET", ["keypair", id]) => {
            known(&|| if state.has_pair(id) { handle(state, &State::pair(id)) } else { Err(wrong()) })
        }
        ("GET", ["key", id]) => known(&|| if *id == "device-id" { handle(state, "") } else { Err(wrong()) }),
        _ => Err(not_found()),
    };
    decided.unwrap_or_else(|refused| refused)
}

fn sign(state: &State, body: &[u8]) -> Result<Answer, Answer> {
    let asked: Sign = read(body)?;
    let (member, text) = match asked.algorithm.as_str() {
        "ECDSA" => ("digest", asked.parameters.digest),
        _ => ("message", asked.parameters.message),
    };
    let text = text.ok_or_else(|| unreadable(&format!("missing field `{member}`")))?;
    let bytes = bytes(body, &text)?;
    let signature = match (key(state, &asked.key_handle)?, asked.algorithm.as_str()) {
        (Holds::Secret(key), "HMAC-SHA256") => {
            Some(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &bytes).as_ref().to_vec())
        }
        (Holds::Pair(pair), "ECDSA") => pair.sign(&bytes),
        _ => None,
    };
    Ok(ok(&json!({ "signature": BASE64.encode(&signature.ok_or_else(wrong)?) })))
}

fn encrypt(state: &State, body: &[u8]) -> Result<Answer, Answer> {
    let asked: Seal = read(body)?;
    let plaintext = bytes(body, &asked.plaintext.ok_or_else(|| unreadable("missing field `plaintext`"))?)?;
    let ciphertext = match (key(state, &asked.key_handle)?, asked.algorithm.as_str()) {
        (Holds::Secret(key), "AEAD") => {
            let Aead { iv, aad } = asked.parameters.ok_or_else(|| unreadable("missing field `parameters`"))?;
            sealed::seal(&key, &bytes(body, &iv)?, &bytes(body, &aad)?, plaintext)
        }
        (Holds::Pair(pair), algorithm) => pair.encrypt(algorithm, &plaintext),
        _ => None,
    };
    Ok(ok(&json!({ "ciphertext": BASE64.encode(&ciphertext.ok_or_else(wrong)?) })))
}

fn decrypt(state: &State, body: &[u8]) -> Result<Answer, Answer> {
    let asked: Seal = read(body)?;
    let ciphertext = bytes(body, &asked.ciphertext.ok_or_else(|| unreadable("missing field `ciphertext`"))?)?;
    let plaintext = match (key(state, &asked.key_handle)?, asked.algorithm.as_str()) {
        (Holds::Secret(key), "AEAD") => {
            let Aead { iv, aad } = asked.parameters.ok_or_else(|| unreadable("missing field `parameters`"))?;
            sealed::open(&key, &bytes(body, &iv)?, &bytes(body, &aad)?, &ciphertext)
        }
        _ => None,
    };
    Ok(ok(&json!({ "plaintext": BASE64.encode(&plaintext.ok_or_else(wrong)?) })))
}

fn parameter(state: &State, name: &str, body: &[u8]) -> Result<Answer, Answer> {
    let asked: OfKey = read(body)?;
    let Holds::Pair(pair) = key(state, &asked.key_handle)? else { return Err(wrong()) };
    pair.parameter(name).map(|value| ok(&json!({ "value": value }))).ok_or_else(wrong)
}

fn create(state: &State, body: &[u8]) -> Result<Answer, Answer> {
    let asked: Create = read(body)?;
    if !state.has_pair(&asked.key_id) {
        let pair = KeyPair::generate(asked.preferred_algorithms.as_deref().unwrap_or(PREFERRED)).ok_or_else(wrong)?;
        state.add_pair(&asked.key_id, pair);
    }
    handle(state, &State::pair(&asked.key_id))
}

fn handle(state: &State, key: &str) -> Result<Answer, Answer> {
    let handle = state.handles().make(key).ok_or_else(|| error(500, "internal error"))?;
    Ok(ok(&json!({ "keyHandle": handle })))
}

/// The key of a handle.
fn key(state: &State, handle: &str) -> Result<Holds, Answer> {
    let name = state.handles().read(handle);
    name.and_then(|name| state.key(&name)).ok_or_else(|| invalid("handle", "invalid handle"))
}

fn wrong() -> Answer {
    error(400, "a parameter has an invalid value")
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Answer> {
    serde_json::from_slice(body).map_err(|error| unreadable(&error.to_string()))
}

fn bytes(body: &[u8], text: &str) -> Result<Vec<u8>, Answer> {
    BASE64.decode(text.as_bytes()).map_err(|_| {
        let column = column(body, text);
        unreadable(&format!("{} at line 1 column {column}", foreign_symbol(text)))
    })
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
