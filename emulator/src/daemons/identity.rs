//! `aziot-identityd`: who a program is.

use super::{
    answer::{Answer, Asked, error, not_found, unauthorized},
    state::{GENERATION, State},
};
use serde_json::json;

const VERSIONS: [&str; 3] = ["2020-09-01", "2021-12-01", "2022-08-01"];

pub(super) fn answer(state: &State, asked: &Asked<'_>) -> Answer {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let decided = match (asked.method, path.as_slice()) {
        ("GET", ["identities", "identity"]) => {
            asked.check(&VERSIONS, "2020-09-01").and_then(|()| own(state, asked.uid))
        }
        ("GET", ["identities", "provisioning"]) => {
            asked.check(&VERSIONS, "2021-12-01").and_then(|()| provisioning(state, asked.uid))
        }
        // For the daemons of IoT Edge only.
        (_, ["identities", "device" | "modules", ..]) => Err(unauthorized()),
        (_, ["identities", "identity" | "provisioning"]) => Err(error(405, "method not allowed")),
        _ => Err(not_found()),
    };
    decided.unwrap_or_else(|refused| refused)
}

fn own(state: &State, uid: u32) -> Result<Answer, Answer> {
    let module = state.host().module_of(uid).ok_or_else(unauthorized)?;
    let handle = state.handles().make(&module).ok_or_else(|| error(500, "internal error"))?;
    let host = state.host();
    let gateway = host.gateway.as_ref().unwrap_or(&host.hub);
    // In the order of the real daemon.
    let body = format!(
        r#"{{"type":"aziot","spec":{{"hubName":{},"gatewayHost":{},"deviceId":{},"moduleId":{},"genId":"{GENERATION}","auth":{{"type":"sas","keyHandle":{}}}}}}}"#,
        json!(host.hub),
        json!(gateway),
        json!(host.device),
        json!(module),
        json!(handle)
    );
    Ok(Answer { status: 200, body })
}

fn provisioning(state: &State, uid: u32) -> Result<Answer, Answer> {
    state.host().module_of(uid).ok_or_else(unauthorized)?;
    Ok(Answer { status: 200, body: r#"{"source":"manual","auth":"sas"}"#.into() })
}
