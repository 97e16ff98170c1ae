//! What cannot be used, what may not sign, and what cannot be checked here.

use crate::{
    checks::{NOW, ca, issued, params},
    data,
    links::{Rsa, chain},
};
use defender_auth::{
    UnixTime,
    error::{CertificateProblem, ChainProblem as Problem},
    identity::DeviceId,
    x509::{Certificate, Chain, ClientIdentity, Finding, Findings, Purpose, Severity, check, check_for_group, verify},
};
use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use std::time::Duration;

fn read(pems: &[String]) -> Chain {
    Chain::from_pem(pems.concat().as_bytes()).unwrap()
}

fn one(pem: &str) -> Certificate {
    read(&[pem.into()]).certificates()[0].clone()
}

fn checked(pems: &[String]) -> Findings {
    check(&read(pems), None, Purpose::Any, NOW)
}

#[track_caller]
fn refused(found: &Findings, matches: impl Fn(&Finding) -> bool) {
    let is_refused = |finding: &Finding| finding.severity() == Severity::Refused && matches(finding);
    assert!(!found.is_usable() && found.iter().any(is_refused), "{found:?}");
}

#[test]
fn what_tls_here_cannot_use_is_not_usable() {
    let device = DeviceId::new("dev-01").unwrap();
    for (pem, key, words) in [
        (data!("foreign/v1.pem"), data!("foreign/v1.key.pem"), "UnsupportedCertVersion"),
        (data!("foreign/critical.pem"), data!("foreign/critical.key.pem"), "UnsupportedCriticalExtension"),
    ] {
        let me = ClientIdentity::from_pem_pair(pem, key, None).unwrap();
        let found = check(me.chain(), Some(me.key()), Purpose::Hub(&device), NOW);
        refused(&found, |finding| matches!(finding, Finding::UnusableByTls { reason } if reason == words));
        let error = me.check_tls().unwrap_err();
        assert_eq!(error.problem, CertificateProblem::UnusableByTls { reason: words.into() });
    }
    let good = ClientIdentity::from_pem_pair(data!("p256.certificate.pem"), data!("p256.sec1.pem"), None).unwrap();
    assert_eq!(good.check_tls(), Ok(()));
}

/// Of a device's certificate that this library would have to sign with.
#[test]
fn a_key_that_tls_here_cannot_use_is_named_in_its_certificate() {
    let (root, key) = (ca("root"), KeyPair::generate().unwrap());
    let issue = |params: &CertificateParams, key_of_it: &Rsa| {
        checked(&[params.signed_by(key_of_it, &Issuer::from_params(&root, &key)).unwrap().pem()])
    };
    let unusable = |finding: &Finding| matches!(finding, Finding::UnusableByTls { .. });
    for (length, exponent, good) in
        [(256, &[1, 0, 1][..], true), (256, &[3], false), (256, &[2, 0, 0, 0, 1], false), (272, &[1, 0, 1], false)]
    {
        let found = issue(&params("dev-01"), &Rsa::with_exponent(length, exponent));
        assert_eq!(found.is_usable(), good, "{length} {exponent:?}");
        assert_eq!(found.iter().any(unusable), !good, "{length} {exponent:?}");
    }
}

#[test]
fn a_ca_without_key_cert_sign_issues_nothing() {
    let mut weak = ca("between");
    weak.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let all = chain(&[params("dev-01"), weak.clone(), ca("root")]);
    refused(&checked(&all), |finding| matches!(finding, Finding::NoCertSign { number: 2, .. }));
    let problem = |sent: &[String], enrolled: &str| {
        let error = verify(&read(sent), &one(enrolled), NOW).unwrap_err();
        (error.number, error.problem)
    };
    assert_eq!(problem(&all[..2], &all[2]), (2, Problem::KeyCertSign));
    assert_eq!(problem(&all[..1], &all[1]), (0, Problem::KeyCertSign));
    weak.key_usages = vec![KeyUsagePurpose::CrlSign];
    let root = chain(&[params("dev-01"), weak]);
    assert_eq!(problem(&root[..1], &root[1]), (0, Problem::KeyCertSign));
    // Without the extension everything is allowed.
    let mut open = ca("between");
    open.key_usages = Vec::new();
    let all = chain(&[params("dev-01"), open, ca("root")]);
    assert!(checked(&all).is_usable() && verify(&read(&all[..2]), &one(&all[2]), NOW).is_ok());
}

#[test]
fn a_ca_for_servers_alone_issues_no_client() {
    let mut servers = ca("between");
    servers.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let all = chain(&[params("dev-01"), servers.clone(), ca("root")]);
    refused(&checked(&all), |finding| matches!(finding, Finding::IssuerNotForClients { number: 2, .. }));
    let error = verify(&read(&all[..2]), &one(&all[2]), NOW).unwrap_err();
    assert_eq!((error.number, error.problem), (2, Problem::Usage));
    // Enrolled itself, as an intermediate and as a root.
    let error = verify(&read(&all[..1]), &one(&all[1]), NOW).unwrap_err();
    assert_eq!((error.number, error.problem), (0, Problem::Usage));
    servers.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
    let all = chain(&[params("dev-01"), servers, ca("root")]);
    assert!(checked(&all).is_usable() && verify(&read(&all[..1]), &one(&all[1]), NOW).is_ok());
}

#[test]
fn a_path_length_counts_without_a_group() {
    let all = chain(&[params("dev-01"), ca("lower"), crate::links::strict("upper", 0), ca("root")]);
    refused(&checked(&all[..3]), |finding| matches!(finding, Finding::PathLength { number: 3, .. }));
    assert!(checked(&all[..2]).is_usable());
}

/// A CA that permits these names alone.
fn permits(subtree: GeneralSubtree) -> CertificateParams {
    let mut params = ca("between");
    params.name_constraints =
        Some(NameConstraints { permitted_subtrees: vec![subtree], excluded_subtrees: Vec::new() });
    params
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

#[test]
fn name_constraints_count_without_a_group() {
    let mut leaf = params("dev-01");
    leaf.subject_alt_names = vec![dns("dev-01.fabrikam.com")];
    let all = |leaf: &CertificateParams| {
        chain(&[leaf.clone(), permits(GeneralSubtree::DnsName("contoso.com".into())), ca("root")])
    };
    let violation =
        |finding: &Finding| matches!(finding, Finding::Chain(error) if error.problem == Problem::NameConstraints);
    let wrong = all(&leaf);
    // With the root in the file, and with the intermediate at its end.
    refused(&checked(&wrong), violation);
    refused(&checked(&wrong[..2]), violation);
    let error = verify(&read(&wrong[..2]), &one(&wrong[2]), NOW).unwrap_err();
    assert_eq!((error.number, error.problem), (2, Problem::NameConstraints));
    leaf.subject_alt_names = vec![dns("dev-01.contoso.com")];
    assert!(checked(&all(&leaf)).iter().all(|finding| finding.severity() < Severity::Unchecked));
}

#[test]
fn name_constraints_that_are_not_supported_here_are_no_rejection() {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Contoso");
    let all = chain(&[params("dev-01"), permits(GeneralSubtree::DirectoryName(name)), ca("root")]);
    unchecked(&all[..2], &all[2], 2);
}

/// The same verdict with and without the group: it could not be checked here.
#[track_caller]
fn unchecked(sent: &[String], enrolled: &str, number: usize) {
    let (chain, enrolled) = (read(sent), one(enrolled));
    let error = verify(&chain, &enrolled, NOW).unwrap_err();
    assert!(error.number == number && error.problem.is_unchecked(), "{error}");
    assert!(error.to_string().contains("could not be checked here"), "{error}");
    let found = check_for_group(&chain, None, Purpose::Any, &enrolled, NOW);
    assert!(found.is_usable() && check(&chain, None, Purpose::Any, NOW).is_usable(), "{found:?}");
    assert!(found.iter().any(|finding| finding.severity() == Severity::Unchecked), "{found:?}");
}

#[test]
fn a_signature_that_cannot_be_checked_here_is_no_rejection() {
    let [leaf, root] = [data!("foreign/sha512.leaf.pem"), data!("foreign/sha512.root.pem")]
        .map(|pem| String::from_utf8(pem.to_vec()).unwrap());
    unchecked(std::slice::from_ref(&leaf), &root, 1);
    let found = checked(&[leaf, root]);
    let is_told = |finding: &Finding| matches!(finding, Finding::UncheckedSignature { number: 1, .. });
    assert!(found.is_usable() && found.iter().any(is_told), "{found:?}");
}

#[test]
fn policies_and_long_chains_that_are_not_supported_here_are_no_rejection() {
    let mut between = ca("between");
    // policyConstraints (RFC 5280, section 4.2.1.11): requireExplicitPolicy 5.
    let mut policy = CustomExtension::from_oid_content(&[2, 5, 29, 36], vec![0x30, 3, 0x80, 1, 5]);
    policy.set_criticality(true);
    between.custom_extensions.push(policy);
    let all = chain(&[params("dev-01"), between, ca("root")]);
    unchecked(&all[..2], &all[2], 2);
    let names: Vec<String> = (0..8).map(|level| format!("level {level}")).collect();
    let cas = names.iter().map(|name| ca(name));
    let all = chain(&[params("dev-01")].into_iter().chain(cas).collect::<Vec<_>>());
    unchecked(&all[..8], &all[8], 1);
}

#[test]
fn rsa_pss_with_sha_1_is_sha_1() {
    let weak = |pem: &[u8]| {
        let found = check(&Chain::from_pem(pem).unwrap(), None, Purpose::Any, NOW);
        found.iter().any(|finding| matches!(finding, Finding::WeakSignature { hash: "SHA-1", .. }))
    };
    assert!(weak(data!("foreign/pss-sha1.pem")) && !weak(data!("foreign/pss-sha256.pem")));
    // The parameters of SHA-256, and SHA-1 named in them.
    let der = Chain::from_pem(data!("foreign/pss-sha256.pem")).unwrap().certificates()[0].der().to_vec();
    let sha256 = [6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    let md5 = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5, 5];
    assert_eq!(sha256.len(), md5.len());
    assert!(der.windows(sha256.len()).any(|part| part == sha256));
}

/// A leaf below a root, which is valid for so many days, and so many of them have passed.
fn soon(lifetime: u64, passed: u64) -> bool {
    let begin = NOW.as_secs() - passed * 86_400;
    let mut leaf = params("dev-01");
    let at = |secs: u64| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(secs);
    (leaf.not_before, leaf.not_after) = (at(begin), at(begin + lifetime * 86_400));
    let found = checked(&issued(&leaf)[..1]);
    assert!(found.is_usable(), "{found:?}");
    found.iter().any(|finding| matches!(finding, Finding::ExpiresSoon { .. }))
}

#[test]
fn an_expiry_is_near_when_most_of_the_lifetime_has_passed() {
    for lifetime in [1, 7, 20, 30, 90, 365, 3650] {
        assert!(!soon(lifetime, 0), "{lifetime}");
    }
    assert!(!soon(20, 15) && soon(20, 17) && !soon(30, 23) && soon(30, 25));
    // Of a long one, as before, the last month.
    assert!(!soon(365, 334) && soon(365, 336) && !soon(3650, 3619) && soon(3650, 3621));
}

#[test]
fn less_than_a_day_is_not_zero_days() {
    let mut leaf = params("dev-01");
    let at = |secs: u64| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(secs);
    (leaf.not_before, leaf.not_after) = (at(NOW.as_secs() - 60), at(NOW.as_secs() + 3600));
    let found = check(&read(&issued(&leaf)[..1]), None, Purpose::Any, UnixTime::from_secs(NOW.as_secs()));
    let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(texts.iter().any(|text| text.contains("valid for less than a day")), "{texts:?}");
}
