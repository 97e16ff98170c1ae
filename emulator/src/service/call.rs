//! Direct methods: a back end's call, and its wait for the client's answer.

use super::shared::Shared;
use crate::{hub::Identity, journal::Refusal};
use serde_json::Value;
use std::{
    thread,
    time::{Duration, Instant},
};

/// How often the answer is looked for.
const LOOK: Duration = Duration::from_millis(10);

/// The longest name, in bytes.
const NAME: usize = 100;

/// Calls a method of a connected device or module, and returns the status and the payload of its answer.
pub(crate) fn call_method(
    shared: &Shared,
    identity: &Identity,
    name: &str,
    payload: &Value,
    wait: Duration,
) -> Result<(i64, Value), Refusal> {
    // It is a level of a topic.
    if name.is_empty() || name.len() > NAME || name.contains(['/', '+', '#', '?']) || name.contains(char::is_control) {
        return Err(Refusal::MethodName);
    }
    let rid = {
        let mut state = shared.state();
        if state.twin_mut(identity).is_none() {
            return Err(if identity.module.is_some() { Refusal::UnknownModule } else { Refusal::UnknownDevice });
        }
        if !state.connections.has(identity) {
            return Err(Refusal::NotConnected);
        }
        state.methods.begin(identity, name, payload).ok_or(Refusal::TooMany)?
    };
    let end = Instant::now() + wait;
    while !shared.stops() && Instant::now() < end {
        if let Some(answer) = shared.seen().methods.take(rid) {
            return Ok(answer);
        }
        thread::sleep(LOOK);
    }
    shared.seen().methods.give_up(rid);
    Err(Refusal::NoAnswer)
}
