//! The workload API: signs for the module whose socket it is.

use super::{
    answer::{Answer, Asked, error, not_found, ok},
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

pub(super) fn answer(state: &State, module: &str, asked: &Asked<'_>) -> Answer {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let decided = match (asked.method, path.as_slice()) {
        ("POST", ["modules", name, "genid", generation, "sign"]) => asked.check(&VERSIONS, "").and_then(|()| {
            if *name != module || *generation != GENERATION {
                Err(error(403, "forbidden"))
            } else {
                sign(state, module, asked)
            }
        }),
        ("GET", ["trust-bundle"]) => asked.check(&VERSIONS, "").map(|()| ok(&json!({ "certificate": state.root }))),
        _ => Err(not_found()),
    };
    decided.unwrap_or_else(|refused| refused)
}

fn sign(state: &State, module: &str, asked: &Asked<'_>) -> Result<Answer, Answer> {
    let sign: Sign = serde_json::from_slice(asked.body).map_err(|cause| error(422, &cause.to_string()))?;
    let data = BASE64.decode(sign.data.as_bytes()).map_err(|cause| error(400, &format!("invalid base64: {cause}")))?;
    let key = state.key(module).ok_or_else(|| error(500, "failed to get module identity"))?;
    let digest = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &data);
    Ok(ok(&json!({ "digest": BASE64.encode(digest.as_ref()) })))
}
