//! Registrations at a loopback provisioning service.

use crate::support::{
    HOST, KEY, LONG_KEY, Run, SHORT_KEY,
    registrar::{CARRIERS, GROUP_KEY, ID, Registrar, enrollment, group, together},
    site::SCOPE,
};
use defender_auth_emulator::{Dps, Enrollment, Fault, Group, Operation};
use serde_json::{Value, json};

/// The device knows its hub: that is all there is on standard output.
#[track_caller]
fn assigned(run: Run, id: &str) -> Run {
    let lines: Vec<_> = run.out.lines().collect();
    let expected =
        [&format!("host name     {HOST}"), &format!("device ID     {id}"), "substatus     initialAssignment"];
    assert!(run.code == 0 && lines.len() == 4 && lines[..3] == expected, "{run:?}");
    assert!(lines[3].starts_with("last updated  "), "{run:?}");
    run
}

#[test]
fn a_device_registers_with_its_own_key() {
    for carrier in CARRIERS {
        assigned(Registrar::of(enrollment()).register(carrier, &[]), ID);
    }
}

#[test]
fn a_device_registers_with_its_secondary_key() {
    for carrier in CARRIERS {
        let enrollment = Enrollment::new(ID, LONG_KEY).secondary_key(KEY).pending(0);
        assigned(Registrar::of(enrollment).register(carrier, &[]), ID);
    }
}

#[test]
fn a_device_registers_with_its_groups_key() {
    for carrier in CARRIERS {
        let registrar = Registrar::new(Dps::new(SCOPE).group(group()));
        let run = assigned(registrar.register_in_group(carrier, "pump-17", &[]), "pump-17");
        assert!(!run.shows(&Group::device_key(GROUP_KEY, "pump-17").unwrap()), "a derived key in {run:?}");
    }
}

#[test]
fn a_device_registers_with_its_groups_secondary_key() {
    for carrier in CARRIERS {
        let group = Group::new("fleet", SHORT_KEY).secondary_key(GROUP_KEY).pending(0);
        let registrar = Registrar::new(Dps::new(SCOPE).group(group));
        assigned(registrar.register_in_group(carrier, "pump-17", &[]), "pump-17");
    }
}

#[test]
fn a_derived_key_serves_as_the_devices_own() {
    let registrar = Registrar::new(Dps::new(SCOPE).group(group()));
    let key = registrar.site.scratch.write("derived.key", Group::device_key(GROUP_KEY, "pump-17").unwrap());
    assigned(registrar.provision("https", "pump-17", &["--key-file", &key]), "pump-17");
}

#[test]
fn https_is_the_carrier_unless_another_is_asked_for() {
    let registrar = Registrar::of(enrollment());
    let key = registrar.site.scratch.path("device.key");
    let device = ["provision", "--id-scope", SCOPE, "--registration-id", ID, "--key-file", &key];
    assigned(registrar.site.ask_dps(&device), ID);
}

#[test]
fn the_device_id_may_differ_from_the_registration_id() {
    let registrar = Registrar::of(enrollment().device_id("pump-02"));
    assigned(registrar.register("https", &[]), "pump-02");
}

#[test]
fn json_has_all_members_of_the_services_answer() {
    for carrier in CARRIERS {
        let registrar = Registrar::of(enrollment().device_id("pump-02").payload(json!({"site": "north"})));
        let report = registrar.register(carrier, &["--json"]).done().json();
        let names: Vec<_> = report.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = [
            "certificate",
            "connack",
            "connected",
            "connection_profile",
            "device_id",
            "etag",
            "gateway_host_name",
            "host_name",
            "id_scope",
            "last_updated",
            "others",
            "payload",
            "registration_id",
            "schema_version",
            "substatus",
        ];
        assert_eq!(sorted(names), expected);
        assert_eq!((&report["id_scope"], &report["registration_id"]), (&json!(SCOPE), &json!(ID)));
        assert_eq!((&report["host_name"], &report["device_id"]), (&json!(HOST), &json!("pump-02")));
        assert_eq!(report["substatus"], "initialAssignment");
        assert_eq!(report["payload"], json!({"site": "north"}));
        assert!(report["last_updated"].is_string() && report["etag"].is_string(), "{report}");
        assert!(report["others"]["createdDateTimeUtc"].is_string(), "{report}");
    }
}

#[test]
fn json_has_null_where_there_is_no_payload() {
    let report = Registrar::of(enrollment()).register("https", &["--json"]).done().json();
    assert_eq!(report.get("payload"), Some(&Value::Null));
}

#[test]
fn json_names_the_group() {
    let registrar = Registrar::new(Dps::new(SCOPE).group(group()));
    let report = registrar.register_in_group("https", "pump-17", &["--json"]).done().json();
    assert_eq!(report["others"]["symmetricKey"], json!({"enrollmentGroupId": "fleet"}));
}

#[test]
fn a_payload_of_the_service_is_printed() {
    for carrier in CARRIERS {
        let run = Registrar::of(enrollment().payload(json!({"site": "north"}))).register(carrier, &[]).done();
        assert!(run.out.ends_with("\npayload       {\"site\":\"north\"}\n"), "{run:?}");
    }
}

#[test]
fn a_model_id_arrives_as_payload() {
    for carrier in CARRIERS {
        let registrar = Registrar::of(enrollment());
        registrar.register(carrier, &["--model-id", "dtmi:com:example:pump;1"]).done();
        let payload = json!({"modelId": "dtmi:com:example:pump;1"});
        assert_eq!(registrar.site.emulator.received_payload(ID), Some(payload));
    }
}

#[test]
fn a_payload_file_arrives() {
    for carrier in CARRIERS {
        let registrar = Registrar::of(enrollment());
        let file = registrar.site.scratch.write("payload.json", "{\"a\": [1, 2.50, null]}\n");
        registrar.register(carrier, &["--payload-file", &file]).done();
        assert_eq!(registrar.site.emulator.received_payload(ID), Some(json!({"a": [1, 2.5, null]})));
    }
}

#[test]
fn without_a_payload_none_arrives() {
    let registrar = Registrar::of(enrollment());
    registrar.register("https", &[]).done();
    assert_eq!(registrar.site.emulator.received_payload(ID), None);
}

#[test]
fn a_lookup_finds_a_registered_device() {
    let registrar = Registrar::of(enrollment());
    let registered = registrar.register("https", &["--json"]).done().json();
    let found = registrar.register("https", &["--lookup", "--json"]).done().json();
    assert_eq!(found, registered);
    let journal = registrar.site.journal();
    assert!(journal.len() == 2 && journal[1].contains("look up"), "{journal:?}");
}

/// Progress goes to standard error: [`assigned`] has seen that the result alone is on standard output.
#[test]
fn progress_is_reported_while_the_service_decides() {
    together(|carrier| {
        let run = assigned(Registrar::of(enrollment().pending(1)).register(carrier, &[]), ID);
        let lines: Vec<_> = run.err.lines().collect();
        let [register, wait, poll] = lines[..] else { panic!("{run:?}") };
        assert!(register.starts_with("registering the device at global.azure-devices-provisioning.net"), "{run:?}");
        assert!(wait.starts_with("waiting ") && wait.ends_with(" s: the service is assigning a hub"), "{run:?}");
        assert!(poll.starts_with("polling the registration status"), "{run:?}");
    });
}

#[test]
fn a_busy_service_is_retried() {
    together(|carrier| {
        let registrar = Registrar::of(enrollment());
        registrar.site.emulator.fault(Operation::Register, Fault::Status(429).retry_after("1"), 1);
        let run = assigned(registrar.register(carrier, &[]), ID);
        assert!(run.err.contains(" s: the service is busy (429)\n"), "{run:?}");
        assert_eq!(run.err.matches("registering the device").count(), 2, "{run:?}");
    });
}

#[test]
fn a_broken_connection_is_opened_again() {
    together(|carrier| {
        let registrar = Registrar::of(enrollment());
        registrar.site.emulator.fault(Operation::Register, Fault::ResetMidBody, 1);
        let run = assigned(registrar.register(carrier, &[]), ID);
        assert!(run.err.contains(" s: no answer came\n"), "{run:?}");
    });
}

#[test]
fn the_service_may_have_another_name() {
    for carrier in CARRIERS {
        let dps = Dps::new(SCOPE).at("dps.contoso.net").enrollment(enrollment());
        let run = assigned(Registrar::new(dps).register(carrier, &[]), ID);
        assert!(run.err.contains(" at dps.contoso.net\n"), "{run:?}");
    }
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}
