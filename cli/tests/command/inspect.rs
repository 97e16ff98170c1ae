//! What a configuration is, without its secrets.

use crate::support::{HOST, KEY, Scratch, defenderauth, device, service, string};
use serde_json::{Value, json};

const SIGNATURE: &str = "9eBumH5Ca8KBIx1K7VrnUDQCoyaqnb9S7o0hpr5WQ0A";

/// The report of a device with a key, with these members instead.
fn report(members: &Value) -> Value {
    let mut report = json!({
        "schema_version": 1,
        "kind": "device",
        "host_name": HOST,
        "id_scope": null,
        "registration_id": null,
        "device_id": "dev-1",
        "module_id": null,
        "gateway_host_name": null,
        "policy_name": null,
        "credential": "shared_access_key",
        "expires_at": null,
        "signer": null,
        "provisioning": null,
        "findings": [],
    });
    for (name, value) in members.as_object().unwrap() {
        report[name] = value.clone();
    }
    report
}

#[test]
fn every_kind_of_string_is_recognised() {
    let key = format!("SharedAccessKey={KEY}");
    let token = format!(
        "SharedAccessSignature=SharedAccessSignature sr={HOST}%2Fdevices%2Fdev-1&sig={SIGNATURE}%3D&se=1700003600"
    );
    let token_rows =
        "kind device, device ID dev-1, credential shared access signature, expires at 2023-11-14T23:13:20Z";
    for (pairs, members, rows) in [
        (
            format!("DeviceId=dev-1;ModuleId=DefenderIotMicroAgent;{key}"),
            json!({"kind": "module", "module_id": "DefenderIotMicroAgent"}),
            "kind module, device ID dev-1, module ID DefenderIotMicroAgent, credential shared access key",
        ),
        (format!("DeviceId=dev-1;{key}"), json!({}), "kind device, device ID dev-1, credential shared access key"),
        (
            format!("DeviceId=dev-1;{key};GatewayHostName=edge"),
            json!({"gateway_host_name": "edge"}),
            "kind device, device ID dev-1, gateway edge, credential shared access key",
        ),
        (
            format!("DeviceId=dev-1;SharedAccessKeyName=device;{key}"),
            json!({"policy_name": "device"}),
            "kind device, device ID dev-1, policy device, credential shared access key",
        ),
        (
            format!("DeviceId=dev-1;{token}"),
            json!({"credential": "shared_access_signature", "expires_at": {"unix": 1_700_003_600, "rfc3339": "2023-11-14T23:13:20Z"}}),
            token_rows,
        ),
        (
            "DeviceId=dev-1;x509=true".into(),
            json!({"credential": "x509"}),
            "kind device, device ID dev-1, credential x509",
        ),
        (
            format!("SharedAccessKeyName=iothubowner;{key}"),
            json!({"kind": "service", "device_id": null, "policy_name": "iothubowner"}),
            "kind service, policy iothubowner, credential shared access key",
        ),
    ] {
        let text = string(&pairs);
        let told = defenderauth(&["inspect", "-"], &text).done();
        let asked = defenderauth(&["inspect", "-", "--json"], &text).done();
        for run in [&told, &asked] {
            assert!(run.err.is_empty() && !run.out.contains(SIGNATURE), "{run:?}");
        }
        assert_eq!(serde_json::from_str::<Value>(&asked.out).unwrap(), report(&members));
        // The columns' width is a matter of looks.
        let lines: Vec<String> = told
            .out
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|line| *line != format!("host name {HOST}"))
            .collect();
        assert_eq!(lines.join(", "), rows);
    }
}

#[test]
fn a_folder_and_its_file_are_the_same() {
    let scratch = Scratch::new();
    let file = scratch.write("connection_string.txt", device());
    let folder = defenderauth(&["inspect", &scratch.folder()], "").done();
    assert_eq!(folder.out, defenderauth(&["inspect", &file], "").done().out);
    assert!(folder.out.contains("device ID     dev-01\n"), "{folder:?}");
}

#[test]
fn the_folder_of_a_service_string_is_read_too() {
    let scratch = Scratch::new();
    scratch.write("connection_string.txt", service());
    let seen = defenderauth(&["inspect", &scratch.folder()], "").done();
    assert!(seen.out.contains("kind          service\n"), "{seen:?}");
}

/// The program that keeps a file from other users.
const CURE: &str = if cfg!(windows) { "icacls" } else { "chmod" };

#[test]
fn a_secret_that_all_can_read_is_a_finding() {
    let scratch = Scratch::new();
    let file = scratch.write("connection_string.txt", device());
    scratch.share("connection_string.txt");
    let seen = defenderauth(&["inspect", &file, "--json"], "").done();
    let report = seen.json();
    let finding = report["findings"][0]["text"].as_str().unwrap();
    assert!(finding.starts_with(&file) && finding.contains(CURE), "{finding}");
}

/// A policy's key opens every device of the hub.
#[test]
fn a_service_string_that_all_can_read_is_a_finding_too() {
    let scratch = Scratch::new();
    let file = scratch.write("service.txt", service());
    scratch.share("service.txt");
    let seen = defenderauth(&["inspect", &file], "").done();
    assert!(seen.out.contains(CURE), "{seen:?}");
    let made = defenderauth(&["token", "--service", &file, "--ttl", "1h"], "").done();
    assert!(made.err.contains(CURE), "{made:?}");
}

/// The published documentation prints it so.
#[test]
fn x509_may_be_followed_by_a_space() {
    let seen = defenderauth(&["inspect", "-"], string("DeviceId=dev-01;x509=true \n")).done();
    assert!(seen.out.contains("credential    x509\n"), "{seen:?}");
}

#[test]
fn an_unknown_name_is_ignored_and_reported() {
    let text = format!("{};Colour=mauve", device());
    let seen = defenderauth(&["inspect", "-"], text).done();
    let said = seen.out.lines().any(|line| line.starts_with("note") && line.contains("unknown"));
    assert!(said && !seen.out.contains("mauve"), "{seen:?}");
}

/// The files that are shipped as samples.
fn sample(agent: &str) -> String {
    format!("{}/../examples/agents/{agent}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn an_agent_in_device_mode_is_a_device_that_becomes_a_module() {
    for agent in ["c/device", "csharp/device"] {
        let seen = defenderauth(&["inspect", &sample(agent), "--json"], "").done().json();
        let (kind, device, module) = (&seen["kind"], &seen["device_id"], &seen["module_id"]);
        assert_eq!((kind, device, module), (&json!("device_mode"), &json!("dev-01"), &json!("azureiotsecurity")));
    }
}

#[test]
fn an_agent_that_is_to_be_provisioned_has_a_registration_and_no_device_yet() {
    for agent in ["c/dps", "csharp/dps"] {
        let seen = defenderauth(&["inspect", &sample(agent), "--json"], "").done().json();
        assert_eq!(seen["kind"], json!("provisioning"));
        assert_eq!(seen["host_name"], json!("global.azure-devices-provisioning.net"));
        assert_eq!((&seen["id_scope"], &seen["registration_id"]), (&json!("0ne00000A0A"), &json!("dev-01")));
        assert_eq!((&seen["device_id"], &seen["module_id"]), (&json!(null), &json!("azureiotsecurity")));
        let told = defenderauth(&["inspect", &sample(agent)], "").done();
        assert!(told.out.contains("\nregistration  dev-01\nmodule ID     azureiotsecurity\n"), "{told:?}");
    }
}
