//! Clients of MQTT 5 that others wrote, at a hub with the profile `mqttV5`. `cargo xtask test` installs them and runs these tests.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../src/test_certificates.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod certificates;
#[path = "support/outside.rs"]
mod support;

use certificates::Leaf;
use defender_auth_emulator::{Device, Emulator, Entry, Fault, Hub, Operation, World};
use serde_json::Value;
#[cfg(unix)]
use std::process::{Command, Stdio};
use std::{fs, path::PathBuf, process::Output};
use support::{Root, python};

/// Its clients send this name in the handshake.
const HUB: &str = "localhost";

/// A hub with one device, and its certificate in files.
struct Site {
    emulator: Emulator,
    root: Root,
    chain: String,
    key: String,
}

impl Site {
    fn new(name: &str) -> Self {
        let leaf = Leaf::self_signed("dev-01");
        let hub = Hub::new(HUB).connection_profile(Hub::MQTT_V5);
        let world = World::new().hub(hub.device(Device::with_thumbprint("dev-01", &leaf.sha256())));
        let emulator = Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap();
        let root = Root::of(&emulator);
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        let [chain, key] = ["chain.pem", "key.pem"].map(|name| folder.join(name).to_str().unwrap().to_owned());
        fs::write(&chain, leaf.pem()).unwrap();
        fs::write(&key, leaf.key_pem()).unwrap();
        Self { emulator, root, chain, key }
    }

    fn births(&self) -> Vec<String> {
        let entries = self.emulator.journal().entries();
        let births = entries.iter().filter(|entry| matches!(entry, Entry::Acknowledged { .. }));
        births.map(ToString::to_string).collect()
    }

    /// The login by paho, whose answers it prints as JSON.
    fn paho(&self, nonce: &str, push: bool) -> Output {
        let port = self.emulator.address().port().to_string();
        let push = if push { "push" } else { "" };
        python(&[PAHO, HUB, &port, self.root.0.to_str().unwrap(), &self.chain, &self.key, nonce, push])
    }
}

/// Logs in, subscribes, announces itself, and waits for an acknowledgement or for the end of the connection.
const PAHO: &str = r#"
import json, sys, threading, time
import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
hub, port, root, chain, key, nonce, push = sys.argv[1:]
told, done = {}, threading.Event()
client = mqtt.Client("dev-01", protocol=mqtt.MQTTv5)
client.tls_set(root, chain, key)
client.username_pw_set("correlationId=" + nonce + "&clientVersion=paho%2F1")
def on_connect(client, userdata, flags, reason, properties):
    told["connack"], told["session"] = reason.value, flags["session present"]
    if reason.value == 0:
        client.subscribe("ih/dev-01/dev/#", qos=1)
    else:
        done.set()
def on_subscribe(client, userdata, mid, reasons, properties):
    told["suback"] = [reason.value for reason in reasons]
    birth = Properties(PacketTypes.PUBLISH)
    birth.UserProperty, birth.CorrelationData = ("type", "birth:1"), bytes.fromhex(nonce)
    payload = b"\x08\x01" if told["session"] else b""
    client.publish("ih/dev-01/srv/presence", payload + (b"\x60\x01\x68\x01" if push else b""), qos=0, properties=birth)
def on_message(client, userdata, message):
    told["topic"], told["payload"] = message.topic, message.payload.hex()
    told["properties"] = message.properties.UserProperty
    told["correlation"] = message.properties.CorrelationData.hex()
    done.set()
def on_disconnect(client, userdata, reason, properties=None):
    told["disconnect"] = getattr(reason, "value", reason)
    done.set()
client.on_connect, client.on_subscribe = on_connect, on_subscribe
client.on_message, client.on_disconnect = on_message, on_disconnect
expiry = Properties(PacketTypes.CONNECT)
expiry.SessionExpiryInterval = 3600
client.connect(hub, int(port), clean_start=False, properties=expiry)
client.loop_start()
told["done"] = done.wait(60)
print(json.dumps(told))
client.on_disconnect = None
client.disconnect()
client.loop_stop()
"#;

fn told(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
#[ignore = "needs paho, which `cargo xtask test` brings"]
fn paho_is_acknowledged_with_either_case_of_the_nonce_and_either_birth() {
    let site = Site::new("paho");
    let nonce = "0123456789ab4def8123456789abcdef";
    for (at, (nonce, push)) in [(nonce.to_owned(), false), (nonce.to_uppercase(), true)].into_iter().enumerate() {
        let told = told(&site.paho(&nonce, push));
        let expected = serde_json::json!({
            "connack": 0, "session": told["session"], "suback": [1], "topic": "ih/dev-01/dev/presence",
            "payload": "50015801", "properties": [["type", "birth-ack:1"]], "correlation": nonce.to_lowercase(),
            "done": true,
        });
        assert_eq!(told, expected, "{:?}", site.emulator.journal().entries());
        assert_eq!(site.births().len(), at + 1);
    }
    assert!(site.births()[1].ends_with("push [true, true]"), "{:?}", site.births());
}

#[test]
#[ignore = "needs paho, which `cargo xtask test` brings"]
fn paho_reads_the_reason_codes_of_refusals() {
    let site = Site::new("paho-refused");
    let nonce = "0123456789ab4def8123456789abcdef";
    site.emulator.fault(Operation::Connect, Fault::Connack(0x87), 1);
    assert_eq!(told(&site.paho(nonce, false))["connack"], 0x87);
    site.emulator.fault(Operation::Birth, Fault::Disconnect(0x98), 1);
    // paho reads the reason of a DISCONNECT from three bytes on only; it notices the end.
    assert!(told(&site.paho(nonce, false))["disconnect"].is_number());
    let version = told(&site.paho("0123456789ab1def8123456789abcdef", false));
    assert_eq!(version["connack"], 0x86, "it is no UUID of version 4");
}

#[cfg(unix)]
#[test]
#[ignore = "needs mosquitto's clients, which `cargo xtask test` brings"]
fn mosquittos_client_is_acknowledged() {
    let site = Site::new("mosquitto-rr");
    let nonce = "4142434445464748894A4B4C4D4E4F50";
    let user_name = format!("correlationId={nonce}&clientVersion=mosquitto%2F2");
    let port = site.emulator.address().port().to_string();
    let correlation: Vec<u8> = (0x41..=0x50).map(|byte| if byte == 0x49 { 0x89 } else { byte }).collect();
    let correlation: std::ffi::OsString = std::os::unix::ffi::OsStringExt::from_vec(correlation);
    let output = Command::new("mosquitto_rr")
        .args(["-h", HUB, "-p", &port, "-V", "mqttv5", "-i", "dev-01", "-u", &user_name, "-W", "60", "-n"])
        .args(["-t", "ih/dev-01/srv/presence", "-e", "ih/dev-01/dev/presence", "-F", "%t %x %P"])
        .args(["-D", "publish", "user-property", "type", "birth", "-D", "publish", "correlation-data"])
        .arg(correlation)
        .args(["--cert", &site.chain, "--key", &site.key, "--cafile"])
        .arg(&site.root.0)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let journal = site.emulator.journal().entries();
    assert_eq!(shown, "ih/dev-01/dev/presence 50015801 type:birth-ack\n", "{:?} {journal:?}", output.stderr);
}
