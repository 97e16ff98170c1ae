//! Enrollment groups, by their certificates.

use super::{certificate::Certificate, chain::Chain, verify::verify};
use crate::{
    base::time::UnixTime,
    error::{CertificateError, CertificateProblem as Problem},
};
use alloc::{string::String, vec::Vec};

/// The enrollment groups of a service, each with its root or intermediate. No certificate is in two of them.
///
/// Source: "Each enrollment group should use a unique X.509 certificate. IoT Central doesn't support using the same
/// X.509 certificate across multiple enrollment groups" (IoT Central, device authentication concepts).
#[derive(Clone, Debug, Default)]
pub struct EnrollmentGroups {
    groups: Vec<(String, Certificate)>,
}

impl EnrollmentGroups {
    /// Without any group.
    #[must_use]
    pub const fn new() -> Self {
        Self { groups: Vec::new() }
    }

    /// Adds a certificate to a group: its primary, or under the same name its secondary.
    ///
    /// # Errors
    /// [`CertificateProblem::OtherGroups`](Problem::OtherGroups) when another group has this certificate.
    pub fn add(&mut self, group: impl Into<String>, certificate: Certificate) -> Result<(), CertificateError> {
        let group = group.into();
        match self.groups.iter().find(|(_, known)| *known == certificate) {
            Some((owner, _)) if *owner != group => Err(Problem::OtherGroups { group: owner.clone() }.into()),
            Some(_) => Ok(()),
            None => {
                self.groups.push((group, certificate));
                Ok(())
            }
        }
    }

    /// The group of a device with this chain at the time `now`: the one that the chain leads to, and of several the one
    /// that is nearest to the leaf. For the reason why it leads to none, see [`verify()`].
    #[must_use]
    pub fn find(&self, chain: &Chain, now: UnixTime) -> Option<&str> {
        let links = |enrolled: &Certificate| chain.path_to(enrolled, now).len();
        let fit = self.groups.iter().filter(|(_, enrolled)| verify(chain, enrolled, now).is_ok());
        fit.min_by_key(|(_, enrolled)| links(enrolled)).map(|(group, _)| group.as_str())
    }
}
