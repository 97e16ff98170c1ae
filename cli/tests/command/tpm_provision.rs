//! A device whose key never leaves its TPM: from the enrollment to the login, and after a restart.

use crate::support::{
    HOST, KEY, LONG_KEY, defenderauth,
    machine::{ID, IDENTITY, Machine, START_AUTH_SESSION, Tap, shell},
    string,
};
use defender_auth_emulator::{Fault, Operation};
use serde_json::json;

/// `TPM2_HMAC`
const HMAC: u32 = 0x155;

#[test]
#[ignore = "needs swtpm"]
fn a_tpm_is_shown_enrolled_registered_and_logged_in() {
    let machine = Machine::new();
    let run = machine.provision(&[]).done();
    for step in [
        "registering the device at global.azure-devices-provisioning.net\n",
        "importing the registration key into the TPM\n",
        "signing with the TPM\n",
        "importing the hub's key into the TPM\n",
    ] {
        assert!(run.err.contains(step), "no {step:?} in {run:?}");
    }
    assert!(run.out.starts_with(&format!("host name     {HOST}\ndevice ID     {ID}\n")), "{run:?}");
    assert_eq!(machine.tpm.handles("persistent"), [IDENTITY]);

    let (_, next) = run.out.split_once("\nnext          ").unwrap();
    let token = shell(next).done();
    machine.tpm.assert_empty("after a token");
    let ready = string(&format!("DeviceId={ID};SharedAccessSignature={}", token.out.trim_end()));
    machine.site.accepts("-", &ready, &format!("{HOST}/{ID}"));
    machine.is_accepted();
    assert_eq!(machine.registrations(), 2, "the challenge and the registration: {:?}", machine.site.journal());
}

#[test]
#[ignore = "needs swtpm"]
fn the_tpms_own_registration_id_is_the_default() {
    let machine = Machine::new();
    let own = machine.show(&["--json"]).done().json()["registration_id"].as_str().unwrap().to_owned();
    let run = machine.site.ask_dps(&["provision", "--tpm", &machine.tcti(), "--id-scope", crate::support::site::SCOPE]);
    run.failed(1, &["there is no enrollment for this registration ID"]);
    let journal = machine.site.journal();
    assert!(journal[0].contains(&format!("register {}/{own}\"", crate::support::site::SCOPE)), "{journal:?}");
    let report = machine.provision(&["--json"]).done().json();
    assert_eq!((&report["registration_id"], &report["device_id"]), (&json!(ID), &json!(ID)));
}

#[test]
#[ignore = "needs swtpm"]
fn the_next_step_is_a_line_for_a_shell_with_every_device_id() {
    let machine = Machine::enrolled(|enrollment| enrollment.device_id("it's$(1)*"));
    let run = machine.provision(&["--identity-handle", "0x81000300"]).done();
    let (_, next) = run.out.split_once("\nnext          ").unwrap();
    let token = shell(next).done();
    let good_for = format!("{HOST}%2Fdevices%2Fit%27s%24%281%29%2A");
    assert!(token.out.to_lowercase().contains(&good_for.to_lowercase()), "{next} -> {}", token.err);
}

#[test]
#[ignore = "needs swtpm"]
fn after_a_power_cut_it_logs_in_without_a_new_activation() {
    let mut machine = Machine::registered();
    let (asked, kept) = (machine.site.journal().len(), machine.tpm.handles("persistent"));
    machine.tpm.power_cycle();
    machine.is_accepted();
    assert_eq!(machine.site.journal().len(), asked + 1, "the login and nothing else");
    assert_eq!(machine.tpm.handles("persistent"), kept);
}

#[test]
#[ignore = "needs swtpm"]
fn a_token_is_one_command() {
    let machine = Machine::registered();
    let tap = Tap::new(&machine, None);
    let device = ["token", "--tpm", &tap.tcti, "--host-name", HOST, "--device-id", ID];
    let token = defenderauth(&[&device[..], &["--ttl", "1h"]].concat(), "").done();
    assert!(token.out.starts_with("SharedAccessSignature sr=") && token.err.is_empty(), "{token:?}");
    assert_eq!(tap.codes(), [HMAC]);
}

#[test]
#[ignore = "needs swtpm"]
fn a_token_is_for_the_module_that_is_named() {
    let machine = Machine::registered();
    let device = ["token", "--tpm", &machine.tcti(), "--host-name", HOST, "--device-id", ID, "--module-id", "m"];
    let token = defenderauth(&[&device[..], &["--expires-at", "4000000000"]].concat(), "").done();
    let parts = [format!("sr={HOST}%2Fdevices%2F{ID}%2Fmodules%2Fm&"), "&se=4000000000".into()];
    assert!(parts.iter().all(|part| token.out.contains(part)), "{}", token.out);
}

#[test]
#[ignore = "needs swtpm"]
fn keys_that_were_made_persistent_are_found_again() {
    let machine = Machine::new();
    machine.provision(&["--persist-keys"]).done();
    let all = ["0x81000001", IDENTITY, "0x81010001"];
    assert_eq!(machine.tpm.handles("persistent"), all);
    machine.provision(&[]).done();
    assert_eq!(machine.tpm.handles("persistent"), all);
    machine.is_accepted();
}

#[test]
#[ignore = "needs swtpm"]
fn registering_again_imports_the_hubs_new_key() {
    let machine = Machine::registered();
    machine.site.emulator.rotate_device_keys(HOST, ID, KEY, LONG_KEY).unwrap();
    let refused = machine.connect(&[]).failed(1, &["have different keys for it; register or provision it again"]);
    assert!(refused.out.ends_with("hub           refused\n"), "{refused:?}");
    machine.provision(&[]).done();
    machine.is_accepted();
    assert_eq!(machine.tpm.handles("persistent"), [IDENTITY]);
}

#[test]
#[ignore = "needs swtpm"]
fn a_power_cut_between_challenge_and_activation_is_an_error_and_a_rerun_succeeds() {
    let mut machine = Machine::new();
    let tap = Tap::new(&machine, Some(START_AUTH_SESSION));
    let run = machine.provision_through(&tap.tcti, &[]);
    run.failed(2, &["the connection ended within a response", "fault: the TPM, or the connection to it"]);
    assert_eq!(machine.registrations(), 1, "the challenge was there");
    machine.tpm.power_cycle();
    machine.tpm.assert_empty("after a power cut");
    assert_eq!(machine.tpm.handles("persistent"), [""; 0]);
    machine.provision(&[]).done();
    machine.is_accepted();
}

#[test]
#[ignore = "needs swtpm"]
fn a_lost_response_costs_a_wait_and_not_the_key() {
    let machine = Machine::registered();
    machine.site.emulator.fault_after(Operation::Register, 1, Fault::ResetMidBody, 1);
    let run = machine.provision(&[]).done();
    assert!(run.err.contains("waiting "), "{run:?}");
    machine.is_accepted();
}
