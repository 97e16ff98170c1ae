//! What is emulated without a configuration.

use defender_auth_emulator::{Config, Device, Dps, Group, Hub, Module};
use ring::rand::{SecureRandom as _, SystemRandom};
use std::{error::Error, fs, io::Write as _, path::Path};

/// The file with the key of the sample's device that can be provisioned.
pub(crate) const DEVICE_FILE: &str = "dev-02.key";

/// One hub, one device, one security module, the folder of its agent, and an enrollment group with the key of one device.
pub(crate) fn sample(key: &Path, agent: &Path) -> Result<Config, Box<dyn Error>> {
    const HOST: &str = "contoso.azure-devices.net";
    let (device_key, module_key, group_key) = (new_key()?, new_key()?, new_key()?);
    fs::create_dir_all(agent)?;
    let text = format!("HostName={HOST};DeviceId=dev-01;ModuleId=azureiotsecurity;SharedAccessKey={module_key}\n");
    write_private(&agent.join("connection_string.txt"), &text)?;
    let derived = Group::device_key(&group_key, "dev-02").ok_or("the group's key is not base64")?;
    write_private(key, &format!("{derived}\n"))?;
    let device = Device::new("dev-01", &device_key).module(Module::new("azureiotsecurity", &module_key));
    let dps = Dps::new("0ne00000A0A").group(Group::new("fleet", &group_key));
    let mut config = Config::default();
    config.hubs.push(Hub::new(HOST).device(device));
    config.dps = Some(dps);
    Ok(config)
}

fn new_key() -> Result<String, Box<dyn Error>> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "the system has no random bytes")?;
    Ok(data_encoding::BASE64.encode(&bytes))
}

/// Writes a file with mode 0600.
pub(crate) fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
