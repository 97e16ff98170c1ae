//! Drivers in a build without them.

use super::views::Views;
use crate::{
    daemon,
    failure::Failure,
    input::Path,
    session::{Session, SourceList, Values},
    tpm::Device,
};
use core::{net::SocketAddr, time::Duration};
use defender_auth::identity::{HostName, Identity};

pub(super) fn is_available() -> Result<(), Failure> {
    Err(unsupported())
}

fn unsupported() -> Failure {
    Failure::unsupported("the built-in driver of sessions (feature `mqtt`)")
}

/// Has no value.
pub(super) enum Machine {}

#[cfg(not(feature = "std"))]
impl crate::lock::Never for Machine {
    fn never(&self) -> ! {
        match *self {}
    }
}

impl Machine {
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

    pub(super) fn set_addresses(&mut self, _: HostName, _: SocketAddr, _: SocketAddr) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_folder(&mut self, _path: &Path) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_certificate_curve(&mut self, _curve: i32) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_certificate_root(&mut self, _pem: &str) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_export_folder(&mut self, _path: &Path) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_keep_alive(&mut self, _interval: Duration) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) fn set_tpm(&mut self, _tpm: Device) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn set_daemon(&mut self, _daemon: &daemon::Holder) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn start(&mut self, _sources: &SourceList, _policy: Option<&Values>) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) fn next(&mut self, _limit: Duration) -> Result<(Option<Identity>, Views), Failure> {
        match *self {}
    }

    pub(super) const fn is_connected(&self) -> bool {
        match *self {}
    }

    pub(super) const fn is_started(&self) -> bool {
        match *self {}
    }

    pub(super) const fn publish(
        &mut self,
        _topic: &str,
        _payload: &[u8],
        _is_acknowledged: bool,
    ) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn subscribe(&mut self, _topic: &str, _is_acknowledged: bool) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn unsubscribe(&mut self, _topic: &str) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn control(&self) -> Result<Handle, Failure> {
        match *self {}
    }

    pub(super) const fn show(&self, _view: &mut Session, _identity: Option<&Identity>) {
        match *self {}
    }

    pub(super) fn close(self) {
        match self {}
    }
}

/// Has no value.
pub(super) enum Handle {}

impl Handle {
    pub(super) const fn cancel(&self) {
        match *self {}
    }

    pub(super) const fn wake(&self) {
        match *self {}
    }

    pub(super) const fn clock_set(&self) {
        match *self {}
    }

    pub(super) const fn rotate(&self, _sources: &SourceList) -> Result<(), Failure> {
        match *self {}
    }
}
