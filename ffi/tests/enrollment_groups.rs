//! Enrollment groups and what a chain leads to, through the C interface.

#![cfg(feature = "x509")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use defenderauth::{certificate::*, enrollment_groups::*, *};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use std::ptr;
use support::{Failed, blamed, call, made, read, text};

const NOW: u64 = 1_800_000_000;

fn params(name: &str, is_ca: bool) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2040, 1, 1));
    params.is_ca = if is_ca { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::ExplicitNoCa };
    params
}

fn loaded(pem: &str) -> Box<Certificate> {
    let (chain, len) = text(pem);
    made(|out, error| defenderauth_certificate_from_pem(chain, len, ptr::null(), 0, Some(out), Some(error))).unwrap()
}

/// A device's certificate with its intermediate, that intermediate, and the root.
fn issued() -> [Box<Certificate>; 3] {
    let [root_key, key, leaf_key] = [(); 3].map(|()| KeyPair::generate().unwrap());
    let (root, between) = (params("root", true), params("intermediate", true));
    let intermediate = between.signed_by(&key, &Issuer::from_params(&root, &root_key)).unwrap().pem();
    let leaf = params("dev-01", false).signed_by(&leaf_key, &Issuer::from_params(&between, &key)).unwrap().pem();
    [leaf + &intermediate, intermediate, root.self_signed(&root_key).unwrap().pem()].map(|pem| loaded(&pem))
}

fn groups() -> Result<Box<EnrollmentGroups>, Failed> {
    made(|out, error| defenderauth_enrollment_groups_new(Some(out), Some(error)))
}

fn add(groups: &mut EnrollmentGroups, name: &str, certificate: Option<&Certificate>) -> Result<(), Failed> {
    let (name, len) = text(name);
    call(|error| defenderauth_enrollment_groups_add(Some(groups), name, len, certificate, Some(error)))
}

fn find(groups: &EnrollmentGroups, certificate: &Certificate, now: u64) -> String {
    read(defenderauth_enrollment_groups_find(Some(groups), Some(certificate), now))
}

fn verify(certificate: &Certificate, enrolled: &Certificate, now: u64) -> Result<(), Failed> {
    call(|error| defenderauth_certificate_verify(Some(certificate), Some(enrolled), now, Some(error)))
}

#[test]
fn a_device_belongs_to_the_group_that_is_nearest_to_it() {
    let ([device, between, root], [stranger, ..]) = (issued(), issued());
    let mut groups = groups().unwrap();
    assert_eq!(find(&groups, &device, NOW), "");
    add(&mut groups, "plant", Some(&root)).unwrap();
    assert_eq!(find(&groups, &device, NOW), "plant");
    add(&mut groups, "plant", Some(&root)).unwrap();
    add(&mut groups, "line", Some(&between)).unwrap();
    assert_eq!(find(&groups, &device, NOW), "line");
    assert_eq!((find(&groups, &stranger, NOW), find(&groups, &device, 1_000_000_000)), (String::new(), String::new()));
    defenderauth_enrollment_groups_free(Some(groups));
}

#[test]
fn a_certificate_is_in_one_group_alone() {
    let [_, _, root] = issued();
    let mut groups = groups().unwrap();
    add(&mut groups, "plant", Some(&root)).unwrap();
    let failed = add(&mut groups, "line", Some(&root));
    assert_eq!(blamed(failed), (DEFENDERAUTH_CERTIFICATE_RULE, "certificate".into()));
    assert_eq!(blamed(add(&mut groups, "", Some(&root))), (DEFENDERAUTH_ARGUMENT, "name".into()));
    assert_eq!(blamed(add(&mut groups, "line", None)), (DEFENDERAUTH_NULL, "certificate".into()));
    assert_eq!(read(defenderauth_enrollment_groups_find(None, Some(&root), NOW)), "");
    assert_eq!(read(defenderauth_enrollment_groups_find(Some(&groups), None, NOW)), "");
    defenderauth_enrollment_groups_free(Some(groups));
    defenderauth_enrollment_groups_free(None);
}

#[test]
fn a_chain_that_leads_nowhere_says_where_it_ends() {
    let ([device, between, root], [.., other]) = (issued(), issued());
    assert_eq!((verify(&device, &root, NOW), verify(&device, &between, NOW)), (Ok(()), Ok(())));
    let failed = verify(&device, &other, NOW).unwrap_err();
    assert_eq!((failed.code, failed.field.as_str()), (DEFENDERAUTH_CERTIFICATE_RULE, "certificate"));
    assert!(failed.message.contains("certificate 2"), "{failed:?}");
    assert_eq!(blamed(verify(&device, &device, NOW)), (DEFENDERAUTH_CERTIFICATE_RULE, "enrolled".into()));
    assert_eq!(blamed(verify(&device, &root, u64::MAX)), (DEFENDERAUTH_ARGUMENT, "now".into()));
    let null = call(|error| defenderauth_certificate_verify(Some(&device), None, NOW, Some(error)));
    assert_eq!(blamed(null), (DEFENDERAUTH_NULL, "enrolled".into()));
}
