//! The command for Windows, and a TPM that it reaches by TPM Base Services or over TCP.

use crate::{
    ended::Ended,
    others::{Authority, P256},
    support::{
        HOST,
        keys::{ID as DEVICE, Issued, is_accepted},
        machine::{ID, IDENTITY, Machine},
        site::SCOPE,
        string,
        wine::Windows,
    },
    swtpm::Swtpm,
};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

/// `TPM2_ActivateCredential`, which Windows permits to administrators.
const ACTIVATE_CREDENTIAL: &str = "147";
/// `TPM2_Sign`
const SIGN: u32 = 0x15d;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
#[ignore = "needs wine, mingw and swtpm, which `cargo xtask windows` brings"]
fn the_keys_and_the_registration_id_are_those_that_linux_reads() {
    let machine = Machine::new();
    let Some(windows) = Windows::with(&machine.tpm) else { return };
    let mut expected = machine.show(&["--json"]).done().json();
    for (tcti, arguments) in
        [("tbs:", vec![]), ("tbs:", vec!["--tpm", "tbs"]), (&windows.tcti(), vec!["--tpm", &windows.tcti()])]
    {
        let shown = windows.run(&[&["tpm", "show", "--json"], &arguments[..]].concat(), "").done();
        expected["tpm"] = tcti.into();
        assert_eq!(parsed(&shown.out), expected, "{arguments:?}");
        machine.tpm.assert_empty(tcti);
    }
}

#[test]
#[ignore = "needs wine, mingw and swtpm, which `cargo xtask windows` brings"]
fn a_device_registers_and_logs_in_by_the_key_in_the_tpm() {
    let machine = Machine::new();
    let Some(windows) = Windows::with(&machine.tpm) else { return };
    let device = ["provision", "--tpm", "tbs:", "--id-scope", SCOPE, "--registration-id", ID];
    let run = windows.ask(&machine.site, &device, "").done();
    assert!(run.out.contains(&format!("device ID     {ID}")), "{run:?}");
    assert_eq!(machine.tpm.handles("persistent"), [IDENTITY]);
    machine.tpm.assert_empty("after the registration");
    let device = ["authenticate", "--host-name", HOST, "--device-id", ID, "--connect", "--tpm"];
    for tcti in ["tbs:", &windows.tcti()] {
        let run = windows.ask(&machine.site, &[&device[..], &[tcti]].concat(), "").done();
        assert!(run.out.trim_end().ends_with("hub           accepted"), "{run:?}");
    }
    machine.is_accepted();
}

/// A TPM with a private key, the certificate of it, and the arguments that prove it.
fn issued(windows: &Windows, tpm: &Swtpm) -> (Issued, String) {
    let file = tpm.write("key.pem", b"");
    fs::remove_file(&file).unwrap();
    windows.run(&["key", "new", "--in", "tpm", "--out", &file], "").done();
    let request = windows.run(&["certificate", "request", "--registration-id", DEVICE, "--key-file", &file], "").done();
    (Issued::by(Authority::new(P256), &request.out), file)
}

#[test]
#[ignore = "needs wine, mingw, swtpm and openssl, which `cargo xtask windows` brings"]
fn a_private_key_in_the_tpm_signs_handshakes() {
    let tpm = Swtpm::new();
    let Some(windows) = Windows::with(&tpm) else { return };
    let (issued, file) = issued(&windows, &tpm);
    let hub = issued.hub();
    let text = string(&format!("DeviceId={DEVICE};x509=true"));
    for key in [file.clone(), format!("tpm:file={file}"), format!("tpm:file={file}&tpm={}", windows.tcti())] {
        let proof = ["authenticate", "-", "--connect", "--cert-file", &issued.chain, "--key-file", &key];
        is_accepted(&windows.ask(&hub, &proof, &text).done());
    }
    tpm.assert_empty("after the handshakes");
}

#[test]
#[ignore = "needs wine, mingw, swtpm and openssl, which `cargo xtask windows` brings"]
fn a_lost_connection_to_the_tpm_is_opened_again() {
    let tpm = Swtpm::new();
    let Some(windows) = Windows::with(&tpm) else { return };
    let (issued, file) = issued(&windows, &tpm);
    let hub = issued.hub();
    // The first signature proves the key, the second is that of a handshake.
    let windows = Windows::losing(&tpm, SIGN, 2).unwrap();
    let endpoint = hub.endpoint();
    let device = ["stay", "--json", "--host-name", HOST, "--device-id", DEVICE, "--cert-file", &issued.chain];
    let network = ["--key-file", &file, "--ca-file", &hub.roots, "--endpoint", &endpoint, "--first-wait", "1s"];
    let mut command = windows.command(&[&device[..], &network].concat());
    let mut agent = Ended(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap());
    let lines = BufReader::new(agent.0.stdout.take().unwrap()).lines().map(|line| parsed(&line.unwrap()));
    let mut lost = lines.take_while(|event| event["event"] != "connected");
    let event = lost.next().unwrap();
    assert!(event["text"].as_str().unwrap().contains("Windows has closed the connection to the TPM"), "{event}");
    let then: Vec<_> = lost.map(|event| event["event"].clone()).collect();
    assert_eq!(then, ["waiting"], "the next handshake is signed");
}

#[test]
#[ignore = "needs wine, mingw and swtpm, which `cargo xtask windows` brings"]
fn a_command_that_windows_blocks_is_named_with_the_cure() {
    let machine = Machine::new();
    for variable in ["TBS_TEST_BLOCK", "TBS_TEST_REJECT"] {
        let Some(windows) = Windows::with(&machine.tpm) else { return };
        let windows = windows.set(variable, ACTIVATE_CREDENTIAL);
        let device = ["provision", "--tpm", "tbs:", "--id-scope", SCOPE, "--registration-id", ID];
        let words = [
            "the TPM rejected ActivateCredential (0x80280400 TPM_E_COMMAND_BLOCKED, from the resource manager)",
            "run as administrator",
            "fault: the TPM",
        ];
        windows.ask(&machine.site, &device, "").failed(2, &words);
        machine.tpm.assert_empty("after a blocked command");
    }
    assert_eq!(machine.tpm.handles("persistent"), [""; 0]);
}

#[test]
#[ignore = "needs wine, mingw and swtpm, which `cargo xtask windows` brings"]
fn why_there_is_no_tpm_is_said() {
    let tpm = Swtpm::new();
    for (result, words) in [
        ("8028400f", "tbs: Windows finds no TPM 2.0"),
        ("80284012", "tbs: Windows denies the access; run as administrator"),
        ("80284008", "start the service `tbs` as administrator"),
        ("80284010", "enable the service `tbs`"),
        ("80284009", "too many programs use the TPM"),
        ("80284001", "returned 0x80284001"),
    ] {
        let Some(windows) = Windows::with(&tpm) else { return };
        windows.set("TBS_TEST_RESULT", result).run(&["tpm", "show"], "").failed(2, &[words, "explain 502"]);
    }
    let windows = Windows::with(&tpm).unwrap();
    for (tcti, words) in [
        ("swtpm:host=127.0.0.1,port=1", "127.0.0.1:1: the connection was refused"),
        ("device:", "/dev/tpmrm0: this system has no such way to a TPM; write tbs: or swtpm:host=HOST,port=PORT"),
        ("swtpm:path=s", "s: this system has no such way to a TPM; write tbs:"),
    ] {
        windows.run(&["tpm", "show", "--tpm", tcti], "").failed(2, &[words]);
    }
    windows
        .run(&["tpm", "show", "--tpm", "tabrmd"], "")
        .misused(&["`tabrmd` is not supported; write tbs: or swtpm:host="]);
}
