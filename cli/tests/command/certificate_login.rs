//! Agents with certificates, up to their login.

use crate::support::{
    HOST, MODULE_KEY, Run, Scratch, defenderauth,
    site::{DPS, SCOPE, Site},
    string,
};
use defender_auth_emulator::{Device, Dps, Enrollment, Group, Hub, Module, World};
use std::fs;

const ID: &str = "dev-01";

/// Makes certificates with the command itself.
fn make(arguments: &[&str]) -> Run {
    defenderauth(&[&["certificate", "new"], arguments].concat(), "").done()
}

/// A micro agent's folder with a self-signed certificate, and its SHA-256 thumbprint.
fn micro_agent() -> (Scratch, String) {
    let scratch = Scratch::new();
    let made = make(&["self-signed", "--device-id", ID, "--out-dir", &scratch.folder()]);
    scratch.write("connection_string.txt", string(&format!("DeviceId={ID};x509=true")));
    (scratch, made.thumbprint())
}

/// A hub that knows the device by its thumbprint, with a security module that has a key.
fn hub(thumbprint: &str) -> Site {
    let module = Module::new("azureiotsecurity", MODULE_KEY);
    Site::play(World::new().hub(Hub::new(HOST).device(Device::with_thumbprint(ID, thumbprint).module(module))))
}

/// The C agent's configuration with a certificate, in the folder of a micro agent.
fn c_agent(scratch: &Scratch, file: &str) -> String {
    let text = serde_json::json!({"Configuration": {"Authentication": {
        "Identity": "Device",
        "AuthenticationMethod": "SelfSignedCertificate",
        "FilePath": file,
        "DeviceId": ID,
        "HostName": HOST,
    }}});
    scratch.write("LocalConfiguration.json", text.to_string())
}

#[test]
fn a_micro_agents_certificate_is_accepted() {
    let (folder, thumbprint) = micro_agent();
    let run = hub(&thumbprint).ask(&["authenticate", &folder.folder(), "--connect"], "").done();
    assert!(run.out.contains("credential    x509") && run.out.ends_with("accepted\n"), "{run:?}");
}

#[test]
fn another_certificate_is_refused_with_the_likely_causes() {
    let ((folder, own), (_, other)) = (micro_agent(), micro_agent());
    let run = hub(&other).ask(&["authenticate", &folder.folder(), "--connect"], "");
    let compare = format!(", SHA-256 {own}");
    run.failed(1, &["the hub expects another certificate", "compare the thumbprint: SHA-1 ", &compare]);
}

#[test]
fn a_certificate_whose_key_is_missing_is_named() {
    let (folder, _) = micro_agent();
    let key = folder.path("certificate_private.pem");
    fs::remove_file(&key).unwrap();
    defenderauth(&["authenticate", &folder.folder()], "").failed(2, &["certificate_private.pem", "no such file"]);
}

#[test]
fn a_key_of_another_certificate_is_named() {
    let ((folder, _), (other, _)) = (micro_agent(), micro_agent());
    fs::copy(other.path("certificate_private.pem"), folder.path("certificate_private.pem")).unwrap();
    defenderauth(&["authenticate", &folder.folder()], "").failed(2, &["certificate_private.pem"]);
}

#[test]
fn a_certificate_without_a_file_is_reported_as_held_elsewhere() {
    let text = string(&format!("DeviceId={ID};x509=true"));
    defenderauth(&["authenticate", "-"], &text).failed(2, &["held elsewhere"]);
}

#[test]
fn the_c_agents_single_file_leads_to_the_security_module() {
    let (folder, thumbprint) = micro_agent();
    let read = |name| fs::read_to_string(folder.path(name)).unwrap();
    folder.write("both.pem", read("certificate_public.pem") + &read("certificate_private.pem"));
    let agent = c_agent(&folder, "both.pem");
    let run = hub(&thumbprint).ask(&["authenticate", &agent, "--connect"], "").done();
    assert!(run.out.contains("azureiotsecurity") && run.out.ends_with("accepted\n"), "{run:?}");
}

#[test]
fn a_ca_signed_certificate_is_refused_in_device_mode_before_any_request() {
    let folder = Scratch::new();
    let at = |name: &str| folder.path(name);
    make(&["root", "--common-name", "root", "--out-dir", &folder.folder()]);
    let ca = ["--sign-with", &at("root.pem"), "--sign-key", &at("root.key.pem")];
    make(&[&["device", "--device-id", ID, "--out-dir", &folder.folder()], &ca[..]].concat());
    let read = |name| fs::read_to_string(at(name)).unwrap();
    folder.write("both.pem", read("certificate_public.pem") + &read("certificate_private.pem"));
    let agent = c_agent(&folder, "both.pem");
    defenderauth(&["authenticate", &agent], "").failed(2, &["self-signed"]);
}

#[test]
fn provisioning_takes_a_certificate_over_both_carriers() {
    let folder = Scratch::new();
    let at = |name: &str| folder.path(name);
    make(&["root", "--common-name", "root", "--out-dir", &folder.folder()]);
    let ca = ["--sign-with", &at("root.pem"), "--sign-key", &at("root.key.pem")];
    make(&[&["device", "--device-id", ID, "--out-dir", &folder.folder()], &ca[..]].concat());
    let group = Group::with_authority("fleet", &fs::read_to_string(at("root.pem")).unwrap()).pending(0);
    let site = Site::play(World::new().hub(Hub::new(HOST)).dps(Dps::new(SCOPE).group(group)));
    let (certificate, key) = (at("certificate_public.pem"), at("certificate_private.pem"));
    for (carrier, address) in [("https", site.emulator.https_address()), ("mqtt", site.emulator.address())] {
        let endpoint = format!("{DPS}={address}");
        let device = ["provision", "--id-scope", SCOPE, "--registration-id", ID, "--ca-file", &site.roots];
        let proof = ["--cert-file", &certificate, "--key-file", &key];
        let run = defenderauth(&[&device[..], &proof, &["--carrier", carrier, "--endpoint", &endpoint]].concat(), "");
        assert!(run.done().out.contains(HOST));
    }
}

#[test]
fn a_certificate_without_an_enrollment_is_refused_by_the_provisioning_service() {
    let (folder, _) = micro_agent();
    let other = micro_agent().1;
    let enrollment = Enrollment::with_thumbprint(ID, &other).pending(0);
    let site = Site::play(World::new().hub(Hub::new(HOST)).dps(Dps::new(SCOPE).enrollment(enrollment)));
    let (certificate, key) = (folder.path("certificate_public.pem"), folder.path("certificate_private.pem"));
    let device = ["provision", "--id-scope", SCOPE, "--registration-id", ID];
    let run = site.ask_dps(&[&device[..], &["--cert-file", &certificate, "--key-file", &key]].concat());
    run.failed(1, &["the provisioning service answered 401"]);
}
