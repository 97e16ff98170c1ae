//! From the sample agents' files to a login as their security module.

use crate::support::{
    HOST, LONG_KEY, Run, SHORT_KEY,
    agents::{BY_DEVICE, BY_DPS, MODULE, folder, module, register, site_with},
    site::Site,
};
use defender_auth_emulator::Config;
use serde_json::json;

/// Logs in with a sample agent's folder.
fn connect(site: &Site, agent: &str, more: &[&str]) -> Run {
    site.ask(&[&["authenticate", &folder(agent), "--connect"], more].concat(), "")
}

/// The hub has taken it for the security module.
#[track_caller]
fn accepted(site: &Site, run: Run) {
    let run = run.done();
    let identity = format!("identity      {HOST}/devices/dev-01/modules/azureiotsecurity\n");
    assert!(run.out.starts_with(&identity), "{run:?}");
    assert!(run.out.contains("\nclient ID     dev-01/azureiotsecurity\n"), "{run:?}");
    assert!(run.out.ends_with("\nhub           accepted\n"), "{run:?}");
    assert_eq!(site.journal().last(), Some(&format!("accepted {MODULE}")));
}

#[test]
fn an_agent_with_the_modules_key_logs_in() {
    for agent in ["c/module", "csharp/module", "micro"] {
        let site = site_with(module());
        accepted(&site, connect(&site, agent, &[]));
        assert_eq!(site.journal().len(), 1, "{agent} asks for nothing else");
    }
}

#[test]
fn an_agent_with_the_devices_key_asks_for_the_modules() {
    for agent in BY_DEVICE {
        let site = site_with(module());
        let run = connect(&site, agent, &[]);
        assert_eq!(run.err.matches(" at contoso.azure-devices.net\n").count(), 1, "{run:?}");
        accepted(&site, run);
        let read = format!("answered \"read module {MODULE}\" with 200: authentication sas");
        assert_eq!(site.journal()[0], read);
    }
}

#[test]
fn an_agent_by_dps_looks_up_its_hub() {
    for agent in BY_DPS {
        let site = site_with(module());
        register(&site);
        accepted(&site, connect(&site, agent, &[]));
        let registrations = site.journal().iter().filter(|entry| entry.contains("register")).count();
        assert_eq!(registrations, 1, "only the one before");
    }
}

#[test]
fn an_agent_by_dps_registers_if_asked_to() {
    for agent in BY_DPS {
        let site = site_with(module());
        accepted(&site, connect(&site, agent, &["--register"]));
        let journal = site.journal();
        assert!(journal[0].contains("register 0ne00000A0A/dev-01") && journal.len() == 3, "{journal:?}");
    }
}

#[test]
fn the_emulators_sample_fits_the_agents() {
    let config = Config::parse(include_str!("../../../emulator/sample.toml")).unwrap();
    let site = Site::play(config.into());
    accepted(&site, connect(&site, "c/dps", &["--register"]));
    for agent in ["c/module", "c/device", "csharp/module", "csharp/device", "csharp/dps", "micro"] {
        accepted(&site, connect(&site, agent, &[]));
    }
}

#[test]
fn the_file_itself_may_be_named() {
    for file in ["c/device/LocalConfiguration.json", "csharp/device/Authentication.config"] {
        let site = site_with(module());
        accepted(&site, connect(&site, file, &[]));
    }
}

#[test]
fn json_says_who_logged_in() {
    let site = site_with(module());
    let report = connect(&site, "c/device", &["--json"]).done().json();
    assert_eq!((&report["host_name"], &report["device_id"]), (&json!(HOST), &json!("dev-01")));
    assert_eq!((&report["module_id"], &report["connected"]), (&json!("azureiotsecurity"), &json!(true)));
}

#[test]
fn without_connect_there_is_no_login() {
    for agent in BY_DEVICE {
        let site = site_with(module());
        let run = site.ask(&["authenticate", &folder(agent)], "").done();
        assert!(
            run.out.contains("/modules/azureiotsecurity\n") && run.out.contains("\nhub           not contacted"),
            "{run:?}"
        );
        let journal = site.journal();
        assert!(journal.len() == 1 && journal[0].contains("read module"), "{journal:?}");
    }
}

#[test]
fn without_connect_a_lookup_is_still_made() {
    let site = site_with(module());
    register(&site);
    let run = site.ask(&["authenticate", &folder("csharp/dps")], "").done();
    assert!(run.out.contains("/modules/azureiotsecurity\n"), "{run:?}");
    assert!(!site.journal().iter().any(|entry| entry.starts_with("accepted")));
}

/// The agent keeps the device's key alone.
#[test]
fn changed_keys_of_the_module_are_read_anew() {
    let site = site_with(module());
    site.emulator.rotate_module_keys(HOST, "dev-01", "azureiotsecurity", LONG_KEY, SHORT_KEY).unwrap();
    accepted(&site, connect(&site, "c/device", &[]));
}
