//! Clients of other implementations at the emulator. `cargo xtask test` installs them and runs these tests.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/outside.rs"]
mod support;

use defender_auth_emulator::{Device, Dps, Emulator, Enrollment, Entry, Group, Hub, Module, Refusal, World};
use ring::hmac;
use serde_json::{Value, json};
use std::{
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use support::{Root, python, start_for_sdk};

const HOST: &str = "contoso.azure-devices.net";
const DEVICE_KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const MODULE_KEY: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
const WRONG_KEY: &str = "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8=";

/// A device whose ID has to be encoded in a token, but not in a topic.
fn hub() -> Hub {
    Hub::new(HOST).device(Device::new("dev@1", DEVICE_KEY).module(Module::new("azureiotsecurity", MODULE_KEY)))
}

fn start() -> Emulator {
    Emulator::start([hub()], "127.0.0.1:0".parse().unwrap()).unwrap()
}

/// A token with an encoded resource.
fn token(resource: &str, key: &str) -> String {
    let expiry = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 600;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &data_encoding::BASE64.decode(key.as_bytes()).unwrap());
    let signature = hmac::sign(&key, format!("{resource}\n{expiry}").as_bytes());
    let signature = data_encoding::BASE64.encode(signature.as_ref()).replace('+', "%2B");
    format!("SharedAccessSignature sr={resource}&sig={signature}&se={expiry}")
}

/// A message `{}` without properties.
fn received(identity: &str) -> Entry {
    Entry::Received { identity: identity.into(), properties: String::new(), bytes: 2 }
}

/// Logs in with mosquitto's client and publishes, with an acknowledgement.
fn mosquitto_pub(emulator: &Emulator, key: &str) -> Output {
    let root = Root::of(emulator);
    let port = emulator.address().port().to_string();
    let user_name = format!("{HOST}/dev@1/?api-version=2020-09-30");
    let password = token(&format!("{HOST}%2Fdevices%2Fdev%401"), key);
    Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &port, "-V", "mqttv311", "-i", "dev@1", "-u", &user_name, "-P", &password])
        .args(["-q", "1", "-t", "devices/dev@1/messages/events/", "-m", "{}", "--cafile"])
        .arg(&root.0)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
#[ignore = "needs mosquitto-clients, which `cargo xtask test` installs"]
fn mosquittos_client_logs_in_and_publishes() {
    let emulator = start();
    let output = mosquitto_pub(&emulator, DEVICE_KEY);
    assert!(output.status.success(), "{output:?}");
    let identity = format!("{HOST}/dev@1");
    assert_eq!(emulator.journal().entries(), [Entry::accepted(&identity), received(&identity)]);
}

#[test]
#[ignore = "needs mosquitto-clients, which `cargo xtask test` installs"]
fn mosquittos_client_reports_the_refusal() {
    let emulator = start();
    let output = mosquitto_pub(&emulator, WRONG_KEY);
    assert_eq!(output.status.code(), Some(5), "it exits with the return code: {output:?}");
    assert_eq!(emulator.journal().entries(), [Entry::refused("dev@1", Refusal::Signature)]);
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` installs"]
fn openssl_verifies_the_certificate_by_chain_and_name() {
    let emulator = start();
    let root = Root::of(&emulator);
    for version in ["-tls1_2", "-tls1_3"] {
        let verify = |name: &str| {
            Command::new("openssl")
                .args(["s_client", "-connect", &emulator.address().to_string(), "-servername", name])
                .args([version, "-verify_hostname", name, "-verify_return_error", "-CAfile"])
                .arg(&root.0)
                .stdin(Stdio::null())
                .output()
                .unwrap()
        };
        let output = verify(HOST);
        assert!(output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("Verify return code: 0 (ok)"));
        assert!(!verify("other.azure-devices.net").status.success(), "another name");
    }
}

/// Connects with Azure's SDK for Python by the method of the last argument, and publishes a message.
const SDK: &str = r#"
import sys
from azure.iot.device import IoTHubDeviceClient, IoTHubModuleClient
text, root, kind = sys.argv[1:]
client = {"device": IoTHubDeviceClient, "module": IoTHubModuleClient}[kind]
client = client.create_from_connection_string(text, server_verification_cert=open(root).read())
try:
    client.connect()
    client.send_message("{}")
    print("connected")
finally:
    client.shutdown()
"#;

fn sdk(emulator: &Emulator, kind: &str, identity: &str, key: &str) -> Output {
    let root = Root::of(emulator);
    let gateway = emulator.address().ip();
    let text = format!("HostName={HOST};{identity};SharedAccessKey={key};GatewayHostName={gateway}");
    python(&[SDK, &text, root.0.to_str().unwrap(), kind])
}

#[test]
#[ignore = "needs Azure's SDK for Python, which `cargo xtask test` installs"]
fn azures_python_sdk_connects_as_device_and_as_module() {
    let emulator = start_for_sdk(|_| World::new().hub(hub()));
    let output = sdk(&emulator, "device", "DeviceId=dev@1", DEVICE_KEY);
    assert!(output.status.success() && output.stdout.starts_with(b"connected"), "{output:?}");
    let output = sdk(&emulator, "module", "DeviceId=dev@1;ModuleId=azureiotsecurity", MODULE_KEY);
    assert!(output.status.success() && output.stdout.starts_with(b"connected"), "{output:?}");
    let (device, module) = (format!("{HOST}/dev@1"), format!("{HOST}/dev@1/azureiotsecurity"));
    let logins = [Entry::accepted(&device), received(&device), Entry::accepted(&module), received(&module)];
    assert_eq!(emulator.journal().entries(), logins);

    let output = sdk(&emulator, "device", "DeviceId=dev@1", WRONG_KEY);
    assert!(!output.status.success(), "{output:?}");
    assert_eq!(emulator.journal().entries()[4], Entry::refused("dev@1", Refusal::Signature));
}

/// Provisions with Azure's SDK for Python and a symmetric key, and connects to the assigned hub as that device.
const PROVISION: &str = r#"
import json, sys
from azure.iot.device import IoTHubDeviceClient, ProvisioningDeviceClient
host, scope, registration_id, key, root = sys.argv[1:]
root = open(root).read()
client = ProvisioningDeviceClient.create_from_symmetric_key(
    provisioning_host=host, registration_id=registration_id, id_scope=scope, symmetric_key=key,
    server_verification_cert=root)
client.provisioning_payload = {"modelId": "dtmi:a:b;1"}
result = client.register()
state = result.registration_state
print(json.dumps([result.status, state.assigned_hub, state.device_id, state.sub_status,
                  json.loads(state.response_payload or "null")]))
client = IoTHubDeviceClient.create_from_symmetric_key(
    symmetric_key=key, hostname=state.assigned_hub, device_id=state.device_id, server_verification_cert=root)
try:
    client.connect()
    client.send_message("{}")
finally:
    client.shutdown()
"#;

fn provision(emulator: &Emulator, id: &str, key: &str) -> Output {
    let root = Root::of(emulator);
    python(&[PROVISION, &emulator.address().ip().to_string(), "0ne00000A0A", id, key, root.0.to_str().unwrap()])
}

#[test]
#[ignore = "needs Azure's SDK for Python, which `cargo xtask test` installs"]
fn azures_python_sdk_provisions_and_connects_to_its_hub() {
    // The SDK connects to the assigned hub by its host name, which therefore is the address.
    let emulator = start_for_sdk(|address| {
        let one =
            Enrollment::new("dev-01", DEVICE_KEY).device_id("pump@1").payload(json!({ "site": "north" })).pending(2);
        let dps = Dps::new("0ne00000A0A").at(address).enrollment(one).group(Group::new("fleet", MODULE_KEY));
        World::new().hub(Hub::new(address)).dps(dps)
    });
    let hub = emulator.address().ip().to_string();
    let output = provision(&emulator, "dev-01", DEVICE_KEY);
    assert!(output.status.success(), "{output:?}");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result, json!(["assigned", hub, "pump@1", "initialAssignment", { "site": "north" }]));
    assert_eq!(emulator.received_payload("dev-01").unwrap(), json!({ "modelId": "dtmi:a:b;1" }));
    let statuses: Vec<String> = emulator.journal().entries().iter().map(ToString::to_string).collect();
    assert_eq!(
        statuses,
        [
            r#"answered "register 0ne00000A0A/dev-01" with 202: assigning"#.to_owned(),
            r#"answered "poll 0ne00000A0A/dev-01" with 202: assigning"#.to_owned(),
            format!(r#"answered "poll 0ne00000A0A/dev-01" with 200: assigned to {hub}/pump@1"#),
            format!("accepted {hub}/pump@1"),
            received(&format!("{hub}/pump@1")).to_string(),
        ]
    );

    let derived = Group::device_key(MODULE_KEY, "dev-02").unwrap();
    let output = provision(&emulator, "dev-02", &derived);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(emulator.journal().entries().last(), Some(&received(&format!("{hub}/dev-02"))));

    let output = provision(&emulator, "dev-02", WRONG_KEY);
    assert!(!output.status.success(), "{output:?}");
    let denied = Entry::denied("register 0ne00000A0A/dev-02", 401, Refusal::Signature);
    assert_eq!(emulator.journal().entries().last(), Some(&denied));
}

/// Reads a module's twin with Azure's SDK for Python, waits for one change of it, and reports.
const TWIN: &str = r#"
import json, queue, sys
from azure.iot.device import IoTHubModuleClient
text, root = sys.argv[1:]
client = IoTHubModuleClient.create_from_connection_string(text, server_verification_cert=open(root).read())
patches = queue.Queue()
try:
    client.connect()
    client.on_twin_desired_properties_patch_received = patches.put
    first = client.get_twin()
    client.patch_twin_reported_properties({"ready": True, "gone": 1})
    patch = patches.get(timeout=20)
    client.patch_twin_reported_properties({"seen": patch["$version"], "gone": None})
    print(json.dumps([first, patch, client.get_twin()]))
finally:
    client.shutdown()
"#;

#[test]
#[ignore = "needs Azure's SDK for Python, which `cargo xtask test` installs"]
fn azures_python_sdk_reads_and_reports_in_a_modules_twin() {
    let emulator = start_for_sdk(|_| {
        let module = Module::new("azureiotsecurity", MODULE_KEY).desired(json!({ "a": { "value": 1 }, "b": 2 }));
        World::new().hub(Hub::new(HOST).device(Device::new("dev@1", DEVICE_KEY).module(module)))
    });
    let (root, gateway) = (Root::of(&emulator), emulator.address().ip());
    let identity = "DeviceId=dev@1;ModuleId=azureiotsecurity";
    let text = format!("HostName={HOST};{identity};SharedAccessKey={MODULE_KEY};GatewayHostName={gateway}");
    let module = Some("azureiotsecurity");
    let output = thread::scope(|scope| {
        let sdk = scope.spawn(|| python(&[TWIN, &text, root.0.to_str().unwrap()]));
        // The change comes once the SDK has reported, and so listens.
        while emulator.reported(HOST, "dev@1", module).unwrap().get("ready").is_none() && !sdk.is_finished() {
            thread::sleep(Duration::from_millis(50));
        }
        emulator.set_desired(HOST, "dev@1", module, json!({ "b": null, "c": 3 })).unwrap();
        sdk.join().unwrap()
    });
    assert!(output.status.success(), "{output:?}");
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        seen,
        json!([
            { "desired": { "a": { "value": 1 }, "b": 2, "$version": 1 }, "reported": { "$version": 1 } },
            { "b": null, "c": 3, "$version": 2 },
            { "desired": { "a": { "value": 1 }, "c": 3, "$version": 2 },
              "reported": { "ready": true, "seen": 2, "$version": 3 } },
        ])
    );
    assert_eq!(emulator.reported(HOST, "dev@1", module).unwrap(), json!({ "ready": true, "seen": 2 }));
}

/// Answers one direct method with Azure's SDK for Python, and receives one message from the cloud.
const METHOD: &str = r#"
import queue, sys
from azure.iot.device import IoTHubDeviceClient, MethodResponse
text, root = sys.argv[1:]
client = IoTHubDeviceClient.create_from_connection_string(text, server_verification_cert=open(root).read())
calls, messages = queue.Queue(), queue.Queue()
try:
    client.connect()
    client.on_method_request_received = calls.put
    client.on_message_received = messages.put
    call = calls.get(timeout=60)
    client.send_method_response(MethodResponse.create_from_method_request(call, 207, {"was": call.payload, "name": call.name}))
    message = messages.get(timeout=60)
    print(message.data.decode(), message.message_id, message.custom_properties)
finally:
    client.shutdown()
"#;

#[test]
#[ignore = "needs Azure's SDK for Python, which `cargo xtask test` installs"]
fn azures_python_sdk_receives_a_direct_method_and_a_message_from_the_cloud() {
    let emulator = start_for_sdk(|_| World::new().hub(Hub::new(HOST).device(Device::new("dev@1", DEVICE_KEY))));
    let (root, gateway) = (Root::of(&emulator), emulator.address().ip());
    let text = format!("HostName={HOST};DeviceId=dev@1;SharedAccessKey={DEVICE_KEY};GatewayHostName={gateway}");
    let (called, output) = thread::scope(|scope| {
        let sdk = scope.spawn(|| python(&[METHOD, &text, root.0.to_str().unwrap()]));
        // The call waits until the SDK has connected and subscribed.
        while emulator.connections() == 0 && !sdk.is_finished() {
            thread::sleep(Duration::from_millis(50));
        }
        let called = emulator.call_method(HOST, "dev@1", None, "reboot", &json!({ "in": 5 }), Duration::from_secs(60));
        emulator.send_to_device(HOST, "dev@1", &[("$.mid", "7"), ("a b", "c")], b"hello").unwrap();
        (called, sdk.join().unwrap())
    });
    assert!(output.status.success(), "{output:?} {:?}", emulator.journal());
    assert_eq!(called, Ok((207, json!({ "was": { "in": 5 }, "name": "reboot" }))));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("hello 7 ") && said.contains("'a b': 'c'"), "{said}");
}

/// Connects with Azure's SDK for Python over a WebSocket, through a proxy with a login, and publishes a message.
const WEBSOCKET: &str = r#"
import sys
from azure.iot.device import IoTHubDeviceClient, ProxyOptions
text, root, port, password = sys.argv[1:]
proxy = ProxyOptions("HTTP", "127.0.0.1", int(port), "plant", password)
client = IoTHubDeviceClient.create_from_connection_string(
    text, server_verification_cert=open(root).read(), websockets=True, proxy_options=proxy, connection_retry=False)
try:
    client.connect()
    client.send_message("{}")
    print("connected")
finally:
    client.shutdown()
"#;

#[test]
#[ignore = "needs Python and azure-iot-device, which `cargo xtask test` installs"]
fn azures_sdk_connects_over_a_websocket_and_through_a_proxy() {
    let emulator = start();
    let (root, proxy) = (Root::of(&emulator), emulator.proxy(Some("plant:hunter2")).unwrap());
    let text = format!("HostName={HOST};DeviceId=dev@1;SharedAccessKey={DEVICE_KEY}");
    let port = proxy.address().port().to_string();
    let connect = |password| python(&[WEBSOCKET, &text, root.0.to_str().unwrap(), &port, password]);
    let output = connect("hunter2");
    assert!(output.status.success() && output.stdout.starts_with(b"connected"), "{output:?}");
    assert!(emulator.journal().entries().contains(&received(&format!("{HOST}/dev@1"))));
    assert!(!connect("wrong").status.success());
    let asked = [200, 407].map(|status| format!("CONNECT {HOST}:443 {status}"));
    assert_eq!(proxy.asked()[..2], asked);
}
