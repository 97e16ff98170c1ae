//! The library's enrollment groups behind the C interface.

use crate::{certificate::Certificate, failure::Failure};
use defender_auth::{UnixTime, x509::EnrollmentGroups};

#[expect(clippy::unnecessary_wraps, reason = "a build without certificates returns an error")]
pub(super) const fn is_available() -> Result<(), Failure> {
    Ok(())
}

pub(super) struct Table(EnrollmentGroups);

impl Table {
    #[expect(clippy::unnecessary_wraps, reason = "a build without certificates returns an error")]
    pub(super) const fn new() -> Result<Self, Failure> {
        Ok(Self(EnrollmentGroups::new()))
    }

    pub(super) fn add(&mut self, name: &str, certificate: &Certificate) -> Result<(), Failure> {
        let first = certificate.leaf()?.clone();
        self.0.add(name, first).map_err(|error| Failure::from(error).field("certificate"))
    }

    pub(super) fn find(&self, certificate: &Certificate, now: UnixTime) -> Option<&str> {
        self.0.find(certificate.parsed()?, now)
    }
}
