//! Agents that own no key: a daemon of this device signs for them.

use crate::{
    scratch::Scratch,
    site::{HOUR, HUB, OTHER_HUB, Site, base64},
};
use defender_auth::{
    identity_service::IdentityService,
    local_signer::Signer,
    session::{Policy, Source},
    workload::Workload,
};
use defender_auth_emulator::{Device, Host, Hub, Module, RunningHost, World};
use defender_auth_mqtt::driver::Driver;
use std::{fs, os::unix::fs::MetadataExt as _};

const MODULE: &str = "azureiotsecurity";

fn site() -> Site {
    let hub = |name, byte| {
        Hub::new(name).device(Device::new("dev-01", &base64(9)).module(Module::new(MODULE, &base64(byte))))
    };
    Site::of(World::new().hub(hub(HUB, 1)).hub(hub(OTHER_HUB, 2)))
}

fn host(site: &Site, scratch: &Scratch) -> RunningHost {
    let uid = fs::metadata("/proc/self").unwrap().uid();
    site.emulator.host(scratch.folder(), Host::new(HUB, "dev-01").principal(uid, MODULE).module(MODULE)).unwrap()
}

fn driver(site: &Site, signer: Signer) -> Driver {
    let source = Source::new("daemon", signer.plan());
    Driver::new(vec![source], Policy::default(), site.options().with_signer(signer)).unwrap()
}

fn accepted(site: &Site, hub: &str) -> usize {
    let line = format!("accepted {hub}/dev-01/{MODULE}");
    site.emulator.journal().entries().iter().filter(|entry| entry.to_string() == line).count()
}

#[test]
fn a_module_with_nothing_but_its_environment_stays_connected() {
    let (site, scratch) = (site(), Scratch::new());
    let variables = host(&site, &scratch);
    let environment = variables.environment(MODULE);
    let value = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let mut driver = driver(&site, Signer::workload(Workload::from_environment(value).unwrap()));
    for tokens in 1..=3 {
        site.connect(&mut driver);
        assert_eq!(accepted(&site, HUB), tokens);
        site.pass(7 * HOUR);
    }
}

#[test]
fn an_agent_of_the_host_follows_its_device_to_another_hub() {
    let (site, scratch) = (site(), Scratch::new());
    let host = host(&site, &scratch);
    let signer = Signer::identity_service(IdentityService::in_folder(&scratch.folder()).unwrap()).unwrap();
    let mut driver = driver(&site, signer);
    site.connect(&mut driver);
    host.reprovision().unwrap();
    site.pass(7 * HOUR);
    site.connect(&mut driver);
    assert_eq!((accepted(&site, HUB), accepted(&site, OTHER_HUB)), (2, 0), "with another handle of the same key");
    host.move_to(OTHER_HUB, "dev-01").unwrap();
    site.pass(7 * HOUR);
    let lines = site.connect(&mut driver).join("\n");
    assert!(lines.contains("the device was provisioned again"), "{lines}");
    assert_eq!(accepted(&site, OTHER_HUB), 1);
}
