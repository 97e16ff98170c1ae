//! The admin API: what is emulated, read and changed over HTTP.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{Admin, Device, Dps, Emulator, Group, Hub, Module, World};
use mqtt_protocol_core::mqtt::{packet::Qos, result_code::ConnectReturnCode::Accepted};
use serde_json::{Value, json};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};
use support::{Answer, DPS, HUB, KEY, Mqtt, OTHER, answer, https, play, request, token};

const DEVICES: &str = "/hubs/contoso.azure-devices.net/devices";

fn start() -> (Arc<Emulator>, Admin) {
    let device = Device::new("dev-01", KEY).module(Module::new("m", OTHER));
    let dps = Dps::new("0ne").group(Group::new("fleet", KEY).pending(0));
    let emulator = Arc::new(play(World::new().hub(Hub::new(HUB).device(device)).dps(dps)));
    let admin = Admin::open(&emulator, "127.0.0.1:0".parse().unwrap()).unwrap();
    (emulator, admin)
}

fn raw(admin: &Admin, text: &str) -> Answer {
    let mut stream = TcpStream::connect(admin.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    answer(&text)
}

fn ask(admin: &Admin, line: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    raw(admin, &request(line, &admin.address().to_string(), "", &body))
}

fn get(admin: &Admin, path: &str) -> Value {
    let answer = ask(admin, &format!("GET {path}"), &Value::Null);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn log_in(emulator: &Emulator, id: &str, key: &str) -> (Mqtt, bool) {
    let user = format!("{HUB}/{id}/?api-version=2020-09-30");
    let (client, code) = Mqtt::connect(emulator, HUB, id, &user, &token(HUB, key));
    (client, code == Accepted)
}

#[test]
fn devices_are_created_rotated_disabled_and_deleted() {
    let (emulator, admin) = start();
    let made = ask(&admin, &format!("PUT {DEVICES}/dev@02"), &json!({ "primary_key": OTHER, "desired": { "a": 1 } }));
    assert_eq!(made.status, 201, "{made:?}");
    let text = format!("HostName={HUB};DeviceId=dev@02;SharedAccessKey={OTHER}");
    assert_eq!(made.json()["connection_string"], json!(text));
    let (mut client, accepted) = log_in(&emulator, "dev@02", OTHER);
    assert!(accepted);
    assert_eq!(get(&admin, &format!("{DEVICES}/dev@02"))["connected"], json!(true));
    let rotated = ask(&admin, &format!("POST {DEVICES}/dev@02/rotate"), &Value::Null).json();
    assert!(!log_in(&emulator, "dev@02", OTHER).1);
    assert_eq!(ask(&admin, &format!("POST {DEVICES}/dev@02/disconnect"), &Value::Null).status, 204);
    assert_eq!(client.message(), None);
    let new = rotated["secondary_key"].as_str().unwrap();
    assert!(log_in(&emulator, "dev@02", new).1);
    let off = ask(&admin, &format!("PATCH {DEVICES}/dev@02"), &json!({ "disabled": true }));
    assert_eq!((off.status, &off.json()["disabled"]), (200, &json!(true)));
    assert!(!log_in(&emulator, "dev@02", new).1);
    assert_eq!(get(&admin, DEVICES).as_array().unwrap().len(), 2);
    assert_eq!(ask(&admin, &format!("DELETE {DEVICES}/dev@02"), &Value::Null).status, 204);
    assert_eq!(ask(&admin, &format!("GET {DEVICES}/dev@02"), &Value::Null).status, 404);
}

#[test]
fn modules_are_created_and_deleted() {
    let (emulator, admin) = start();
    let path = format!("{DEVICES}/dev-01/modules/n");
    let made = ask(&admin, &format!("PUT {path}"), &json!({ "primary_key": OTHER }));
    assert_eq!((made.status, made.json()["primary_key"].as_str()), (201, Some(OTHER)));
    assert!(log_in(&emulator, "dev-01/n", OTHER).1);
    let rotated = ask(&admin, &format!("POST {path}/rotate"), &json!({ "primary_key": KEY, "secondary_key": KEY }));
    assert_eq!(rotated.status, 200);
    assert!(log_in(&emulator, "dev-01/n", KEY).1);
    assert_eq!(ask(&admin, &format!("DELETE {path}"), &Value::Null).status, 204);
    assert!(!log_in(&emulator, "dev-01/n", KEY).1);
}

#[test]
fn mistakes_are_named_without_the_values_of_the_body() {
    let (_emulator, admin) = start();
    for (line, body, status) in [
        (format!("PUT {DEVICES}/d"), json!({ "primary_kye": "c2VjcmV0" }), 400),
        (format!("PUT {DEVICES}/d"), json!({ "primary_key": ["c2VjcmV0"] }), 400),
        (format!("PUT {DEVICES}/d"), json!({ "primary_key": "c2VjcmV0!" }), 400),
        (format!("PUT {DEVICES}/d"), json!({ "id": "c2VjcmV0", "primary_key": "AAAA" }), 400),
        (format!("PUT {DEVICES}/d"), json!({}), 400),
        ("PUT /hubs/other.net/devices/d".into(), json!({ "primary_key": "AAAA" }), 404),
        (format!("PATCH {DEVICES}/dev-01"), json!({ "disabled": "c2VjcmV0" }), 400),
        (format!("POST {DEVICES}/dev-01/messages"), json!({ "payload_base64": "c2VjcmV0!" }), 400),
        ("POST /faults".into(), json!({ "operation": "connect", "fault": "x" }), 400),
        ("PUT /clock".into(), json!({ "offset_seconds": "c2VjcmV0" }), 400),
        ("GET /nothing".into(), Value::Null, 404),
        ("GET /journal?after=x".into(), Value::Null, 400),
    ] {
        let answer = ask(&admin, &line, &body);
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, status, "{line}: {error}");
        assert!(!error.contains("c2VjcmV0") && !error.is_empty(), "{line}: {error}");
    }
}

#[test]
fn a_desired_patch_reaches_the_client_and_what_it_sends_is_read() {
    let (emulator, admin) = start();
    let (mut client, _) = log_in(&emulator, "dev-01", KEY);
    client.subscribe("$iothub/twin/PATCH/properties/desired/#", Qos::AtMostOnce);
    let twin = ask(&admin, &format!("PATCH {DEVICES}/dev-01/twin"), &json!({ "interval": 5 })).json();
    assert_eq!(twin["properties"]["desired"], json!({ "interval": 5, "$version": 2 }));
    assert_eq!(client.message().unwrap().1, r#"{"$version":2,"interval":5}"#);
    assert!(client.publish_acknowledged("devices/dev-01/messages/events/a%20b=c&%24.ct=x", r#"{"t":1}"#));
    let sent = get(&admin, &format!("{DEVICES}/dev-01/messages"));
    let message = &sent["messages"][0];
    assert_eq!((&sent["count"], &message["properties"]), (&json!(1), &json!({ "a b": "c", "$.ct": "x" })));
    assert_eq!((&message["payload"], &message["payload_base64"]), (&json!(r#"{"t":1}"#), &json!("eyJ0IjoxfQ==")));
    client.subscribe("devices/dev-01/messages/devicebound/#", Qos::AtMostOnce);
    let post = json!({ "payload": "hello", "properties": { "k": "v" } });
    assert_eq!(ask(&admin, &format!("POST {DEVICES}/dev-01/messages"), &post).status, 204);
    let (topic, payload, _) = client.message().unwrap();
    assert!(topic.contains("/devicebound/k=v&") && payload == "hello", "{topic}");
    client.subscribe("$iothub/methods/POST/#", Qos::AtMostOnce);
    let line = format!("POST {DEVICES}/dev-01/methods/reboot");
    let answered = thread::scope(|scope| {
        let call = scope.spawn(|| ask(&admin, &line, &json!({ "payload": 1, "timeout_seconds": 60 })));
        let topic = client.message().unwrap().0;
        client.publish(&format!("$iothub/methods/res/200/?{}", topic.rsplit_once('?').unwrap().1), "[2]");
        call.join().unwrap()
    });
    assert_eq!(answered.json(), json!({ "status": 200, "payload": [2] }));
}

#[test]
fn enrollments_are_created_rotated_disabled_and_deleted() {
    let (emulator, admin) = start();
    let made = ask(&admin, "PUT /enrollments/dev-07", &json!({ "primary_key": OTHER, "pending": 0 }));
    assert_eq!(made.status, 201, "{made:?}");
    let register = |key: &str| {
        let token = token("0ne/registrations/dev-07", key);
        let line = "PUT /0ne/registrations/dev-07/register?api-version=2021-06-01";
        https(&emulator, line, DPS, &token, r#"{"registrationId":"dev-07"}"#)
    };
    assert_eq!(register(OTHER).json()["status"], "assigned");
    assert_eq!(get(&admin, "/registrations")[0]["registrationId"], "dev-07");
    let rotated = ask(&admin, "POST /enrollments/dev-07/rotate", &Value::Null).json();
    assert_eq!(register(OTHER).status, 401);
    let key = rotated["primary_key"].as_str().unwrap();
    assert_eq!(ask(&admin, "PATCH /enrollments/dev-07", &json!({ "disabled": true })).status, 200);
    assert_eq!(register(key).json()["status"], "disabled");
    assert_eq!(ask(&admin, "DELETE /enrollments/dev-07", &Value::Null).status, 204);
    let listed = [get(&admin, "/enrollments"), get(&admin, "/groups")].map(|all| all.as_array().unwrap().len());
    assert_eq!(listed, [0, 1]);
    assert_eq!(ask(&admin, "PUT /groups/g", &json!({ "primary_key": KEY, "device_id": "x" })).status, 400);
    assert_eq!(ask(&admin, "PUT /groups/g", &json!({ "primary_key": KEY })).status, 201);
    assert_eq!(ask(&admin, "DELETE /groups/none", &Value::Null).status, 404);
}

#[test]
fn faults_and_the_clock_are_set() {
    let (emulator, admin) = start();
    let fault = json!({ "operation": "connect", "fault": "connack", "code": 3, "times": 2 });
    assert_eq!(ask(&admin, "POST /faults", &fault).status, 204);
    assert!(!log_in(&emulator, "dev-01", KEY).1);
    let left = json!([{ "operation": "connect", "fault": "CONNACK 3", "skip": 0, "times": 1 }]);
    assert_eq!(get(&admin, "/faults"), left);
    assert_eq!(ask(&admin, "DELETE /faults", &Value::Null).json(), json!({ "removed": 1 }));
    assert!(log_in(&emulator, "dev-01", KEY).1);
    assert_eq!(ask(&admin, "PUT /clock", &json!({ "offset_seconds": 3600 })).status, 200);
    assert_eq!(get(&admin, "/clock")["offset_seconds"], json!(3600));
    assert!(!log_in(&emulator, "dev-01", KEY).1);
}

#[test]
fn the_journal_is_followed_while_nothing_happens_too() {
    let (emulator, admin) = start();
    assert_eq!(get(&admin, "/journal"), json!({ "records": [], "next": 0 }));
    let first = thread::scope(|scope| {
        let follow = scope.spawn(|| get(&admin, "/journal?after=0&wait=60"));
        thread::sleep(Duration::from_millis(50));
        assert!(!log_in(&emulator, "dev-09", KEY).1);
        follow.join().unwrap()
    });
    let record = &first["records"][0];
    assert_eq!((&record["refused"], &record["answer"], &first["next"]), (&json!(true), &json!("CONNACK 5"), &json!(1)));
    assert_eq!((&record["identity"], &record["request"]), (&json!("dev-09"), &json!("CONNECT dev-09")));
    assert!(record["reason"].as_str().unwrap().contains("no such device"), "{record}");
    assert_eq!(get(&admin, "/journal?after=1")["next"], json!(1));
    let waits = thread::scope(|scope| {
        let follow = scope.spawn(|| {
            let mut stream = TcpStream::connect(admin.address()).unwrap();
            stream.write_all(request("GET /journal?after=1&wait=60", "localhost", "", "").as_bytes()).unwrap();
            stream
        });
        follow.join().unwrap()
    });
    drop(admin);
    drop(waits);
    assert!(emulator.connections() < 2, "a reader that waits does not delay the end");
}

#[test]
fn state_has_no_keys() {
    let (emulator, admin) = start();
    let (client, _) = log_in(&emulator, "dev-01/m", OTHER);
    let state = get(&admin, "/state");
    assert_eq!(get(&admin, "//state")["hubs"], state["hubs"], "below a base address with a slash at its end");
    assert_eq!(state["mqtt"], json!(emulator.address()));
    let device = &state["hubs"][0]["devices"][0];
    assert_eq!((&device["connected"], &device["modules"][0]["connected"]), (&json!(false), &json!(true)));
    assert_eq!((&state["dps"]["id_scope"], &state["connections"]), (&json!("0ne"), &json!(1)));
    assert!(!state.to_string().contains(&KEY[..10]) && !state.to_string().contains(&OTHER[..10]));
    drop(client);
}

#[test]
fn a_page_of_another_site_changes_nothing() {
    let (emulator, admin) = start();
    let with = |host: &str, origin: &str| {
        let text = request(&format!("DELETE {DEVICES}/dev-01"), host, "", "");
        raw(&admin, &text.replace("Connection:", &format!("Origin: {origin}\r\nConnection:"))).status
    };
    let own = admin.address().to_string();
    assert_eq!(with(&own, "https://evil.example"), 403);
    assert_eq!(with(&own, "null"), 403);
    assert_eq!(with("rebound.evil.example", "http://rebound.evil.example"), 403, "a name that leads here");
    assert_eq!(emulator.connections(), 0);
    assert_eq!(with(&own, &format!("http://{own}")), 204);
}

#[test]
fn other_machines_reach_it_only_when_they_may() {
    let (emulator, _admin) = start();
    let any = "0.0.0.0:0".parse().unwrap();
    assert!(Admin::open(&emulator, any).unwrap_err().to_string().contains("no login"));
    assert!(Emulator::play(World::new().hub(Hub::new(HUB)), any).is_err());
    let remote = Arc::new(Emulator::play(World::new().hub(Hub::new(HUB)).remote(), any).unwrap());
    assert!(Admin::open(&remote, any).is_ok());
}

#[test]
fn malformed_requests_are_answered() {
    let (_emulator, admin) = start();
    for (text, status) in [
        ("nonsense\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("PUT /clock HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n", 413),
        ("PUT /clock HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\n{", 400),
        ("GET /%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400),
    ] {
        assert_eq!(raw(&admin, text).status, status, "{text}");
    }
}

#[test]
#[ignore = "needs chromium, and checks nothing without it"]
fn the_page_shows_who_logged_in_and_who_was_refused() {
    if Command::new("chromium").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        return;
    }
    let (emulator, admin) = start();
    let (_client, accepted) = log_in(&emulator, "dev-01", KEY);
    assert!(accepted && !log_in(&emulator, "dev-01", OTHER).1 && !log_in(&emulator, "<b>dev-09</b>", KEY).1);
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("chromium-{}", std::process::id()));
    let mut browser = Command::new("chromium");
    browser.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=3000",
        "--window-size=1400,900",
    ]);
    browser.arg(format!("--user-data-dir={}", folder.display()));
    if let Some(picture) = std::env::var_os("DEFENDER_AUTH_SCREENSHOT") {
        let mut option = std::ffi::OsString::from("--screenshot=");
        option.push(picture);
        browser.arg(option);
    } else {
        browser.arg("--dump-dom");
    }
    browser.arg(format!("http://{}/#once", admin.address())).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut process = browser.stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = process.stdout.take().unwrap();
    let reading = thread::spawn(move || {
        let mut page = String::new();
        let _ = stdout.read_to_string(&mut page);
        page
    });
    let mut waits = 0..1200;
    while process.try_wait().unwrap().is_none() {
        if waits.next().is_none() {
            process.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(50));
    }
    let page = reading.join().unwrap();
    let _ = std::fs::remove_dir_all(folder);
    if std::env::var_os("DEFENDER_AUTH_SCREENSHOT").is_none() {
        for text in [
            "neither of the keys",
            "the hub has no such device",
            "CONNECT dev-01",
            "&lt;b&gt;dev-09&lt;/b&gt;",
            r#"<b id="accepted" class="good">1</b>"#,
            r#"<b id="refused" class="bad">2</b>"#,
            r#"<b id="connected">1</b>"#,
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
    }
}
