use super::{Facts, issuer};
use crate::journal::Refusal;
use rustls::{
    crypto::ring,
    pki_types::{CertificateDer, UnixTime},
};
use std::{cell::RefCell, time::Duration};
use webpki::{EndEntityCert, Error, KeyUsage, VerifiedPath, anchor_from_trusted_cert};

/// Certificates as a client presents them: leaf first, then intermediates.
pub(crate) type Certificates = [CertificateDer<'static>];

/// The value beside the first of these trust anchors that a chain leads to. The leaf has to be valid, must not be a CA
/// certificate, and must permit client authentication. Every certificate of the path is checked by RFC 5280.
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
            // The reason of an anchor that matched tells more.
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
    let anchor = Facts::read(authority)?;
    let broken = RefCell::new(None);
    // One path may break a rule that another one keeps: an error here makes `webpki` look for the next.
    let check = |path: &VerifiedPath<'_>| {
        let issuers: Result<Vec<Facts>, Refusal> =
            path.intermediate_certificates().map(|certificate| Facts::read(&certificate.der())).collect();
        let Err(reason) = issuers.and_then(|issuers| issuer::check(&issuers, &anchor)) else { return Ok(()) };
        broken.replace(Some(reason));
        Err(Error::UnknownIssuer)
    };
    let usage = KeyUsage::client_auth();
    let verified = leaf.verify_for_usage(algorithms, &anchors, others, time, usage, None, Some(&check)).map(drop);
    if let Err(error) = verified {
        return Err(broken.into_inner().unwrap_or_else(|| refuse(error)));
    }
    // `webpki` does not check an anchor's dates.
    anchor.check_dates(now)
}

fn refusal(error: &Error, chain: &Certificates, now: u64) -> Refusal {
    let fault = match error {
        Error::UnknownIssuer => return Refusal::UnknownAuthority { issuer: String::new() },
        Error::CaUsedAsEndEntity => return Refusal::AuthorityAsLeaf,
        Error::RequiredEkuNotFoundContext(_) => return Refusal::Usage,
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } => {
            // The error does not tell which certificate it is about.
            let mut facts = chain.iter().filter_map(|certificate| Facts::read(certificate).ok());
            if let Some(reason) = facts.find_map(|facts| facts.check_dates(now).err()) {
                return reason;
            }
            "a certificate has expired or is not yet valid".into()
        }
        Error::EndEntityUsedAsCa => "the issuer of a certificate is not a CA".into(),
        Error::InvalidSignatureForPublicKey => "a signature was not made with the issuer's key".into(),
        Error::PathLenConstraintViolated => "a path length constraint permits fewer intermediates".into(),
        Error::NameConstraintViolation => "a name constraint does not permit a name".into(),
        Error::UnsupportedCertVersion => "a certificate has a version below 3".into(),
        other => format!("{other:?}"),
    };
    Refusal::Chain { fault }
}

/// The issuer of the last certificate that the leaf leads to.
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
    use crate::test_certificates::{Authority, Constraints, Leaf};
    use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};

    const NOW: u64 = 1_790_000_000;

    fn led(leaf: &Leaf, with: &[&Authority], to: &[&Authority], now: u64) -> Result<usize, Refusal> {
        let chain: Vec<_> = std::iter::once(leaf.der()).chain(with.iter().map(|authority| authority.der())).collect();
        lead(&chain, to.iter().enumerate().map(|(index, authority)| (authority.der(), index)), now)
    }

    fn unknown(issuer: &str) -> Result<usize, Refusal> {
        Err(Refusal::UnknownAuthority { issuer: issuer.into() })
    }

    #[test]
    fn a_leaf_leads_to_a_root_or_to_an_intermediate() {
        let root = Authority::root("root");
        let between = root.authority("between");
        let leaf = between.leaf("dev-01");
        let other = Authority::root("other");
        assert_eq!(led(&root.leaf("x"), &[], &[&other, &root], NOW), Ok(1));
        assert_eq!(led(&leaf, &[&between], &[&root], NOW), Ok(0));
        assert_eq!(led(&leaf, &[&other, &root, &between], &[&root], NOW), Ok(0), "in any order, and more than needed");
        assert_eq!(led(&leaf, &[], &[&between], NOW), Ok(0));
        assert_eq!(led(&leaf, &[], &[&root], NOW), unknown("CN=between"), "the intermediate was not sent");
        assert_eq!(led(&leaf, &[&between], &[&other], NOW), unknown("CN=root"));
        assert_eq!(led(&leaf, &[&between], &[], NOW), unknown("CN=root"));
    }

    #[test]
    fn a_refusal_tells_what_is_wrong_with_a_chain() {
        let root = Authority::root("root");
        let impostor = Authority::root("root");
        let fault = "a signature was not made with the issuer's key".to_owned();
        assert_eq!(led(&root.leaf("x"), &[], &[&impostor], NOW), Err(Refusal::Chain { fault }));
        let between = root.authority("between");
        let as_leaf = lead(&[between.der()], [(root.der(), ())], NOW);
        assert_eq!(as_leaf, Err(Refusal::AuthorityAsLeaf));
        assert_eq!(led(&root.leaf_for_servers("x"), &[], &[&root], NOW), Err(Refusal::Usage));
        assert_eq!(lead(&[], [(root.der(), ())], NOW), Err(Refusal::NoCertificate));
        assert!(matches!(lead(&[vec![1, 2].into()], [(root.der(), ())], NOW), Err(Refusal::Chain { .. })));
    }

    fn issuer(subject: &str, fault: &'static str) -> Result<usize, Refusal> {
        Err(Refusal::Issuer { subject: subject.into(), fault })
    }

    const NO_SIGNING: &str = "its keyUsage does not include keyCertSign";

    #[test]
    fn an_issuer_without_key_cert_sign_is_refused() {
        let root = Authority::root("root");
        let mute = Constraints { key_usages: &[KeyUsagePurpose::DigitalSignature], ..Constraints::NONE };
        let between = root.authority_with("between", &mute);
        let leaf = between.leaf("dev-01");
        assert_eq!(led(&leaf, &[&between], &[&root], NOW), issuer("CN=between", NO_SIGNING));
        assert_eq!(led(&leaf, &[], &[&between], NOW), issuer("CN=between", NO_SIGNING), "also as the anchor");
        let bare = root.authority_with("bare", &Constraints { key_usages: &[], ..Constraints::NONE });
        assert_eq!(led(&bare.leaf("x"), &[&bare], &[&root], NOW), Ok(0), "without a keyUsage everything is permitted");
    }

    #[test]
    fn an_issuer_for_servers_only_is_refused() {
        let root = Authority::root("root");
        let servers = Constraints { extended: &[ExtendedKeyUsagePurpose::ServerAuth], ..Constraints::NONE };
        let between = root.authority_with("between", &servers);
        let leaf = between.leaf("dev-01");
        assert_eq!(led(&leaf, &[&between], &[&root], NOW), Err(Refusal::Usage));
        let fault = "its extended key usage does not include client authentication";
        assert_eq!(led(&leaf, &[], &[&between], NOW), issuer("CN=between", fault), "as the anchor");
        for usage in [ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::Any] {
            let usages = [ExtendedKeyUsagePurpose::ServerAuth, usage];
            let wide = root.authority_with("wide", &Constraints { extended: &usages, ..Constraints::NONE });
            assert_eq!(led(&wide.leaf("x"), &[], &[&wide], NOW), Ok(0));
        }
    }

    #[test]
    fn a_path_length_is_kept_by_anchors_and_intermediates() {
        let root = Authority::root("root");
        let short = root.authority_with("short", &Constraints { path_length: Some(0), ..Constraints::NONE });
        let below = short.authority("below");
        let fault = "its path length constraint permits fewer intermediates";
        assert_eq!(led(&below.leaf("x"), &[&below], &[&short], NOW), issuer("CN=short", fault));
        let fault = "a path length constraint permits fewer intermediates".to_owned();
        assert_eq!(led(&below.leaf("x"), &[&below, &short], &[&root], NOW), Err(Refusal::Chain { fault }));
        assert_eq!(led(&short.leaf("x"), &[], &[&short], NOW), Ok(0), "a leaf is permitted below it");
        let one = root.authority_with("one", &Constraints { path_length: Some(1), ..Constraints::NONE });
        let below = one.authority("below");
        assert_eq!(led(&below.leaf("x"), &[&below], &[&one], NOW), Ok(0));
    }

    #[test]
    fn name_constraints_are_kept_by_anchors_and_intermediates() {
        let root = Authority::root("root");
        let narrow =
            root.authority_with("narrow", &Constraints { permitted: Some("example.com"), ..Constraints::NONE });
        let (inside, outside) = (narrow.leaf_for("x", "dev.example.com"), narrow.leaf_for("x", "dev.example.org"));
        let refused = || Err(Refusal::Chain { fault: "a name constraint does not permit a name".into() });
        for (with, to) in [(&[][..], &narrow), (&[&narrow][..], &root)] {
            assert_eq!(led(&inside, with, &[to], NOW), Ok(0));
            assert_eq!(led(&outside, with, &[to], NOW), refused());
        }
    }

    #[test]
    fn another_path_is_taken_when_one_breaks_a_rule() {
        let root = Authority::root("root");
        let mute = Constraints { key_usages: &[KeyUsagePurpose::DigitalSignature], ..Constraints::NONE };
        let broken = root.authority_with("between", &mute);
        let whole = broken.reissued_by(&root, "between");
        let leaf = whole.leaf("dev-01");
        assert_eq!(led(&leaf, &[&broken], &[&root], NOW), issuer("CN=between", NO_SIGNING));
        assert_eq!(led(&leaf, &[&broken, &whole], &[&root], NOW), Ok(0));
        assert_eq!(led(&leaf, &[&whole, &broken], &[&root], NOW), Ok(0));
    }

    #[test]
    fn a_refusal_of_dates_names_the_certificate() {
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
