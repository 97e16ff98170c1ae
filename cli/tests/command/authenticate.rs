//! Logins at a loopback hub, which says why it refuses.

use crate::support::{
    HOST, KEY, LONG_KEY, SHORT_KEY, Scratch, command, defenderauth, device, run,
    site::{Site, loopback},
    string,
};
use defender_auth_emulator::{Device, Entry, Hub, Refusal, World};
use serde_json::json;
use std::{
    net::TcpListener,
    time::{Duration, SystemTime},
};

/// A token that the command itself makes for this device.
fn token(device_id: &str, arguments: &[&str]) -> String {
    let text = string(&format!("DeviceId={device_id};SharedAccessKey={KEY}"));
    let made = defenderauth(&[&["token", "-"], arguments].concat(), text).done();
    made.out.trim_end().into()
}

#[test]
fn devices_modules_and_policies_are_accepted() {
    let site = Site::new();
    site.accepts("-", &device(), &format!("{HOST}/dev-01"));
    let module = string(&format!("DeviceId=dev-01;ModuleId=azureiotsecurity;SharedAccessKey={LONG_KEY}"));
    site.accepts("-", &module, &format!("{HOST}/dev-01/azureiotsecurity"));
    let policy = string(&format!("DeviceId=dev-02;SharedAccessKeyName=device;SharedAccessKey={SHORT_KEY}"));
    site.accepts("-", &policy, &format!("{HOST}/dev-02"));
    let ready = token("dev-01", &["--ttl", "10m"]);
    let ready = string(&format!("DeviceId=dev-01;SharedAccessSignature={ready}"));
    site.accepts("-", &ready, &format!("{HOST}/dev-01"));
    let folder = Scratch::new();
    folder.write("connection_string.txt", module);
    site.accepts(&folder.folder(), "", &format!("{HOST}/dev-01/azureiotsecurity"));
}

#[test]
fn the_c_agent_is_accepted() {
    let site = Site::new();
    site.scratch.write("key.txt", LONG_KEY);
    let settings = json!({"Configuration": {"Authentication": {
        "Identity": "SecurityModule",
        "AuthenticationMethod": "SasToken",
        "FilePath": "key.txt",
        "DeviceId": "dev-01",
        "HostName": HOST,
    }}});
    let file = site.scratch.write("LocalConfiguration.json", settings.to_string());
    site.accepts(&file, "", &format!("{HOST}/dev-01/azureiotsecurity"));
}

#[test]
fn the_csharp_agent_is_accepted() {
    let site = Site::new();
    site.scratch.write("key.txt", LONG_KEY);
    let settings = format!(
        r#"<Authentication>
             <add key="identity" value="Module"/>
             <add key="type" value="SymmetricKey"/>
             <add key="filePath" value="key.txt"/>
             <add key="deviceId" value="dev-01"/>
             <add key="moduleName" value="azureiotsecurity"/>
             <add key="gatewayHostname" value="{HOST}"/>
           </Authentication>"#
    );
    let file = site.scratch.write("Authentication.config", settings);
    site.accepts(&file, "", &format!("{HOST}/dev-01/azureiotsecurity"));
}

#[test]
fn a_wrong_key_is_refused() {
    let text = string(&format!("DeviceId=dev-01;SharedAccessKey={LONG_KEY}"));
    Site::new().refuses(&text, &[], &Refusal::Signature, "the hub has other keys for it");
}

#[test]
fn an_expired_token_is_refused() {
    let token = token("dev-01", &["--expires-at", "1700003600"]);
    let text = string(&format!("DeviceId=dev-01;SharedAccessSignature={token}"));
    Site::new().refuses(&text, &[], &Refusal::Expired { seconds: 0 }, "at 2023-11-14T23:13:20Z; get a new token");
}

#[test]
fn a_token_for_another_device_is_refused() {
    let token = token("dev-02", &["--ttl", "10m"]);
    let text = string(&format!("DeviceId=dev-01;SharedAccessSignature={token}"));
    Site::new().refuses(
        &text,
        &[],
        &Refusal::Resource,
        &format!("the SAS token is for {HOST}/devices/dev-02, not for"),
    );
}

#[test]
fn a_devices_token_for_a_module_is_named() {
    let token = token("dev-01", &["--ttl", "10m"]);
    let text = string(&format!("DeviceId=dev-01;ModuleId=azureiotsecurity;SharedAccessSignature={token}"));
    Site::new().refuses(&text, &[], &Refusal::Signature, "the token is the device's, as its `sr` shows");
}

#[test]
fn a_devices_key_for_a_module_is_named() {
    let text = format!("{};ModuleId=azureiotsecurity", device());
    Site::new().refuses(&text, &[], &Refusal::Signature, "a module has keys of its own, not the device's");
}

#[test]
fn a_key_for_a_device_that_is_registered_with_a_certificate_is_named() {
    let device_with = Device::with_thumbprint("dev-01", &"A1".repeat(32));
    let site = Site::play(World::new().hub(Hub::new(HOST).device(device_with)));
    let cause = "it is registered with another type of authentication";
    site.refuses(&device(), &[], &Refusal::NotByKey, cause);
}

#[test]
fn an_unknown_device_is_refused() {
    let text = device().replace("dev-01", "dev-99");
    Site::new().refuses(&text, &[], &Refusal::UnknownDevice, "the hub has no such device");
}

#[test]
fn an_unknown_module_is_refused() {
    let text = format!("{};ModuleId=other", device());
    Site::new().refuses(&text, &[], &Refusal::UnknownModule, "the hub has no such device or module");
}

#[test]
fn a_disabled_device_is_refused() {
    let text = device().replace("dev-01", "off");
    Site::new().refuses(&text, &[], &Refusal::DeviceDisabled, "or it is disabled");
}

#[test]
fn another_client_id_is_refused() {
    Site::new().refuses(&device(), &["--client-id", "dev-02"], &Refusal::ClientId, "leave out --client-id");
}

/// Or the real host would be asked, which is not what was meant.
#[test]
fn an_endpoint_for_another_host_is_a_mistake() {
    let arguments = ["authenticate", "-", "--connect", "--endpoint", "fabrikam.azure-devices.net=127.0.0.1:1"];
    defenderauth(&arguments, device()).failed(2, &["is for fabrikam.azure-devices.net", HOST]);
}

#[test]
fn a_server_that_cannot_be_verified_gets_no_credential() {
    let (site, other) = (Site::new(), Site::new());
    let endpoint = site.endpoint();
    let arguments = ["authenticate", "-", "--connect", "--endpoint", &endpoint];
    // No roots are given: the system's are used, which do not have the hub's here.
    let mut no_roots = command(&arguments);
    no_roots.env("SSL_CERT_FILE", &other.roots).env_remove("SSL_CERT_DIR");
    let no_roots = run(no_roots, device().as_bytes());
    let other_roots = defenderauth(&[&arguments[..], &["--ca-file", &other.roots]].concat(), device());
    let elsewhere = endpoint.replace(HOST, "fabrikam.azure-devices.net");
    let other_name = site.connect("-", &device().replace("contoso", "fabrikam"), &["--endpoint", &elsewhere]);
    let (anchors, name) = ("check the host name and the root certificates", "its certificate is for another name (");
    for (run, cause) in [(no_roots, anchors), (other_roots, anchors), (other_name, name)] {
        let fault = "fault: the server's certificate, or the root certificates here";
        let run = run.failed(1, &["is not trusted", cause, "check the host name", fault]);
        assert!(run.out.is_empty(), "{run:?}");
    }
    let logins = |entry: &Entry| !matches!(entry, Entry::Dropped { .. });
    assert!(!site.emulator.journal().entries().iter().any(logins));
}

#[test]
fn a_clock_outside_of_the_validity_of_the_server_is_reported_as_the_cause() {
    let in_years = |years: u64| SystemTime::now() + Duration::from_secs(years * 365 * 86_400);
    let hub = Hub::new(HOST).device(Device::new("dev-01", KEY));
    let site = Site::play(World::new().hub(hub).server_certificate_validity(in_years(2), in_years(3)));
    let run = site.connect("-", &device(), &[]);
    let run =
        run.failed(1, &["this device's clock says 20", "the server's certificate is valid from", "fault: the time"]);
    assert!(!run.err.contains("root certificates") && !run.err.contains("host name"), "{run:?}");
}

#[test]
fn an_address_without_a_server_is_reported() {
    let site = Site::new();
    let free = TcpListener::bind(loopback()).unwrap().local_addr().unwrap();
    let endpoint = format!("{HOST}={free}");
    let arguments = ["authenticate", "-", "--connect", "--ca-file", &site.roots, "--endpoint", &endpoint];
    defenderauth(&arguments, device()).failed(1, &[&free.to_string(), "cannot be reached", "check"]);
}

#[test]
fn invalid_roots_are_refused_before_any_request() {
    let scratch = Scratch::new();
    let no_pem = scratch.write("roots.pem", "this is not PEM");
    let nowhere = scratch.path("nowhere.pem");
    for (file, cure) in [(no_pem, "-----BEGIN CERTIFICATE-----"), (nowhere, "check the path")] {
        let endpoint = format!("{HOST}={}", loopback());
        let arguments = ["authenticate", "-", "--connect", "--ca-file", &file, "--endpoint", &endpoint];
        defenderauth(&arguments, device()).failed(2, &[&file, cure]);
    }
}

/// A comment in another encoding, as tools write it above a root.
#[test]
fn bytes_outside_the_blocks_of_a_file_of_roots_are_ignored() {
    let site = Site::new();
    for (before, after) in [(&b"# Pr\xfcfstelle\n"[..], &b""[..]), (b"", b"\xff\xfe\n")] {
        let roots = site.scratch.write("latin.pem", [before, site.emulator.root_pem().as_bytes(), after].concat());
        let endpoint = site.endpoint();
        let call = ["authenticate", "-", "--connect", "--ca-file", &roots, "--endpoint", &endpoint];
        defenderauth(&call, device()).done();
    }
}

#[test]
fn a_file_of_roots_has_a_limit() {
    let scratch = Scratch::new();
    let endpoint = format!("{HOST}={}", loopback());
    let file = scratch.path("roots.pem");
    let arguments = ["authenticate", "-", "--connect", "--ca-file", &file, "--endpoint", &endpoint];
    let cured_by = |cure: &str| defenderauth(&arguments, device()).failed(2, &[&file, cure]);
    scratch.write("roots.pem", " ".repeat(1 << 20));
    cured_by("-----BEGIN CERTIFICATE-----");
    scratch.write("roots.pem", " ".repeat((1 << 20) + 1));
    cured_by("1048576");
    // A gibibyte that takes no room on the disk.
    std::fs::File::options().write(true).open(&file).unwrap().set_len(1 << 30).unwrap();
    cured_by("1048576");
}

#[test]
fn another_client_id_needs_a_connection() {
    defenderauth(&["authenticate", "-", "--client-id", "x"], device()).misused(&["--connect"]);
}

#[test]
fn without_connect_the_report_says_that_the_hub_was_not_contacted() {
    let told = defenderauth(&["authenticate", "-"], device()).done();
    assert!(
        told.out.contains("client ID     dev-01\n")
            && told.out.contains("\nhub           not contacted; add --connect"),
        "{told:?}"
    );
    let asked = defenderauth(&["authenticate", "-", "--json"], device()).done();
    let report = asked.json();
    assert_eq!((&report["connected"], &report["mqtt"]["port"]), (&json!(null), &json!(8883)));
}
