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
    if let Some(answer) = certified(state, uid)? {
        return Ok(answer);
    }
    let module = state.host().module_of(uid).ok_or_else(unauthorized)?;
    // Deleted at the hub.
    if state.secret(&module).is_none() {
        return Err(not_found());
    }
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

/// The device itself, for a user that is it.
fn certified(state: &State, uid: u32) -> Result<Option<Answer>, Answer> {
    let host = state.host();
    let Some((key, certificate)) = host.device_of(uid) else { return Ok(None) };
    let handle = state.handles().make(&State::pair(key)).ok_or_else(|| error(500, "internal error"))?;
    let gateway = host.gateway.as_ref().unwrap_or(&host.hub);
    let body = format!(
        r#"{{"type":"aziot","spec":{{"hubName":{},"gatewayHost":{},"deviceId":{},"auth":{{"type":"x509","keyHandle":{},"certId":{}}}}}}}"#,
        json!(host.hub),
        json!(gateway),
        json!(host.device),
        json!(handle),
        json!(certificate)
    );
    Ok(Some(Answer { status: 200, body }))
}

fn provisioning(state: &State, uid: u32) -> Result<Answer, Answer> {
    let host = state.host();
    let body = match (host.device_of(uid), host.module_of(uid)) {
        (Some(_), _) => r#"{"source":"manual","auth":"x509"}"#,
        (None, Some(_)) => r#"{"source":"manual","auth":"sas"}"#,
        (None, None) => return Err(unauthorized()),
    };
    Ok(Answer { status: 200, body: body.into() })
}
