use crate::{
    base::{
        time::{Now, UnixTime},
        wait::Wait,
    },
    credential::ClientCertificate,
    sas::Renewal,
};
use alloc::string::String;
use core::fmt;

/// An operational certificate: one that a service has issued for a request of this device, with its private key.
#[derive(Clone, PartialEq, Eq)]
pub struct OperationalCertificate {
    certificate: ClientCertificate,
    not_before: UnixTime,
    not_after: UnixTime,
}

impl OperationalCertificate {
    /// A certificate with the first and the last second at which it is valid.
    #[must_use]
    pub const fn new(certificate: ClientCertificate, not_before: UnixTime, not_after: UnixTime) -> Self {
        Self { certificate, not_before, not_after }
    }

    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &ClientCertificate {
        &self.certificate
    }

    /// The first and the last second at which it is valid.
    #[must_use]
    pub const fn validity(&self) -> (UnixTime, UnixTime) {
        (self.not_before, self.not_after)
    }

    /// How long until it is due for renewal, between these shares of its life in percent.
    pub(super) fn due(&self, (from, until): (u8, u8), now: Now) -> Wait {
        Renewal::within(self.not_before, self.not_after, from..=until).wait(now.wall)
    }
}

impl fmt::Debug for OperationalCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperationalCertificate(from {} to {})", self.not_before, self.not_after)
    }
}

/// What a certificate signing request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestFor {
    /// The name of the source that requests.
    pub source: String,
    /// The common name of its subject: the registration ID.
    pub common_name: String,
    /// The request that is pending was rejected: another one with another key takes its place. Otherwise one that is pending
    /// is sent again as it is, so that what may have been issued for it is not lost.
    pub is_new: bool,
}
