//! Daemons in a build without the flows.

use super::views::Views;
use crate::failure::Failure;
use defender_auth::{Plan, UnixTime, local::Event};

pub(super) fn is_available() -> Result<(), Failure> {
    Err(unsupported())
}

pub(crate) fn can_run() -> Result<(), Failure> {
    Err(unsupported())
}

fn unsupported() -> Failure {
    Failure::unsupported("daemons of the device (feature `flows`)")
}

/// Has no value.
#[derive(Clone)]
pub(crate) enum Holder {}

impl Holder {
    pub(super) fn workload(_variables: &[(&str, &str)]) -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(super) fn identity_service(_folder: &str) -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(crate) const fn of(_plan: &Plan) -> Option<Self> {
        None
    }

    pub(crate) const fn plan(&self) -> Plan {
        match *self {}
    }
}

/// Has no value.
pub(super) struct Machine(Holder);

impl Machine {
    pub(super) const fn new(holder: Holder) -> Self {
        Self(holder)
    }

    pub(super) const fn holder(&self) -> &Holder {
        &self.0
    }

    pub(super) const fn begin_signature(&mut self, _data: &[u8], _now: UnixTime) -> Result<(), Failure> {
        match self.0 {}
    }

    pub(super) const fn begin_trust_bundle(&mut self, _now: UnixTime) -> Result<(), Failure> {
        match self.0 {}
    }

    pub(super) const fn handle(&mut self, _now: UnixTime, _event: Event<'_>) -> Result<(), Failure> {
        match self.0 {}
    }

    pub(super) const fn run(&mut self) -> Result<(), Failure> {
        match self.0 {}
    }

    pub(super) const fn answer(&self) -> &[u8] {
        match self.0 {}
    }

    pub(super) const fn views(&self) -> Views {
        match self.0 {}
    }
}
