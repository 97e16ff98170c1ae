//! What is said of a certificate before a service is asked.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use serde_json::{Value, json};
use std::{fs, slice};
use support::{Run, Scratch, defenderauth};

const ID: &str = "dev-01";

/// A folder with a root, an intermediate below it, and a device's certificate below that.
fn chain() -> Scratch {
    let scratch = Scratch::new();
    let folder = scratch.folder();
    let at = |name: &str| scratch.path(name);
    let new = |arguments: &[&str]| defenderauth(&[&["certificate", "new"], arguments].concat(), "").done();
    new(&["root", "--common-name", "root", "--out-dir", &folder]);
    let (root, key) = (at("root.pem"), at("root.key.pem"));
    new(&["intermediate", "--common-name", "between", "--ca", &root, "--ca-key", &key, "--out-dir", &folder]);
    let (ca, key) = (at("intermediate.pem"), at("intermediate.key.pem"));
    new(&["device", "--device-id", ID, "--ca", &ca, "--ca-key", &key, "--out-dir", &folder]);
    scratch
}

/// Checks the device's certificate of such a folder.
fn check(folder: &Scratch, more: &[&str]) -> Run {
    let chain = folder.path("certificate_public.pem");
    defenderauth(&[&["certificate", "check", "--chain", &chain], more].concat(), "")
}

/// It will be refused, for a reason that is said.
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
    let run = check(&folder, &["--key", &key, "--group-ca", &root, "--registration-id", ID]).done();
    assert!(run.out.contains("subject       CN=dev-01\n") && run.out.ends_with("verdict       usable\n"), "{run:?}");
}

#[test]
fn json_has_certificates_findings_and_verdict() {
    let folder = chain();
    let report = check(&folder, &["--json", "--device-id", "dev-02"]);
    assert_eq!(report.code, 1);
    let report: Value = serde_json::from_str(&report.out).unwrap();
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
    refused(&check(&folder, &["--key", &folder.path("root.key.pem")]), "does not belong to the certificate");
}

#[test]
fn a_certificate_that_is_over_or_has_not_begun_is_refused() {
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
fn a_ca_is_no_device() {
    let folder = chain();
    let root = folder.path("root.pem");
    refused(&defenderauth(&["certificate", "check", "--chain", &root, "--device-id", "root"], ""), "");
}

#[test]
fn what_cannot_be_read_is_named_with_its_cure() {
    let folder = chain();
    let request = "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n";
    let whole = fs::read_to_string(folder.path("certificate_public.pem")).unwrap();
    let (cut, _) = whole.split_once("-----END").unwrap();
    for (name, text) in [("empty.pem", ""), ("request.pem", request), ("cut.pem", cut), ("der.pem", "0\u{1}")] {
        let file = folder.write(name, text);
        let run = defenderauth(&["certificate", "check", "--chain", &file], "");
        assert!(run.out.is_empty(), "{run:?}");
        run.failed(2, slice::from_ref(&name));
    }
    let legacy = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n\
                  -----END EC PRIVATE KEY-----\n";
    let key = folder.write("legacy.pem", legacy);
    check(&folder, &["--key", &key]).failed(2, &["legacy.pem", "encrypted"]);
}
