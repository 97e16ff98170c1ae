//! Private keys that are encrypted, and the files that open them.

use crate::support::{
    HOST, Run, Scratch, data, defenderauth,
    site::{SCOPE, Site},
    string,
};
use defender_auth_emulator::{Device, Dps, Enrollment, Hub, World};
use std::{fs, process::Command};

const ID: &str = "dev-01";
const PASSPHRASE: &str = "orchid";

fn check(folder: &Scratch, passphrase: &str) -> Run {
    let file = folder.write("passphrase", passphrase);
    let (chain, key) = (data("p256.certificate.pem"), data("p256.encrypted.pem"));
    let call = ["certificate", "check", "--now", "1800000000", "--cert-file", &chain, "--key-file", &key];
    defenderauth(&[&call[..], &["--passphrase-file", &file]].concat(), "")
}

#[test]
fn a_passphrase_opens_the_key_with_and_without_a_line_break() {
    let folder = Scratch::new();
    for passphrase in ["orchid", "orchid\n", "orchid\r\n", "\u{feff}orchid\n"] {
        assert!(check(&folder, passphrase).done().out.ends_with("verdict       usable\n"));
    }
}

#[test]
fn a_wrong_passphrase_is_named_by_its_key_and_not_shown() {
    let folder = Scratch::new();
    for passphrase in ["rose", "orchid ", "orchid\n\n"] {
        let run =
            check(&folder, passphrase).failed(2, &["p256.encrypted.pem", "block 1", "the passphrase does not decrypt"]);
        assert!(!run.shows("rose") && !run.shows(PASSPHRASE), "{run:?}");
    }
}

#[test]
fn a_file_without_a_passphrase_is_named() {
    let folder = Scratch::new();
    for passphrase in ["", "\n"] {
        check(&folder, passphrase).failed(2, &["passphrase: there is no passphrase in it"]);
    }
    check(&folder, &"a".repeat(1025)).failed(2, &["passphrase", "1024"]);
}

#[test]
fn without_a_passphrase_the_remedy_is_reported() {
    let (chain, key) = (data("p256.certificate.pem"), data("p256.encrypted.pem"));
    let run = defenderauth(&["certificate", "check", "--cert-file", &chain, "--key-file", &key], "");
    run.failed(2, &["p256.encrypted.pem", "the key is encrypted", "give its passphrase"]);
}

/// A micro agent's folder whose key is encrypted, the passphrase in a file elsewhere, and the certificate's thumbprint.
fn micro_agent() -> (Scratch, String) {
    let scratch = Scratch::new();
    let call = ["certificate", "new", "self-signed", "--device-id", ID, "--out-dir", &scratch.folder()];
    let made = defenderauth(&call, "").done();
    scratch.write("connection_string.txt", string(&format!("DeviceId={ID};x509=true")));
    let passphrase = scratch.write("passphrase", format!("{PASSPHRASE}\n"));
    let (key, plain) = (scratch.path("certificate_private.pem"), scratch.path("plain.pem"));
    fs::rename(&key, &plain).unwrap();
    let pass = format!("file:{passphrase}");
    let encrypt = ["pkcs8", "-topk8", "-v2", "aes256", "-in", &plain, "-out", &key, "-passout", &pass];
    assert!(Command::new("openssl").args(encrypt).status().unwrap().success());
    fs::remove_file(plain).unwrap();
    (scratch, made.thumbprint())
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn an_agent_with_an_encrypted_key_is_accepted_by_the_hub() {
    let (folder, thumbprint) = micro_agent();
    let site = Site::play(World::new().hub(Hub::new(HOST).device(Device::with_thumbprint(ID, &thumbprint))));
    let passphrase = folder.path("passphrase");
    let agent = folder.folder();
    let run = site.ask(&["authenticate", &agent, "--connect", "--passphrase-file", &passphrase], "").done();
    assert!(run.out.ends_with("accepted\n"), "{run:?}");
    defenderauth(&["inspect", &agent, "--passphrase-file", &passphrase], "").done();
    defenderauth(&["authenticate", &agent], "").failed(2, &["certificate_private.pem", "give its passphrase"]);
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn a_device_with_an_encrypted_key_is_provisioned() {
    let (folder, thumbprint) = micro_agent();
    let enrollment = Enrollment::with_thumbprint(ID, &thumbprint).pending(0);
    let site = Site::play(World::new().hub(Hub::new(HOST)).dps(Dps::new(SCOPE).enrollment(enrollment)));
    let (certificate, key) = (folder.path("certificate_public.pem"), folder.path("certificate_private.pem"));
    let device = ["provision", "--id-scope", SCOPE, "--registration-id", ID];
    let proof = ["--cert-file", &certificate, "--key-file", &key];
    let opened = ["--passphrase-file", &folder.path("passphrase")];
    assert!(site.ask_dps(&[&device[..], &proof, &opened].concat()).done().out.contains(HOST));
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn a_ca_with_an_encrypted_key_signs() {
    let folder = Scratch::new();
    let root = ["certificate", "new", "root", "--common-name", "Root", "--out-dir", &folder.folder()];
    defenderauth(&root, "").done();
    let (passphrase, key) = (folder.write("passphrase", PASSPHRASE), folder.path("encrypted.pem"));
    let pass = format!("file:{passphrase}");
    let encrypt = ["pkcs8", "-topk8", "-v2", "aes256", "-in", &folder.path("root.key.pem"), "-out", &key];
    assert!(Command::new("openssl").args(encrypt).args(["-passout", &pass]).status().unwrap().success());
    let signer = ["--sign-with", &folder.path("root.pem"), "--sign-key", &key];
    let device = ["certificate", "new", "device", "--device-id", ID, "--out-dir", &folder.folder()];
    defenderauth(&[&device[..], &signer].concat(), "").failed(2, &["encrypted.pem", "give its passphrase"]);
    defenderauth(&[&device[..], &signer, &["--passphrase-file", &passphrase]].concat(), "").done();
}
