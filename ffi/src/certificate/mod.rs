//! Certificates.

mod facts;
mod finding;
mod make;
#[cfg(not(feature = "x509"))]
#[path = "unread.rs"]
mod read;
#[cfg(feature = "x509")]
mod read;
mod views;

use crate::{
    code::DEFENDERAUTH_CERTIFICATE_ABSENT,
    failure::Failure,
    object::{Poison, object},
    view::View,
};
use alloc::format;
#[cfg(feature = "session")]
use defender_auth::UnixTime;
use defender_auth::credential::ClientCertificate;
use facts::Facts;
pub use make::*;
use read::Chain;
pub use views::*;

/// A certificate, its intermediates, and its private key unless that is held elsewhere. Immutable; wiped when freed. Free
/// it with `defenderauth_certificate_free`.
pub struct Certificate {
    poison: Poison,
    carried: ClientCertificate,
    /// As it was parsed. `None` when the certificate is held elsewhere too.
    chain: Option<Chain>,
    facts: Facts,
    key_holder: View,
}

object!(Certificate, "certificate");

impl Certificate {
    fn new(carried: ClientCertificate, chain: Option<Chain>) -> Self {
        let facts = chain.as_ref().map(Chain::facts).unwrap_or_default();
        let key_holder = match carried.private_key() {
            Some(key) => View::line(&format!("{key:?}")),
            None if carried.has_key() => View::Static(c"the memory of this process"),
            None => View::EMPTY,
        };
        Self { poison: Poison::new(), carried, chain, facts, key_holder }
    }

    fn read((chain, certificate): (Chain, ClientCertificate)) -> Self {
        Self::new(certificate, Some(chain))
    }

    /// Its first and its last second, unless it cannot be parsed here.
    #[cfg(feature = "session")]
    pub(crate) fn validity(&self) -> Option<(UnixTime, UnixTime)> {
        self.chain.as_ref()?;
        Some((UnixTime::from_secs(self.facts.not_before), UnixTime::from_secs(self.facts.not_after)))
    }

    /// As it was parsed. `None` when it is held elsewhere.
    #[cfg(feature = "x509")]
    pub(crate) fn parsed(&self) -> Option<&defender_auth::x509::Chain> {
        self.chain.as_ref().map(Chain::parsed)
    }

    /// The first certificate of its chain.
    #[cfg(feature = "x509")]
    pub(crate) fn leaf(&self) -> Result<&defender_auth::x509::Certificate, Failure> {
        self.chain.as_ref().and_then(Chain::leaf).ok_or_else(held_elsewhere)
    }

    fn chain(&self) -> Result<&Chain, Failure> {
        self.chain.as_ref().ok_or_else(held_elsewhere)
    }

    /// For the library's plans and options.
    pub(crate) fn client_certificate(&self) -> ClientCertificate {
        self.carried.clone()
    }
}

fn held_elsewhere() -> Failure {
    let message = "the certificate is held elsewhere, so that it cannot be read here; load it";
    Failure::new(DEFENDERAUTH_CERTIFICATE_ABSENT, message).field("certificate")
}

/// For the library's requests and outcomes.
impl From<ClientCertificate> for Certificate {
    fn from(certificate: ClientCertificate) -> Self {
        let chain = Chain::of(&certificate);
        Self::new(certificate, chain)
    }
}

#[cfg(all(test, feature = "x509"))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::code::DEFENDERAUTH_FINDING_UNCHECKED;

    const CERTIFICATE: &str = include_str!("../../../tests/x509/data/p256.certificate.pem");
    const KEY: &str = include_str!("../../../tests/x509/data/p256.sec1.pem");

    #[test]
    fn the_certificate_of_an_outcome_is_the_one_passed_in() {
        for (key, has_key) in [(KEY, true), ("", false)] {
            let (chain, certificate) = read::pem(CERTIFICATE.as_bytes(), key.as_bytes(), "").unwrap();
            let given = Certificate::new(certificate, Some(chain));
            let returned = Certificate::from(given.client_certificate());
            assert_eq!(returned.client_certificate(), given.client_certificate());
            assert_eq!(defenderauth_certificate_has_key(Some(&returned)), has_key);
            assert!(defenderauth_certificate_is_self_signed(Some(&returned)));
            assert_eq!(returned.chain.unwrap().facts().not_after, given.facts.not_after);
        }
    }

    #[test]
    fn a_certificate_held_elsewhere_has_no_details() {
        let elsewhere = Certificate::from(ClientCertificate::held_elsewhere(None));
        assert!(!defenderauth_certificate_has_key(Some(&elsewhere)));
        assert_eq!(defenderauth_certificate_chain_pem(Some(&elsewhere)).len, 0);
        let findings = defenderauth_certificate_findings(Some(&elsewhere), 0, c"a".as_ptr(), 1);
        assert_eq!(findings, DEFENDERAUTH_FINDING_UNCHECKED);
    }
}
