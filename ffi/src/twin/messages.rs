//! Messages about a twin, by their topics.

use super::code::{DEFENDERAUTH_TWIN_MESSAGE_ANSWER, DEFENDERAUTH_TWIN_MESSAGE_PATCH};
use crate::failure::Failure;
use alloc::string::String;
use defender_auth::twin;

#[derive(Default)]
pub(super) struct Incoming {
    pub(super) message: i32,
    pub(super) request_number: u32,
    pub(super) status: u16,
    pub(super) version: Option<u64>,
}

pub(super) fn incoming(topic: &str) -> Incoming {
    match twin::Incoming::of(topic) {
        None => Incoming::default(),
        Some(twin::Incoming::Patch { version }) => {
            Incoming { message: DEFENDERAUTH_TWIN_MESSAGE_PATCH, version, ..Incoming::default() }
        }
        Some(twin::Incoming::Answer(answer)) => Incoming {
            message: DEFENDERAUTH_TWIN_MESSAGE_ANSWER,
            request_number: answer.rid,
            status: answer.status,
            version: answer.version,
        },
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a build without twins has an error here")]
pub(super) fn get_topic(request_number: u32) -> Result<String, Failure> {
    Ok(twin::get_topic(request_number))
}

#[expect(clippy::unnecessary_wraps, reason = "a build without twins has an error here")]
pub(super) fn report_topic(request_number: u32) -> Result<String, Failure> {
    Ok(twin::report_topic(request_number))
}
