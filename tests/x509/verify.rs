//! Chains against enrolled certificates.

use crate::{
    checks::{NOW, ca, issued, params},
    links::chain,
};
use defender_auth::{
    Error, UnixTime,
    error::{CertificateProblem, ChainProblem as Problem, Code},
    x509::{Certificate, Chain, EnrollmentGroups, verify},
};
use rcgen::{CustomExtension, ExtendedKeyUsagePurpose};

fn read(pems: &[&str]) -> Chain {
    Chain::from_pem(pems.concat().as_bytes()).unwrap()
}

fn one(pem: &str) -> Certificate {
    read(&[pem]).certificates()[0].clone()
}

#[test]
fn a_chain_leads_to_its_root_and_to_its_intermediate() {
    let [leaf, between, root] = issued(&params("dev-01"));
    assert_eq!(verify(&read(&[&leaf, &between]), &one(&root), NOW), Ok(()));
    assert_eq!(verify(&read(&[&root, &between, &leaf]), &one(&root), NOW), Ok(()));
    assert_eq!(verify(&read(&[&leaf]), &one(&between), NOW), Ok(()));
}

#[test]
fn a_group_has_a_certificate_of_its_own() {
    let [leaf, between, root] = issued(&params("dev-01"));
    let mut groups = EnrollmentGroups::new();
    groups.add("plant", one(&root)).unwrap();
    groups.add("plant", one(&root)).unwrap();
    let error = groups.add("line", one(&root)).unwrap_err();
    assert_eq!(error.problem, CertificateProblem::OtherGroups { group: "plant".into() });
    assert_eq!(Error::from(error).code(), Code::CertificateRule);
    groups.add("line", one(&between)).unwrap();
    assert_eq!(groups.find(&read(&[&leaf, &between]), NOW), Some("line"), "the nearest");
}

#[test]
fn a_device_belongs_to_the_group_that_it_leads_to() {
    let [leaf, between, root] = issued(&params("dev-01"));
    let [stranger, ..] = issued(&params("dev-01"));
    let mut groups = EnrollmentGroups::new();
    assert_eq!(groups.find(&read(&[&leaf, &between]), NOW), None);
    groups.add("plant", one(&root)).unwrap();
    assert_eq!(groups.find(&read(&[&leaf, &between]), NOW), Some("plant"));
    assert_eq!(groups.find(&read(&[&leaf]), NOW), None, "the intermediate is missing");
    assert_eq!(groups.find(&read(&[&stranger]), NOW), None);
    assert_eq!(groups.find(&read(&[&leaf, &between]), UnixTime::from_secs(1_000_000_000)), None, "not yet");
}

#[test]
fn each_failure_names_its_certificate() {
    let [leaf, between, root] = issued(&params("dev-01"));
    let [_, _, other] = issued(&params("dev-01"));
    let failure = |chain: &Chain, enrolled: &str, now| verify(chain, &one(enrolled), now).unwrap_err();
    let error = failure(&read(&[&leaf]), &root, NOW);
    assert!(error.number == 1 && matches!(error.problem, Problem::UnknownIssuer { .. }), "{error}");
    let error = failure(&read(&[&leaf, &between]), &other, NOW);
    assert!(error.number == 2, "{error}");
    assert_eq!(failure(&read(&[&leaf, &between]), &leaf, NOW).problem, Problem::NotCa);
    let late = UnixTime::from_secs(2_500_000_000);
    assert!(matches!(failure(&read(&[&leaf]), &root, late).problem, Problem::Expired { .. }));
    let early = UnixTime::from_secs(1_000_000_000);
    assert!(matches!(failure(&read(&[&leaf]), &root, early).problem, Problem::NotYetValid { .. }));
    let mut server = params("dev-01");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let [leaf, between, root] = issued(&server);
    assert_eq!(failure(&read(&[&leaf, &between]), &root, NOW).problem, Problem::Usage);
    let [leaf, between, root] = issued(&ca("dev-01"));
    assert_eq!(failure(&read(&[&leaf, &between]), &root, NOW).problem, Problem::CaAsLeaf);
}

#[test]
fn an_unknown_critical_extension_is_named_as_the_reason() {
    let mut strange = params("dev-01");
    let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 55555, 1], vec![5, 0]);
    strange.custom_extensions.push(extension.clone());
    let [leaf, between, root] = issued(&strange);
    assert_eq!(verify(&read(&[&leaf, &between]), &one(&root), NOW), Ok(()), "it may be there");
    extension.set_criticality(true);
    strange.custom_extensions = vec![extension];
    let [leaf, between, root] = issued(&strange);
    let error = verify(&read(&[&leaf, &between]), &one(&root), NOW).unwrap_err();
    assert!(error.number == 1 && matches!(error.problem, Problem::Other { .. }), "{error}");
    assert!(error.to_string().contains("UnsupportedCriticalExtension"), "{error}");
    // In an intermediate the verifier finds it in the middle of its work.
    let mut between = ca("intermediate");
    between.custom_extensions = strange.custom_extensions;
    let sent = chain(&[params("dev-01"), between, ca("root")]);
    let error = verify(&read(&[&sent[0], &sent[1]]), &one(&sent[2]), NOW).unwrap_err();
    assert!(error.number == 2 && matches!(error.problem, Problem::Other { .. }), "{error}");
}
