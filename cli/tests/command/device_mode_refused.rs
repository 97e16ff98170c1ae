//! Sample agents whose Device mode fails, and the causes that are reported.

use crate::support::{
    HOST, KEY, LONG_KEY, Run,
    agents::{BY_DEVICE, BY_DPS, folder, module, register, site_of, site_with, with_key},
    site::{DPS, Site},
};
use defender_auth_emulator::{Device, Module};

/// The cause of a 401 for a device.
const NOT_THIS_DEVICE: &str = "the key is not that of this device";

fn connect(site: &Site, path: &str) -> Run {
    site.ask(&["authenticate", path, "--connect"], "")
}

/// The cause is reported once, and there was no login.
#[track_caller]
fn refused(site: &Site, path: &str, cause: &str) -> Run {
    let run = connect(site, path).refused(cause);
    assert!(!site.journal().iter().any(|entry| entry.starts_with("accepted")), "{:?}", site.journal());
    run
}

#[test]
fn a_wrong_key_of_the_device_is_named() {
    for agent in BY_DEVICE {
        let agent = with_key(agent, LONG_KEY);
        refused(&site_with(module()), &agent.folder(), NOT_THIS_DEVICE).failed(1, &["the hub answered 401"]);
    }
}

#[test]
fn a_wrong_key_of_the_registration_is_named() {
    for agent in BY_DPS {
        let agent = with_key(agent, LONG_KEY);
        let site = site_with(module());
        register(&site);
        refused(&site, &agent.folder(), "the key is not that of this registration ID");
    }
}

#[test]
fn a_missing_module_is_named() {
    for agent in BY_DEVICE {
        let site = site_of(Device::new("dev-01", KEY));
        let run = refused(&site, &folder(agent), "the device has no such security module");
        run.failed(1, &["the hub answered 404", "create the module at the hub"]);
    }
}

#[test]
fn a_module_without_authentication_is_named() {
    for agent in BY_DEVICE {
        let site = site_with(Module::without_authentication("azureiotsecurity"));
        let run = refused(&site, &folder(agent), "the module has no authentication method");
        run.failed(1, &["fault: the service's registry"]);
    }
}

#[test]
fn a_module_with_a_certificate_is_named() {
    for module in [Module::with_thumbprint("azureiotsecurity", "AB12"), Module::with_authority("azureiotsecurity")] {
        let site = site_with(module);
        refused(&site, &folder("c/device"), "the hub requires a certificate from the module and none was given");
    }
}

#[test]
fn a_disabled_device_is_named() {
    for agent in BY_DEVICE {
        let site = site_of(Device::new("dev-01", KEY).module(module()).disabled());
        refused(&site, &folder(agent), NOT_THIS_DEVICE);
    }
}

#[test]
fn an_unknown_device_is_named() {
    let site = site_of(Device::new("dev-99", KEY));
    refused(&site, &folder("c/device"), "the hub has no such device");
}

#[test]
fn a_device_that_never_registered_is_named() {
    for agent in BY_DPS {
        let run = refused(&site_with(module()), &folder(agent), "the device is not registered");
        run.failed(1, &["register the device first"]);
    }
}

#[test]
fn a_disabled_enrollment_is_named() {
    for agent in BY_DPS {
        let site = site_with(module());
        register(&site);
        site.emulator.disable_enrollment("dev-01").unwrap();
        refused(&site, &folder(agent), "the enrollment is disabled");
    }
}

#[test]
fn a_module_that_was_removed_after_the_lookup_is_named() {
    let site = site_with(module());
    register(&site);
    site.emulator.remove_module(HOST, "dev-01", "azureiotsecurity").unwrap();
    refused(&site, &folder("c/dps"), "the device has no such security module");
}

/// Or the real hub would be asked, which is not what was meant.
#[test]
fn an_endpoint_for_dps_alone_does_not_apply_to_the_hub() {
    let site = site_with(module());
    register(&site);
    let run = site.ask_dps(&["authenticate", &folder("c/dps"), "--connect"]);
    run.failed(2, &["--endpoint is for", DPS, HOST]);
}

/// By how much the clock is said to be wrong. The clocks are read at different times.
#[track_caller]
fn two_hours(run: &Run, side: &str) {
    let amounts = ["2 h", "1 h 59 min"].map(|amount| format!("the clock of this device is {amount} {side}"));
    assert!(amounts.iter().any(|amount| run.err.contains(amount)), "{run:?}");
}

#[test]
fn a_clock_that_is_behind_is_named() {
    for agent in BY_DEVICE {
        let site = site_with(module());
        site.emulator.clock_offset(7200);
        let run = refused(&site, &folder(agent), "the clock of this device is ").failed(1, &["fault: the time"]);
        two_hours(&run, "behind the service's; set it");
    }
}

#[test]
fn a_clock_that_is_behind_is_named_by_dps_too() {
    for agent in BY_DPS {
        let site = site_with(module());
        register(&site);
        site.emulator.clock_offset(7200);
        let run = refused(&site, &folder(agent), "the clock of this device is ").failed(1, &["fault: the time"]);
        two_hours(&run, "behind the service's; set it");
    }
}

#[test]
fn a_clock_that_is_ahead_is_named_when_the_hub_refuses() {
    let agent = with_key("c/device", LONG_KEY);
    let site = site_with(module());
    site.emulator.clock_offset(-7200);
    let run = refused(&site, &agent.folder(), "the clock of this device is ");
    two_hours(&run, "ahead of the service's; set it");
}

/// Its tokens end later than they should, which no service minds.
#[test]
fn a_clock_that_is_ahead_does_no_harm() {
    for agent in BY_DEVICE {
        let site = site_with(module());
        site.emulator.clock_offset(-7200);
        connect(&site, &folder(agent)).done();
    }
}

/// MQTT has no `Date`: the clock is one of the likely causes.
#[test]
fn a_clock_that_is_behind_is_guessed_at_the_login() {
    let site = site_with(module());
    site.emulator.clock_offset(7200);
    connect(&site, &folder("c/module")).failed(1, &["the hub refused", "this device's clock (", "is wrong"]);
    assert!(site.journal()[0].contains("the token expired"), "{:?}", site.journal());
}
