//! Agents that own no key: a daemon of this device signs for them.

use crate::{
    scratch::Scratch,
    site::{HOUR, HUB, OTHER_HUB, Site, base64},
};
use defender_auth::{
    Plan,
    identity_service::IdentityService,
    local_signer::Signer,
    session::{Policy, Source},
    workload::Workload,
};
use defender_auth_emulator::{Device, Host, Hub, Module, RunningHost, World};
use defender_auth_mqtt::driver::{Driver, Event};
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

/// A driver whose daemons need not run yet.
fn driver_of(site: &Site, scratch: &Scratch) -> Driver {
    let service = IdentityService::in_folder(&scratch.folder()).unwrap();
    let source = Source::new("daemon", Plan::identity_service(service.clone()));
    Driver::new(vec![source], Policy::default(), site.options().with_signer(service)).unwrap()
}

/// The lines until the driver waits.
fn waits(site: &Site, driver: &mut Driver) -> String {
    site.until(driver, |event| matches!(event, Event::Waiting { .. })).join("\n")
}

#[test]
fn daemons_that_start_later_than_the_agent_and_restart_are_found() {
    let (site, scratch) = (site(), Scratch::new());
    let mut driver = driver_of(&site, &scratch);
    waits(&site, &mut driver);
    site.pass(HOUR);
    let host_1 = host(&site, &scratch);
    site.connect(&mut driver);
    assert_eq!(accepted(&site, HUB), 1);
    drop(host_1);
    site.pass(7 * HOUR);
    let lines = waits(&site, &mut driver);
    assert!(lines.contains("not signed: aziot-identityd is not at unix://"), "{lines}");
    // For an hour at least.
    site.pass(HOUR);
    let _host = host(&site, &scratch);
    site.connect(&mut driver);
    assert_eq!(accepted(&site, HUB), 2);
}

#[test]
fn a_module_that_was_deleted_and_created_again_is_found() {
    let (site, scratch) = (site(), Scratch::new());
    let _host = host(&site, &scratch);
    let mut driver = driver_of(&site, &scratch);
    site.connect(&mut driver);
    site.emulator.remove_module(HUB, "dev-01", MODULE).unwrap();
    assert_eq!(site.emulator.disconnect_all(), 1);
    site.until(&mut driver, |event| matches!(event, Event::NotAssigned { .. }));
    site.emulator.add_module(HUB, "dev-01", Module::new(MODULE, &base64(3))).unwrap();
    site.connect(&mut driver);
    assert_eq!(accepted(&site, HUB), 2);
}

#[cfg(feature = "certificates")]
#[test]
fn an_identity_with_a_certificate_stays_connected_with_its_key_in_keyd() {
    use defender_auth::x509::{Chain, Curve, PrivateKey};
    let key = PrivateKey::generate(Curve::P256).unwrap().to_pem();
    let key = key.expose();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, "dev-01");
    let pem = params.self_signed(&rcgen::KeyPair::from_pem(key).unwrap()).unwrap().pem();
    let chain = Chain::from_pem(pem.as_bytes()).unwrap();
    let thumbprint = chain.certificates().first().unwrap().sha256().to_string();
    let hub = |name| Hub::new(name).device(Device::with_thumbprint("dev-01", &thumbprint));
    let (site, scratch) = (Site::of(World::new().hub(hub(HUB)).hub(hub(OTHER_HUB))), Scratch::new());
    let uid = fs::metadata("/proc/self").unwrap().uid();
    let certified = Host::new(HUB, "dev-01").key_pair("k", key).certificate("c", &pem).certified_device(uid, "k", "c");
    let host = site.emulator.host(scratch.folder(), certified).unwrap();
    let mut driver = driver_of(&site, &scratch);
    let accepted = |hub: &str| {
        let line = format!("accepted {hub}/dev-01");
        site.emulator.journal().entries().iter().filter(|entry| entry.to_string() == line).count()
    };
    site.connect(&mut driver);
    assert_eq!(accepted(HUB), 1);
    host.reprovision().unwrap();
    assert_eq!(site.emulator.disconnect_all(), 1);
    site.connect(&mut driver);
    assert_eq!(accepted(HUB), 2, "with another handle of the same key");
    host.move_to(OTHER_HUB, "dev-01").unwrap();
    assert_eq!(site.emulator.disconnect_all(), 1);
    let lines = site.connect(&mut driver).join("\n");
    assert_eq!(accepted(OTHER_HUB), 1, "{lines}");
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
