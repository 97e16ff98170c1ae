//! Azure's SDK for Node over HTTPS. `cargo xtask test` installs it below `target/node` where there is npm.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

#[path = "support/outside.rs"]
mod outside;
mod support;

use defender_auth_emulator::{Device, Hub, World};
use outside::Root;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};
use support::{HUB, KEY, play};

/// Sends a message and two in one body, and receives and completes one from the cloud. The hub's name leads to the emulator.
const SCRIPT: &str = r#"
const fs = require("fs"), https = require("https"), tls = require("tls");
const { Client, Message } = require("azure-iot-device");
const { Http } = require("azure-iot-device-http");
const [text, port, root] = process.argv.slice(1);
const agent = new https.Agent();
agent.createConnection = (options, done) => tls.connect({
  ...options, host: "127.0.0.1", port: Number(port), path: undefined, servername: options.servername || options.host,
  ca: fs.readFileSync(root) }, done);
const client = Client.fromConnectionString(text, Http);
const message = (body) => { const it = new Message(body); it.properties.add("Kind", "a b"); it.messageId = "7"; return it; };
(async () => {
  await client.setOptions({ http: { agent, receivePolicy: { interval: 1 } } });
  await client.open();
  await client.sendEvent(message("one"));
  await client.sendEventBatch([message("two"), message("three")]);
  const it = await new Promise((done) => client.on("message", done));
  await client.complete(it);
  console.log(it.getData().toString());
  await client.close();
})().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
"#;

#[test]
#[ignore = "needs Node and azure-iot-device-http, and checks nothing without them"]
fn azures_node_sdk_sends_messages_over_https() {
    let modules = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/node/node_modules");
    if !modules.join("azure-iot-device-http").exists() {
        return;
    }
    let emulator = play(World::new().hub(Hub::new(HUB).device(Device::new("dev-01", KEY))));
    let (root, port) = (Root::of(&emulator), emulator.https_address().port().to_string());
    let text = format!("HostName={HUB};DeviceId=dev-01;SharedAccessKey={KEY}");
    emulator.send_to_device(HUB, "dev-01", &[("k", "v")], b"from the cloud").unwrap();
    let mut node = Command::new("node");
    node.args(["-e", SCRIPT, &text, &port]).arg(&root.0).env("NODE_PATH", modules).stdin(Stdio::null());
    let output = node.output().unwrap();
    assert!(output.status.success(), "{output:?} {:?}", emulator.journal());
    let messages = emulator.messages(HUB, "dev-01", None);
    let payloads: Vec<&[u8]> = messages.iter().map(|message| message.payload.as_slice()).collect();
    assert_eq!(payloads, [&b"one"[..], b"two", b"three"], "{output:?}");
    for message in &messages {
        assert!(message.properties.contains("Kind=a%20b"), "{message:?}");
    }
    assert!(output.stdout.starts_with(b"from the cloud"), "{output:?}");
    assert_eq!(emulator.waiting_messages(HUB, "dev-01"), 0);
}
