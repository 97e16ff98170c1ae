//! A login that somebody pasted, judged without a hub, and a hub's own answer beside it.

use crate::support::{HOST, KEY, LONG_KEY, Run, SHORT_KEY, Scratch, defenderauth, device, site::Site, string};
use defender_auth_emulator::{Device, Hub, Module, World};
use serde_json::{Value, json};
use std::process::Command;

const VERSION: &str = "/?api-version=2020-09-30";

/// The token of a device, for an hour.
fn token(of: &str) -> String {
    defenderauth(&["token", "-"], of).done().out.trim_end().into()
}

/// Judges three fields with the key of the device.
fn check(key: Option<&str>, client_id: &str, user_name: &str, password: &str) -> Run {
    let scratch = Scratch::new();
    let login = json!({"client_id": client_id, "user_name": user_name, "password": password});
    let key = key.map(|key| scratch.write("key", key));
    let source: Vec<&str> = key.iter().map(String::as_str).collect();
    let run = defenderauth(&[&["login", "--check", "-", "--json"], source.as_slice()].concat(), login.to_string());
    assert!(password.len() < 10 || !run.shows(password), "the password in {run:?}");
    run
}

/// The verdicts of client ID, user name and password.
fn verdicts(report: &Value) -> [String; 3] {
    ["client_id", "user_name", "password"].map(|name| {
        let fields = report["fields"].as_array().unwrap();
        let field = fields.iter().find(|field| field["field"] == name).unwrap();
        field["verdict"].as_str().unwrap().into()
    })
}

/// What is wrong with a login: client ID, user name, password, the return code, the word about it.
type Case = (String, String, String, u8, &'static str);

fn cases(host: &str) -> Vec<Case> {
    let of = |id: &str, key: &str| format!("HostName={host};DeviceId={id};SharedAccessKey={key}");
    let (good, user) = (token(&of("dev-01", KEY)), format!("{host}/dev-01{VERSION}"));
    let case = |id: &str, user: &str, password: &str, code, word| (id.into(), user.into(), password.into(), code, word);
    vec![
        case("dev-01", &user, &good, 0, "signed with this key"),
        case("dev-01", &format!("{user}&DeviceClientType=x"), &good, 0, "signed with this key"),
        case("dev-02", &user, &good, 5, "it is not dev-01, which is in the user name"),
        case("DEV-01", &user, &good, 5, "the case matters"),
        case("dev-01", &format!("{host}/dev-01/?api-version=latest"), &good, 4, "is not a version"),
        case("dev-01", &format!("{host}/dev-01/?DeviceClientType=x"), &good, 0, "no `/?api-version=…`"),
        case("dev-01", &format!("{host}/dev-01"), &good, 0, "no `/?api-version=…`"),
        case("dev-01", &format!("{host}/dev-01/"), &good, 0, "no `/?api-version=…`"),
        case("dev-01", "dev-01", &good, 4, "it has no client ID"),
        case("dev-01", &user, "", 4, "missing; without a client certificate"),
        case("dev-01", &user, "secret", 4, "not a SAS token"),
        case("dev-01", &user, &good.replace("se=", "se=x"), 4, "not a whole number of seconds"),
        case("dev-01", &user, &token(&of("dev-02", KEY)), 5, "the token is for"),
        case("dev-01", &user, &token(&of("dev-01", LONG_KEY)), 5, "not made by this key"),
        case("dev-01", &user, &good.replacen("sig=", "sig=A", 1), 4, "not base64 of 32 bytes"),
        case("dev-01/m", &format!("{host}/dev-01/m{VERSION}"), &good, 5, "not made by this key"),
    ]
}

#[test]
fn each_field_is_judged_for_itself() {
    for (id, user, password, code, word) in cases(HOST) {
        let key = if id.ends_with("/m") { SHORT_KEY } else { KEY };
        let run = check(Some(key), &id, &user, &password);
        let report = run.json();
        assert_eq!((&report["connack"], run.code), (&json!(code), i32::from(code != 0)), "{run:?}");
        assert!(run.out.contains(word), "no {word:?} in {run:?}");
    }
    let run = check(Some(KEY), "dev-02", "x", &token(&device()));
    assert_eq!(verdicts(&run.json()), ["warning", "wrong", "ok"]);
}

#[test]
#[ignore = "needs mosquitto, which `cargo xtask test` brings"]
fn a_hub_answers_as_the_judgement_says() {
    let emulator = crate::sdk::start_for_sdk(|host| {
        let device = Device::new("dev-01", KEY).module(Module::new("m", SHORT_KEY));
        World::new().hub(Hub::new(host).device(device).device(Device::new("dev-02", KEY)))
    });
    let (host, root) = (emulator.address().ip().to_string(), crate::sdk::Root::of(&emulator));
    for (id, user, password, code, word) in cases(&host) {
        let mut client = Command::new("mosquitto_pub");
        client.args(["-h", &host, "-p", "8883", "-V", "mqttv311", "-q", "1", "-i", &id, "-u", &user]);
        client.args(["-t", "devices/dev-01/messages/events/", "-m", "x"]).arg("--cafile").arg(&root.0);
        if !password.is_empty() {
            // A token for an emulator on this machine is no secret.
            client.args(["-P", &password]);
        }
        let output = client.output().unwrap();
        assert_eq!(output.status.code(), Some(code.into()), "{word}: {id} {user} {output:?}");
    }
}

#[test]
fn without_a_key_the_signature_is_not_verified() {
    let user = format!("{HOST}/dev-01{VERSION}");
    let report = check(None, "dev-01", &user, &token(&device())).done().json();
    assert_eq!((&report["verified"], &report["connack"]), (&json!(false), &json!(0)));
    let plain = json!({"client_id": "dev-01", "user_name": user, "password": token(&device())}).to_string();
    let run = defenderauth(&["login", "--check", "-"], plain).done();
    assert!(run.out.contains("would accept it, if the token was signed with the key"), "{run:?}");
}

#[test]
fn a_login_of_another_identity_than_the_agents_is_wrong() {
    let scratch = Scratch::new();
    let agent = scratch.write("string", device());
    let other = json!({"client_id": "dev-02", "user_name": format!("{HOST}/dev-02{VERSION}"),
        "password": token(&string(&format!("DeviceId=dev-02;SharedAccessKey={KEY}")))});
    let run = defenderauth(&["login", "--check", "-", "--json", &agent], other.to_string());
    assert_eq!((run.code, verdicts(&run.json())[1].as_str()), (1, "wrong"), "{run:?}");
    assert!(run.out.contains("it is that of contoso.azure-devices.net/devices/dev-02, not of"), "{run:?}");
}

#[test]
fn every_form_that_people_paste_is_read() {
    let (user, password) = (format!("{HOST}/dev-01{VERSION}"), token(&device()));
    let site = Site::new();
    let login = ["login", "-", "--ca-file", &site.roots];
    let printed = |client: &[&str]| defenderauth(&[&login, client].concat(), device()).done().out;
    for text in [
        printed(&[]),
        printed(&["--json"]),
        printed(&["--for", "mosquitto-pub"]),
        printed(&["--for", "mosquitto-bridge"]),
        format!("Client ID: dev-01\r\nUsername: {user}\r\nPassword: {password}\r\n"),
        format!("client_id = \"dev-01\",\nusername = '{user}';\npassword=\"{password}\"\n"),
        format!("\u{feff}clientId\tdev-01\nuserName\t{user}\npassword\t{password}"),
        format!("-i dev-01\n-u {user}\n-P {password}\n"),
        format!("host: ssl://{HOST}:8883\nclientid: dev-01\nuser: {user}\npassword: {password}\n"),
    ] {
        let run = defenderauth(&["login", "--check", "-", "--json"], &text).done();
        assert_eq!(verdicts(&run.json()), ["ok", "ok", "ok"], "{text}");
    }
}

#[test]
fn a_text_that_is_no_login_is_not_judged() {
    for (text, word) in [
        ("", "there is no field of a login"),
        ("hello", "there is no field of a login"),
        ("{}", "there is no field of a login"),
        ("{\"client_id\": 1", "it is not JSON"),
        ("client_id: a\nclient_id: b", "twice"),
        ("password: a\npassword: b", "the password is there twice"),
    ] {
        defenderauth(&["login", "--check", "-"], text).failed(2, &[word]);
    }
    let huge = format!("user_name: {}", "x".repeat(100_000));
    defenderauth(&["login", "--check", "-"], huge).failed(2, &["standard input"]);
    // A key in the place of the password is not repeated.
    let run = defenderauth(&["login", "--check", "-"], format!("client_id: d\npassword: {KEY}"));
    assert!(run.code == 1 && run.out.contains("a shared access key, not a SAS token"), "{run:?}");
}
