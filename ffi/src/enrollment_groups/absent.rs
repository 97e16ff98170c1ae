//! Enrollment groups in a build that cannot parse certificates.

use crate::{certificate::Certificate, failure::Failure};
use defender_auth::UnixTime;

pub(super) fn is_available() -> Result<(), Failure> {
    Err(unsupported())
}

fn unsupported() -> Failure {
    Failure::unsupported("enrollment groups (feature `x509`)")
}

/// Has no value.
pub(super) enum Table {}

impl Table {
    pub(super) fn new() -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(super) const fn add(&mut self, _name: &str, _certificate: &Certificate) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn find(&self, _certificate: &Certificate, _now: UnixTime) -> Option<&str> {
        match *self {}
    }
}
