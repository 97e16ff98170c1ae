//! What is said of a certificate before a service is asked.

use crate::support::{Run, Scratch, data, defenderauth};
use serde_json::json;
use std::{fs, slice};

const ID: &str = "dev-01";

/// A folder with a root, an intermediate below it, and a device's certificate below that.
fn chain() -> Scratch {
    let scratch = Scratch::new();
    let folder = scratch.folder();
    let at = |name: &str| scratch.path(name);
    let new = |arguments: &[&str]| defenderauth(&[&["certificate", "new"], arguments].concat(), "").done();
    new(&["root", "--common-name", "root", "--out-dir", &folder]);
    let (root, key) = (at("root.pem"), at("root.key.pem"));
    new(&["intermediate", "--common-name", "between", "--sign-with", &root, "--sign-key", &key, "--out-dir", &folder]);
    let (ca, key) = (at("intermediate.pem"), at("intermediate.key.pem"));
    new(&["device", "--device-id", ID, "--sign-with", &ca, "--sign-key", &key, "--out-dir", &folder]);
    scratch
}

/// Checks the device's certificate of such a folder.
fn check(folder: &Scratch, more: &[&str]) -> Run {
    let chain = folder.path("certificate_public.pem");
    defenderauth(&[&["certificate", "check", "--cert-file", &chain], more].concat(), "")
}

/// It will be refused, for a reason with these words.
#[track_caller]
fn refused(run: &Run, words: &str) {
    let lines: Vec<_> = run.out.lines().filter(|line| line.starts_with("refused ")).collect();
    assert!(run.code == 1 && lines.iter().any(|line| line.contains(words)), "no {words:?} in {run:?}");
    assert!(run.out.ends_with("verdict       it will be refused\n"), "{run:?}");
}

#[test]
fn a_good_certificate_is_usable() {
    let folder = chain();
    let (key, root) = (folder.path("certificate_private.pem"), folder.path("root.pem"));
    let run = check(&folder, &["--key-file", &key, "--group-ca", &root, "--registration-id", ID]).done();
    assert!(run.out.contains("subject       CN=dev-01\n") && run.out.ends_with("verdict       usable\n"), "{run:?}");
}

#[test]
fn json_has_certificates_findings_and_verdict() {
    let folder = chain();
    let report = check(&folder, &["--json", "--device-id", "dev-02"]);
    assert_eq!(report.code, 1);
    let report = report.json();
    assert_eq!((&report["usable"], &report["certificates"][0]["subject"]), (&json!(false), &json!("CN=dev-01")));
    assert_eq!(report["certificates"][0]["sha1"].as_str().unwrap().len(), 40);
    assert_eq!(report["findings"][0]["severity"], json!("refused"));
}

#[test]
fn another_id_is_refused() {
    let folder = chain();
    refused(&check(&folder, &["--device-id", "dev-02"]), "dev-02");
    refused(&check(&folder, &["--registration-id", "dev-02"]), "dev-02");
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let folder = chain();
    refused(&check(&folder, &["--key-file", &folder.path("root.key.pem")]), "does not belong to the certificate");
}

#[test]
fn a_certificate_that_has_expired_or_is_not_yet_valid_is_refused() {
    let folder = chain();
    refused(&check(&folder, &["--now", "4000000000"]), "");
    refused(&check(&folder, &["--now", "1000000000"]), "");
}

#[test]
fn a_group_that_it_does_not_lead_to_is_refused() {
    let (folder, other) = (chain(), chain());
    refused(&check(&folder, &["--group-ca", &other.path("root.pem")]), "");
}

#[test]
fn of_several_groups_the_nearest_is_the_devices() {
    let (folder, other) = (chain(), chain());
    let [root, between] = ["root.pem", "intermediate.pem"].map(|name| folder.path(name));
    let groups = ["--group-ca", &root, "--group-ca", &between, "--group-ca", &other.path("root.pem")];
    let run = check(&folder, &groups).done();
    assert!(run.out.contains("the device belongs to the enrollment group of ") && run.shows(&between), "{run:?}");
}

#[test]
fn two_groups_with_one_certificate_are_refused_in_the_words_of_the_documentation() {
    let folder = chain();
    let (root, copy) = (folder.path("root.pem"), folder.path("copy.pem"));
    fs::copy(&root, &copy).unwrap();
    let run = check(&folder, &["--group-ca", &root, "--group-ca", &copy]);
    run.failed(2, &["copy.pem: it is the certificate of group ", "should use a unique X.509 certificate"]);
}

#[test]
fn a_ca_is_no_device() {
    let folder = chain();
    let root = folder.path("root.pem");
    refused(&defenderauth(&["certificate", "check", "--cert-file", &root, "--device-id", "root"], ""), "");
}

#[test]
fn what_cannot_be_read_is_named_with_its_cure() {
    let folder = chain();
    let request = "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n";
    let whole = fs::read_to_string(folder.path("certificate_public.pem")).unwrap();
    let (cut, _) = whole.split_once("-----END").unwrap();
    for (name, text) in [("empty.pem", ""), ("request.pem", request), ("cut.pem", cut), ("der.pem", "0\u{1}")] {
        let file = folder.write(name, text);
        let run = defenderauth(&["certificate", "check", "--cert-file", &file], "");
        assert!(run.out.is_empty(), "{run:?}");
        run.failed(2, slice::from_ref(&name));
    }
    let legacy = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n\
                  -----END EC PRIVATE KEY-----\n";
    let key = folder.write("legacy.pem", legacy);
    check(&folder, &["--key-file", &key]).failed(2, &["legacy.pem", "encrypted"]);
}

#[test]
fn a_pfx_brings_certificate_and_key() {
    let pfx = data("p256.pfx");
    let call = ["certificate", "check", "--now", "1800000000", "--cert-file", &pfx];
    let run = defenderauth(&[&call[..], &["--device-id", ID]].concat(), "").done();
    assert!(run.out.contains("subject       CN=dev-01\n"), "{run:?}");
    let key = data("p256.pkcs8.pem");
    defenderauth(&[&call[..], &["--key-file", &key]].concat(), "")
        .failed(2, &["p256.pkcs8.pem", "leave out --key-file"]);
    let locked = data("p256.password.pfx");
    defenderauth(&["certificate", "check", "--cert-file", &locked], "")
        .failed(2, &["p256.password.pfx", "openssl pkcs12 -in"]);
}

#[test]
fn centrals_rule_for_individual_enrollments_is_an_option() {
    let self_signed = Scratch::new();
    let make = ["certificate", "new", "self-signed", "--device-id", ID, "--out-dir", &self_signed.folder()];
    defenderauth(&make, "").done();
    check(&self_signed, &["--device-id", ID, "--central"]).done();
    let signed = chain();
    check(&signed, &["--device-id", ID]).done();
    refused(&check(&signed, &["--device-id", ID, "--central"]), "between");
    refused(&check(&self_signed, &["--device-id", "dev_01", "--central"]), "letters, digits");
    check(&signed, &["--central"]).misused(&["--device-id"]);
}
