//! The workload API: signs for the module whose socket it is.

use super::{
    answer::{Answer, Asked, error, not_found, ok},
    edge::{Issued, Purpose},
    state::{GENERATION, State},
};
use data_encoding::BASE64;
use ring::hmac;
use serde::Deserialize;
use serde_json::json;

const VERSIONS: [&str; 7] =
    ["2018-06-28", "2019-01-30", "2019-10-22", "2019-11-05", "2020-07-07", "2021-12-07", "2022-08-03"];

/// Newer daemons read nothing else.
#[derive(Deserialize)]
struct Sign {
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServerCertificate {
    common_name: String,
}

pub(super) fn answer(state: &State, module: &str, asked: &Asked<'_>) -> Answer {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let decided = match (asked.method, path.as_slice()) {
        ("POST", ["modules", name, "genid", generation, "sign"]) => {
            let is_own = *name == module && *generation == GENERATION;
            asked.check(&VERSIONS, "").and_then(|()| own(is_own, || sign(state, module, asked)))
        }
        ("POST", ["modules", name, "certificate", "identity"]) => {
            asked.check(&VERSIONS, "").and_then(|()| own(*name == module, || identity_certificate(state, module)))
        }
        ("POST", ["modules", name, "genid", generation, "certificate", "server"]) => {
            let is_own = *name == module && *generation == GENERATION;
            asked.check(&VERSIONS, "").and_then(|()| own(is_own, || server_certificate(state, module, asked.body)))
        }
        ("GET", ["modules"]) => asked.check(&VERSIONS, "").map(|()| list(state)),
        ("GET", ["trust-bundle"]) => asked.check(&VERSIONS, "").map(|()| ok(&json!({ "certificate": state.root }))),
        _ => Err(not_found()),
    };
    decided.unwrap_or_else(|refused| refused)
}

/// The names in a path are those of the module that asks.
fn own(is_own: bool, answer: impl FnOnce() -> Result<Answer, Answer>) -> Result<Answer, Answer> {
    if is_own { answer() } else { Err(error(403, "forbidden")) }
}

/// Every module of the device, in the form of the management interface.
fn list(state: &State) -> Answer {
    let of_module = |name: &String| {
        json!({
            "id": "id",
            "name": name,
            "type": "docker",
            "config": { "settings": {}, "env": [] },
            "status": { "runtimeStatus": { "status": "running" } },
        })
    };
    let modules: Vec<_> = state.host().modules.iter().map(of_module).collect();
    ok(&json!({ "modules": modules }))
}

fn identity_certificate(state: &State, module: &str) -> Result<Answer, Answer> {
    let host = state.host();
    let uri = format!("azureiot://{}/devices/{}/modules/{module}", host.hub, host.device);
    issued(state.edge.issue(module, &[], &uri, Purpose::Client))
}

fn server_certificate(state: &State, module: &str, body: &[u8]) -> Result<Answer, Answer> {
    let asked: ServerCertificate = serde_json::from_slice(body).map_err(|cause| error(422, &cause.to_string()))?;
    issued(state.edge.issue(&asked.common_name, &[asked.common_name.as_str(), module], "", Purpose::Server))
}

fn issued(certificate: Option<Issued>) -> Result<Answer, Answer> {
    let Issued { key, chain, expiration } = certificate.ok_or_else(|| error(500, "failed to create cert"))?;
    // In the order of the real daemon.
    let body = format!(
        r#"{{"privateKey":{{"type":"key","bytes":{}}},"certificate":{},"expiration":{}}}"#,
        json!(key),
        json!(chain),
        json!(expiration)
    );
    Ok(Answer { status: 201, body })
}

fn sign(state: &State, module: &str, asked: &Asked<'_>) -> Result<Answer, Answer> {
    let sign: Sign = serde_json::from_slice(asked.body).map_err(|cause| error(422, &cause.to_string()))?;
    let data = BASE64.decode(sign.data.as_bytes()).map_err(|cause| error(400, &format!("invalid base64: {cause}")))?;
    let key = state.secret(module).ok_or_else(|| error(500, "failed to get module identity"))?;
    let digest = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &data);
    Ok(ok(&json!({ "digest": BASE64.encode(digest.as_ref()) })))
}
