//! The driver of a build without one.

use crate::{authenticator::machine::Machine, failure::Failure, tpm::Device};
use std::{path::Path, time::Duration};

pub(super) fn is_available() -> Result<(), Failure> {
    Err(unsupported())
}

fn unsupported() -> Failure {
    Failure::unsupported("the built-in HTTPS driver (feature `https`)")
}

/// Has no value.
pub(super) enum Driver {}

impl Driver {
    pub(super) fn new() -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(super) const fn trust_file(&mut self, _path: &Path) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn trust_pem(&mut self, _pem: &str) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn trust_azure(&mut self) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn connect_to(&mut self, _host: &str, _port: u16) {
        match *self {}
    }

    pub(super) const fn set_clock_offset(&mut self, _seconds: i64) {
        match *self {}
    }

    pub(super) const fn cancel(&self) {
        match *self {}
    }

    pub(super) const fn run(
        &self,
        _machine: &mut Machine,
        _tpm: Option<&mut Device>,
        _limit: Duration,
    ) -> Result<(), Failure> {
        match *self {}
    }
}
