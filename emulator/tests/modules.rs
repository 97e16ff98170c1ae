//! A device that creates, changes and deletes its modules, as `aziot-identityd` does, and the shape of a hub's errors.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{Device, Dps, Emulator, Fault, Hub, Module, Operation, World};
use serde_json::Value;
use support::{Answer, HUB, KEY, OTHER, answer, https, play, raw, request, token};

const VERSION: &str = "api-version=2017-11-08-preview";
const BODY: &str = r#"{"moduleId":"azureiotsecurity","deviceId":"dev-01"}"#;

fn emulator() -> Emulator {
    play(World::new().hub(Hub::new(HUB).device(Device::new("dev-01", KEY))).dps(Dps::new("0ne")))
}

fn ask(emulator: &Emulator, method: &str, module: &str, body: &str) -> Answer {
    let line = format!("{method} /devices/dev-01/modules{module}?{VERSION}");
    // The audience with bare slashes, as identityd writes it.
    https(emulator, &line, HUB, &token(&format!("{HUB}/devices/dev-01"), KEY), body)
}

fn ask_if_match(emulator: &Emulator, method: &str, etag: &str, body: &str) -> Answer {
    let line = format!("{method} /devices/dev-01/modules/azureiotsecurity?{VERSION}");
    let text = request(&line, HUB, &token(&format!("{HUB}/devices/dev-01"), KEY), body);
    let text = text.replacen("\r\n", &format!("\r\nIf-Match: {etag}\r\n"), 1);
    answer(&raw(emulator, HUB, &text).unwrap())
}

fn message(answer: &Answer) -> String {
    let body = answer.json();
    assert!(body["ExceptionMessage"].as_str().unwrap().starts_with("Tracking ID:"), "{body}");
    body["Message"].as_str().unwrap().into()
}

#[test]
fn a_module_is_created_changed_listed_and_deleted() {
    let emulator = emulator();
    assert_eq!(ask(&emulator, "GET", "", "").json(), Value::Array(Vec::new()));
    assert!(message(&ask(&emulator, "GET", "/azureiotsecurity", "")).contains("ModuleNotFound"));

    let created = ask(&emulator, "PUT", "/azureiotsecurity", BODY);
    assert_eq!(created.status, 200);
    let read = ask(&emulator, "GET", "/azureiotsecurity", "").json();
    assert_eq!(read, created.json());
    let key = |body: &Value| body["authentication"]["symmetricKey"]["primaryKey"].as_str().unwrap().to_owned();
    assert_eq!(key(&read).len(), 44);

    let again = ask(&emulator, "PUT", "/azureiotsecurity", BODY);
    assert_eq!((again.status, message(&again).contains("ModuleAlreadyExistsOnDevice")), (409, true));

    let keys = format!(
        r#"{{"moduleId":"azureiotsecurity","deviceId":"dev-01","authentication":{{"symmetricKey":{{"primaryKey":"{KEY}","secondaryKey":"{OTHER}"}},"type":"sas"}}}}"#
    );
    let changed = ask_if_match(&emulator, "PUT", "*", &keys);
    assert_eq!((changed.status, key(&changed.json())), (200, KEY.into()));
    let stale = ask_if_match(&emulator, "PUT", &format!("\"{}\"", read["etag"].as_str().unwrap()), &keys);
    assert_eq!((stale.status, message(&stale).contains("PreconditionFailed")), (412, true));
    let etag = changed.json()["etag"].as_str().unwrap().to_owned();
    assert_eq!(ask_if_match(&emulator, "PUT", &etag, &keys).status, 200);

    let all = ask(&emulator, "GET", "", "").json();
    assert_eq!((all.as_array().unwrap().len(), &all[0]["moduleId"]), (1, &"azureiotsecurity".into()));

    assert_eq!(ask_if_match(&emulator, "DELETE", &etag, "").status, 412);
    let deleted = ask(&emulator, "DELETE", "/azureiotsecurity", "");
    assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
    assert_eq!(ask(&emulator, "DELETE", "/azureiotsecurity", "").status, 404);
    assert_eq!(ask_if_match(&emulator, "PUT", "*", &keys).status, 404, "If-Match creates nothing");
}

#[test]
fn only_the_device_itself_changes_its_modules() {
    let emulator = play(
        World::new().hub(
            Hub::new(HUB)
                .device(Device::new("dev-01", KEY).module(Module::new("m", OTHER)))
                .device(Device::new("dev-02", OTHER)),
        ),
    );
    let line = format!("PUT /devices/dev-01/modules/azureiotsecurity?{VERSION}");
    for (resource, key) in [
        (format!("{HUB}/devices/dev-02"), OTHER),
        (format!("{HUB}/devices/dev-01"), OTHER),
        (format!("{HUB}/devices/dev-01/modules/m"), OTHER),
    ] {
        let refused = https(&emulator, &line, HUB, &token(&resource, key), BODY);
        assert_eq!((refused.status, message(&refused).contains("IotHubUnauthorizedAccess")), (401, true), "{resource}");
    }
    assert_eq!(https(&emulator, &line, HUB, "", BODY).status, 401);
}

#[test]
fn a_body_that_is_not_the_modules_is_refused() {
    let emulator = emulator();
    for body in [
        "",
        "[]",
        "{}",
        r#"{"moduleId":"azureiotsecurity","deviceId":"dev-02"}"#,
        r#"{"moduleId":"other","deviceId":"dev-01"}"#,
        r#"{"moduleId":"azureiotsecurity","deviceId":"dev-01","authentication":{"type":"x"}}"#,
        r#"{"moduleId":"azureiotsecurity","deviceId":"dev-01","authentication":{"type":"sas","symmetricKey":{"primaryKey":"!"}}}"#,
    ] {
        let refused = ask(&emulator, "PUT", "/azureiotsecurity", body);
        assert_eq!((refused.status, message(&refused).contains("ArgumentInvalid")), (400, true), "{body}");
    }
    let none = r#"{"moduleId":"azureiotsecurity","deviceId":"dev-01","authentication":{"type":"none"}}"#;
    assert_eq!(ask(&emulator, "PUT", "/azureiotsecurity", none).json()["authentication"]["type"], "none");
}

#[test]
fn every_error_of_a_hubs_host_has_the_hubs_shape() {
    let emulator = emulator();
    for (line, status) in [
        ("GET /nothing", 404),
        ("GET /devices/dev-01/modules/m/x?api-version=2018-06-30", 404),
        ("POST /devices/dev-01/modules/m?api-version=2018-06-30", 405),
        ("PUT /devices/dev-01/modules?api-version=2018-06-30", 405),
        ("GET /devices/dev-01/modules/m?api-version=1999-01-01", 400),
        ("GET /devices/dev-01/modules/m?api-version=2099-01-01-preview", 400),
        ("GET /devices/%FF/modules/m?api-version=2018-06-30", 400),
        ("PUT /0ne/registrations/dev-01/register?api-version=2019-03-31", 404),
    ] {
        let refused = https(&emulator, line, HUB, &token(&format!("{HUB}/devices/dev-01"), KEY), "");
        assert_eq!(refused.status, status, "{line}");
        assert!(!message(&refused).is_empty());
    }
    let other = https(&emulator, "GET /nothing", support::DPS, "", "");
    assert_eq!(
        (other.status, other.json()["errorCode"].as_u64()),
        (404, Some(404_001)),
        "the provisioning service's own"
    );
}

#[test]
fn a_fault_meets_a_write() {
    let emulator = emulator();
    emulator.fault(Operation::WriteModule, Fault::Status(503), 1);
    assert_eq!(ask(&emulator, "GET", "", "").status, 200);
    assert_eq!(ask(&emulator, "PUT", "/azureiotsecurity", BODY).status, 503);
    assert_eq!(ask(&emulator, "PUT", "/azureiotsecurity", BODY).status, 200);
}
