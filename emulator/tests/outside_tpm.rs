//! Keys that the emulator wraps, in a TPM and with tools of other implementations.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;
#[path = "support/swtpm.rs"]
mod swtpm;

use data_encoding::BASE64;
use defender_auth_emulator::{Dps, Emulator, Enrollment, Fault, Hub, Module, Operation, World};
use mqtt_protocol_core::mqtt::result_code::ConnectReturnCode;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use support::{Answer, DPS, HUB, Mqtt, OTHER, https, play};
use swtpm::Swtpm;

/// Creates the TPM's two keys, and an emulator with its enrollment.
fn start(name: &str) -> (Swtpm, Emulator) {
    let tpm = Swtpm::start(name);
    tpm.tool("tpm2_createek", &["-G", "rsa", "-c", "ek.ctx", "-u", "ek.pub"]);
    let attributes = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt";
    tpm.tool("tpm2_createprimary", &["-C", "o", "-G", "rsa2048:null:aes128cfb", "-a", attributes, "-c", "srk.ctx"]);
    tpm.tool("tpm2_readpublic", &["-c", "srk.ctx", "-o", "srk.pub"]);
    let key = BASE64.encode(&tpm.read("ek.pub"));
    let dps = Dps::new("0ne").enrollment(Enrollment::with_endorsement_key("dev-01", &key));
    let emulator = play(World::new().hub(Hub::new(HUB)).dps(dps));
    (tpm, emulator)
}

fn register(emulator: &Emulator, token: &str, body: &Value) -> Answer {
    let line = "PUT /0ne/registrations/dev-01/register?api-version=2019-03-31";
    https(emulator, line, DPS, token, &body.to_string())
}

/// The blob of a challenge.
fn challenge(tpm: &Swtpm, emulator: &Emulator) -> Value {
    let [endorsement, storage] = ["ek.pub", "srk.pub"].map(|name| BASE64.encode(&tpm.read(name)));
    let keys = json!({ "endorsementKey": endorsement, "storageRootKey": storage });
    let answer = register(emulator, "", &json!({ "registrationId": "dev-01", "tpm": keys }));
    assert_eq!(answer.status, 401, "{answer:?}");
    answer.json()["authenticationKey"].clone()
}

/// Writes a blob's fields to the files that the tools read.
fn take_apart(tpm: &Swtpm, blob: &Value) {
    let blob = BASE64.decode(blob.as_str().unwrap().as_bytes()).unwrap();
    // The magic number and the version of a file of these tools, and then the credential and its seed.
    tpm.write("credential", &[b"\xba\xdc\xc0\xde\0\0\0\x01", &blob[..312]].concat());
    tpm.write("duplicate", &blob[312..456]);
    tpm.write("seed", &blob[456..714]);
    tpm.write("key.pub", &blob[714..764]);
}

/// Has the TPM decrypt the inner key into a file.
fn activate(tpm: &Swtpm) -> Result<(), String> {
    tpm.tool("tpm2_startauthsession", &["--policy-session", "-S", "session.ctx"]);
    tpm.tool("tpm2_policysecret", &["-S", "session.ctx", "-c", "endorsement"]);
    let arguments = ["-c", "srk.ctx", "-C", "ek.ctx", "-P", "session:session.ctx", "-i", "credential", "-o", "inner"];
    let output = tpm.run("tpm2_activatecredential", &arguments);
    tpm.tool("tpm2_flushcontext", &["session.ctx"]);
    if output.status.success() { Ok(()) } else { Err(String::from_utf8(output.stderr).unwrap()) }
}

/// Loads the key of a blob into the TPM.
fn load(tpm: &Swtpm, blob: &Value) {
    take_apart(tpm, blob);
    activate(tpm).unwrap();
    let wrapped = ["-i", "duplicate", "-s", "seed", "-k", "inner", "-u", "key.pub"];
    tpm.tool("tpm2_import", &[&["-C", "srk.ctx", "-r", "key.priv"], &wrapped[..]].concat());
    tpm.tool("tpm2_load", &["-C", "srk.ctx", "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx"]);
}

/// A token that the TPM signs with the key that was loaded last.
fn token(tpm: &Swtpm, resource: &str, rest: &str) -> String {
    let expiry = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 600;
    tpm.write("text", format!("{resource}\n{expiry}").as_bytes());
    tpm.tool("tpm2_hmac", &["-c", "key.ctx", "-g", "sha256", "-o", "signature", "text"]);
    let signature = BASE64.encode(&tpm.read("signature")).replace('+', "%2B");
    format!("SharedAccessSignature sr={resource}&sig={signature}&se={expiry}{rest}")
}

#[test]
#[ignore = "needs swtpm and tpm2-tools"]
fn tpm2_tools_take_a_tpm_from_the_challenge_to_the_hub() {
    let (tpm, emulator) = start("hub");
    load(&tpm, &challenge(&tpm, &emulator));
    let registration = token(&tpm, "0ne%2Fregistrations%2Fdev-01", "&skn=registration");
    let first = register(&emulator, &registration, &json!({ "registrationId": "dev-01" }));
    assert_eq!(first.status, 202, "{first:?}");
    let operation = first.json()["operationId"].as_str().unwrap().to_owned();
    let poll = format!("GET /0ne/registrations/dev-01/operations/{operation}?api-version=2019-03-31");
    let last = https(&emulator, &poll, DPS, &registration, "");
    assert_eq!(last.status, 200, "{last:?}");
    let state = &last.json()["registrationState"];
    assert_eq!(state["assignedHub"], HUB);

    let resource = format!("{HUB}%2Fdevices%2Fdev-01");
    let log_in = |token: &str| {
        let user = format!("{HUB}/dev-01/?api-version=2020-09-30");
        Mqtt::connect(&emulator, HUB, "dev-01", &user, token).1
    };
    assert_eq!(log_in(&token(&tpm, &resource, "")), ConnectReturnCode::NotAuthorized, "it is another key");
    load(&tpm, &state["tpm"]["authenticationKey"]);
    let device = token(&tpm, &resource, "");
    assert_eq!(log_in(&device), ConnectReturnCode::Accepted);
    emulator.add_module(HUB, "dev-01", Module::new("m", OTHER)).unwrap();
    let module = https(&emulator, "GET /devices/dev-01/modules/m?api-version=2018-06-30", HUB, &device, "");
    assert_eq!(module.json()["authentication"]["symmetricKey"]["primaryKey"], OTHER);
}

#[test]
#[ignore = "needs swtpm and tpm2-tools"]
fn a_tpm_rejects_a_spoilt_key_blob() {
    let (tpm, emulator) = start("faults");
    let refused = |blob: &Value| {
        take_apart(&tpm, blob);
        activate(&tpm).unwrap_err()
    };
    let spoilt = |fault: Fault| {
        emulator.fault(Operation::Register, fault, 1);
        refused(&challenge(&tpm, &emulator))
    };
    let error = spoilt(Fault::BadKeyBlob);
    assert!(error.contains("0x1DF"), "TPM_RC_INTEGRITY of the first parameter: {error}");
    let (stranger, its_emulator) = start("stranger");
    let foreign = refused(&challenge(&stranger, &its_emulator));
    assert_eq!(spoilt(Fault::ForeignEndorsementKey), foreign, "as with a key for another TPM");
    take_apart(&tpm, &challenge(&tpm, &emulator));
    assert_eq!(activate(&tpm), Ok(()));
}
