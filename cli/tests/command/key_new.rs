//! Private keys that the command creates, in a TPM and in files.

use crate::{
    others,
    support::{Scratch, data, defenderauth},
};
#[cfg(unix)]
use crate::{support::keys::openssl, swtpm::Swtpm};
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;
use std::{fs, process::Command};

#[cfg(unix)]
#[test]
#[ignore = "needs swtpm, OpenSSL's provider tpm2"]
fn openssl_signs_with_a_key_that_was_created_in_the_tpm() {
    let tpm = Swtpm::new();
    let (scratch, tcti) = (Scratch::new(), tpm.endpoint().to_string());
    for (kind, shown) in [("p256", "EC P-256"), ("p384", "EC P-384"), ("rsa2048", "RSA 2048")] {
        let key = scratch.path(kind);
        let call = ["key", "new", "--in", "tpm", "--kind", kind, "--out", &key, "--key-tpm", &tcti, "--json"];
        let report = defenderauth(&call, "").done().json();
        tpm.assert_empty("after `key new`");
        assert_eq!((&report["place"], &report["kind"]), (&"TPM".into(), &shown.into()));
        assert_eq!(report["key"], format!("tpm:file={key}&tpm={tcti}"));
        assert_eq!(report["pss_salt"].is_null(), kind != "rsa2048");
        assert!(!report["schemes"].as_array().unwrap().is_empty(), "{report}");
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        let (message, signature) = (scratch.write("message", "a message"), scratch.path("signature"));
        let provider = ["-provider", "tpm2", "-provider", "default"];
        let sign =
            ["pkeyutl", "-sign", "-rawin", "-digest", "sha256", "-inkey", &key, "-in", &message, "-out", &signature];
        openssl(&tpm, &[&sign[..], &provider].concat());
        let public = scratch.path("public.pem");
        openssl(&tpm, &[&["pkey", "-in", &key, "-pubout", "-out", &public][..], &provider].concat());
        let verify = ["dgst", "-sha256", "-verify", &public, "-signature", &signature, &message];
        others::run(Command::new("openssl").args(verify));
        // The same key by its name.
        let again = defenderauth(&["key", "show", &key, "--key-tpm", &tcti, "--json"], "").done().json();
        assert_eq!(again["public_key"], report["public_key"]);
    }
}

#[cfg(unix)]
#[test]
#[ignore = "needs swtpm"]
fn a_password_and_an_existing_file_are_kept() {
    let tpm = Swtpm::new();
    let (scratch, tcti) = (Scratch::new(), tpm.endpoint().to_string());
    let (key, password) = (scratch.path("key.pem"), scratch.write("password", "orchid\n"));
    let call = ["key", "new", "--in", "tpm", "--out", &key, "--key-tpm", &tcti, "--passphrase-file", &password];
    defenderauth(&call, "").done();
    let before = fs::read(&key).unwrap();
    defenderauth(&call, "").failed(2, &["key.pem", "exists already", "--force"]);
    assert_eq!(fs::read(&key).unwrap(), before);
    let show = ["key", "show", &key, "--key-tpm", &tcti];
    defenderauth(&show, "").failed(2, &["password"]);
    defenderauth(&[&show[..], &["--passphrase-file", &password]].concat(), "").done();
    defenderauth(&[&call[..], &["--force"]].concat(), "").done();
    assert_ne!(fs::read(&key).unwrap(), before);
}

#[cfg(unix)]
#[test]
#[ignore = "needs swtpm"]
fn a_tpm_shows_the_kinds_of_keys_that_it_can_create() {
    let tpm = Swtpm::new();
    let shown = defenderauth(&["tpm", "show", "--json", "--tpm", &tpm.endpoint().to_string()], "").done().json();
    let kinds: Vec<_> = shown["tls_keys"].as_array().unwrap().iter().filter_map(|kind| kind.as_str()).collect();
    assert!(kinds.starts_with(&["EC P-256", "EC P-384", "RSA 2048"]), "{kinds:?}");
}

#[test]
#[cfg_attr(windows, ignore = "needs openssl")]
fn a_key_in_a_file_is_for_its_owner_and_openssl_verifies_its_request() {
    let scratch = Scratch::new();
    for (kind, shown) in [("p256", "EC P-256"), ("p384", "EC P-384")] {
        let key = scratch.path(kind);
        let run = defenderauth(&["key", "new", "--in", "file", "--kind", kind, "--out", &key], "").done();
        assert!(run.out.contains(&format!("\nkind          {shown}\n")) && !run.shows("PRIVATE KEY"), "{run:?}");
        #[cfg(unix)]
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        let request = scratch.path(&format!("{kind}.csr"));
        let call = ["certificate", "request", "--common-name", "dev-01", "--key-file", &key, "--out", &request];
        assert!(defenderauth(&call, "").done().out.is_empty());
        let verify = ["req", "-verify", "-noout", "-subject", "-in", &request];
        let seen = String::from_utf8(others::run(Command::new("openssl").args(verify)).stdout).unwrap();
        assert!(seen.contains("CN = dev-01"), "{seen}");
        defenderauth(&call, "").failed(2, &["exists already"]);
    }
    assert_eq!(fs::read_dir(scratch.folder()).unwrap().count(), 4, "no draft is left");
}

#[test]
#[cfg_attr(windows, ignore = "needs openssl")]
fn a_request_has_each_form() {
    let key = data("rsa2048.pkcs8.pem");
    let scratch = Scratch::new();
    let request = |more: &[&str]| {
        let call = ["certificate", "request", "--registration-id", "dev-01", "--key-file", &key];
        defenderauth(&[&call, more].concat(), "")
    };
    let text = request(&["--form", "base64"]).done().out;
    assert!(text.starts_with("MII") && text.lines().count() == 1, "{text}");
    let der = scratch.path("request.der");
    request(&["--form", "der", "--out", &der]).done();
    let verify = ["req", "-verify", "-noout", "-inform", "DER", "-in", &der];
    others::run(Command::new("openssl").args(verify));
    request(&["--form", "der"]).misused(&["--out"]);
    request(&["--out", &key, "--force"]).failed(2, &["which would be lost"]);
    request(&["--out", &scratch.path("no/request.pem")]).done();
}

#[test]
fn what_is_not_created_says_what_does() {
    let scratch = Scratch::new();
    let (out, text) = (scratch.path("key.pem"), scratch.write("passphrase", "orchid"));
    for (arguments, parts) in [
        (&["--in", "file", "--kind", "rsa2048", "--out", &out][..], &["openssl genpkey"][..]),
        (&["--in", "file", "--out", &out, "--passphrase-file", &text], &["openssl pkcs8"]),
        (&["--in", "tpm", "--uri", "pkcs11:object=k"], &["--out FILE"]),
        (&["--in", "pkcs11", "--out", &out], &["--uri pkcs11:"]),
        (&["--in", "pkcs11", "--uri", "tpm:handle=0x81000005"], &["--uri pkcs11:"]),
    ] {
        defenderauth(&[&["key", "new"], arguments].concat(), "").failed(2, parts);
        assert!(!fs::exists(&out).unwrap(), "{arguments:?}");
    }
    if cfg!(unix) {
        let nowhere = ["key", "new", "--in", "tpm", "--out", &out, "--key-tpm", "swtpm:path=/nowhere"];
        defenderauth(&nowhere, "").failed(2, &["/nowhere", "no TPM"]);
    }
    defenderauth(&["key", "new", "--in", "file"], "").misused(&["--out"]);
    let parent = ["key", "new", "--in", "tpm", "--out", &out, "--parent", "0x80000000"];
    defenderauth(&parent, "").misused(&["0x81ffffff"]);
}

#[cfg(unix)]
#[test]
#[ignore = "needs swtpm and openssl"]
fn an_authority_whose_key_is_in_the_tpm_issues_certificates() {
    let tpm = Swtpm::new();
    let (scratch, tcti) = (Scratch::new(), tpm.endpoint().to_string());
    for kind in ["p256", "p384", "rsa2048"] {
        let (key, root) = (scratch.path("ca.key.pem"), scratch.path("root.pem"));
        defenderauth(&["key", "new", "--in", "tpm", "--kind", kind, "--out", &key, "--key-tpm", &tcti, "--force"], "")
            .done();
        let of_ca = ["-addext", "keyUsage=critical,keyCertSign", "-subj", "/CN=root", "-days", "2"];
        let with = ["-provider", "tpm2", "-provider", "default", "-key", &key, "-out", &root];
        openssl(&tpm, &[&["req", "-x509"][..], &of_ca, &with].concat());
        let device = ["certificate", "new", "device", "--device-id", "dev-01", "--out-dir", &scratch.path(kind)];
        let signer = ["--sign-with", &root, "--sign-key", &key, "--key-tpm", &tcti];
        defenderauth(&[&device[..], &signer].concat(), "").done();
        let leaf = scratch.path(&format!("{kind}/certificate_public.pem"));
        others::run(Command::new("openssl").args(["verify", "-CAfile", &root, &leaf]));
        // The key is the root's, by every command.
        let check = ["certificate", "check", "--cert-file", &root, "--key-file", &key, "--key-tpm", &tcti, "--json"];
        let report = defenderauth(&check, "").json();
        assert!(!report.to_string().contains("another certificate"), "{report}");
        let of_leaf = ["certificate", "check", "--cert-file", &leaf, "--key-file", &key, "--key-tpm", &tcti];
        let run = defenderauth(&of_leaf, "");
        assert!(run.code == 1 && run.out.contains("refused"), "{run:?}");
    }
}
