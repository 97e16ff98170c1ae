//! Registrations that a provisioning service refuses, or that never reach it.

use crate::support::{
    LONG_KEY, defenderauth,
    registrar::{CARRIERS, GROUP_KEY, ID, Registrar, enrollment, group},
    site::{SCOPE, Site},
};
use defender_auth_emulator::Dps;

/// The cause of a 401 with a key.
const WRONG_KEY: &str = "the key is not that of this registration ID";

#[test]
fn a_disabled_enrollment_is_named() {
    for carrier in CARRIERS {
        let run = Registrar::of(enrollment().disabled()).register(carrier, &[]);
        run.refused("the enrollment is disabled").failed(1, &["enable the enrollment"]);
    }
}

#[test]
fn a_failed_registration_shows_code_and_message() {
    for carrier in CARRIERS {
        let registrar = Registrar::of(enrollment().failing(400_208, "The enrollment has no hub"));
        let run = registrar.register(carrier, &[]).refused("the registration failed");
        run.failed(1, &["(400208)", "The enrollment has no hub", "the enrollment has no IoT hub; link a hub"]);
    }
}

#[test]
fn a_wrong_key_is_named() {
    for carrier in CARRIERS {
        let registrar = Registrar::of(enrollment());
        let key = registrar.site.scratch.write("wrong.key", LONG_KEY);
        let run = registrar.provision(carrier, ID, &["--key-file", &key]).refused(WRONG_KEY);
        run.failed(1, &["the provisioning service answered 401"]);
    }
}

/// Over MQTT the service's time stands in the body of its answer.
#[test]
fn a_clock_that_is_behind_is_named_by_every_carrier() {
    for carrier in CARRIERS {
        let registrar = Registrar::of(enrollment());
        registrar.site.emulator.clock_offset(7200);
        let run = registrar.register(carrier, &[]).refused("the clock of this device is ");
        run.failed(1, &["behind the service's; set it", "fault: the time"]);
    }
}

/// The commonest mistake with groups.
#[test]
fn a_groups_key_that_is_not_derived_is_named() {
    let registrar = Registrar::new(Dps::new(SCOPE).group(group()));
    let key = registrar.site.scratch.write("wrong.key", GROUP_KEY);
    registrar
        .provision("https", "pump-17", &["--key-file", &key])
        .refused("a group's key must be derived for it first");
}

#[test]
fn an_unknown_registration_id_is_named() {
    for carrier in CARRIERS {
        let registrar = Registrar::of(enrollment());
        let key = registrar.site.scratch.path("device.key");
        let run = registrar.provision(carrier, "dev-99", &["--key-file", &key]);
        run.refused("there is no enrollment for this registration ID").failed(1, &["answered 404 (404201)"]);
    }
}

#[test]
fn another_id_scope_is_named() {
    for carrier in CARRIERS {
        let run = Registrar::of(enrollment()).register_in("0ne00000B0B", carrier);
        run.refused("ID scope and registration ID do not belong together");
    }
}

#[test]
fn a_lookup_of_a_device_that_never_registered_fails() {
    let registrar = Registrar::of(enrollment());
    let run = registrar.register("https", &["--lookup"]).refused("the device is not registered");
    run.failed(1, &["register the device first"]);
    assert!(registrar.site.journal()[0].contains("unassigned"));
}

#[test]
fn a_lookup_requires_https() {
    let registrar = Registrar::of(enrollment());
    registrar.register("mqtt", &["--lookup"]).failed(2, &["HTTPS"]);
    assert_eq!(registrar.site.journal(), [""; 0]);
}

#[test]
fn a_lookup_sends_no_payload() {
    let registrar = Registrar::of(enrollment());
    let run = registrar.provision("https", "dev-02", &["--key-file", "k", "--lookup", "--model-id", "dtmi:x;1"]);
    run.misused(&["--lookup", "--model-id"]);
}

#[test]
fn an_endpoint_for_the_port_of_the_other_carrier_is_a_mistake() {
    let registrar = Registrar::of(enrollment());
    let address = registrar.site.emulator.https_address();
    let endpoint = format!("global.azure-devices-provisioning.net:8883={address}");
    let run = registrar.register_at(&endpoint, &registrar.site.roots, "https");
    run.failed(2, &["port 8883 only", "port 443, is needed here"]);
    assert_eq!(registrar.site.journal(), [""; 0]);
}

#[test]
fn a_payload_that_is_not_json_is_found_before_any_request() {
    let registrar = Registrar::of(enrollment());
    let file = registrar.site.scratch.write("payload.json", "{\n\"a\":}");
    registrar.register("https", &["--payload-file", &file]).failed(2, &[&file, "line 2, column 5"]);
    assert_eq!(registrar.site.journal(), [""; 0]);
}

#[test]
fn a_server_that_is_not_trusted_gets_no_credential() {
    let other = Site::new();
    for carrier in CARRIERS {
        let registrar = Registrar::of(enrollment());
        registrar.register_at(&registrar.endpoint(carrier), &other.roots, carrier).refused("is not trusted");
        assert!(!registrar.site.journal().iter().any(|entry| entry.contains("register")));
    }
}

/// The server must bear the name that is asked for.
#[test]
fn a_server_with_another_name_gets_no_credential() {
    for carrier in CARRIERS {
        let registrar = Registrar::of(enrollment());
        let endpoint = format!("dps.contoso.net={}", registrar.address(carrier));
        let roots = registrar.site.roots.clone();
        let run = registrar.register_at(&endpoint, &roots, carrier).refused("is not trusted");
        run.failed(1, &["dps.contoso.net"]);
        assert!(!registrar.site.journal().iter().any(|entry| entry.contains("register")));
    }
}

#[test]
fn the_call_needs_one_key() {
    let device = ["provision", "--id-scope", SCOPE, "--registration-id", ID];
    defenderauth(&device, "").misused(&["--key-file", "--group-key-file"]);
    let both = ["--key-file", "a", "--group-key-file", "b"];
    defenderauth(&[&device[..], &both].concat(), "").misused(&["cannot be used with"]);
}

#[test]
fn the_call_takes_one_payload() {
    let device = ["provision", "--id-scope", SCOPE, "--registration-id", ID, "--key-file", "a"];
    let both = ["--model-id", "dtmi:a;1", "--payload-file", "b"];
    defenderauth(&[&device[..], &both].concat(), "").misused(&["cannot be used with"]);
}
