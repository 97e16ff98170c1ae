//! `aziot-certd`: certificates by their IDs.

use super::{
    answer::{Answer, Asked, invalid, not_found, ok},
    state::State,
};
use serde_json::json;

const VERSIONS: [&str; 1] = ["2020-09-01"];

pub(super) fn answer(state: &State, asked: &Asked<'_>) -> Answer {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let ("GET", ["certificates", id]) = (asked.method, path.as_slice()) else { return not_found() };
    if let Err(refused) = asked.check(&VERSIONS, "") {
        return refused;
    }
    match state.host().certificate_of(id) {
        Some(pem) => ok(&json!({ "pem": pem })),
        None => invalid("id", "not found"),
    }
}
