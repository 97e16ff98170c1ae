//! Configurations and topics in a build without twins.

use super::views::Views;
use crate::failure::Failure;
use alloc::string::String;

/// Has no value.
pub(super) enum Configuration {}

impl Configuration {
    pub(super) fn new(_agent: i32) -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(super) fn set_object(&mut self, _name: &str) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) fn handle_twin(&mut self, _json: &[u8]) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) fn handle_patch(&mut self, _json: &[u8]) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) fn handle_reported(&mut self) {
        match *self {}
    }

    pub(super) fn views(&self) -> Views {
        match *self {}
    }
}

/// Always the default: no message is one about a twin.
#[derive(Default)]
pub(super) struct Incoming {
    pub(super) message: i32,
    pub(super) request_number: u32,
    pub(super) status: u16,
    pub(super) version: Option<u64>,
}

pub(super) fn incoming(_topic: &str) -> Incoming {
    Incoming::default()
}

pub(super) fn get_topic(_request_number: u32) -> Result<String, Failure> {
    Err(unsupported())
}

pub(super) fn report_topic(_request_number: u32) -> Result<String, Failure> {
    Err(unsupported())
}

fn unsupported() -> Failure {
    Failure::unsupported("twins (feature `twin`)")
}
