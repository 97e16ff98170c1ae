//! Several ways from a leaf to a root: which one is judged, and what is sent.

use crate::checks::{NOW, ca, params};
use defender_auth::{
    error::ChainProblem as Problem,
    x509::{Certificate, Chain, EnrollmentGroups, Finding, Purpose, Severity, check, check_for_group, verify},
};
use rcgen::{CertificateParams, DnType, Issuer, KeyIdMethod, KeyPair, date_time_ymd};

/// A CA, whose key may have several certificates.
struct Signer {
    params: CertificateParams,
    key: KeyPair,
}

impl Signer {
    fn new(params: CertificateParams) -> Self {
        Self { params, key: KeyPair::generate().unwrap() }
    }

    fn root(&self) -> String {
        self.params.self_signed(&self.key).unwrap().pem()
    }

    /// A certificate for the key of another, signed by this one.
    fn sign(&self, params: &CertificateParams, key: &KeyPair) -> String {
        params.signed_by(key, &Issuer::from_params(&self.params, &self.key)).unwrap().pem()
    }
}

fn read(pems: &[&str]) -> Chain {
    Chain::from_pem(pems.concat().as_bytes()).unwrap()
}

fn one(pem: &str) -> Certificate {
    read(&[pem]).certificates()[0].clone()
}

fn expired(mut params: CertificateParams) -> CertificateParams {
    params.not_after = date_time_ymd(2026, 1, 1);
    params
}

fn ders(pems: &[&str]) -> Vec<Vec<u8>> {
    pems.iter().map(|pem| one(pem).der().to_vec()).collect()
}

/// Root, an intermediate that has expired, its renewal with the same key, and a leaf below both.
fn renewed() -> [String; 4] {
    let (root, between) = (Signer::new(ca("root")), Signer::new(ca("between")));
    let leaf = between.sign(&params("dev-01"), &KeyPair::generate().unwrap());
    let old = root.sign(&expired(ca("between")), &between.key);
    [root.root(), old, root.sign(&ca("between"), &between.key), leaf]
}

#[test]
fn a_renewed_intermediate_is_used_wherever_the_expired_one_is() {
    let [root, old, new, leaf] = renewed();
    for order in [[&leaf, &old, &new], [&leaf, &new, &old], [&old, &leaf, &new], [&new, &old, &leaf]] {
        let chain = read(&order.map(String::as_str));
        let found = check(&chain, None, Purpose::Any, NOW);
        assert!(found.is_usable(), "{found:?}");
        let replaced =
            |finding: &Finding| matches!(finding, Finding::Replaced { subject, .. } if subject == "CN=between");
        assert!(found.iter().any(replaced), "{found:?}");
        assert_eq!(verify(&chain, &one(&root), NOW), Ok(()));
        assert!(check_for_group(&chain, None, Purpose::Any, &one(&root), NOW).is_usable());
        // All of them are sent.
        assert_eq!((chain.linked().len(), chain.unrelated().len()), (3, 0));
        assert_eq!(chain.path(NOW).iter().map(|(_, one)| one.der()).collect::<Vec<_>>(), ders(&[&leaf, &new]));
    }
    assert_eq!(
        read(&[&leaf, &old, &new]).to_client_certificate().chain(),
        ders(&[&leaf, &old, &new]),
        "as it was given"
    );
    let alone = check(&read(&[&leaf, &old]), None, Purpose::Any, NOW);
    assert!(alone.iter().any(|finding| matches!(finding, Finding::Expired { number: 2, .. })));
}

#[test]
fn a_cross_signed_issuer_leads_to_either_root() {
    let [ours, theirs, between] = ["ours", "theirs", "between"].map(|name| Signer::new(ca(name)));
    let leaf = between.sign(&params("dev-01"), &KeyPair::generate().unwrap());
    let [by_theirs, by_ours] = [&theirs, &ours].map(|root| root.sign(&ca("between"), &between.key));
    for sent in [vec![&*leaf, &by_theirs, &by_ours], vec![&leaf, &by_ours, &by_theirs]] {
        let chain = read(&sent);
        assert_eq!((chain.linked().len(), chain.was_reordered()), (3, false));
        for root in [&ours, &theirs] {
            let enrolled = one(&root.root());
            assert_eq!(verify(&chain, &enrolled, NOW), Ok(()));
            let found = check_for_group(&chain, None, Purpose::Any, &enrolled, NOW);
            assert!(
                found.is_usable() && found.iter().any(|one| matches!(one, Finding::Alternative { .. })),
                "{found:?}"
            );
        }
    }
    // What is not sent does not help.
    let chain = read(&[&leaf, &by_theirs]);
    let error = verify(&chain, &one(&ours.root()), NOW).unwrap_err();
    assert!(error.number == 2 && matches!(error.problem, Problem::UnknownIssuer { .. }), "{error}");
}

#[test]
fn a_namesake_in_front_does_not_hide_the_issuer() {
    let (root, between, other) = (Signer::new(ca("root")), Signer::new(ca("between")), Signer::new(ca("between")));
    let leaf = between.sign(&params("dev-01"), &KeyPair::generate().unwrap());
    let [right, namesake] = [&between, &other].map(|one| root.sign(&ca("between"), &one.key));
    let chain = read(&[&leaf, &namesake, &right]);
    assert_eq!(chain.linked().iter().map(Certificate::der).collect::<Vec<_>>(), ders(&[&leaf, &right]));
    let found = check(&chain, None, Purpose::Any, NOW);
    assert!(
        found.is_usable() && found.iter().any(|one| matches!(one, Finding::Unrelated { number: 3, .. })),
        "{found:?}"
    );
}

#[test]
fn a_way_through_a_ca_that_may_not_sign_is_not_taken() {
    let (root, between) = (Signer::new(ca("root")), Signer::new(ca("between")));
    let leaf = between.sign(&params("dev-01"), &KeyPair::generate().unwrap());
    let mut strict = ca("between");
    strict.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
    let [bad, good] = [&strict, &ca("between")].map(|params| root.sign(params, &between.key));
    let chain = read(&[&leaf, &bad, &good]);
    assert!(check(&chain, None, Purpose::Any, NOW).is_usable());
    assert_eq!(verify(&chain, &one(&root.root()), NOW), Ok(()));
}

#[test]
fn a_renewed_leaf_is_the_one_that_is_sent() {
    let (root, key) = (Signer::new(ca("root")), KeyPair::generate().unwrap());
    let [old, new] = [expired(params("dev-01")), params("dev-01")].map(|params| root.sign(&params, &key));
    for sent in [[&*old, &new], [&new, &old]] {
        let chain = read(&sent);
        assert_eq!(chain.linked(), [one(&new)]);
        assert!(check(&chain, None, Purpose::Any, NOW).is_usable());
    }
    let device = Signer::new(params("dev-01"));
    let old = expired(params("dev-01")).self_signed(&device.key).unwrap().pem();
    let new = device.root();
    assert_eq!(read(&[&old, &new]).linked(), [one(&new)]);
}

#[test]
fn a_root_that_has_expired_is_not_missed() {
    let root = Signer::new(ca("root"));
    let leaf = root.sign(&params("dev-01"), &KeyPair::generate().unwrap());
    let old = expired(ca("root")).self_signed(&root.key).unwrap().pem();
    let found = check(&read(&[&leaf, &old]), None, Purpose::Any, NOW);
    let is_told = |one: &Finding| matches!(one, Finding::RootExpired { .. }) && one.severity() == Severity::Warning;
    assert!(found.is_usable() && found.iter().any(is_told), "{found:?}");
    assert_eq!(verify(&read(&[&leaf, &old]), &one(&root.root()), NOW), Ok(()));
    let error = verify(&read(&[&leaf]), &one(&old), NOW).unwrap_err();
    assert!(error.number == 0 && matches!(error.problem, Problem::Expired { .. }), "{error}");
}

#[test]
fn what_is_above_the_enrolled_certificate_does_not_count() {
    let (root, upper, lower) = (Signer::new(ca("root")), Signer::new(ca("upper")), Signer::new(ca("lower")));
    let leaf = lower.sign(&params("dev-01"), &KeyPair::generate().unwrap());
    let (lower_pem, old) = (upper.sign(&ca("lower"), &lower.key), root.sign(&expired(ca("upper")), &upper.key));
    let chain = read(&[&leaf, &lower_pem, &old]);
    let enrolled = one(&lower_pem);
    assert!(check_for_group(&chain, None, Purpose::Any, &enrolled, NOW).is_usable());
    let mut groups = EnrollmentGroups::new();
    groups.add("line", enrolled).unwrap();
    assert_eq!(groups.find(&chain, NOW), Some("line"));
}

/// Thirty CAs of one name, of which each may have issued every other by its name.
#[test]
fn a_search_among_namesakes_ends() {
    let keys: Vec<KeyPair> = (0..30).map(|_| KeyPair::generate().unwrap()).collect();
    let mut same = ca("same");
    same.key_identifier_method = KeyIdMethod::PreSpecified(vec![1]);
    let issuer = |at: usize| Issuer::from_params(&same, &keys[at % keys.len()]);
    let mut pems: Vec<String> = (0..30).map(|at| same.signed_by(&keys[at], &issuer(at + 1)).unwrap().pem()).collect();
    pems.push(params("dev-01").signed_by(&KeyPair::generate().unwrap(), &issuer(0)).unwrap().pem());
    let text = pems.concat();
    let chain = Chain::from_pem(text.as_bytes()).unwrap();
    assert_eq!(chain.certificates()[0].common_name(), Some("dev-01"));
    let other = Signer::new(ca("same"));
    assert!(verify(&chain, &one(&other.root()), NOW).is_err());
    assert!(check(&chain, None, Purpose::Any, NOW).iter().count() > 0);
}

#[test]
fn names_of_an_issuer_decide_and_not_those_of_its_device() {
    let mut between = ca("between");
    between.distinguished_name.push(DnType::OrganizationName, "Contoso");
    let (root, between) = (Signer::new(ca("root")), Signer::new(between));
    let leaf = between.sign(&params("between"), &KeyPair::generate().unwrap());
    let chain = read(&[&root.sign(&between.params, &between.key), &leaf]);
    assert!(chain.certificates()[0].der() == one(&leaf).der() && chain.linked().len() == 2);
}
