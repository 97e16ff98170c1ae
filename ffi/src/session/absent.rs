//! Sessions in a build without them.

use super::{given::Given, views::Views};
use crate::{authenticator::Authenticator, failure::Failure, https::Driver, operational::Usable, options::Chosen};
use core::time::Duration;
use defender_auth::{Now, UnixTime, credential::IssuedChain, secret::SecretText};

pub(super) fn is_available() -> Result<(), Failure> {
    Err(unsupported())
}

fn unsupported() -> Failure {
    Failure::unsupported("sessions (feature `session`)")
}

/// Has no value.
pub(crate) enum SourceList {}

impl SourceList {
    pub(super) fn new() -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(super) const fn add(&mut self, _name: &str, _authenticator: &Authenticator) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_validity(&mut self, _first: UnixTime, _last: UnixTime) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) fn request_certificates(&mut self, _kept: Option<Usable>) -> Result<(), Failure> {
        match *self {}
    }
}

/// Has no value.
pub(crate) enum Values {}

impl Values {
    pub(super) fn new() -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(super) const fn set_time(&mut self, _time: i32, _value: Duration) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_renewal(&mut self, _percent: (u8, u8)) {
        match *self {}
    }

    pub(super) const fn set_certificate_renewal(&mut self, _percent: (u8, u8)) {
        match *self {}
    }

    pub(super) const fn set_backoff(
        &mut self,
        _ladder: i32,
        _first: Duration,
        _most: Duration,
        _spread: u32,
    ) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_rate(&mut self, _rate: i32, _burst: u32, _interval: Duration) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_limit(&mut self, _limit: i32, _count: u32) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_floor(&mut self, _floor: UnixTime) {
        match *self {}
    }
}

/// Has no value.
pub(super) enum Machine {}

impl Machine {
    pub(super) fn new(
        sources: &SourceList,
        _policy: Option<&Values>,
        _saved: &str,
        _secret: &str,
        _now: Now,
    ) -> Result<Self, Failure> {
        match *sources {}
    }

    pub(super) fn handle(&mut self, _now: Now, _given: Given<'_>) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn rotate(&mut self, _now: Now, _sources: &SourceList) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn exchange(&mut self, _driver: &Driver, _now: Now, _limit: Duration) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) fn views(&self, _chosen: &Chosen, _former: Views) -> Views {
        match *self {}
    }

    pub(super) fn with_password(&self, _write: impl FnOnce(&[u8]) -> Result<(), Failure>) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn issued(&self) -> Result<&IssuedChain, Failure> {
        match *self {}
    }

    pub(super) const fn secret(&self) -> Result<Option<SecretText>, Failure> {
        match *self {}
    }

    pub(super) const fn pick(&self, _random: u32) -> Option<u64> {
        match *self {}
    }

    pub(super) const fn clock_seconds(&self, _now: Now) -> u64 {
        match *self {}
    }

    pub(super) const fn clock_state(&self, _now: Now) -> i32 {
        match *self {}
    }
}
