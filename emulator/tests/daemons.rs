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
    emulator: Emulator,
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
        Self { emulator, host, folder }
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

/// The handle in an answer of keyd.
fn handle_in(answer: &str) -> String {
    let body: Value = serde_json::from_str(answer.strip_prefix("200 ").unwrap()).unwrap();
    body["keyHandle"].as_str().unwrap().into()
}

#[test]
fn keyd_makes_a_key_pair_once_and_tells_its_public_half() {
    let site = Site::new("g", true);
    let create = r#"{"keyId":"pair-1","preferredAlgorithms":"ec-p256:rsa-2048:*"}"#;
    let wrong = r#"400 {"message":"a parameter has an invalid value"}"#;
    assert_eq!(site.ask("keyd.sock", "GET /keypair/pair-1?api-version=2020-09-01", ""), wrong);
    let made = site.ask("keyd.sock", "POST /keypair?api-version=2020-09-01", create);
    let opened = site.ask("keyd.sock", "GET /keypair/pair-1?api-version=2020-09-01", "");
    let again = site.ask("keyd.sock", "POST /keypair?api-version=2020-09-01", create);
    let of = |handle: &str, name: &str| {
        let line = format!("POST /parameters/{name}?api-version=2020-09-01");
        site.ask("keyd.sock", &line, &format!(r#"{{"keyHandle":"{handle}"}}"#))
    };
    let handles = [made, opened, again].map(|answer| handle_in(&answer));
    assert_eq!(of(&handles[0], "algorithm"), r#"200 {"value":"ECDSA"}"#);
    assert_eq!(of(&handles[0], "ec-curve-oid"), r#"200 {"value":"BggqhkjOPQMBBw=="}"#);
    let points = handles.each_ref().map(|handle| of(handle, "ec-point"));
    // A compressed point begins with 2 or 3, which is `Ag` to `A/` in base64.
    assert!(points[0].starts_with(r#"200 {"value":"A"#) && points[0].len() == 4 + 44 + 12, "{}", points[0]);
    assert!(points.iter().all(|point| *point == points[0]));
    assert_eq!(of(&handles[0], "rsa-modulus"), wrong);
    assert_eq!(of("sr=a&sig=b", "algorithm").split_at(4).0, "400 ");
    let rsa_only = r#"{"keyId":"pair-2","preferredAlgorithms":"rsa-2048"}"#;
    assert_eq!(site.ask("keyd.sock", "POST /keypair?api-version=2020-09-01", rsa_only), wrong);
    let sign = |algorithm: &str, member: &str| {
        let body = format!(
            r#"{{"keyHandle":"{}","algorithm":"{algorithm}","parameters":{{"{member}":"{}="}}}}"#,
            handles[0],
            "A".repeat(43)
        );
        site.ask("keyd.sock", "POST /sign?api-version=2020-09-01", &body)
    };
    assert!(sign("ECDSA", "digest").starts_with(r#"200 {"signature":"ME"#), "it is DER");
    assert_eq!(sign("HMAC-SHA256", "message"), wrong);
    assert_eq!(sign("ECDSA", "message"), r#"422 {"message":"missing field `digest`"}"#);
}

#[test]
fn keyd_seals_with_a_symmetric_key_and_opens_again() {
    let site = Site::new("h", true);
    let handle = handle_in(&site.ask("keyd.sock", "GET /key/device-id?api-version=2020-09-01", ""));
    let body = |member: &str, text: &str, aad: &str| {
        let parameters = format!(r#"{{"iv":"AAAAAAAAAAAAAAAA","aad":"{aad}"}}"#);
        format!(r#"{{"keyHandle":"{handle}","algorithm":"AEAD","parameters":{parameters},"{member}":"{text}"}}"#)
    };
    let sealed = site.ask("keyd.sock", "POST /encrypt?api-version=2020-09-01", &body("plaintext", "dGV4dA==", "YQ=="));
    let sealed = sealed.strip_prefix(r#"200 {"ciphertext":""#).and_then(|rest| rest.strip_suffix("\"}")).unwrap();
    let open =
        |aad: &str| site.ask("keyd.sock", "POST /decrypt?api-version=2020-09-01", &body("ciphertext", sealed, aad));
    assert_eq!(open("YQ=="), r#"200 {"plaintext":"dGV4dA=="}"#);
    assert_eq!(open("Yg=="), r#"400 {"message":"a parameter has an invalid value"}"#);
}

#[test]
fn the_workload_api_issues_certificates_for_its_own_module() {
    let site = Site::new("i", true);
    let socket = "mnt/azureiotsecurity.sock";
    let identity = "POST /modules/azureiotsecurity/certificate/identity?api-version=2022-08-03";
    let server = "POST /modules/azureiotsecurity/genid/638000000000000000/certificate/server?api-version=2022-08-03";
    for (line, body) in
        [(identity, "{}"), (server, r#"{"commonName":"edge.local","expiration":"2027-01-01T00:00:00Z"}"#)]
    {
        let answer = site.ask(socket, line, body);
        let rest =
            answer.strip_prefix(r#"201 {"privateKey":{"type":"key","bytes":"-----BEGIN PRIVATE KEY-----\n"#).unwrap();
        let (_, rest) = rest.split_once(r#""},"certificate":"-----BEGIN CERTIFICATE-----\n"#).unwrap();
        assert!(rest.contains(r#"","expiration":"20"#) && rest.ends_with("+00:00\"}"), "{rest}");
        assert_eq!(rest.matches("-----BEGIN CERTIFICATE-----").count(), 1, "the authority follows the leaf");
    }
    let forbidden = r#"403 {"message":"forbidden"}"#;
    assert_eq!(site.ask(socket, &identity.replace("azureiotsecurity", "other"), "{}"), forbidden);
    assert_eq!(site.ask(socket, &server.replace("638", "639"), r#"{"commonName":"a"}"#), forbidden);
    assert!(site.ask(socket, server, "{}").starts_with(r#"422 {"message":"missing field `commonName`"#));
    assert_eq!(
        site.ask(socket, "GET /modules?api-version=2022-08-03", ""),
        r#"200 {"modules":[{"config":{"env":[],"settings":{}},"id":"id","name":"azureiotsecurity","status":{"runtimeStatus":{"status":"running"}},"type":"docker"}]}"#
    );
}

#[test]
fn a_user_that_is_the_device_has_a_certificate_and_a_key() {
    let uid = fs::metadata("/proc/self").unwrap().uid();
    let device = Device::new("dev-01", KEY);
    let emulator = Emulator::start([Hub::new(HUB).device(device)], "127.0.0.1:0".parse().unwrap()).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("d{}j", process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    let pem = include_str!("../../tests/x509/data/p256.pkcs8.pem");
    let host = Host::new(HUB, "dev-01").key_pair("device-id", pem).certified_device(uid, "device-id", "device-id");
    let host = emulator.host(&folder, host.certificate("device-id", "PEM")).unwrap();
    let site = Site { emulator, host, folder };
    let answer = site.ask("identityd.sock", "GET /identities/identity?api-version=2020-09-01", "");
    let begin = r#"200 {"type":"aziot","spec":{"hubName":"contoso.azure-devices.net","gatewayHost":"contoso.azure-devices.net","deviceId":"dev-01","auth":{"type":"x509","keyHandle":"sr="#;
    assert!(answer.starts_with(begin) && answer.ends_with(r#"","certId":"device-id"}}}"#), "{answer}");
    let line = "GET /identities/provisioning?api-version=2021-12-01";
    assert_eq!(site.ask("identityd.sock", line, ""), r#"200 {"source":"manual","auth":"x509"}"#);
    let broken = Host::new(HUB, "dev-01").key_pair("broken", "PEM");
    assert!(site.emulator.host(site.folder.join("x"), broken).unwrap_err().to_string().contains("broken"));
}

#[test]
fn more_than_ten_requests_at_once_end_without_an_answer() {
    let site = Site::new("k", true);
    let path = site.folder.join("mnt/azureiotsecurity.sock");
    let open: Vec<_> = (0..10).map(|_| UnixStream::connect(&path).unwrap()).collect();
    // All ten are being served once each has had an answer.
    for mut stream in &open {
        stream.write_all(b"GET /trust-bundle?api-version=2022-08-03 HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
        assert_ne!(stream.read(&mut [0; 64]).unwrap(), 0);
    }
    let mut eleventh = UnixStream::connect(&path).unwrap();
    // It may be closed before the request is written.
    let _ = eleventh.write_all(b"GET /trust-bundle?api-version=2022-08-03 HTTP/1.1\r\nhost: h\r\n\r\n");
    let mut answer = Vec::new();
    let ended = eleventh.read_to_end(&mut answer);
    assert!(answer.is_empty(), "{ended:?}");
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
