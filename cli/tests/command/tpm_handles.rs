//! A TPM whose handles hold keys of other software, the options for other handles, and paths that do not name a TPM.

use crate::scratch::Scratch;
use crate::support::{
    HOST, defenderauth,
    machine::{ID, IDENTITY, Machine, Swtpm, shell},
    run,
    site::SCOPE,
    started_by,
};
use serde_json::json;
use std::{fs, os::unix::fs::symlink, process::Command};

const EK: &str = "0x81010001";
const SRK: &str = "0x81000001";
const SIGNS: &str = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign";
const STORAGE: &str = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt";

/// A primary key of other software at a persistent handle.
fn persist(swtpm: &Swtpm, kind: &str, handle: &str) {
    swtpm.tool(&format!("createprimary -C o {kind} -c foreign.ctx"));
    swtpm.tool(&format!("evictcontrol -C o -c foreign.ctx {handle}"));
    swtpm.tool("flushcontext -t");
}

fn public(swtpm: &Swtpm, handle: &str) -> Vec<u8> {
    swtpm.tool(&format!("readpublic -c {handle} -o public"));
    swtpm.read("public")
}

#[test]
#[ignore = "needs swtpm"]
fn a_tpm_with_ecc_keys_at_the_default_handles_is_shown_and_provisioned() {
    let machine = Machine::new();
    let before = machine.show(&["--json"]).done().json();
    assert_eq!((&before["endorsement_key_handle"], &before["findings"]), (&json!(null), &json!([])));
    machine.tpm.tool(&format!("createek -G ecc -c {EK}"));
    persist(&machine.tpm, &format!("-G ecc:aes128cfb -a {STORAGE}"), SRK);
    let others = [EK, SRK].map(|handle| public(&machine.tpm, handle));

    let shown = machine.show(&["--json"]).done().json();
    for name in ["registration_id", "endorsement_key", "storage_root_key"] {
        assert_eq!(shown[name], before[name], "{name}");
    }
    let notes = [
        format!("{EK} holds an ECC key; the endorsement key is created from the template for each use"),
        format!("{SRK} holds an ECC key; the storage root key is created from the template for each use"),
    ];
    assert_eq!(
        (&shown["findings"], &shown["endorsement_key_handle"]),
        (&json!(notes.each_ref().map(|text| json!({"severity": "note", "text": text}))), &json!(null))
    );
    let text = machine.show(&[]).done();
    assert!(notes.iter().all(|note| text.out.contains(&format!("\nnote              {note}\n"))), "{text:?}");

    machine.provision(&[]).done();
    machine.is_accepted();
    assert_eq!(machine.tpm.handles("persistent"), [SRK, IDENTITY, EK]);
    assert_eq!([EK, SRK].map(|handle| public(&machine.tpm, handle)), others, "keys of other software are not changed");
}

#[test]
#[ignore = "needs swtpm"]
fn every_kind_of_foreign_key_at_the_primary_handles_is_replaced_by_a_transient_key() {
    let machine = Machine::new();
    let key = machine.show(&["--json"]).done().json()["endorsement_key"].clone();
    for (endorsement, storage, words) in [
        // A signing key; a storage key with other attributes.
        (
            format!("-G rsa2048:rsassa:null -a {SIGNS}"),
            format!("-G rsa2048:aes256cfb -a {STORAGE}"),
            ["an RSA key of another template", "an RSA key of another template"],
        ),
        (format!("-G hmac -a {SIGNS}"), format!("-G rsa2048 -a {SIGNS}"), ["an object of another type", "an RSA key"]),
    ] {
        persist(&machine.tpm, &endorsement, EK);
        persist(&machine.tpm, &storage, SRK);
        let shown = machine.show(&["--json"]).done().json();
        assert_eq!(shown["endorsement_key"], key);
        for (note, word) in words.iter().enumerate() {
            assert!(shown["findings"][note]["text"].as_str().unwrap().contains(word), "{shown}");
        }
        machine.provision(&[]).done();
        machine.is_accepted();
        for handle in [EK, SRK] {
            machine.tpm.tool(&format!("evictcontrol -C o -c {handle}"));
        }
    }
}

#[test]
#[ignore = "needs swtpm"]
fn keys_are_made_persistent_at_the_given_handles() {
    let machine = Machine::new();
    persist(&machine.tpm, "-G ecc", SRK);
    let occupied = format!(
        "{SRK} holds an ECC key, which cannot be used as the storage root key; choose another handle for the storage root \
         key (--storage-root-handle)"
    );
    machine.show(&["--persist-keys"]).failed(2, &[&occupied, "fault: the call"]);
    assert_eq!(machine.tpm.handles("persistent"), [SRK], "none of the two is made persistent");

    let handles = ["--endorsement-handle", "0x81010002", "--storage-root-handle", "0x81000002"];
    let all = [&handles[..], &["--identity-handle", "0x81000300"]].concat();
    let run = machine.provision(&[&all[..], &["--persist-keys"]].concat()).done();
    assert_eq!(machine.tpm.handles("persistent"), [SRK, "0x81000002", "0x81000300", "0x81010002"]);
    let shown = machine.show(&[&all[..], &["--json"]].concat()).done().json();
    assert_eq!(shown["endorsement_key_handle"], "0x81010002");
    assert_eq!(shown["storage_root_key_handle"], "0x81000002");
    assert_eq!((&shown["identity_key"]["is_present"], &shown["findings"]), (&json!(true), &json!([])));
    machine.connect(&all).done();

    let (_, next) = run.out.split_once("\nnext          ").unwrap();
    assert!(next.contains(&all.join(" ")), "{next}");
    shell(next).done();
}

/// A password at the default handle is not that of a key of this protocol: an empty handle is the solution.
#[test]
#[ignore = "needs swtpm"]
fn a_storage_root_key_with_a_password_is_reported_with_the_option_that_helps() {
    let machine = Machine::new();
    persist(&machine.tpm, &format!("-p secret -G rsa2048:aes128cfb -g sha256 -a {STORAGE}"), SRK);
    let password = "the key requires a password, which keys of this protocol do not have; choose another handle for the key \
                    (--storage-root-handle)";
    machine.provision(&[]).failed(2, &[password]);
    machine.provision(&["--storage-root-handle", "0x81000002"]).done();
    machine.is_accepted();
}

#[test]
#[ignore = "needs swtpm"]
fn another_key_at_a_given_handle_is_an_error_before_any_request() {
    let machine = Machine::new();
    persist(&machine.tpm, "-G ecc", "0x81000002");
    for (option, role) in
        [("--endorsement-handle", "the endorsement key"), ("--storage-root-handle", "the storage root key")]
    {
        let given = [option, "0x81000002"];
        let error = format!(
            "0x81000002 holds an ECC key, which cannot be used as {role}; choose another handle for {role} ({option})"
        );
        machine.show(&given).failed(2, &[&error]);
        machine.provision(&given).failed(2, &[&error, "fault: the call"]);
        machine.authenticate(&[&["--id-scope", SCOPE], &given[..]].concat()).failed(2, &[&error]);
    }
    assert_eq!(machine.site.journal(), [""; 0]);
}

#[test]
fn handles_that_no_persistent_key_has_are_rejected_without_the_tpm() {
    let tpm = ["tpm", "show", "--tpm", "device:/nowhere"];
    for option in ["--endorsement-handle", "--storage-root-handle", "--identity-handle"] {
        // A loaded object; an NV index; the platform's range; a number without a prefix.
        for (handle, words) in [
            ("0x80000001", "0x81000000 to 0x817fffff"),
            ("0x01c00002", "0x81000000 to 0x817fffff"),
            ("0x81800000", "0x81000000 to 0x817fffff"),
            ("81000002", "as tpm2-tools print it"),
        ] {
            defenderauth(&[&tpm[..], &[option, handle]].concat(), "").misused(&[option, words]);
        }
    }
    for twice in [&["--endorsement-handle", SRK][..], &["--identity-handle", EK], &["--storage-root-handle", IDENTITY]]
    {
        let words = [twice[1], "a different one for each key"];
        defenderauth(&[&tpm[..], twice].concat(), "").failed(2, &words);
    }
    // The same options belong to a TPM only.
    let folder = ["authenticate", "folder", "--storage-root-handle", "0x81000002"];
    defenderauth(&folder, "").misused(&["cannot be used with", "--storage-root-handle"]);
    let unnamed = ["authenticate", "--host-name", HOST, "--device-id", ID, "--endorsement-handle", "0x81010002"];
    defenderauth(&unnamed, "").misused(&["required", "--tpm"]);
}

/// To open a watchdog is to start it.
#[test]
#[ignore = "needs strace"]
fn a_path_that_is_not_the_device_of_a_tpm_is_not_opened() {
    let scratch = Scratch::new();
    let [fifo, named] = ["fifo", "tpm0"].map(|name| scratch.path(name));
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    symlink("/dev/full", &named).unwrap();
    let file = scratch.write("file", "precious");
    for (path, found) in [
        ("/dev/full", "a character device of another kind"),
        (&named, "a character device of another kind"),
        (&fifo, "a named pipe"),
        (&file, "a regular file"),
    ] {
        let log = scratch.path("log");
        let trace = ["strace", "--quiet=all", "-f", "-o", &log, "-e", "trace=open,openat,openat2"];
        let show = ["tpm", "show", "--tpm", &format!("device:{path}")].map(str::to_owned);
        let error =
            format!("{path}: it is {found}, not the device of a TPM, and was not opened; write device:/dev/tpmrm0");
        run(started_by(&trace, &show), b"").failed(2, &[&error]);
        let log = fs::read_to_string(log).unwrap();
        assert!(log.contains("openat(") && !log.contains(&format!("{path}\"")), "{log}");
    }
    assert_eq!(fs::read(file).unwrap(), b"precious");
}
