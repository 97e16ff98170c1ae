use super::Facts;
use crate::Refusal;
use rustls::{
    crypto::ring,
    pki_types::{CertificateDer, UnixTime},
};
use std::time::Duration;
use webpki::{EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

/// Certificates as a client has shown them, its own first.
pub(crate) type Certificates = [CertificateDer<'static>];

/// Of these authorities, what belongs to the first that the client's certificate leads to by way of the others that it
/// has shown. The certificate has to be in force, may not be an authority's, and must be for clients.
pub(crate) fn lead<T>(
    chain: &Certificates,
    authorities: impl IntoIterator<Item = (CertificateDer<'static>, T)>,
    now: u64,
) -> Result<T, Refusal> {
    let leaf = Facts::read(chain.first().ok_or(Refusal::NoCertificate)?)?;
    if leaf.is_ca {
        return Err(Refusal::AuthorityAsLeaf);
    }
    leaf.check_dates(now)?;
    let mut reason = None;
    for (authority, whose) in authorities {
        match verify(chain, &authority, now) {
            Ok(()) => return Ok(whose),
            // Something that came of a match says more than that there was none.
            Err(Refusal::UnknownAuthority { .. }) => {}
            Err(other) => reason = reason.or(Some(other)),
        }
    }
    Err(reason.unwrap_or_else(|| Refusal::UnknownAuthority { issuer: missing(chain, &leaf) }))
}

fn verify(chain: &Certificates, authority: &CertificateDer<'_>, now: u64) -> Result<(), Refusal> {
    let (leaf, others) = chain.split_first().ok_or(Refusal::NoCertificate)?;
    let refuse = |error| refusal(&error, chain, now);
    let anchors = [anchor_from_trusted_cert(authority).map_err(refuse)?];
    let leaf = EndEntityCert::try_from(leaf).map_err(refuse)?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(now));
    let algorithms = ring::default_provider().signature_verification_algorithms.all;
    leaf.verify_for_usage(algorithms, &anchors, others, time, KeyUsage::client_auth(), None, None).map_err(refuse)?;
    // An anchor's own dates are nothing that the verification looks at.
    Facts::read(authority)?.check_dates(now)
}

fn refusal(error: &Error, chain: &Certificates, now: u64) -> Refusal {
    let fault = match error {
        Error::UnknownIssuer => return Refusal::UnknownAuthority { issuer: String::new() },
        Error::CaUsedAsEndEntity => return Refusal::AuthorityAsLeaf,
        Error::RequiredEkuNotFoundContext(_) => return Refusal::Usage,
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } => {
            // Whose dates they were is not said.
            let mut facts = chain.iter().filter_map(|certificate| Facts::read(certificate).ok());
            if let Some(reason) = facts.find_map(|facts| facts.check_dates(now).err()) {
                return reason;
            }
            "a certificate is not in force".into()
        }
        Error::EndEntityUsedAsCa => "one that signed another is not an authority's".into(),
        Error::InvalidSignatureForPublicKey => "a signature is not by the issuer's key".into(),
        Error::PathLenConstraintViolated => "there are more authorities than one of them allows".into(),
        Error::UnsupportedCertVersion => "a certificate is older than version 3".into(),
        other => format!("{other:?}"),
    };
    Refusal::Chain { fault }
}

/// Who issued the last certificate that the client's own leads to.
fn missing(chain: &Certificates, leaf: &Facts) -> String {
    let others: Vec<Facts> = chain.iter().skip(1).filter_map(|certificate| Facts::read(certificate).ok()).collect();
    let mut last = leaf;
    for _ in chain {
        let issuer = others.iter().find(|other| other.subject == last.issuer && other.sha256 != last.sha256);
        match issuer {
            Some(issuer) => last = issuer,
            None => break,
        }
    }
    last.issuer.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_certificates::{Authority, Leaf};

    const NOW: u64 = 1_790_000_000;

    fn led(leaf: &Leaf, with: &[&Authority], to: &[&Authority], now: u64) -> Result<usize, Refusal> {
        let chain: Vec<_> = std::iter::once(leaf.der()).chain(with.iter().map(|authority| authority.der())).collect();
        lead(&chain, to.iter().enumerate().map(|(index, authority)| (authority.der(), index)), now)
    }

    fn unknown(issuer: &str) -> Result<usize, Refusal> {
        Err(Refusal::UnknownAuthority { issuer: issuer.into() })
    }

    #[test]
    fn a_leaf_leads_to_a_root_or_to_an_authority_between() {
        let root = Authority::root("root");
        let between = root.authority("between");
        let leaf = between.leaf("dev-01");
        let other = Authority::root("other");
        assert_eq!(led(&root.leaf("x"), &[], &[&other, &root], NOW), Ok(1));
        assert_eq!(led(&leaf, &[&between], &[&root], NOW), Ok(0));
        assert_eq!(led(&leaf, &[&other, &root, &between], &[&root], NOW), Ok(0), "in any order, and more than needed");
        assert_eq!(led(&leaf, &[], &[&between], NOW), Ok(0));
        assert_eq!(led(&leaf, &[], &[&root], NOW), unknown("CN=between"), "nothing between was sent");
        assert_eq!(led(&leaf, &[&between], &[&other], NOW), unknown("CN=root"));
        assert_eq!(led(&leaf, &[&between], &[], NOW), unknown("CN=root"));
    }

    #[test]
    fn what_is_wrong_with_a_chain_is_said() {
        let root = Authority::root("root");
        let impostor = Authority::root("root");
        let fault = "a signature is not by the issuer's key".to_owned();
        assert_eq!(led(&root.leaf("x"), &[], &[&impostor], NOW), Err(Refusal::Chain { fault }));
        let between = root.authority("between");
        let as_leaf = lead(&[between.der()], [(root.der(), ())], NOW);
        assert_eq!(as_leaf, Err(Refusal::AuthorityAsLeaf));
        assert_eq!(led(&root.leaf_for_servers("x"), &[], &[&root], NOW), Err(Refusal::Usage));
        assert_eq!(lead(&[], [(root.der(), ())], NOW), Err(Refusal::NoCertificate));
        assert!(matches!(lead(&[vec![1, 2].into()], [(root.der(), ())], NOW), Err(Refusal::Chain { .. })));
    }

    #[test]
    fn dates_are_those_of_the_clock_and_say_whose() {
        let root = Authority::root("root");
        let short = root.authority_in("between", 2025, 2026);
        let leaf = short.leaf("dev-01");
        // The midnights at which 2026 and 2020 begin.
        let (end, begin) = (1_767_225_600, 1_577_836_800);
        assert_eq!(led(&leaf, &[&short], &[&root], end), Ok(0));
        let over = |subject: &str| Err(Refusal::CertificateExpired { subject: subject.into(), seconds: 7 });
        assert_eq!(led(&leaf, &[&short], &[&root], end + 7), over("CN=between"));
        assert_eq!(led(&leaf, &[], &[&short], end + 7), over("CN=between"), "also as the anchor");
        assert_eq!(led(&root.leaf_in("x", 2025, 2026), &[], &[&root], end + 7), over("CN=x"));
        let subject = "CN=dev-01".to_owned();
        let early = Refusal::CertificateNotYetValid { subject, seconds: 9 };
        assert_eq!(led(&leaf, &[&short], &[&root], begin - 9), Err(early));
    }
}
