//! What is wrong is in the files, the credential or the registry.

use super::{ask, doctor, good::micro_agent, network, told};
use crate::support::{
    HOST, KEY, LONG_KEY, MODULE_KEY, Scratch,
    agents::{self, register, site_with, with_key},
    certificates::{self, Signer},
    defenderauth, device,
    site::{SCOPE, Site},
    string,
};
use defender_auth_emulator::{Device, Dps, Fault, Group, Hub, Module, Operation, World};
use rcgen::{KeyPair, date_time_ymd};
use std::fs;

#[test]
fn a_wrong_key_is_named() {
    let run = ask(&Site::new(), &["-"], &string(&format!("DeviceId=dev-01;SharedAccessKey={LONG_KEY}")));
    run.fails_first_at(1, "login", &["CONNACK 5", "the hub has other keys for it"]);
    assert!(!run.line("login").contains("clock"), "the clock was compared: {:?}", run.0);
    assert!(
        run.0.out.contains("next: az iot hub device-identity show --hub-name contoso --device-id dev-01"),
        "{:?}",
        run.0
    );
}

#[test]
fn a_wrong_module_is_named() {
    let string = string(&format!("DeviceId=dev-01;ModuleId=other;SharedAccessKey={LONG_KEY}"));
    ask(&Site::new(), &["-"], &string).fails_first_at(
        1,
        "login",
        &["/modules/other", "the hub has no such device or module"],
    );
    let site = site_with(Module::new("other", MODULE_KEY));
    let run = ask(&site, &[&agents::folder("c/device")], "");
    run.fails_first_at(1, "device mode", &["404"]);
    assert!(run.line("login").starts_with("skipped"), "{:?}", run.0);
}

#[test]
fn a_device_that_is_disabled_is_named() {
    let run = ask(&Site::new(), &["-"], &string(&format!("DeviceId=off;SharedAccessKey={KEY}")));
    run.fails_first_at(1, "login", &["or it is disabled"]);
    let site = Site::play(
        World::new().hub(Hub::new(HOST).device(Device::new("dev-01", KEY).module(agents::module()).disabled())),
    );
    ask(&site, &[&agents::folder("c/device")], "").fails_first_at(1, "device mode", &[]);
}

#[test]
fn a_module_in_device_mode_with_another_key_of_the_device_is_named() {
    let site = site_with(agents::module());
    let folder = with_key("c/device", LONG_KEY);
    let run = ask(&site, &[&folder.folder()], "");
    run.fails_first_at(1, "device mode", &["401"]);
}

#[test]
fn a_device_that_was_never_registered_is_named() {
    let site = site_with(agents::module());
    ask(&site, &[&agents::folder("c/dps")], "").fails_first_at(1, "lookup", &["the device is not registered"]);
    register(&site);
    ask(&site, &[&agents::folder("c/dps")], "").is_well();
}

#[test]
fn a_service_that_is_busy_is_named() {
    let site = site_with(agents::module());
    site.emulator.fault(Operation::ReadModule, Fault::Status(429).retry_after("30"), 9);
    ask(&site, &[&agents::folder("c/device")], "").fails_first_at(1, "device mode", &["try again later"]);
    let site = Site::new();
    site.emulator.fault(Operation::Connect, Fault::Connack(3), 9);
    ask(&site, &["-"], &device()).fails_first_at(1, "login", &["busy or down"]);
}

/// A certificate's file and its key's, and how it is given.
fn given(scratch: &Scratch, chain: &str, key: &KeyPair) -> [String; 2] {
    [scratch.write("chain.pem", chain), scratch.write("key.pem", key.serialize_pem())]
}

#[test]
fn an_expired_certificate_is_named() {
    let (folder, site) = micro_agent();
    let mut params = certificates::device("dev-01");
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2024, 1, 1));
    let key = KeyPair::generate().unwrap();
    let chain = params.self_signed(&key).unwrap().pem();
    folder.write("certificate_public.pem", chain);
    folder.write("certificate_private.pem", key.serialize_pem());
    let run = ask(&site, &[&folder.folder()], "");
    run.fails_first_at(2, "certificate", &["expired at 2024-01-01"]);
    assert!(run.line("tls").starts_with("ok") && run.line("login").starts_with("skipped"), "{:?}", run.0);
}

#[test]
fn an_intermediate_that_is_missing_is_named() {
    let scratch = Scratch::new();
    let root = Signer::root(certificates::authority("fleet root"));
    let between = root.above(certificates::authority("fleet plant 7"));
    let key = KeyPair::generate().unwrap();
    let leaf = between.issue(&certificates::device("dev-01"), &key);
    let dps = Dps::new(SCOPE).group(Group::with_authority("fleet", &root.pem).pending(0));
    let site = Site::play(World::new().hub(Hub::new(HOST).authority(&root.pem)).dps(dps));
    let device = ["--id-scope", SCOPE, "--registration-id", "dev-01"];
    let [chain, key] = given(&scratch, &format!("{leaf}{}", between.pem), &key);
    let proof = ["--cert-file", &chain, "--key-file", &key];
    site.ask_dps(&[&["provision"], &device[..], &proof].concat()).done();
    ask(&site, &[&device[..], &proof].concat(), "").is_well();
    fs::write(&chain, leaf).unwrap();
    let words = ["the issuer of certificate 1", "fleet plant 7", "is not in the file", "add the intermediates"];
    ask(&site, &[&device[..], &proof].concat(), "").fails_first_at(1, "lookup", &words);
}

#[test]
fn a_key_of_another_certificate_is_named() {
    let (folder, site) = micro_agent();
    folder.write("certificate_private.pem", KeyPair::generate().unwrap().serialize_pem());
    ask(&site, &[&folder.folder()], "").fails_first_at(
        2,
        "credential",
        &["the private key belongs to none of the certificates"],
    );
}

#[test]
fn a_file_that_is_empty_or_not_there_and_a_folder_without_files_are_named() {
    let (site, scratch) = (Site::new(), Scratch::new());
    let folder = scratch.folder();
    ask(&site, &[&folder], "").fails_first_at(2, "files", &["no file of an agent"]);
    ask(&site, &[&scratch.path("none")], "").fails_first_at(2, "files", &["does not exist"]);
    let empty = scratch.write("connection_string.txt", "");
    ask(&site, &[&folder], "").fails_first_at(2, "files", &["is empty"]);
    ask(&site, &[&empty], "").fails_first_at(2, "files", &["is empty"]);
    #[cfg(unix)]
    ask(&site, &["/dev/null"], "").fails_first_at(2, "files", &["no regular file"]);
    ask(&site, &["-"], "").0.failed_at("credential");
}

#[test]
fn the_network_is_examined_although_the_credential_cannot_be_read() {
    let site = Site::new();
    let file = site.scratch.write("string", string("DeviceId=dev-01;SharedAccessKey=?"));
    let run = ask(&site, &[&file], "");
    run.fails_first_at(2, "credential", &["string"]);
    assert!(run.line("tls").starts_with("ok") && run.line("clock").starts_with("ok"), "{:?}", run.0);
    assert!(run.line("login").contains("because there is no credential"), "{:?}", run.0);
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_change_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = Site::new();
    let file = site.scratch.write("string", device());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o602)).unwrap();
    let run = ask(&site, &[&file], "");
    run.is_well();
    assert!(run.line("files").contains("every user of this system can change it"), "{:?}", run.0);
    assert!(run.0.out.contains(&format!("next: chmod o-w {file}")), "{:?}", run.0);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let run = ask(&site, &[&file], "");
    assert!(run.line("credential").starts_with("warning") && run.line("credential").contains("chmod"), "{:?}", run.0);
}

#[test]
fn options_that_would_change_something_are_refused() {
    let site = site_with(agents::module());
    let folder = agents::folder("c/device");
    ask(&site, &[&folder, "--create-module"], "").0.failed(2, &["doctor changes nothing", "--create-module"]);
    let tpm = ["--tpm", "swtpm:path=/nowhere", "--persist-keys", "--host-name", HOST, "--device-id", "d"];
    ask(&site, &tpm, "").0.failed(2, &["doctor changes nothing", "--persist-keys"]);
    assert_eq!(site.journal(), [""; 0]);
}

#[test]
fn without_a_login_the_agents_connection_is_not_closed() {
    let site = Site::new();
    let run = told(doctor(&["-", "--no-login"], &network(&site)), &device());
    assert!(run.0.code == 0 && run.line("login").contains("--no-login is given"), "{:?}", run.0);
    assert!(!site.journal().iter().any(|entry| entry.starts_with("accepted")), "{:?}", site.journal());
    defenderauth(&["doctor", "--help"], "").done();
}
