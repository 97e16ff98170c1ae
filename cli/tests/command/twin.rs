//! Twins as a loopback hub has them, and the configuration that they make.

use crate::support::{
    HOST, KEY, LONG_KEY, MODULE_KEY, Run,
    agents::{BY_DEVICE, BY_DPS, MODULE, folder, module, register, site_of, site_with, with_key},
    site::Site,
    string,
};
use defender_auth_emulator::{Device, Module};
use serde_json::{Value, json};
use std::fs;

const OBJECT: &str = "ms_iotn:urn_azureiot_Security_SecurityAgentConfiguration";
const MICRO_AGENT: &str = "DefenderIotMicroAgent";

/// A security module with these properties desired, each `{"value": …}`.
fn security_module(properties: &Value) -> Site {
    site_with(module().desired(json!({ OBJECT: properties })))
}

/// A micro agent's module with these settings desired.
fn micro_agent(settings: Value) -> Site {
    site_of(Device::new("dev-01", KEY).module(Module::new(MICRO_AGENT, MODULE_KEY).desired(settings)))
}

/// The twin of a sample agent.
fn twin(site: &Site, agent: &str, more: &[&str]) -> Run {
    site.ask(&[&["twin", &folder(agent)], more].concat(), "")
}

/// The twin of a micro agent.
fn micro_twin(site: &Site, more: &[&str]) -> Run {
    let text = string(&format!("DeviceId=dev-01;ModuleId={MICRO_AGENT};SharedAccessKey={MODULE_KEY}"));
    site.ask(&[&["twin", "-"], more].concat(), &text)
}

/// The value that a property has, in a report of a security module.
fn value<'a>(report: &'a Value, name: &str) -> &'a Value {
    &report["configuration"][name]
}

/// The line of a property.
#[track_caller]
fn has(run: &Run, name: &str, value: &str) {
    assert!(run.out.lines().any(|line| line == format!("{name:<42}{value}")), "no {name} {value} in {run:?}");
}

#[test]
fn desired_properties_are_in_force() {
    let site = security_module(&json!({
        "highPriorityMessageFrequency": {"value": "PT9M"},
        "maxMessageSizeInBytes": {"value": 102_400},
        "eventPriorityLogin": {"value": "Off"},
    }));
    let run = twin(&site, "c/module", &[]).done();
    assert!(run.out.starts_with("desired version 1\n") && !run.err.contains("warning: `"), "{run:?}");
    has(&run, "highPriorityMessageFrequency", "PT9M");
    has(&run, "maxMessageSizeInBytes", "102400");
    has(&run, "eventPriorityLogin", "Off");
    has(&run, "lowPriorityMessageFrequency", "PT5H");
}

#[test]
fn json_has_versions_and_configuration() {
    let site = security_module(&json!({"snapshotFrequency": {"value": "PT1H"}}));
    let report = twin(&site, "c/module", &["--json"]).done().json();
    assert_eq!((&report["desired_version"], &report["reported_version"]), (&json!(1), &json!(1)));
    assert_eq!(report["findings"], json!([]));
    assert_eq!(value(&report, "snapshotFrequency"), "PT1H");
    assert_eq!(value(&report, "highPriorityMessageFrequency"), "PT7M");
}

#[test]
fn a_later_version_is_shown() {
    let site = security_module(&json!({}));
    let patch = json!({OBJECT: {"snapshotFrequency": {"value": "PT2H"}}});
    site.emulator.set_desired(HOST, "dev-01", Some("azureiotsecurity"), patch).unwrap();
    let run = twin(&site, "c/module", &[]).done();
    assert!(run.out.starts_with("desired version 2\n"), "{run:?}");
    has(&run, "snapshotFrequency", "PT2H");
}

#[test]
fn a_bad_property_is_named_and_the_others_apply() {
    let site = security_module(&json!({
        "highPriorityMessageFrequency": {"value": "soon"},
        "lowPriorityMessageFrequency": {"value": "PT6H"},
    }));
    let run = twin(&site, "c/module", &[]).done();
    let warnings: Vec<_> = run.err.lines().filter(|line| line.contains("MessageFrequency")).collect();
    let [warning] = warnings[..] else { panic!("{run:?}") };
    assert!(warning.starts_with("warning: `highPriorityMessageFrequency` "), "{run:?}");
    assert!(!run.shows("soon"), "the value may be a secret: {run:?}");
    has(&run, "highPriorityMessageFrequency", "PT7M");
    has(&run, "lowPriorityMessageFrequency", "PT6H");
}

#[test]
fn json_lists_the_mistakes() {
    let site = security_module(&json!({"snapshotFrequency": "PT1H"}));
    let report = twin(&site, "c/module", &["--json"]).done().json();
    assert_eq!(
        (report["findings"].as_array().unwrap().len(), &report["findings"][0]["severity"]),
        (1, &json!("warning"))
    );
    assert!(
        report["findings"][0]["text"].as_str().unwrap().contains("`snapshotFrequency` is not wrapped in an object"),
        "{report}"
    );
    assert_eq!(value(&report, "snapshotFrequency"), "PT13H");
}

#[test]
fn nothing_desired_means_the_defaults() {
    let site = site_with(module());
    let run = twin(&site, "c/module", &[]).done();
    has(&run, "highPriorityMessageFrequency", "PT7M");
    has(&run, "lowPriorityMessageFrequency", "PT5H");
    has(&run, "snapshotFrequency", "PT13H");
    has(&run, "maxMessageSizeInBytes", "204800");
    assert!(!run.err.contains("warning: `"), "{run:?}");
}

#[test]
fn each_agent_has_defaults_of_its_own() {
    let site = site_with(module());
    has(&twin(&site, "c/module", &[]).done(), "maxLocalCacheSizeInBytes", "10485760");
    has(&twin(&site, "csharp/module", &[]).done(), "maxLocalCacheSizeInBytes", "2560000");
    has(&twin(&site, "micro", &[]).done(), "maxLocalCacheSizeInBytes", "10485760");
}

#[test]
fn the_object_of_the_agents_configuration_is_read() {
    let site = site_with(module().desired(json!({
        OBJECT: {"snapshotFrequency": {"value": "PT2H"}},
        "mine": {"snapshotFrequency": {"value": "PT3H"}},
    })));
    let agent = with_key("c/module", MODULE_KEY);
    let text = fs::read_to_string(agent.path("LocalConfiguration.json")).unwrap();
    let file = agent.write("LocalConfiguration.json", text.replace(OBJECT, "mine"));
    has(&site.ask(&["twin", &file], "").done(), "snapshotFrequency", "PT3H");
}

#[test]
fn a_device_has_no_such_twin() {
    let text = string(&format!("DeviceId=dev-01;SharedAccessKey={KEY}"));
    let site = site_with(module());
    site.ask(&["twin", "-"], &text).failed(2, &["give its security module's connection string"]);
    assert_eq!(site.journal(), [""; 0]);
}

#[test]
fn the_modules_twin_is_read_in_device_mode() {
    let properties = json!({OBJECT: {"snapshotFrequency": {"value": "PT3H"}}});
    for agent in BY_DEVICE {
        // The device's own twin says something else.
        let other = json!({OBJECT: {"snapshotFrequency": {"value": "PT4H"}}});
        let module = module().desired(properties.clone());
        let site = site_of(Device::new("dev-01", KEY).desired(other).module(module));
        has(&twin(&site, agent, &[]).done(), "snapshotFrequency", "PT3H");
    }
}

#[test]
fn an_agent_by_dps_looks_up_its_hub() {
    for agent in BY_DPS {
        let site = security_module(&json!({"snapshotFrequency": {"value": "PT3H"}}));
        register(&site);
        has(&twin(&site, agent, &[]).done(), "snapshotFrequency", "PT3H");
    }
}

/// Reading must not change anything.
#[test]
fn reading_registers_no_device_and_reports_no_property() {
    let site = site_with(module());
    twin(&site, "csharp/dps", &[]).refused("the device is not registered");
    assert!(!site.journal().iter().any(|entry| entry.contains("register ")));
    twin(&site, "csharp/device", &[]).done();
    assert_eq!(site.emulator.reported(HOST, "dev-01", Some("azureiotsecurity")), Some(json!({})));
}

#[test]
fn a_micro_agents_settings_are_plain() {
    let site = micro_agent(json!({"Baseline_Disabled": true, "CollectorsCore_PriorityIntervals": "10,60,480"}));
    let run = micro_twin(&site, &[]).done();
    assert!(run.out.starts_with("desired version 1\n") && run.err.is_empty(), "{run:?}");
    has(&run, "Baseline_Disabled", "true");
    has(&run, "CollectorsCore_PriorityIntervals", "10,60,480");
    assert!(!run.out.contains("snapshotFrequency"), "{run:?}");
}

#[test]
fn json_has_a_micro_agents_settings() {
    let site = micro_agent(json!({"Process_CacheSize": 256}));
    let report = micro_twin(&site, &["--json"]).done().json();
    assert_eq!(report["configuration"]["Process_CacheSize"], 256);
    assert_eq!((&report["desired_version"], &report["findings"]), (&json!(1), &json!([])));
}

#[test]
fn a_bad_setting_is_named_and_the_others_apply() {
    let site = micro_agent(json!({"CollectorsCore_PriorityIntervals": "soon", "Process_CacheSize": 256}));
    let run = micro_twin(&site, &[]).done();
    assert_eq!(run.err.lines().count(), 1, "{run:?}");
    assert!(run.err.starts_with("warning: `CollectorsCore_PriorityIntervals` is not three intervals"), "{run:?}");
    has(&run, "Process_CacheSize", "256");
}

#[test]
fn a_micro_agent_without_settings_has_none_here() {
    let run = micro_twin(&micro_agent(json!({})), &[]).done();
    assert!(run.out.starts_with("desired version 1\n") && run.err.is_empty(), "{run:?}");
}

#[test]
fn a_refused_login_is_reported_as_by_authenticate() {
    let agent = with_key("c/module", LONG_KEY);
    let site = site_with(module());
    let run = site.ask(&["twin", &agent.folder()], "").refused("the hub refused");
    run.failed(1, &["CONNACK 5", "Cause", "the hub has other keys for it"]);
}

#[test]
fn the_module_logs_in_once() {
    let site = site_with(module());
    twin(&site, "micro", &[]).done();
    let logins = site.journal().iter().filter(|entry| **entry == format!("accepted {MODULE}")).count();
    assert_eq!(logins, 1);
}
