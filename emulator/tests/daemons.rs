//! The daemons of a host as raw bytes, as the real ones answered them.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use defender_auth_emulator::{Device, Emulator, Host, Hub, Module, RunningHost};
use serde_json::Value;
use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        net::UnixStream,
    },
    path::{Path, PathBuf},
    process,
};

const HUB: &str = "contoso.azure-devices.net";
const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";

struct Site {
    _emulator: Emulator,
    host: RunningHost,
    folder: PathBuf,
}

impl Site {
    fn new(name: &str, own: bool) -> Self {
        let device = Device::new("dev-01", KEY).module(Module::new("azureiotsecurity", KEY));
        let emulator = Emulator::start([Hub::new(HUB).device(device)], "127.0.0.1:0".parse().unwrap()).unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("d{}{name}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        let uid = fs::metadata("/proc/self").unwrap().uid() + u32::from(!own);
        let host = Host::new(HUB, "dev-01").principal(uid, "azureiotsecurity").module("azureiotsecurity");
        let host = emulator.host(&folder, host).unwrap();
        Self { _emulator: emulator, host, folder }
    }

    /// The answer as `status body`.
    fn ask(&self, socket: &str, line: &str, body: &str) -> String {
        let mut stream = UnixStream::connect(self.folder.join(socket)).unwrap();
        let length = body.len();
        let text = format!(
            "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("content-type: application/json"), "{head}");
        format!("{} {body}", head.split(' ').nth(1).unwrap())
    }

    fn handle(&self) -> String {
        let answer = self.ask("identityd.sock", "GET /identities/identity?api-version=2020-09-01", "");
        let body: Value = serde_json::from_str(answer.strip_prefix("200 ").unwrap()).unwrap();
        body["spec"]["auth"]["keyHandle"].as_str().unwrap().into()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn an_identity_has_the_bytes_of_the_real_one_but_for_its_handle() {
    let site = Site::new("a", true);
    for version in ["2020-09-01", "2022-08-01"] {
        let line = format!("GET /identities/identity?api-version={version}");
        let answer = site.ask("identityd.sock", &line, "");
        let (begin, rest) = answer.split_once("\"keyHandle\":\"").unwrap();
        assert_eq!(
            begin,
            r#"200 {"type":"aziot","spec":{"hubName":"contoso.azure-devices.net","gatewayHost":"contoso.azure-devices.net","deviceId":"dev-01","moduleId":"azureiotsecurity","genId":"638000000000000000","auth":{"type":"sas","#
        );
        let handle = rest.strip_suffix("\"}}}").unwrap();
        assert!(handle.starts_with("sr=eyJ") && handle.contains("&sig="), "{handle}");
        assert!((940..1010).contains(&(answer.len() - 4)), "{}", answer.len());
        assert_ne!(site.handle(), handle);
    }
    let line = "GET /identities/provisioning?api-version=2021-12-01";
    assert_eq!(site.ask("identityd.sock", line, ""), r#"200 {"source":"manual","auth":"sas"}"#);
}

#[test]
fn refusals_have_their_bytes() {
    let (site, other) = (Site::new("b", true), Site::new("c", false));
    let denied = r#"401 {"message":"authorization error"}"#;
    for line in
        ["GET /identities/identity?api-version=2020-09-01", "GET /identities/provisioning?api-version=2021-12-01"]
    {
        assert_eq!(other.ask("identityd.sock", line, ""), denied);
    }
    assert_eq!(site.ask("identityd.sock", "POST /identities/device?api-version=2020-09-01", "{}"), denied);
    for (socket, line, body, expected) in [
        ("identityd.sock", "GET /nothing?api-version=2020-09-01", "", r#"404 {"message":"not found"}"#),
        (
            "identityd.sock",
            "GET /identities/identity?api-version=1999-01-01",
            "",
            r#"400 {"message":"invalid api-version \"1999-01-01\""}"#,
        ),
        (
            "identityd.sock",
            "GET /identities/provisioning?api-version=2020-09-01",
            "",
            r#"400 {"message":"invalid api-version \"2020-09-01\""}"#,
        ),
        (
            "keyd.sock",
            "POST /sign?api-version=2020-09-01",
            r#"{"keyHandle":"sr=a&sig=b","algorithm":"HMAC-SHA256","parameters":{"message":"AA=="}}"#,
            r#"400 {"message":"parameter \"handle\" has an invalid value\ncaused by: invalid handle"}"#,
        ),
        (
            "keyd.sock",
            "GET /key/nothing?api-version=2020-09-01",
            "",
            r#"400 {"message":"a parameter has an invalid value"}"#,
        ),
        (
            "certd.sock",
            "GET /certificates/none?api-version=2020-09-01",
            "",
            r#"400 {"message":"parameter \"id\" has an invalid value\ncaused by: not found"}"#,
        ),
        (
            "mnt/azureiotsecurity.sock",
            "POST /modules/other/genid/1/sign?api-version=2020-07-07",
            "{}",
            r#"403 {"message":"forbidden"}"#,
        ),
    ] {
        assert_eq!(site.ask(socket, line, body), expected, "{line}");
    }
}

#[test]
fn keyd_signs_and_tells_where_base64_ends() {
    let site = Site::new("d", true);
    let handle = site.handle();
    let body = format!(r#"{{"keyHandle":"{handle}","algorithm":"HMAC-SHA256","parameters":{{"message":"YQ=="}}}}"#);
    let answer = site.ask("keyd.sock", "POST /sign?api-version=2021-05-01", &body);
    assert!(answer.starts_with(r#"200 {"signature":""#) && answer.ends_with("=\"}"), "{answer}");
    let wrong = body.replace("YQ==", "*");
    let answer = site.ask("keyd.sock", "POST /sign?api-version=2020-09-01", &wrong);
    let column = wrong.find("\"*\"").unwrap() + 3;
    assert_eq!(answer, format!(r#"422 {{"message":"Invalid symbol 42, offset 0. at line 1 column {column}"}}"#));
    let device = site.ask("keyd.sock", "GET /key/device-id?api-version=2020-09-01", "");
    assert!(device.starts_with(r#"200 {"keyHandle":"sr="#), "{device}");
    site.host.reprovision().unwrap();
    assert!(site.ask("keyd.sock", "POST /sign?api-version=2020-09-01", &body).starts_with("400 "));
}

#[test]
fn sockets_have_the_mode_of_the_packages_and_go_with_the_host() {
    let site = Site::new("e", true);
    let paths =
        ["identityd.sock", "keyd.sock", "certd.sock", "mnt/azureiotsecurity.sock"].map(|name| site.folder.join(name));
    for path in &paths {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o660);
    }
    let Site { host, .. } = &site;
    assert_eq!(host.folder(), site.folder);
    let folder = site.folder.clone();
    drop(site);
    assert!(!folder.exists() && paths.iter().all(|path| !path.exists()));
}

#[test]
fn what_is_no_request_does_not_stop_a_daemon() {
    let site = Site::new("f", true);
    for bytes in [
        &b"\x00"[..],
        b"GET",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /sign HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\n{",
    ] {
        let mut stream = UnixStream::connect(site.folder.join("keyd.sock")).unwrap();
        stream.write_all(bytes).unwrap();
    }
    assert!(site.ask("keyd.sock", "GET /key/device-id?api-version=2020-09-01", "").starts_with("200 "));
}
