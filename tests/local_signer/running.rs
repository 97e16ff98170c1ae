//! The adapter against the emulator's daemons, and the login at its hub.

use crate::scratch::Scratch;
use core::time::Duration;
use defender_auth::{
    Error, Password, UnixTime,
    error::{Code, DaemonProblem},
    identity_service::{Authentication, IdentityService},
    key::KeyUse,
    local_signer::{Client, Signer},
    sas::SasToken,
    workload::Workload,
};
use defender_auth_emulator::{Device, Emulator, Host, Hub, Module, RunningHost};
use std::{fs, os::unix::fs::MetadataExt as _, time::SystemTime};

const HUB: &str = "contoso.azure-devices.net";
const DEVICE_KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const MODULE_KEY: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";

pub(crate) fn own_uid() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}

pub(crate) fn emulator() -> Emulator {
    let module = Module::new("azureiotsecurity", MODULE_KEY);
    let hub = Hub::new(HUB)
        .device(Device::new("dev-01", DEVICE_KEY).module(module))
        .device(Device::new("dev-02", DEVICE_KEY));
    Emulator::start([hub], "127.0.0.1:0".parse().unwrap()).unwrap()
}

pub(crate) fn host() -> Host {
    Host::new(HUB, "dev-01").principal(own_uid(), "azureiotsecurity").module("azureiotsecurity")
}

pub(crate) fn workload(host: &RunningHost, module: &str) -> Workload {
    let variables = host.environment(module);
    let value = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    Workload::from_environment(value).unwrap()
}

fn service(host: &RunningHost) -> IdentityService {
    IdentityService::in_folder(host.folder().to_str().unwrap()).unwrap()
}

/// A token of an hour that the signer has made.
fn token(signer: &mut Signer) -> Result<SasToken, Error> {
    let me = signer.outcome();
    let expiry = UnixTime::from(SystemTime::now()) + Duration::from_secs(3600);
    let Password::Sign(string) = me.password(expiry) else { panic!() };
    Ok(string.token(&signer.sign(KeyUse::Hub, &string)?))
}

fn is_valid(token: &SasToken, key: &str) -> bool {
    let key = defender_auth::SharedAccessKey::from_base64(key).unwrap();
    token.verify(&key, UnixTime::from(SystemTime::now()), Duration::ZERO).is_ok()
}

#[test]
fn a_module_with_nothing_but_its_environment_gets_a_token_that_its_key_has_signed() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host = emulator.host(folder.folder(), host()).unwrap();
    let mut signer = Signer::workload(workload(&host, "azureiotsecurity"));
    let token = token(&mut signer).unwrap();
    assert!(is_valid(&token, MODULE_KEY) && token.is_good_for(signer.identity()));
    assert_eq!(signer.gateway_roots(), Ok(None), "no gateway stands before the hub");
}

#[test]
fn the_roots_of_a_gateway_are_those_of_the_trust_bundle() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host = emulator.host(folder.folder(), host().gateway("edge-gateway")).unwrap();
    let signer = Signer::workload(workload(&host, "azureiotsecurity"));
    assert_eq!(signer.identity().endpoint().as_str(), "edge-gateway");
    assert_eq!(signer.gateway_roots().unwrap().as_deref(), Some(emulator.root_pem()));
}

#[test]
fn another_module_is_not_signed_for() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host = emulator.host(folder.folder(), host()).unwrap();
    let variables = host.environment("azureiotsecurity");
    let workload = Workload::from_environment(|name| match name {
        "IOTEDGE_MODULEID" => Some("other".into()),
        _ => variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()),
    });
    let error = token(&mut Signer::workload(workload.unwrap())).unwrap_err();
    assert_eq!(error.code(), Code::ServiceForbidden);
    assert!(error.to_string().contains("403: forbidden"), "{error}");
}

#[test]
fn an_agent_of_the_host_gets_its_identity_and_a_token() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host = emulator.host(folder.folder(), host()).unwrap();
    let mut signer = Signer::identity_service(service(&host)).unwrap();
    assert_eq!(signer.identity().to_string(), format!("{HUB}/devices/dev-01/modules/azureiotsecurity"));
    for _ in 0..3 {
        assert!(is_valid(&token(&mut signer).unwrap(), MODULE_KEY));
    }
}

#[test]
fn a_handle_is_another_one_in_every_answer() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host = emulator.host(folder.folder(), host()).unwrap();
    let service = service(&host);
    let read = || Client::default().run(|now, limit| service.identify(now, limit)).unwrap();
    let (one, other) = (read(), read());
    assert_eq!(one.identity(), other.identity());
    let (Authentication::Sas(one), Authentication::Sas(other)) = (one.authentication(), other.authentication()) else {
        panic!()
    };
    assert!(one != other);
}

#[test]
fn the_first_step_is_repeated_after_the_device_was_provisioned_again() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host = emulator.host(folder.folder(), host()).unwrap();
    let mut signer = Signer::identity_service(service(&host)).unwrap();
    token(&mut signer).unwrap();
    host.reprovision().unwrap();
    assert!(is_valid(&token(&mut signer).unwrap(), MODULE_KEY));
    assert!(is_valid(&token(&mut signer).unwrap(), MODULE_KEY), "with the new handle");
}

#[test]
fn another_identity_is_told_and_read_again() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host = emulator.host(folder.folder(), host()).unwrap();
    let mut signer = Signer::identity_service(service(&host)).unwrap();
    host.move_to(HUB, "dev-02").unwrap();
    let Err(Error::Daemon(error)) = token(&mut signer) else { panic!() };
    assert_eq!(error.problem, DaemonProblem::Reprovisioned);
    assert_eq!(signer.identify(), Ok(true));
    assert_eq!(signer.identity().device_id().as_str(), "dev-02");
    assert_eq!(signer.identify(), Ok(false));
}

#[test]
fn a_user_that_is_no_principal_is_named() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host =
        emulator.host(folder.folder(), Host::new(HUB, "dev-01").principal(own_uid() + 1, "azureiotsecurity")).unwrap();
    let error = Signer::identity_service(service(&host)).unwrap_err();
    assert!(
        error.to_string().starts_with(&format!("uid {} is not a principal of aziot-identityd: add ", own_uid())),
        "{error}"
    );
}

#[test]
fn the_provisioning_and_a_certificate_are_told() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host = emulator.host(folder.folder(), host().certificate("device-id", "PEM")).unwrap();
    let (service, client) = (service(&host), Client::default());
    assert_eq!(client.run(|now, limit| service.provisioning(now, limit)).unwrap().source, "manual");
    assert_eq!(client.run(|now, limit| service.certificate("device-id", now, limit)).unwrap(), "PEM");
    let error = client.run(|now, limit| service.certificate("none", now, limit)).unwrap_err();
    assert!(error.to_string().contains("400: parameter \"id\" has an invalid value caused by: not found"), "{error}");
}

#[test]
fn a_module_that_is_missing_at_the_hub_is_created_as_identityd_does() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host =
        emulator.host(folder.folder(), Host::new(HUB, "dev-02").principal(own_uid(), "azureiotsecurity")).unwrap();
    let mut signer = Signer::identity_service(service(&host)).unwrap();
    let token = token(&mut signer).unwrap();
    assert!(!is_valid(&token, MODULE_KEY), "with a key of its own");
    assert!(token.is_good_for(signer.identity()));
}

#[test]
fn a_registration_is_not_signed() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host = emulator.host(folder.folder(), host()).unwrap();
    let mut signer = Signer::workload(workload(&host, "azureiotsecurity"));
    let Password::Sign(string) = signer.outcome().password(UnixTime::from_secs(1_800_000_000)) else { panic!() };
    assert_eq!(signer.sign(KeyUse::Registration, &string).unwrap_err().code(), Code::Unsupported);
}

#[test]
fn a_plan_reads_the_identity_over_the_socket() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host = emulator.host(folder.folder(), host()).unwrap();
    let client = defender_auth::https::Client::with(defender_auth::tls::Roots::Azure, Vec::new()).unwrap();
    let plan = defender_auth::Plan::identity_service(service(&host));
    assert!(plan.outcome().is_none() && plan.known_identity_service().is_some());
    let me = client.authenticate(&plan).unwrap();
    assert_eq!(me.identity().to_string(), format!("{HUB}/devices/dev-01/modules/azureiotsecurity"));
    assert_eq!(*me.credential(), defender_auth::credential::Credential::ExternalSigner);
    drop(host);
    let error = client.authenticate(&plan).unwrap_err();
    assert!(error.to_string().starts_with("aziot-identityd is not at unix://"), "{error}");
}

#[test]
fn an_agent_is_found_by_its_environment_before_its_files() {
    use defender_auth::agent;
    let (emulator, folder) = (emulator(), Scratch::new());
    let host = emulator.host(folder.folder(), host()).unwrap();
    let variables = host.environment("azureiotsecurity");
    let value = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let string = format!("HostName={HUB};DeviceId=dev-02;SharedAccessKey={DEVICE_KEY}");
    folder.write("connection_string.txt", string);
    let found = agent::load_or_find(folder.folder(), value).unwrap().plan;
    assert_eq!(found.known_workload().unwrap().identity().device_id().as_str(), "dev-01");
    let mut signer = Signer::of(&found).unwrap().unwrap();
    assert!(is_valid(&token(&mut signer).unwrap(), MODULE_KEY));
    let read = agent::load_or_find(folder.folder(), |_| None).unwrap().plan;
    assert_eq!(read.outcome().unwrap().identity().device_id().as_str(), "dev-02");
    assert!(read.known_workload().is_none() && Signer::of(&read).unwrap().is_none());
    let broken = |name: &str| (name == "IOTEDGE_WORKLOADURI").then(|| String::from("x"));
    assert!(agent::load_or_find(folder.folder(), broken).is_err(), "its environment is that of a module");
}
