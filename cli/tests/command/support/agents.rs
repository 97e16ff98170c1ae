//! The sample agents, and what their services know.

use crate::support::{
    HOST, KEY, MODULE_KEY, Scratch,
    site::{SCOPE, Site},
};
use defender_auth_emulator::{Device, Dps, Enrollment, Hub, Module, World};
use std::fs;

/// The folders of the agents that know the provisioning service only.
pub(crate) const BY_DPS: [&str; 2] = ["c/dps", "csharp/dps"];

/// The folders of the agents that know the device's key only.
pub(crate) const BY_DEVICE: [&str; 2] = ["c/device", "csharp/device"];

/// What all of them end as.
pub(crate) const MODULE: &str = "contoso.azure-devices.net/dev-01/azureiotsecurity";

/// A sample agent's folder.
pub(crate) fn folder(name: &str) -> String {
    format!("{}/../examples/agents/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The same agent with another key.
pub(crate) fn with_key(name: &str, key: &str) -> Scratch {
    let scratch = Scratch::new();
    for entry in fs::read_dir(folder(name)).unwrap() {
        let path = entry.unwrap().path();
        scratch.write(path.file_name().unwrap().to_str().unwrap(), fs::read(&path).unwrap());
    }
    scratch.write("key.txt", key);
    scratch
}

/// The security module of the samples.
pub(crate) fn module() -> Module {
    Module::new("azureiotsecurity", MODULE_KEY)
}

/// The services of the samples, with this module.
pub(crate) fn site_with(module: Module) -> Site {
    site_of(Device::new("dev-01", KEY).module(module))
}

/// The services of the samples, with this device.
pub(crate) fn site_of(device: Device) -> Site {
    let enrollment = Enrollment::new("dev-01", KEY).pending(0);
    Site::play(World::new().hub(Hub::new(HOST).device(device)).dps(Dps::new(SCOPE).enrollment(enrollment)))
}

/// The device registers, as its maker has it do once.
pub(crate) fn register(site: &Site) {
    let device = ["provision", "--id-scope", SCOPE, "--registration-id", "dev-01"];
    let key = folder("c/device/key.txt");
    site.ask_dps(&[&device[..], &["--key-file", &key]].concat()).done();
}
