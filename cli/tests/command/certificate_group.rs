//! Whether a chain leads to the certificate of an enrollment group, and where it fails when it does not.

use crate::support::{
    Run, Scratch,
    certificates::{NOW, Signer, authority, device},
    defenderauth,
};
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, date_time_ymd};

const ID: &str = "dev-01";

/// Checks this chain against the certificate of a group.
fn check(sent: &[&Signer], group: &Signer) -> Run {
    check_pem(&sent.iter().map(|one| one.pem.as_str()).collect::<String>(), &group.pem)
}

fn check_pem(sent: &str, group: &str) -> Run {
    let folder = Scratch::new();
    let (chain, group) = (folder.write("chain.pem", sent), folder.write("group.pem", group));
    let files = ["--cert-file", &chain, "--group-ca", &group, "--now", NOW];
    defenderauth(&[&["certificate", "check", "--registration-id", ID], &files[..]].concat(), "")
}

/// The first finding is this one, and the verdict is no.
#[track_caller]
fn refused(run: &Run, start: &str, cure: &str) {
    let said = run.out.lines().find_map(|line| line.strip_prefix("refused       ")).unwrap_or_default();
    assert!(said.starts_with(start) && said.contains(cure), "no {start:?} with {cure:?} in {run:?}");
    assert!(run.code == 1 && run.out.ends_with("verdict       it will be refused\n") && run.err.is_empty(), "{run:?}");
}

#[track_caller]
fn usable(run: Run) {
    assert!(run.out.ends_with("verdict       usable\n"), "{run:?}");
    run.done();
}

/// Root, intermediate and leaf.
fn chain() -> [Signer; 3] {
    let root = Signer::root(authority("root"));
    let between = root.above(authority("between"));
    let leaf = between.above(device(ID));
    [root, between, leaf]
}

#[test]
fn a_group_may_hold_the_root_or_the_intermediate() {
    let [root, between, leaf] = chain();
    usable(check(&[&leaf, &between], &root));
    usable(check(&[&leaf, &between, &root], &root));
    usable(check(&[&leaf], &between));
    usable(check(&[&leaf, &between], &between));
    usable(check(&[&root, &leaf, &between], &root));
}

#[test]
fn an_intermediate_that_is_left_out_is_asked_for() {
    let [root, _, leaf] = chain();
    let cure = "neither in the chain nor the enrolled certificate; add the intermediates";
    refused(&check(&[&leaf], &root), "certificate 1 (CN=dev-01): its issuer CN=between is", cure);
    let other = Signer::root(authority("other"));
    let [_, between, leaf] = chain();
    refused(&check(&[&leaf, &between], &other), "certificate 2 (CN=between): its issuer CN=root is", cure);
    let own = Signer::root(device(ID));
    refused(&check(&[&own], &other), "certificate 1 (CN=dev-01): its issuer CN=dev-01 is", cure);
}

#[test]
fn a_group_of_the_same_name_with_another_key_is_reported() {
    let [_, between, leaf] = chain();
    let [namesake, ..] = chain();
    let words =
        "its signature does not verify with its issuer's key, although the names match; use the issuer's current";
    refused(&check(&[&leaf, &between], &namesake), "certificate 2 (CN=between): ", words);
    let [_, namesake, _] = chain();
    refused(&check(&[&leaf], &namesake), "certificate 1 (CN=dev-01): ", words);
}

#[test]
fn dates_of_every_certificate_count() {
    let (mut over, mut to_come) = (authority("old"), authority("new"));
    over.not_after = date_time_ymd(2026, 1, 1);
    to_come.not_before = date_time_ymd(2030, 1, 1);
    for (params, name, words) in [
        (over, "(CN=old): ", "it expired at 2026-01-01T00:00:00Z; renew it"),
        (to_come, "(CN=new): ", "it is not valid before 2030-01-01T00:00:00Z; check the clock"),
    ] {
        let root = Signer::root(params.clone());
        refused(&check(&[&root.above(device(ID))], &root), &format!("the enrolled certificate {name}"), words);
        let root = Signer::root(authority("root"));
        let between = root.above(params);
        refused(&check(&[&between.above(device(ID)), &between], &root), &format!("certificate 2 {name}"), words);
    }
}

#[test]
fn a_group_takes_clients_only() {
    let root = Signer::root(authority("root"));
    let mut server = device(ID);
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let words = "its extended key usage does not allow client authentication; have it issued with `clientAuth`";
    refused(&check(&[&root.above(server)], &root), "certificate 1 (CN=dev-01): ", words);
    let words = "it is a CA certificate and cannot authenticate a device; give the device's own";
    refused(&check(&[&root.above(authority(ID))], &root), "certificate 1 (CN=dev-01): ", words);
}

#[test]
fn only_cas_issue_certificates() {
    let [root, between, leaf] = chain();
    let words = "it is not a CA certificate and cannot issue others; enroll the certificate of the issuer";
    refused(&check(&[&leaf, &between], &leaf), "the enrolled certificate (CN=dev-01): ", words);
    let gateway = root.above(device("gateway"));
    refused(&check(&[&gateway.above(device(ID)), &gateway], &root), "certificate 2 (CN=gateway): ", words);
}

#[test]
fn the_path_length_of_a_ca_is_enforced() {
    let mut strict = authority("strict");
    strict.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let words = "there are more certificates below it than its path length allows";
    let root = Signer::root(strict.clone());
    let between = root.above(authority("between"));
    refused(&check(&[&between.above(device(ID)), &between], &root), "the enrolled certificate (CN=strict): ", words);
    usable(check(&[&root.above(device(ID))], &root));
    let root = Signer::root(authority("root"));
    let upper = root.above(strict);
    let lower = upper.above(authority("lower"));
    refused(&check(&[&lower.above(device(ID)), &lower, &upper], &root), "certificate 3 (CN=strict): ", words);
}

#[test]
fn signatures_with_sha_1_are_not_supported() {
    let text = include_str!("../../../tests/x509/data/sha1.chain.pem");
    let (leaf, root) = text.split_at(text.rfind("-----BEGIN").unwrap());
    let words = "its signature algorithm is not supported; use SHA-256";
    refused(&check_pem(leaf, root), "certificate 1 (CN=dev-01): ", words);
}
