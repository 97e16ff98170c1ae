//! Clients of other implementations in connections that last or fail. `cargo xtask test` installs them and runs these tests.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

#[path = "support/outside.rs"]
mod outside;
mod support;

use defender_auth_emulator::{Alert, Device, Emulator, Entry, Fault, Hub, Operation, World};
use outside::{Root, start_for_sdk};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};
use support::{HUB, KEY, certificates::Leaf, play, token};

fn world() -> World {
    World::new().hub(Hub::new(HUB).device(Device::new("dev-01", KEY)))
}

/// Logs in with one of mosquitto's clients.
fn mosquitto(program: &str, emulator: &Emulator, root: &Root) -> Command {
    let mut command = Command::new(program);
    let (port, user) = (emulator.address().port().to_string(), format!("{HUB}/dev-01/?api-version=2020-09-30"));
    let password = token(&format!("{HUB}%2Fdevices%2Fdev-01"), KEY);
    command.args(["-h", "127.0.0.1", "-p", &port, "-V", "mqttv311", "-i", "dev-01", "-u", &user, "-P", &password]);
    command.arg("--cafile").arg(&root.0).stdin(Stdio::null());
    command
}

/// The journal once it satisfies a condition, a minute at most.
fn until(emulator: &Emulator, is_met: impl Fn(&[Entry]) -> bool) -> Vec<Entry> {
    for _ in 0..1200 {
        let journal = emulator.journal().entries();
        if is_met(&journal) {
            return journal;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("{:?}", emulator.journal());
}

/// A running process, which is ended at the end.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "needs mosquitto-clients, which `cargo xtask test` installs"]
fn mosquittos_client_keeps_its_connection_alive_by_pings() {
    let emulator = play(world());
    let root = Root::of(&emulator);
    let mut client = mosquitto("mosquitto_sub", &emulator, &root);
    // Five seconds are its shortest keep-alive. It sends nothing but pings.
    let output = client.args(["-t", "$iothub/twin/res/#", "-k", "5", "-W", "9"]).output().unwrap();
    assert_eq!(output.status.code(), Some(27), "it ends by its own time limit: {output:?}");
    assert_eq!(emulator.journal().entries(), [Entry::accepted(&format!("{HUB}/dev-01"))]);
}

#[test]
#[ignore = "needs mosquitto-clients, which `cargo xtask test` installs"]
fn mosquittos_client_is_replaced_by_a_later_one_with_its_client_id() {
    let emulator = play(world());
    let root = Root::of(&emulator);
    let mut older = mosquitto("mosquitto_sub", &emulator, &root);
    let older = older.args(["-t", "$iothub/twin/res/#"]).spawn().unwrap();
    let _older = Running(older);
    until(&emulator, |journal| !journal.is_empty());
    let mut later = mosquitto("mosquitto_pub", &emulator, &root);
    let output = later.args(["-q", "1", "-t", "devices/dev-01/messages/events/", "-m", "{}"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let identity = format!("{HUB}/dev-01");
    // The older one logs in again by itself, so that the journal has a third login.
    let is_login = |entry: &&Entry| **entry == Entry::accepted(&identity);
    let journal = until(&emulator, |journal| journal.iter().filter(is_login).count() == 3);
    let ended = Entry::Ended { identity: identity.clone(), reason: "a later connection has the same client ID".into() };
    assert!(journal.contains(&ended), "{journal:?}");
    assert_eq!(emulator.message_count(HUB, "dev-01", None), 1);
}

#[test]
#[ignore = "needs mosquitto-clients, which `cargo xtask test` installs"]
fn mosquittos_client_reports_a_busy_hub() {
    let emulator = play(world());
    let root = Root::of(&emulator);
    emulator.fault(Operation::Connect, Fault::Connack(3), 1);
    let mut client = mosquitto("mosquitto_pub", &emulator, &root);
    let output = client.args(["-t", "devices/dev-01/messages/events/", "-m", "{}"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "it exits with the return code: {output:?}");
}

/// What `openssl s_client` writes about a connection.
fn openssl(emulator: &Emulator, root: &Root, arguments: &[&str]) -> String {
    let mut command = Command::new("openssl");
    command.args([
        "s_client",
        "-connect",
        &emulator.address().to_string(),
        "-servername",
        HUB,
        "-verify_hostname",
        HUB,
    ]);
    command.arg("-CAfile").arg(&root.0).args(arguments);
    let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut process = Running(process);
    // Its input stays open, so that it waits for the server.
    let mut text = String::new();
    process.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    process.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` installs"]
fn openssl_reports_each_failed_handshake() {
    let emulator = play(world());
    let root = Root::of(&emulator);
    for version in ["-tls1_2", "-tls1_3"] {
        for (fault, report) in [
            (Fault::ServerCertificateExpired, "certificate has expired"),
            (Fault::ServerCertificateNotYetValid, "certificate is not yet valid"),
            (Fault::ServerCertificateWrongHost, "hostname mismatch"),
            (Fault::ServerCertificateUntrusted, "unable to get local issuer certificate"),
            (Fault::PlainText, "wrong version number"),
            (Fault::Alert(Alert::HandshakeFailure), "handshake failure"),
            (Fault::Alert(Alert::ProtocolVersion), "alert protocol version"),
        ] {
            emulator.fault(Operation::MqttHandshake, fault.clone(), 1);
            let text = openssl(&emulator, &root, &[version, "-verify_return_error"]);
            assert!(text.contains(report), "{fault}, {version}: {text}");
        }
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` installs"]
fn openssl_reports_the_alert_that_rejects_its_certificate() {
    let emulator = play(world());
    let (root, leaf) = (Root::of(&emulator), Leaf::self_signed("dev-01"));
    let file = root.0.with_extension("client.pem");
    fs::write(&file, leaf.pem() + &leaf.key_pem()).unwrap();
    for version in ["-tls1_2", "-tls1_3"] {
        for (alert, report) in [
            (Alert::BadCertificate, "alert bad certificate"),
            (Alert::UnsupportedCertificate, "alert unsupported certificate"),
            (Alert::CertificateRevoked, "alert certificate revoked"),
            (Alert::CertificateExpired, "alert certificate expired"),
            (Alert::CertificateUnknown, "alert certificate unknown"),
            (Alert::UnknownCa, "alert unknown ca"),
            (Alert::AccessDenied, "alert access denied"),
        ] {
            emulator.fault(Operation::MqttHandshake, Fault::Alert(alert), 1);
            let text = openssl(&emulator, &root, &[version, "-cert", file.to_str().unwrap()]);
            assert!(text.contains(report), "{alert}, {version}: {text}");
        }
    }
    fs::remove_file(file).unwrap();
}

/// Sends a message with Azure's SDK for Python, and another one when it is told to.
const SDK: &str = r#"
import sys
from azure.iot.device import IoTHubDeviceClient
text, root = sys.argv[1:]
client = IoTHubDeviceClient.create_from_connection_string(text, server_verification_cert=open(root).read())
try:
    client.connect()
    client.send_message("1")
    print("sent", flush=True)
    sys.stdin.readline()
    client.send_message("2")
    print("sent", flush=True)
finally:
    client.shutdown()
"#;

#[test]
#[ignore = "needs Azure's SDK for Python, which `cargo xtask test` installs"]
fn azures_python_sdk_connects_again_after_its_connection_was_closed() {
    let emulator = start_for_sdk(|_| world());
    let (root, gateway) = (Root::of(&emulator), emulator.address().ip());
    let text = format!("HostName={HUB};DeviceId=dev-01;SharedAccessKey={KEY};GatewayHostName={gateway}");
    let python = std::env::var("DEFENDER_AUTH_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut command = Command::new(python);
    command.args(["-c", SDK, &text, root.0.to_str().unwrap()]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut sdk = Running(command.stderr(Stdio::null()).spawn().unwrap());
    let mut lines = BufReader::new(sdk.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("sent"));
    emulator.disconnect(HUB, "dev-01", None).unwrap();
    until(&emulator, |journal| journal.iter().any(|entry| matches!(entry, Entry::Ended { .. })));
    writeln!(sdk.0.stdin.take().unwrap()).unwrap();
    assert_eq!(lines.next().as_deref(), Some("sent"));
    let payloads: Vec<Vec<u8>> =
        emulator.messages(HUB, "dev-01", None).into_iter().map(|message| message.payload).collect();
    assert_eq!(payloads, [b"1", b"2"]);
    let logins = emulator.journal().entries().into_iter().filter(|entry| matches!(entry, Entry::Accepted { .. }));
    assert_eq!(logins.count(), 2);
}
