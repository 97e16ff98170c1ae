//! What every document in JSON has in common: one for each call, also for one that fails.

use crate::support::{KEY, Scratch, command, defenderauth, device, run, shapes};
use serde_json::{Value, json};
#[cfg(unix)]
use std::os::unix::fs::MetadataExt as _;
use std::{collections::BTreeSet, fs, path::Path};

/// The subcommands, as `--help` lists them.
fn subcommands(path: &[&str]) -> Vec<String> {
    let help = defenderauth(&[path, &["--help"]].concat(), "").done().out;
    let Some((_, rest)) = help.split_once("\nCommands:\n") else { return vec![path.join(" ")] };
    let list = rest.split("\n\n").next().unwrap();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.flat_map(|name| subcommands(&[path, &[name]].concat())).collect()
}

#[test]
fn the_page_has_every_subcommand_that_prints_json() {
    let prints = |name: &String| {
        let words: Vec<_> = name.split(' ').chain(["--help"]).collect();
        defenderauth(&words, "").out.contains("--json")
    };
    let with_json: BTreeSet<_> = subcommands(&[]).into_iter().filter(prints).collect();
    let is_subcommand = |name: &&String| name.chars().next().is_some_and(char::is_lowercase);
    // An option may make another document of a subcommand's.
    let named = |name: &String| name.split(" --").next().unwrap_or_default().to_owned();
    let described: BTreeSet<_> = shapes::sections().keys().filter(is_subcommand).map(named).collect();
    assert!(with_json.len() >= 10, "{with_json:?}");
    assert_eq!(with_json, described);
}

/// A call that fails before it has anything to report.
#[track_caller]
fn fails(arguments: &[&str], input: &str, status: i32) -> Value {
    let run = defenderauth(&[arguments, &["--json"]].concat(), input);
    assert_eq!(run.code, status, "{run:?}");
    assert!(run.err.contains("error: "), "people are told as well: {run:?}");
    let document = run.json();
    let members: Vec<_> = document.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["error", "schema_version"]);
    document["error"].clone()
}

#[test]
fn an_error_of_the_library_has_its_number_and_its_place() {
    let error = fails(&["inspect", "/no/such/folder"], "", 2);
    assert_eq!((&error["code"], &error["kind"], &error["retryable"]), (&json!(211), &json!("file"), &json!(false)));
    assert_eq!(error["field"], "/no/such/folder");
    assert_eq!((&error["tracking_id"], &error["causes"][0]["code"]), (&json!(null), &json!("path")));
    let error = fails(&["authenticate", "-"], "HostName=h;DeviceId=d;SharedAccessKey=****", 2);
    assert_eq!((&error["code"], &error["kind"]), (&json!(301), &json!("input")));
    assert!(error["message"].as_str().unwrap().contains("masked"), "{error}");
}

#[test]
fn a_wrong_argument_is_an_error_of_the_call() {
    for (arguments, field) in [
        (&["inspect", "-", "--no-such"][..], json!("--no-such")),
        (&["twin"], json!(null)),
        (&["token", "-", "--ttl", "soon"], json!("--ttl <DURATION>")),
    ] {
        let error = fails(arguments, "", 2);
        assert_eq!((&error["code"], &error["kind"]), (&json!(105), &json!("caller")), "{arguments:?}");
        assert!(field.is_null() || error["field"] == field, "{error}");
        assert!(!error["message"].as_str().unwrap().contains("Usage"), "{error}");
    }
}

#[test]
fn a_secret_among_the_arguments_is_not_repeated() {
    let error = fails(&["inspect", KEY], "", 2);
    assert_eq!(error["kind"], "caller");
    assert!(error["message"].as_str().unwrap().contains("never") || !error.to_string().contains(KEY), "{error}");
}

#[test]
fn a_service_that_is_not_reached_may_be_reached_later() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("contoso.azure-devices.net={free}");
    let error = fails(&["authenticate", "-", "--connect", "--azure-roots", "--endpoint", &endpoint], &device(), 1);
    let told = (&error["code"], &error["kind"], &error["retryable"]);
    assert_eq!(told, (&json!(801), &json!("network"), &json!(true)), "{error}");
}

#[test]
fn json_after_two_dashes_is_a_name() {
    let run = defenderauth(&["inspect", "--", "--json"], "");
    assert!(run.code == 2 && run.out.is_empty(), "{run:?}");
}

#[test]
fn a_token_is_described_in_one_way() {
    let scratch = Scratch::new();
    let key = scratch.write("device.key", KEY);
    let made = defenderauth(&["token", "-", "--expires-at", "4102444800", "--json"], device()).done().json();
    let token = made["token"].as_str().unwrap();
    let verified = defenderauth(&["verify-token", "--key-file", &key, "-", "--json"], token).done().json();
    for member in ["resource", "policy_name", "expires_at"] {
        assert_eq!(made[member], verified[member]);
    }
    assert_eq!(made["expires_at"], json!({"unix": 4_102_444_800_u64, "rfc3339": "2100-01-01T00:00:00Z"}));
    assert_eq!((&verified["valid"], &verified["signature_valid"]), (&json!(true), &json!(true)));
    let expired = ["verify-token", "--key-file", &key, "-", "--now", "4102444801", "--json"];
    let expired = run(command(&expired), token.as_bytes());
    assert_eq!(expired.code, 1, "a token that is not valid is a result: {expired:?}");
    let expired = expired.json();
    assert_eq!((&expired["valid"], &expired["signature_valid"]), (&json!(false), &json!(true)));
    assert!(expired["reason"].as_str().unwrap().contains("expired") && expired.get("error").is_none(), "{expired}");
}

#[test]
fn what_is_made_is_described() {
    let scratch = Scratch::new();
    let (root, leaf) = (scratch.path("root"), scratch.path("leaf"));
    let new = |more: &[&str]| defenderauth(&[&["certificate", "new"], more, &["--json"]].concat(), "").done();
    let made = new(&["root", "--common-name", "Office", "--out-dir", &root]);
    assert!(made.err.contains("for testing only"), "{made:?}");
    assert_eq!(made.json()["subject"], "CN=Office");
    let (ca, key) = (format!("{root}/root.pem"), format!("{root}/root.key.pem"));
    let signer = ["--sign-with", ca.as_str(), "--sign-key", &key];
    let device = new(&[&["device", "--device-id", "dev-01", "--out-dir", &leaf], &signer[..]].concat()).json();
    assert_eq!((&device["common_name"], &device["issuer"]), (&json!("dev-01"), &json!("CN=Office")));
    let files = ["cert_file", "key_file"].map(|name| device[name].as_str().unwrap().to_owned());
    let check = ["certificate", "check", "--cert-file", &files[0], "--key-file", &files[1], "--json"];
    let checked = defenderauth(&check, "").done().json();
    assert_eq!(checked["certificates"][0]["sha256"], device["sha256"]);
    let proof = ["certificate", "verification", "--code", "C0DE", "--out-dir", &leaf, "--json"];
    let proof = defenderauth(&[&proof[..], &signer].concat(), "").done().json();
    assert_eq!((&proof["common_name"], &proof["key_file"]), (&json!("C0DE"), &json!(null)));
    let request = ["certificate", "request", "--common-name", "dev-01", "--key-file", &files[1], "--json"];
    let request = defenderauth(&request, "").done().json();
    assert!(request["request"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{request}");
}

/// The documents of a call, one on each line.
#[track_caller]
fn each(arguments: &[&str], input: &str, status: i32) -> Vec<Value> {
    let run = defenderauth(&[arguments, &["--json"]].concat(), input);
    assert_eq!(run.code, status, "{run:?}");
    let documents: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    for document in &documents {
        shapes::check(&words, document);
    }
    documents
}

#[test]
fn each_certificate_of_a_list_is_described_on_a_line() {
    let scratch = Scratch::new();
    let folder = scratch.path("fleet");
    let new = ["certificate", "new", "self-signed", "--out-dir", &folder, "--ids", "-"];
    let made = each(&new, "dev-02\ndev-01\n", 0);
    let file = |id: &str| json!(Path::new(&folder).join(id).join("certificate_public.pem").to_str().unwrap());
    assert_eq!([&made[0]["cert_file"], &made[1]["cert_file"]], [&file("dev-02"), &file("dev-01")]);
    assert_eq!((&made[1]["common_name"], &made[1]["subject"]), (&json!("dev-01"), &json!("CN=dev-01")));
    let resumed = each(&[&new[..], &["--resume"]].concat(), "dev-02\ndev-01\n", 0);
    assert_eq!(resumed, made, "what was made before is described again");
    let again = each(&new, "dev-03\ndev-01\n", 2);
    assert!(again.len() == 1 && again[0]["error"]["message"].as_str().unwrap().contains("exists already"), "{again:?}");
}

#[test]
fn what_fails_in_a_list_is_its_last_line() {
    let scratch = Scratch::new();
    let group = scratch.write("group.key", KEY);
    let derive = ["derive-key", "--ids", "-", "--group-key-file", &group];
    let derived = each(&derive, "dev-01\n\ndev/02\ndev-03\n", 2);
    assert_eq!((derived.len(), &derived[0]["registration_id"]), (2, &json!("dev-01")));
    let error = &derived[1]["error"];
    assert_eq!((&error["code"], &error["field"]), (&json!(202), &json!("standard input, line 3")), "{error}");
    let absent = each(&["derive-key", "--ids", "/no/such/list", "--group-key-file", &group], "", 2);
    assert_eq!((absent.len(), &absent[0]["error"]["code"]), (1, &json!(211)));
    let scratch = Scratch::new();
    let file = scratch.write("file", "x");
    let stay = each(&["stay", "-", "--state-dir", &file], &device(), 2);
    assert_eq!((stay.len(), &stay[0]["error"]["code"]), (1, &json!(214)));
}

#[test]
fn what_a_file_contains_has_the_numbers_of_files_and_not_of_the_call() {
    let scratch = Scratch::new();
    let (group, folder) = (scratch.write("group.key", KEY), scratch.path("fleet"));
    let login = scratch.write("proxy.login", "user");
    let new = ["certificate", "new", "self-signed", "--out-dir", &folder, "--ids", "-"];
    let derive = ["derive-key", "--ids", "-", "--group-key-file", &group];
    let proxy = ["authenticate", "-", "--connect", "--azure-roots", "--proxy-login-file", &login];
    for (arguments, input, code) in [
        (&new[..], "", 213),
        (&new, " \n\n", 213),
        (&new, "dev-01\ndev-01", 213),
        (&new, "dev/01", 202),
        (&derive, "", 213),
        (&derive, " \n\n", 213),
        (&derive, "dev/01", 202),
        (&proxy, &device(), 213),
        (&["login", "--check", "-"], "hello", 213),
        (&["login", "--check", "-"], "{", 213),
    ] {
        let error = fails(arguments, input, 2);
        assert_eq!(error["code"], code, "{arguments:?} {input:?}: {error}");
        assert!(error["field"].is_string() && error["kind"] != "caller", "{error}");
    }
}

#[test]
fn a_document_goes_to_the_file_of_out() {
    let scratch = Scratch::new();
    let (group, out) = (scratch.write("group.key", KEY), scratch.path("out.json"));
    let both = ["dev-01", "dev-02"];
    let (read, derive) = (|| fs::read_to_string(&out).unwrap(), ["derive-key", "--group-key-file", &group, "--json"]);
    for (arguments, input) in [
        ([&derive[..], &both].concat(), String::new()),
        ([&derive[..], &["--ids", "-"]].concat(), both.join("\n")),
        (vec!["login", "-", "--json", "--expires-at", "4102444800"], device()),
    ] {
        let printed = defenderauth(&arguments, &input).done().out;
        let written = defenderauth(&[&arguments[..], &["--out", &out]].concat(), &input).done();
        assert_eq!((written.out, read()), (String::new(), printed), "{arguments:?}");
        #[cfg(unix)]
        assert_eq!(fs::metadata(&out).unwrap().mode() & 0o777, 0o600);
    }
    let failed = [&derive[..3], &["dev/01", "--out", &out]].concat();
    let before = read();
    assert_eq!(fails(&failed, "", 2)["code"], 202);
    assert_eq!(read(), before, "the old file stays");
}

#[test]
fn derived_keys_are_those_of_the_lines() {
    let scratch = Scratch::new();
    let group = scratch.write("group.key", KEY);
    let derive = ["derive-key", "--group-key-file", &group, "dev-01", "dev-02"];
    let lines = defenderauth(&derive, "").done().out;
    let keys = defenderauth(&[&derive[..], &["--json"]].concat(), "").done().json()["keys"].clone();
    let text = |key: &Value| format!("{},{}\n", key["registration_id"].as_str().unwrap(), key["key"].as_str().unwrap());
    assert_eq!(keys.as_array().unwrap().iter().map(text).collect::<String>(), lines);
    let list = each(&["derive-key", "--ids", "-", "--group-key-file", &group], "dev-01\ndev-02", 0);
    let text = |document: &Value| ["registration_id", "key"].map(|name| document[name].clone());
    assert_eq!(
        list.iter().map(text).collect::<Vec<_>>(),
        keys.as_array().unwrap().iter().map(text).collect::<Vec<_>>()
    );
}
