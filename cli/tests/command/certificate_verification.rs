//! Proofs of possession of a CA's key, and CAs made by other programs.

use crate::support::{Run, Scratch, defenderauth};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::pki_types::{CertificateDer, UnixTime, pem::PemObject as _};
use std::{fs, path::Path, process::Command};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

const CODE: &str = "106A5SD242AF512B3498BD6098C4941E66R34H268DDB3288";

fn office() -> Scratch {
    let office = Scratch::new();
    let root = ["certificate", "new", "root", "--common-name", "Root", "--out-dir", &office.folder()];
    defenderauth(&root, "").done();
    office
}

/// A proof by these files, as the file `proof.pem`.
fn prove(office: &Scratch, code: &str, ca: &str, key: &str) -> Run {
    let (ca, key, proof) = (office.path(ca), office.path(key), office.path("proof.pem"));
    let files = ["--sign-with", &ca, "--sign-key", &key, "--cert-file", &proof];
    defenderauth(&[&["certificate", "verification", "--code", code], &files[..]].concat(), "")
}

fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_proof_is_one_certificate_that_the_ca_has_signed() {
    let office = office();
    let run = prove(&office, CODE, "root.pem", "root.key.pem").done();
    assert!(run.out.contains(CODE) && run.out.contains("for testing only"), "{run:?}");
    let read = |name| CertificateDer::pem_file_iter(office.path(name)).unwrap().map(Result::unwrap).collect::<Vec<_>>();
    let (proof, root) = (read("proof.pem"), read("root.pem"));
    assert_eq!(proof.len(), 1);
    assert!(proof[0].windows(CODE.len()).any(|bytes| bytes == CODE.as_bytes()), "it bears the code");
    let anchors = [anchor_from_trusted_cert(&root[0]).unwrap()];
    let (now, client) = (UnixTime::now(), KeyUsage::client_auth());
    let leaf = EndEntityCert::try_from(&proof[0]).unwrap();
    assert!(leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &[], now, client, None, None).is_ok());
    assert!(!fs::read_to_string(office.path("proof.pem")).unwrap().contains("PRIVATE KEY"));
    prove(&office, CODE, "root.pem", "root.key.pem").failed(2, &["proof.pem", "it exists already", "--force"]);
}

#[test]
fn a_folder_gets_it_under_the_usual_name() {
    let office = office();
    let signer = ["--sign-with", &office.path("root.pem"), "--sign-key", &office.path("root.key.pem")];
    let call = ["certificate", "verification", "--code", CODE, "--out-dir", &office.folder()];
    defenderauth(&[&call[..], &signer].concat(), "").done();
    assert!(Path::new(&office.path("verification.pem")).exists());
    assert_eq!(fs::read_dir(office.folder()).unwrap().count(), 3, "no key, and nothing else");
}

#[test]
fn a_code_that_cannot_be_one_is_refused() {
    let office = office();
    for code in ["", "10 6A", "<code>", "CN=1"] {
        prove(&office, code, "root.pem", "root.key.pem").misused(&["--code", "copy the code again"]);
    }
    prove(&office, &"A".repeat(65), "root.pem", "root.key.pem").misused(&["--code", "at most 64"]);
}

#[test]
fn files_that_are_no_ca_or_no_key_are_named_with_the_cure() {
    let office = office();
    let read = |name| fs::read_to_string(office.path(name)).unwrap();
    let (root, key) = (read("root.pem"), read("root.key.pem"));
    let renamed = |name: &str| key.replace("PRIVATE KEY", name);
    for (name, text, words) in [
        ("empty", String::new(), "it is empty"),
        ("certificate", root.clone(), "in the place of a private key"),
        ("encrypted", renamed("ENCRYPTED PRIVATE KEY"), "encrypted in a way that is not supported"),
        ("two", format!("{key}{key}"), "this is a second private key"),
        ("cut", key[..key.len() - 20].to_owned(), "`-----END …-----` is missing"),
        ("damaged", key.replace("MIG", "AAG"), "not a private key of the kind"),
    ] {
        office.write(name, text);
        let run = prove(&office, CODE, "root.pem", name).failed(2, &[&office.path(name), words]);
        assert!(!key.lines().any(|line| line.len() > 20 && run.shows(line)), "{run:?}");
    }
    for (name, text, words) in [
        ("no-ca", key, "in the place of a certificate"),
        (
            "cut-chain",
            format!("{root}{}", &root[..100]),
            "block 2 (CERTIFICATE): its line `-----END …-----` is missing",
        ),
        ("broken", root.replace("MII", "AII"), "block 1 (CERTIFICATE): these bytes are not an X.509 certificate"),
    ] {
        office.write(name, text);
        prove(&office, CODE, name, "root.key.pem").failed(2, &[&office.path(name), words]);
    }
    let der = CertificateDer::from_pem_file(office.path("root.pem")).unwrap();
    office.write("root.der", &der);
    prove(&office, CODE, "root.der", "root.key.pem")
        .failed(2, &["root.der", "it is binary (DER", "`openssl x509 -inform der`"]);
    assert!(!Path::new(&office.path("proof.pem")).exists());
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn openssl_agrees_and_its_own_cas_sign_too() {
    let office = office();
    let [ca, key, proof] = ["ca.pem", "ca.key", "proof.pem"].map(|name| office.path(name));
    for kind in [&["rsa:2048"][..], &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], &["ed25519"]] {
        let start = ["req", "-x509", "-nodes", "-days", "20", "-subj", "/C=NL/O=Contoso, Ltd/CN=Own CA", "-newkey"];
        openssl(&[&start[..], kind, &["-keyout", &key, "-out", &ca]].concat());
        let run = prove(&office, CODE, "ca.pem", "ca.key").done();
        assert!(run.err.contains("the CA expires at"), "{run:?}");
        openssl(&["verify", "-purpose", "sslclient", "-CAfile", &ca, &proof]);
        assert_eq!(openssl(&["x509", "-in", &proof, "-noout", "-subject"]), format!("subject=CN = {CODE}\n"));
        fs::remove_file(&proof).unwrap();
    }
}

/// A CA that the command itself would not make.
fn odd_authority(office: &Scratch, change: impl FnOnce(&mut CertificateParams)) {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut parameters);
    let key = KeyPair::generate().unwrap();
    office.write("ca.pem", parameters.self_signed(&key).unwrap().pem());
    office.write("ca.key", key.serialize_pem());
}

#[test]
fn a_ca_that_may_not_sign_now_is_refused() {
    let office = office();
    odd_authority(&office, |ca| ca.not_after = date_time_ymd(2020, 1, 1));
    prove(&office, CODE, "ca.pem", "ca.key").failed(2, &["ca.pem", "the CA expired at 2020-01-01T00:00:00Z"]);
    odd_authority(&office, |ca| ca.not_before = date_time_ymd(2999, 1, 1));
    prove(&office, CODE, "ca.pem", "ca.key").failed(2, &["the CA is not valid before 2999", "this system's clock"]);
    odd_authority(&office, |ca| ca.key_usages = vec![KeyUsagePurpose::DigitalSignature]);
    prove(&office, CODE, "ca.pem", "ca.key").failed(2, &["ca.pem", "keyCertSign"]);
    odd_authority(&office, |ca| ca.is_ca = IsCa::ExplicitNoCa);
    prove(&office, CODE, "ca.pem", "ca.key").failed(2, &["ca.pem", "not a CA certificate"]);
    odd_authority(&office, |ca| ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    let signer = ["--sign-with", &office.path("ca.pem"), "--sign-key", &office.path("ca.key")];
    let call = ["certificate", "new", "intermediate", "--common-name", "Mid", "--out-dir", &office.folder()];
    defenderauth(&[&call[..], &signer].concat(), "").failed(2, &["ca.pem", "path length"]);
    prove(&office, CODE, "ca.pem", "ca.key").done();
}
