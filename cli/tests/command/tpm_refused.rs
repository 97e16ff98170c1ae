//! Registrations with a TPM that fail: the fault that is reported, and that the device keeps its previous key.

use crate::support::{
    HOST, defenderauth,
    machine::{ID, IDENTITY, Machine, Swtpm},
    site::SCOPE,
};
use defender_auth_emulator::{Fault, Operation};

/// A registered machine, with a fault in its next registration.
fn with_fault(fault: Fault, skip: u32) -> Machine {
    let machine = Machine::registered();
    machine.site.emulator.fault_after(Operation::Register, skip, fault, 1);
    machine
}

/// A key of another program at the handle of the hub's key.
fn occupy(swtpm: &Swtpm) {
    let attributes = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign";
    swtpm.tool(&format!("createprimary -C o -G rsa2048:rsassa:null -a {attributes} -c foreign.ctx"));
    swtpm.tool(&format!("evictcontrol -C o -c foreign.ctx {IDENTITY}"));
    swtpm.tool("flushcontext -t");
}

#[test]
#[ignore = "needs swtpm"]
fn a_key_for_another_tpm_or_a_damaged_one_is_reported_and_the_previous_key_is_kept() {
    for fault in [Fault::ForeignEndorsementKey, Fault::BadKeyBlob] {
        // With the key for the registration, and with the hub's.
        for skip in [0, 1] {
            let machine = with_fault(fault.clone(), skip);
            let enrol = "the endorsement key of the enrollment is that of another TPM, or the key blob was changed in \
                         transit; enroll the endorsement key of this TPM";
            let run = machine.provision(&[]).failed(1, &[enrol, "fault: the service's registry"]);
            assert!(!run.shows("failure mode") && run.out.is_empty(), "{run:?}");
            assert_eq!(machine.tpm.handles("persistent"), [IDENTITY]);
            machine.is_accepted();
            machine.provision(&[]).done();
            machine.is_accepted();
        }
    }
}

#[test]
#[ignore = "needs swtpm"]
fn another_tpms_enrollment_is_refused_by_the_service() {
    let (machine, other) = (Machine::new(), Swtpm::new());
    let run = machine.provision_through(&other.endpoint().to_string(), &[]);
    let enrol = "a TPM is enrolled by its endorsement key";
    run.failed(
        1,
        &["the provisioning service answered 401", enrol, "fault: the credential, or the service's registry"],
    );
    other.assert_empty("after a refusal");
    assert_eq!(other.handles("persistent"), [""; 0]);
    assert_eq!(machine.site.journal().len(), 1, "{:?}", machine.site.journal());
}

#[test]
#[ignore = "needs swtpm"]
fn a_second_challenge_is_an_error() {
    let machine = with_fault(Fault::SecondChallenge, 1);
    let before = machine.site.journal().len();
    let run = machine.provision(&[]).failed(1, &["answered 401", "Authorization required"]);
    assert!(run.out.is_empty(), "{run:?}");
    // Its own challenge, the fault, and the challenge that came of it; it did not go on.
    assert_eq!(machine.site.journal().len(), before + 3, "{:?}", machine.site.journal());
    machine.is_accepted();
}

#[test]
#[ignore = "needs swtpm"]
fn a_disabled_enrollment_leaves_the_previous_key() {
    let machine = Machine::registered();
    machine.site.emulator.disable_enrollment(ID).unwrap();
    machine.provision(&[]).failed(1, &["the enrollment is disabled"]);
    machine.is_accepted();
    machine.site.emulator.enable_enrollment(ID).unwrap();
    machine.provision(&[]).done();
    machine.is_accepted();
}

#[test]
#[ignore = "needs swtpm"]
fn a_foreign_key_at_the_handle_of_the_hubs_is_reported_before_any_request() {
    let machine = Machine::new();
    occupy(&machine.tpm);
    let foreign = "0x81000100 holds an RSA key of another template, which cannot be used as the identity key; choose \
                   another handle for the identity key (--identity-handle)";
    machine.provision(&[]).failed(2, &[foreign]);
    machine.authenticate(&["--id-scope", SCOPE]).failed(2, &[foreign]);
    machine.show(&[]).failed(2, &[foreign]);
    machine.connect(&[]).failed(2, &["the object at 0x81000100 is not an HMAC key with SHA-256; choose another handle for the identity key (--identity-handle)"]);
    assert_eq!(machine.site.journal(), [""; 0]);
    machine.provision(&["--identity-handle", "0x81000101"]).done();
    assert_eq!(machine.tpm.handles("persistent"), [IDENTITY, "0x81000101"]);
    machine.connect(&["--identity-handle", "0x81000101"]).done();
}

#[test]
#[ignore = "needs swtpm"]
fn the_owners_password_comes_from_a_file() {
    let machine = Machine::new();
    machine.provision(&["--persist-keys"]).done();
    machine.tpm.tool("changeauth -c owner owned");
    let [right, wrong] = ["owned", "guess"].map(|text| machine.site.scratch.write(text, text));
    machine
        .provision(&[])
        .failed(2, &["EvictControl", "the owner hierarchy requires a password; give it (--owner-password-file)"]);
    let guess = machine.provision(&["--owner-password-file", &wrong]);
    guess.failed(
        2,
        &["the password given for the owner hierarchy is wrong; give the right one (--owner-password-file)"],
    );
    machine.is_accepted();
    machine.provision(&["--owner-password-file", &right]).done();
    machine.is_accepted();
}

#[test]
#[ignore = "needs swtpm"]
fn without_an_identity_key_the_hub_is_not_contacted() {
    let machine = Machine::new();
    let missing = "there is no identity key at 0x81000100; provision the device first";
    machine.connect(&[]).failed(2, &[missing]);
    machine.authenticate(&["--host-name", HOST, "--device-id", ID]).failed(2, &[missing]);
    let device = ["token", "--tpm", &machine.tcti(), "--host-name", HOST, "--device-id", ID, "--ttl", "1h"];
    defenderauth(&device, "").failed(2, &[missing]);
    assert_eq!(machine.site.journal(), [""; 0]);
}

#[test]
fn what_a_tpm_cannot_do_is_refused_with_the_reason() {
    // The TPM is not opened.
    let provision = ["provision", "--tpm", "device:/nowhere", "--id-scope", SCOPE];
    for (more, why) in [
        (&["--carrier", "mqtt"][..], "a TPM registers over HTTPS only, because MQTT has no challenge"),
        (&["--lookup"], "a lookup has no challenge that a TPM could answer"),
        (
            &["--write-connection-string", "/nowhere/string"],
            "a connection string holds the key, which never leaves the TPM",
        ),
    ] {
        defenderauth(&[&provision[..], more].concat(), "").failed(2, &[why, "leave out --", "fault: the call"]);
    }
    defenderauth(&provision, "").failed(2, &["/nowhere: there is no TPM here"]);
}

#[test]
fn wrong_combinations_are_refused() {
    let tpm = ["--tpm", "device:/nowhere"];
    let device = ["--host-name", HOST, "--device-id", ID];
    for (call, words) in [
        ([&["authenticate", "folder"], &tpm[..]].concat(), &["cannot be used with '--tpm <TCTI>'"][..]),
        ([&["authenticate"], &tpm[..]].concat(), &["required", "<FILE|DIR|-|--id-scope <SCOPE>|--host-name <HOST>|"]),
        ([&["authenticate"], &device[..]].concat(), &["required", "--tpm <TCTI>"]),
        ([&["authenticate"], &tpm[..], &device[..2]].concat(), &["required", "--device-id <ID>"]),
        ([&["authenticate"], &tpm[..], &device, &["--id-scope", SCOPE]].concat(), &["cannot be used with"]),
        ([&["authenticate"], &tpm[..], &device, &["--registration-id", ID]].concat(), &["cannot be used with"]),
        (vec!["authenticate", "folder", "--persist-keys"], &["cannot be used with", "--persist-keys"]),
        (vec!["authenticate", "folder", "--module-id", "m"], &["cannot be used with '--module-id <ID>'"]),
        (vec!["authenticate", "folder", "--registration-id", ID], &["cannot be used with '--registration-id <ID>'"]),
        (vec!["token", "file", "--ttl", "1h", "--device-id", ID], &["cannot be used with '--device-id <ID>'"]),
        (vec!["twin", "folder", "--identity-handle", "0x81000100"], &["cannot be used with", "--identity-handle"]),
        ([&["token", "--ttl", "1h"], &tpm[..]].concat(), &["required", "<FILE|DIR|-|--host-name <HOST>>"]),
        ([&["token", "--ttl", "1h", "--service"], &tpm[..], &device].concat(), &["--service", "cannot be used with"]),
        ([&["provision", "--id-scope", SCOPE, "--key-file", "k"], &tpm[..]].concat(), &["cannot be used with"]),
        (vec!["provision", "--id-scope", SCOPE, "--registration-id", ID], &["required", "--tpm <TCTI>"]),
    ] {
        defenderauth(&call, "").misused(words);
    }
}
