//! Devices at a hub with the connection profile `mqttV5`, from the registration to the acknowledged birth.

use crate::support::{
    HOST, KEY, Run, Scratch, defenderauth,
    site::{DPS, SCOPE, Site, no_token},
    string,
};
use defender_auth_emulator::{Dps, Enrollment, Entry, Fault, Hub, Issuing, Operation, World};
use serde_json::json;

const ID: &str = "dev-01";
const NEW: [&str; 2] = ["--dps-api-version", "2026-11-02-preview"];

/// A device with a certificate that the provisioning service assigns to a hub of this profile.
struct Plant {
    site: Site,
    folder: Scratch,
}

impl Plant {
    fn new(profile: &str) -> Self {
        let folder = Scratch::new();
        let made = ["certificate", "new", "self-signed", "--device-id", ID, "--out-dir", &folder.folder()];
        let thumbprint = defenderauth(&made, "").done().thumbprint();
        let by_key = Enrollment::new("by-key", KEY).hub(HOST).pending(0);
        let issued = Enrollment::new("issued", KEY).hub(HOST).pending(0).issuing(Issuing::new().days(30));
        let enrollment = Enrollment::with_thumbprint(ID, &thumbprint).hub(HOST).pending(0);
        let dps = Dps::new(SCOPE).enrollment(enrollment).enrollment(by_key).enrollment(issued);
        let world = World::new().hub(Hub::new(HOST).connection_profile(profile)).dps(dps);
        Self { site: Site::play(world), folder }
    }

    fn certificate(&self) -> [String; 4] {
        let at = |name| self.folder.path(name);
        let (certificate, key) = (at("certificate_public.pem"), at("certificate_private.pem"));
        ["--cert-file".into(), certificate, "--key-file".into(), key]
    }

    /// `provision --connect`
    fn provision(&self, more: &[&str]) -> Run {
        let own = self.certificate();
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        self.provision_as(ID, &own, more)
    }

    fn provision_as(&self, id: &str, credential: &[&str], more: &[&str]) -> Run {
        let emulator = &self.site.emulator;
        let dps = format!("{DPS}={}", emulator.https_address());
        let hub = [format!("{HOST}:8883={}", emulator.address()), format!("{HOST}:443={}", emulator.https_address())];
        let service = ["provision", "--id-scope", SCOPE, "--registration-id", id, "--connect", "--endpoint", &dps];
        let network = ["--ca-file", &self.site.roots, "--endpoint", &hub[0], "--endpoint", &hub[1]];
        no_token(defenderauth(&[&service[..], &network, credential, more].concat(), ""))
    }

    /// `authenticate --connect` with a registration.
    fn authenticate(&self, more: &[&str]) -> Run {
        let own = self.certificate();
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let device = ["authenticate", "--connect", "--id-scope", SCOPE, "--registration-id", ID];
        self.site.ask(&[&device[..], &own, more].concat(), "")
    }

    fn births(&self) -> usize {
        let entries = self.site.emulator.journal().entries();
        entries.iter().filter(|entry| matches!(entry, Entry::Acknowledged { .. })).count()
    }
}

#[test]
fn a_device_goes_from_its_registration_to_the_acknowledged_birth() {
    let plant = Plant::new(Hub::MQTT_V5);
    let run = plant.provision(&NEW).done();
    assert!(run.out.contains("profile       mqttV5\n"), "{run:?}");
    assert!(run.out.ends_with("hub           accepted, MQTT 5\n"), "{run:?}");
    let report = plant.provision(&[&NEW[..], &["--json"]].concat()).done().json();
    let told = (&report["connection_profile"], &report["connected"], &report["connack"]);
    assert_eq!(told, (&json!("mqttV5"), &json!(true), &json!(null)));
    let run = plant.authenticate(&NEW).done();
    assert!(run.out.contains("MQTT          5, connection profile mqttV5\n"), "{run:?}");
    assert!(run.out.ends_with("client ID     dev-01\nhub           accepted\n"), "{run:?}");
    let report = plant.authenticate(&[&NEW[..], &["--json"]].concat()).done().json();
    let mqtt = json!({ "version": "5", "host": HOST, "port": 8883, "client_id": ID, "user_name": null });
    assert_eq!((&report["mqtt"], &report["connected"]), (&mqtt, &json!(true)));
    assert_eq!(report["connection_profile"], "mqttV5");
    assert_eq!(plant.births(), 4);
    let run = plant.provision(&[&NEW[..], &["--transport", "mqtt-ws"]].concat()).done();
    assert!(run.out.ends_with("hub           accepted, MQTT 5\n"), "{run:?}");
}

#[test]
fn a_classic_hub_is_logged_in_to_as_ever() {
    let plant = Plant::new("classic");
    for version in [&NEW[..], &[]] {
        let run = plant.provision(version).done();
        assert!(run.out.ends_with("hub           accepted, MQTT 3.1.1\n") && !run.out.contains("profile"), "{run:?}");
    }
    let report = plant.authenticate(&["--json"]).done().json();
    assert_eq!((&report["connection_profile"], &report["mqtt"]["version"]), (&json!("classic"), &json!("3.1.1")));
    assert!(report["mqtt"]["user_name"].as_str().unwrap().starts_with(HOST));
}

#[test]
fn a_profile_is_named_for_a_device_whose_hub_is_known() {
    let plant = Plant::new(Hub::MQTT_V5);
    plant.provision(&NEW).done();
    let own = plant.certificate();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let known = ["authenticate", "--connect", "--host-name", HOST, "--device-id", ID];
    let with = |more: &[&str]| plant.site.ask(&[&known[..], &own, more].concat(), "");
    assert!(with(&["--connection-profile", "mqttV5"]).done().out.ends_with("hub           accepted\n"));
    let version = "does not support this version of MQTT (CONNACK 1)";
    let expected =
        [version, "give --connection-profile mqttV5, or --dps-api-version 2026-11-02-preview", "its version of MQTT"];
    with(&[]).failed(1, &expected);
    with(&["--connection-profile", "mqttv5"]).failed(2, &["a connection profile that is not known here"]);
    with(&["--connection-profile", "mqttV5", "--client-id", "x"]).failed(2, &["--client-id is for MQTT 3.1.1"]);
    let folder = string(&format!("DeviceId={ID};x509=true"));
    plant.folder.write("connection_string.txt", folder);
    let agent = ["authenticate", &plant.folder.folder(), "--connect", "--connection-profile", "mqttV5"];
    assert!(plant.site.ask(&agent, "").done().out.ends_with("hub           accepted\n"));
    let key = string(&format!("DeviceId={ID};SharedAccessKey={KEY}"));
    let by_key = ["authenticate", "-", "--connect", "--connection-profile", "mqttV5"];
    plant.site.ask(&by_key, &key).failed(2, &["`mqttV5`, which accepts no shared access key"]);
    let module = string(&format!("DeviceId={ID};ModuleId=m;SharedAccessKey={KEY}"));
    plant.site.ask(&by_key, &module).failed(2, &["`mqttV5`, which has no logins of modules"]);
}

#[test]
fn what_has_no_login_is_refused_at_the_registration() {
    let plant = Plant::new(Hub::MQTT_V5);
    let key = plant.folder.write("device.key", KEY);
    let expected = ["`mqttV5`, which accepts no shared access key", "register with a client certificate"];
    plant.provision_as("by-key", &["--key-file", &key], &NEW).failed(1, &expected);
    plant.authenticate(&[&NEW[..], &["--module-id", "m"]].concat()).failed(2, &["which has no logins of modules"]);
    let unknown = Plant::new("mqttV6");
    let expected =
        ["a connection profile (`connectionProfile`) that is not known here: mqttV6", "use a version that knows it"];
    unknown.provision(&NEW).failed(1, &expected);
    assert_eq!((plant.births(), unknown.site.emulator.connections()), (0, 0));
}

#[test]
fn a_certificate_that_is_issued_for_a_key_logs_in() {
    let plant = Plant::new(Hub::MQTT_V5);
    let key = plant.folder.write("device.key", KEY);
    let (credential, out) = (["--key-file", &key], plant.folder.path("issued"));
    let request = [&NEW[..], &["--request-certificate", "--out-dir", &out]].concat();
    for births in [1, 2] {
        let run = plant.provision_as("issued", &credential, &request).done();
        assert!(run.out.contains("profile       mqttV5\n") && run.out.contains("accepted, MQTT 5\n"), "{run:?}");
        assert_eq!(plant.births(), births);
    }
    plant
        .provision_as("issued", &credential, &NEW)
        .failed(1, &["accepts no shared access key", "request one with the"]);
}

#[test]
fn every_refusal_of_the_hub_has_its_text() {
    let plant = Plant::new(Hub::MQTT_V5);
    let credential = "the credential, or the hub's registry";
    let version = "the server, or its version of MQTT";
    for (operation, fault, words) in [
        (Operation::Connect, Fault::Connack(0x85), ["the client ID is not valid (0x85)", "Cause, one of", credential]),
        (Operation::Connect, Fault::Connack(0x86), ["is malformed or rejected (0x86)", "Cause, one of", credential]),
        (Operation::Connect, Fault::Connack(0x87), ["is not authorized (0x87)", "compare the thumbprint", credential]),
        (
            Operation::Connect,
            Fault::Connack(0x8c),
            ["method of authentication is not supported (0x8C)", "Cause, one of", credential],
        ),
        (
            Operation::Connect,
            Fault::Connack(0x84),
            ["this version of MQTT (0x84)", "--connection-profile classic", version],
        ),
        (Operation::Connect, Fault::Connack(0x89), ["the server is busy (0x89)", "try again later", "the hub"]),
        (Operation::Connect, Fault::Connack(0x8a), ["the client is banned (0x8A)", "what else connects", version]),
        (Operation::Connect, Fault::Connack(0x9d), ["the server has moved (0x9D)", "register it again", version]),
        (Operation::Birth, Fault::Disconnect(0x87), ["is not authorized (0x87)", "Cause, one of", credential]),
        (
            Operation::Subscribe,
            Fault::Disconnect(0x82),
            ["does not follow the protocol (0x82)", "profile `mqttV5`", version],
        ),
        (
            Operation::Subscribe,
            Fault::Suback(0x87),
            ["refuses a subscription to ih/dev-01/dev/#", "check which topics", "the service"],
        ),
        (
            Operation::Birth,
            Fault::Truncated,
            ["acknowledgement of presence cannot be read", "profile `mqttV5`", "the hub, or its"],
        ),
    ] {
        let text = fault.to_string();
        plant.site.emulator.fault(operation, fault, 2);
        plant.authenticate(&NEW).failed(1, &words);
        let run = plant.provision(&NEW).failed(1, &words);
        // Such errors of the connection end the command before its report: the registration is told in any case.
        assert!(run.out.contains(HOST), "{text}: {run:?}");
        let _ = plant.site.emulator.forget_faults();
    }
    plant.site.emulator.fault(Operation::Connect, Fault::Connack(0x87), 2);
    let report = plant.authenticate(&[&NEW[..], &["--json"]].concat()).failed(1, &[]).json();
    assert_eq!((&report["connected"], &report["connack"]), (&json!(false), &json!(0x87)));
    let report = plant.provision(&[&NEW[..], &["--json"]].concat()).failed(1, &[]).json();
    assert_eq!((&report["connected"], &report["connack"]), (&json!(false), &json!(0x87)));
}

#[test]
#[ignore = "takes two minutes: the limits of the profile"]
fn a_hub_that_is_silent_ends_the_login_after_a_minute() {
    let plant = Plant::new(Hub::MQTT_V5);
    for (operation, part) in [(Operation::Subscribe, "subscription"), (Operation::Birth, "birth")] {
        plant.site.emulator.fault(operation, Fault::NoAnswer, 1);
        let expected = format!("did not acknowledge the {part} within 1 min");
        plant.authenticate(&NEW).failed(1, &[&expected, "the hub, or its connection profile"]);
    }
}
