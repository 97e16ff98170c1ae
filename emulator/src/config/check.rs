//! Everything is looked at before anybody can log in.

use super::{Authentication, ConfigError, Device, Dps, Enrollment, Hub, Key, Module};
use crate::twin::Twin;

/// Whether this can be played.
pub(crate) fn check(hubs: &[Hub], dps: Option<&Dps>) -> Result<(), ConfigError> {
    if hubs.is_empty() && dps.is_none() {
        return Err(ConfigError::Empty);
    }
    for hub in hubs {
        for policy in &hub.policies {
            keys(format!("policy {}", policy.name), [Some(&policy.key), None])?;
        }
        hub.devices.iter().try_for_each(device)?;
    }
    let Some(dps) = dps else { return Ok(()) };
    dps.enrollments.iter().try_for_each(|each| enrollment("enrollment", each))?;
    for group in &dps.groups {
        enrollment("group", &group.0)?;
        if group.0.device_id.is_some() {
            return Err(ConfigError::GroupDeviceId(group.0.id.clone()));
        }
    }
    Ok(())
}

fn device(device: &Device) -> Result<(), ConfigError> {
    let owner = format!("device {}", device.id);
    twin(&owner, &device.twin)?;
    keys(owner, device.keys())?;
    device.modules.iter().try_for_each(|each| module(&device.id, each))
}

/// Whether a module is good for the device.
pub(crate) fn module(device: &str, module: &Module) -> Result<(), ConfigError> {
    let owner = format!("module {device}/{}", module.id);
    twin(&owner, &module.twin)?;
    let lacking = |what| ConfigError::Lacking { owner: owner.clone(), what };
    match module.authentication {
        Authentication::Sas if module.primary_key.is_none() => return Err(lacking("a `primary_key`")),
        Authentication::SelfSigned if module.thumbprint.is_none() => return Err(lacking("a `thumbprint`")),
        _ => {}
    }
    keys(owner, module.keys())
}

fn enrollment(kind: &str, enrollment: &Enrollment) -> Result<(), ConfigError> {
    keys(format!("{kind} {}", enrollment.id), enrollment.keys())
}

/// Whether the keys of somebody are keys.
pub(crate) fn keys(owner: String, keys: [Option<&Key>; 2]) -> Result<(), ConfigError> {
    let whole = keys.into_iter().flatten().all(|key| key.decode().is_some());
    if whole { Ok(()) } else { Err(ConfigError::Key { owner }) }
}

fn twin(owner: &str, twin: &Twin) -> Result<(), ConfigError> {
    if twin.is_good() { Ok(()) } else { Err(ConfigError::Desired { owner: owner.into() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Group};
    use serde_json::json;

    fn refused(hub: Hub) -> String {
        check(&[hub], None).unwrap_err().to_string()
    }

    #[test]
    fn the_sample_is_good() {
        let config = Config::parse(include_str!("../../sample.toml")).unwrap();
        check(&config.hubs, config.dps.as_ref()).unwrap();
        assert_eq!(config.hubs[0].devices[0].modules[0].id, "azureiotsecurity");
        assert_eq!(config.dps.unwrap().groups[0].0.id, "fleet");
    }

    #[test]
    fn mistakes_are_named_and_keys_are_not() {
        let text = "[[hub]]\nhost_name = 'h'\n[[hub.device]]\nid = 'd'\nprimary_key = 'AAAA'\nprimary_kye = 'c2VjcmV0'";
        let error = Config::parse(text).err().unwrap().to_string();
        assert!(error.contains("primary_kye") && !error.contains("c2VjcmV0"), "{error}");
        assert_eq!(
            refused(Hub::new("h").device(Device::new("d", "c2VjcmV0!"))),
            "the key of device d is not base64; it needs its padding, and one byte at least"
        );
        let dps = Dps::new("0ne").group(Group::new("g", "AAAA").secondary_key("!"));
        assert!(check(&[], Some(&dps)).unwrap_err().to_string().contains("group g"));
        assert!(check(&[], None).unwrap_err().to_string().contains("[[hub]]"));
    }

    #[test]
    fn what_a_module_needs_is_asked_for() {
        let device = |text: &str| {
            let head =
                "[[hub]]\nhost_name = 'h'\n[[hub.device]]\nid = 'd'\nprimary_key = 'AAAA'\n[[hub.device.module]]\n";
            let config = Config::parse(&format!("{head}id = 'm'\n{text}"));
            config.and_then(|config| check(&config.hubs, None)).map_err(|error| error.to_string())
        };
        assert!(device("primary_key = 'AAAA'").is_ok());
        assert!(device("authentication = 'none'").is_ok());
        assert!(device("").unwrap_err().contains("module d/m needs a `primary_key`"));
        assert!(device("authentication = 'selfSigned'").unwrap_err().contains("a `thumbprint`"));
        assert!(device("primary_key = 'AAAA'\ndesired = '{'").unwrap_err().contains("not JSON"));
        assert!(device("primary_key = 'AAAA'\ndesired = '[]'").unwrap_err().contains("not a JSON object"));
        let hub = Hub::new("h").device(Device::new("d", "AAAA").desired(json!(1)));
        assert!(refused(hub).contains("desired properties of device d"));
    }
}
