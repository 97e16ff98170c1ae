//! The driver of a build without one.

use crate::{authenticator::machine::Machine, failure::Failure, input::Path, operational::Noting, tpm::Device};
use alloc::sync::Arc;
use core::time::Duration;
#[cfg(feature = "session")]
use defender_auth::{http::Request, session::Event};

pub(crate) fn is_available() -> Result<(), Failure> {
    Err(unsupported())
}

fn unsupported() -> Failure {
    Failure::unsupported("the built-in HTTPS driver (feature `https`)")
}

/// Has no value.
pub(crate) enum Driver {}

#[cfg(not(feature = "std"))]
impl crate::lock::Never for Driver {
    fn never(&self) -> ! {
        match *self {}
    }
}

/// Has no value.
pub(super) enum Cancel {}

impl Cancel {
    pub(super) const fn cancel(&self) {
        match *self {}
    }
}

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

    pub(super) const fn cancel(&self) -> Cancel {
        match *self {}
    }

    #[cfg(feature = "session")]
    pub(crate) const fn exchange(&self, _request: &Request, _limit: Duration) -> Result<Exchanged, Failure> {
        match *self {}
    }

    pub(super) const fn run(
        &self,
        _machine: &mut Machine,
        _tpm: Option<&mut Device>,
        _limit: Duration,
        _noting: Option<&Arc<Noting>>,
    ) -> Result<(), Failure> {
        match *self {}
    }
}

/// Has no value.
#[cfg(feature = "session")]
pub(crate) enum Exchanged {}

#[cfg(feature = "session")]
impl Exchanged {
    pub(crate) const fn event(&self) -> Event<'_> {
        match *self {}
    }
}
