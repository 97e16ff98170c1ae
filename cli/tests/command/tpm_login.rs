//! Logins with a key in a TPM: registration and login in one call, and Device mode.

use crate::support::{
    HOST, LONG_KEY, Run,
    machine::{ID, IDENTITY, Machine},
    site::SCOPE,
};
use defender_auth_emulator::Module;
use serde_json::json;

const MODULE: &str = "azureiotsecurity";

/// The hub has accepted it as the module.
#[track_caller]
fn is_the_module(machine: &Machine, run: Run) {
    let run = run.done();
    assert!(run.out.starts_with(&format!("identity      {HOST}/devices/{ID}/modules/{MODULE}\n")), "{run:?}");
    assert!(run.out.ends_with("\nhub           accepted\n"), "{run:?}");
    assert_eq!(machine.site.journal().last(), Some(&format!("accepted {HOST}/{ID}/{MODULE}")));
}

/// A registered machine whose device has a security module.
fn with_module() -> Machine {
    let machine = Machine::registered();
    let twin = json!({ "ms_iotn:urn_azureiot_Security_SecurityAgentConfiguration": {
        "maxLocalCacheSizeInBytes": { "value": 2_560_000 },
    } });
    let module = Module::new(MODULE, LONG_KEY).desired(twin);
    machine.site.emulator.add_module(HOST, ID, module).unwrap();
    machine
}

#[test]
#[ignore = "needs swtpm"]
fn it_registers_and_logs_in_with_one_call() {
    let machine = Machine::new();
    let call = ["--id-scope", SCOPE, "--registration-id", ID, "--connect"];
    let run = machine.authenticate(&call).done();
    assert!(
        run.out.starts_with(&format!("identity      {HOST}/devices/{ID}\ncredential    external key\n")),
        "{run:?}"
    );
    assert!(run.out.ends_with("\nhub           accepted\n"), "{run:?}");
    assert_eq!(machine.tpm.handles("persistent"), [IDENTITY]);
    let again = machine.authenticate(&[&call[..], &["--json"]].concat()).done().json();
    assert_eq!((&again["connected"], &again["device_id"]), (&json!(true), &json!(ID)));
}

#[test]
#[ignore = "needs swtpm"]
fn a_known_device_reads_its_modules_key_with_the_tpms() {
    let machine = with_module();
    let before = machine.registrations();
    let run = machine.connect(&["--module-id", MODULE]);
    assert_eq!(run.err.matches("signing with the TPM\n").count(), 1, "{run:?}");
    is_the_module(&machine, run);
    assert_eq!(machine.registrations(), before);
}

#[test]
#[ignore = "needs swtpm"]
fn the_whole_chain_runs_from_the_scope_to_the_module() {
    let machine = with_module();
    let chain = ["--id-scope", SCOPE, "--registration-id", ID, "--module-id", MODULE, "--connect"];
    is_the_module(&machine, machine.authenticate(&chain));
}

#[test]
#[ignore = "needs swtpm"]
fn a_module_that_is_not_there_is_named() {
    let machine = Machine::registered();
    let run = machine.connect(&["--module-id", MODULE]).failed(1, &["404"]);
    assert!(run.out.is_empty(), "{run:?}");
}

#[test]
#[ignore = "needs swtpm"]
fn the_twin_of_the_module_is_fetched() {
    let machine = with_module();
    let tcti = machine.tcti();
    let device = ["twin", "--tpm", &tcti, "--host-name", HOST, "--device-id", ID];
    let run = machine.site.ask(&[&device[..], &["--module-id", MODULE, "--json"]].concat(), "").done();
    machine.tpm.assert_empty("after a twin");
    assert_eq!(run.json()["desired_version"], 1);
    machine.site.ask(&device, "").failed(2, &["this is a device, whose twin has no security configuration"]);
}
