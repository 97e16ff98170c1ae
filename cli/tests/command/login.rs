//! The login for an MQTT client of somebody else's.

use crate::support::{
    HOST, MODULE_KEY, Scratch,
    agents::{folder, module, site_with},
    defenderauth, device,
    site::Site,
};
use serde_json::json;
use std::{fs, path::Path};

const AGENT: &str = concat!("DeviceClientType=defender-auth%2F", env!("CARGO_PKG_VERSION"));

#[test]
fn every_field_of_the_login_is_printed() {
    let run = defenderauth(&["login", "-", "--expires-at", "1800000000", "--json"], device()).done();
    let mut login = run.json();
    let password = login["password"].take();
    let token = defenderauth(&["token", "-", "--expires-at", "1800000000"], device()).done().out;
    assert_eq!(password, token.trim_end());
    let expected = json!({
        "schema_version": 1,
        "host": HOST,
        "port": 8883,
        "client_id": "dev-01",
        "user_name": format!("{HOST}/dev-01/?api-version=2020-09-30&{AGENT}"),
        "password": null,
        "expires_at": {"unix": 1_800_000_000, "rfc3339": "2027-01-15T08:00:00Z"},
        "cert_file": null,
        "key_file": null,
        "topic": "devices/dev-01/messages/events/",
    });
    assert_eq!(login, expected);
    let table = defenderauth(&["login", "-", "--expires-at", "1800000000"], device()).done().out;
    for (name, value) in [("host", HOST), ("port", "8883"), ("client ID", "dev-01"), ("password", token.trim_end())] {
        assert!(table.lines().any(|line| line == format!("{name:<14}{value}")), "{table}");
    }
}

#[test]
fn a_file_with_the_login_is_its_owners_alone() {
    let site = Site::new();
    for client in [&[][..], &["--for", "mosquitto-pub"], &["--for", "paho"], &["--for", "mosquitto-bridge"]] {
        let path = site.scratch.path("login");
        let login = ["login", "-", "--ca-file", &site.roots, "--out", &path];
        let run = defenderauth(&[&login, client].concat(), device()).done();
        assert_eq!(run.out, "");
        assert_eq!(fs::read_to_string(&path).unwrap().matches("SharedAccessSignature sr=").count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

#[test]
fn a_certificate_is_given_by_its_files() {
    let scratch = Scratch::new();
    let made = scratch.path("made");
    let new = ["certificate", "new", "self-signed", "--device-id", "dev-01", "--out-dir", &made];
    defenderauth(&new, "").done();
    let string = format!("HostName={HOST};DeviceId=dev-01;x509=true");
    scratch.write("made/connection_string.txt", string);
    let login = defenderauth(&["login", &made, "--json"], "").done().json();
    assert_eq!(login["password"], json!(null));
    for (name, file) in [("cert_file", "certificate_public.pem"), ("key_file", "certificate_private.pem")] {
        assert_eq!(login[name], Path::new(&made).join(file).to_str().unwrap());
    }
    let roots = scratch.path("made/certificate_public.pem");
    let settings = defenderauth(&["login", &made, "--for", "mosquitto-pub", "--ca-file", &roots], "").done().out;
    assert!(
        settings.contains("\n--cert ") && settings.contains("\n--key ") && !settings.contains("\n-P "),
        "{settings}"
    );
}

#[test]
fn the_login_of_device_mode_is_that_of_the_module() {
    let site = site_with(module());
    let [https, mqtt] = [site.emulator.https_address(), site.emulator.address()];
    let endpoints = [format!("{HOST}:443={https}"), format!("{HOST}:8883={mqtt}")];
    let agent = folder("c/device");
    let ask =
        ["login", &agent, "--json", "--ca-file", &site.roots, "--endpoint", &endpoints[0], "--endpoint", &endpoints[1]];
    let login = defenderauth(&ask, "").done().json();
    assert_eq!(login["client_id"], "dev-01/azureiotsecurity");
    // The hub would accept it: its token was signed with the key that the hub gave.
    let key = site.scratch.write("key", MODULE_KEY);
    let check = defenderauth(&["login", &key, "--check", "-"], login.to_string()).done().out;
    assert!(check.contains("password      ok: signed with this key"), "{check}");
}

#[test]
fn what_another_client_cannot_use_is_rejected() {
    let scratch = Scratch::new();
    let made = scratch.path("made");
    let new = ["certificate", "new", "self-signed", "--device-id", "dev-01", "--out-dir", &made];
    defenderauth(&new, "").done();
    scratch.write("made/connection_string.txt", format!("HostName={HOST};DeviceId=dev-01;x509=true"));
    let v5 = ["login", &made, "--connection-profile", "mqttV5"];
    defenderauth(&v5, "").failed(2, &["each login has a user name of its own"]);
    defenderauth(&["login", "-", "--check", "-"], "").failed(2, &["standard input cannot be both"]);
    defenderauth(&["login"], "").failed(2, &["no identity is given"]);
    if cfg!(windows) {
        defenderauth(&["login", "-", "--for", "mosquitto-pub"], device())
            .failed(2, &["root certificates", "--ca-file"]);
    }
    defenderauth(&["login", "-", "--check", "x", "--for", "paho"], "").misused(&["cannot be used with"]);
}
