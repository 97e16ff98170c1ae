//! The checks, each on a certificate that fails it.

use crate::data;
use defender_auth::{
    UnixTime,
    identity::{DeviceId, RegistrationId},
    x509::{Certificate, Chain, Finding, PrivateKey, Purpose, Severity, check},
};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ED25519, date_time_ymd,
};

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

pub(crate) fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params.is_ca = IsCa::ExplicitNoCa;
    params
}

pub(crate) fn ca(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// Root, intermediate and the leaf of these parameters, as PEM texts, the leaf first.
pub(crate) fn issued(leaf: &CertificateParams) -> [String; 3] {
    let keys: Vec<KeyPair> = (0..3).map(|_| KeyPair::generate().unwrap()).collect();
    let root = ca("root");
    let issuer = Issuer::from_params(&root, &keys[0]);
    let intermediate = ca("intermediate").signed_by(&keys[1], &issuer).unwrap();
    let between = ca("intermediate");
    let leaf = leaf.signed_by(&keys[2], &Issuer::from_params(&between, &keys[1])).unwrap();
    [leaf.pem(), intermediate.pem(), root.self_signed(&keys[0]).unwrap().pem()]
}

fn read(pems: &[&str]) -> Chain {
    Chain::from_pem(pems.concat().as_bytes()).unwrap()
}

fn found(chain: &Chain, purpose: Purpose<'_>) -> Vec<Finding> {
    let found = check(chain, None, purpose, NOW);
    assert!(found.iter().all(|finding| !finding.to_string().contains('\n')));
    found.iter().cloned().collect()
}

fn has(found: &[Finding], severity: Severity, matches: impl Fn(&Finding) -> bool) -> bool {
    found.iter().any(|finding| finding.severity() == severity && matches(finding))
}

#[test]
fn a_chain_in_any_order_is_put_in_order() {
    let [leaf, between, root] = issued(&params("dev-01"));
    let ordered = read(&[&leaf, &between, &root]);
    assert!(!ordered.was_reordered());
    for mixed in [[&root, &between, &leaf], [&between, &leaf, &root], [&root, &leaf, &between]] {
        let chain = read(&mixed.map(String::as_str));
        assert!(chain.was_reordered());
        assert_eq!(chain.certificates(), ordered.certificates());
        assert!(has(&found(&chain, Purpose::Any), Severity::Note, |finding| *finding == Finding::Reordered));
    }
    let notes = found(&ordered, Purpose::Any);
    assert!(has(&notes, Severity::Note, |finding| *finding == Finding::RootIncluded));
    assert!(has(&notes, Severity::Note, |finding| matches!(finding, Finding::CaSigned { .. })));
    let short = found(&read(&[&leaf]), Purpose::Any);
    assert!(has(&short, Severity::Note, |finding| matches!(finding, Finding::IssuerAbsent { number: 1, .. })));
}

#[test]
fn a_duplicate_counts_once() {
    let ([leaf, between, _], [stranger, ..]) = (issued(&params("dev-01")), issued(&params("dev-02")));
    let chain = read(&[&leaf, &between, &between, &stranger, &stranger, &leaf]);
    assert_eq!(chain.certificates(), read(&[&leaf, &between, &stranger]).certificates());
    assert_eq!((chain.linked().len(), chain.unrelated().len()), (2, 1));
    assert!(!chain.was_reordered());
}

#[test]
fn unrelated_certificates_and_broken_links_are_found() {
    let ([leaf, between, _], [other, _, _]) = (issued(&params("dev-01")), issued(&params("dev-02")));
    let strange = found(&read(&[&leaf, &between, &other]), Purpose::Any);
    assert!(has(&strange, Severity::Warning, |finding| matches!(finding, Finding::Unrelated { number: 3, .. })));
    let key = PrivateKey::from_pem(data!("ed25519.pem"), None).unwrap();
    let mismatch = check(&read(&[&leaf]), Some(&key), Purpose::Any, NOW);
    assert!(!mismatch.is_usable() && mismatch.iter().next() == Some(&Finding::KeyMismatch));
}

#[test]
fn dates_are_compared_with_the_callers_clock() {
    let chain = read(&[&issued(&params("dev-01"))[0]]);
    let at =
        |secs: u64| check(&chain, None, Purpose::Any, UnixTime::from_secs(secs)).iter().cloned().collect::<Vec<_>>();
    assert!(has(&at(1_000_000_000), Severity::Refused, |found| matches!(found, Finding::NotYetValid { .. })));
    assert!(has(&at(2_500_000_000), Severity::Refused, |found| matches!(found, Finding::Expired { .. })));
    let end = chain.certificates()[0].not_after().as_secs();
    assert!(has(&at(end - 9 * 86_400), Severity::Warning, |found| matches!(
        found,
        Finding::ExpiresSoon { days: 9, .. }
    )));
    assert!(has(&at(end - 90 * 86_400), Severity::Note, |found| matches!(found, Finding::DaysLeft { days: 90, .. })));
}

#[test]
fn an_expiry_that_is_near_is_written_in_days() {
    let chain = read(&[&issued(&params("dev-01"))[0]]);
    let end = chain.certificates()[0].not_after().as_secs();
    for (left, words) in [(0, "within a day"), (86_399, "within a day"), (86_400, "in 1 day"), (172_800, "in 2 days")] {
        let found = check(&chain, None, Purpose::Any, UnixTime::from_secs(end - left));
        let mut texts = Vec::new();
        for finding in &found {
            texts.push(finding.to_string());
        }
        assert!(texts.iter().any(|text| text.contains(&format!(" expires {words}, at "))), "{texts:?}");
    }
}

#[test]
fn usages_that_exclude_clients_are_refused() {
    let mut leaf = params("dev-01");
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
    let refused = found(&read(&[&issued(&leaf)[0]]), Purpose::Any);
    assert!(has(&refused, Severity::Refused, |finding| *finding == Finding::NotForClients));
    assert!(has(&refused, Severity::Refused, |finding| *finding == Finding::NotForSignatures));
    let refused = found(&read(&[&issued(&ca("dev-01"))[0]]), Purpose::Any);
    assert!(has(&refused, Severity::Refused, |finding| matches!(finding, Finding::CaAsLeaf { .. })));
}

#[test]
fn names_are_compared_as_each_service_does() {
    let (right, wrong) = (DeviceId::new("dev-01").unwrap(), DeviceId::new("DEV-01").unwrap());
    let registration = RegistrationId::new("dev-02").unwrap();
    let signed = read(&[&issued(&params("dev-01"))[0]]);
    let own = Chain::from_pem(data!("p256.certificate.pem")).unwrap();
    let differs = |finding: &Finding| matches!(finding, Finding::CommonNameDiffers { .. });
    assert!(!found(&signed, Purpose::Hub(&right)).iter().any(differs));
    assert!(has(&found(&signed, Purpose::Hub(&wrong)), Severity::Refused, differs));
    assert!(has(&found(&own, Purpose::Hub(&wrong)), Severity::Warning, differs));
    assert!(has(&found(&own, Purpose::Provisioning(&registration)), Severity::Refused, differs));
    let central = |finding: &Finding| matches!(finding, Finding::CentralIssuer { .. });
    assert!(has(&found(&signed, Purpose::CentralIndividual(&right)), Severity::Refused, central));
    assert!(!found(&own, Purpose::CentralIndividual(&right)).iter().any(central));
    let dotted = DeviceId::new("dev.01").unwrap();
    let id = |finding: &Finding| matches!(finding, Finding::CentralId { .. });
    assert!(has(&found(&own, Purpose::CentralIndividual(&dotted)), Severity::Refused, id));
}

#[test]
fn a_hub_requires_no_name_in_a_self_signed_certificate() {
    let mut nameless = params("");
    nameless.distinguished_name = DistinguishedName::new();
    let own = read(&[&nameless.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()]);
    let (device, registration) = (DeviceId::new("dev-01").unwrap(), RegistrationId::new("dev-01").unwrap());
    let absent = |finding: &Finding| matches!(finding, Finding::CommonNameAbsent { .. });
    assert!(!found(&own, Purpose::Hub(&device)).iter().any(absent));
    assert!(has(&found(&own, Purpose::Provisioning(&registration)), Severity::Refused, absent));
    let signed = read(&[&issued(&nameless)[0]]);
    assert!(has(&found(&signed, Purpose::Hub(&device)), Severity::Refused, absent));
}

#[test]
fn a_key_that_tls_cannot_use_is_named() {
    let (root, key) = (ca("root"), KeyPair::generate().unwrap());
    let leaf_key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let leaf = params("dev-01").signed_by(&leaf_key, &Issuer::from_params(&root, &key)).unwrap();
    let read = |der: &[u8]| Chain::new(vec![Certificate::from_der(der).unwrap()]).unwrap();
    let odd = |finding: &Finding| matches!(finding, Finding::KeyKind { number: 1, kind, .. } if kind == "Ed448");
    assert!(!found(&read(leaf.der()), Purpose::Any).iter().any(odd));
    // The same with Ed448 in the place of Ed25519.
    let mut der = leaf.der().to_vec();
    let at = der.windows(5).position(|bytes| bytes == [6, 3, 0x2b, 0x65, 0x70]).unwrap();
    der[at + 4] = 0x71;
    assert!(has(&found(&read(&der), Purpose::Any), Severity::Refused, odd));
}

#[test]
fn sha_1_is_found() {
    let chain = Chain::from_pem(data!("sha1.certificate.pem")).unwrap();
    let weak = |finding: &Finding| matches!(finding, Finding::WeakSignature { hash: "SHA-1", .. });
    assert!(has(&found(&chain, Purpose::Any), Severity::Warning, weak));
}
