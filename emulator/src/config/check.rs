//! Everything is looked at before anybody can log in.

use super::{
    Authentication, Certificate, ConfigError, Device, Dps, EndorsementKey, Enrollment, Hub, Key, Module, Thumbprint,
};
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
        for known in &hub.authorities {
            authority(format!("an authority of {}", hub.host_name), &known.certificate)?;
            if known.name().is_none() {
                return Err(ConfigError::Authority { owner: format!("an authority of {}", hub.host_name) });
            }
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
        if group.0.thumbprints() != [None, None] {
            return Err(ConfigError::GroupThumbprint(group.0.id.clone()));
        }
        if group.0.endorsement_key.is_some() {
            return Err(ConfigError::GroupEndorsementKey(group.0.id.clone()));
        }
        for certificate in group.0.certificates().into_iter().flatten() {
            authority(format!("group {}", group.0.id), certificate)?;
        }
    }
    Ok(())
}

fn device(device: &Device) -> Result<(), ConfigError> {
    let owner = format!("device {}", device.id);
    twin(&owner, &device.twin)?;
    credentials(&owner, device.authentication, device.primary_key.is_some(), device.thumbprint.is_some())?;
    thumbprints(&owner, device.thumbprints())?;
    keys(owner, [device.primary_key.as_ref(), device.secondary_key.as_ref()])?;
    device.modules.iter().try_for_each(|each| module(&device.id, each))
}

/// Whether a module is good for the device.
pub(crate) fn module(device: &str, module: &Module) -> Result<(), ConfigError> {
    let owner = format!("module {device}/{}", module.id);
    twin(&owner, &module.twin)?;
    credentials(&owner, module.authentication, module.primary_key.is_some(), module.thumbprint.is_some())?;
    // Also for an agent that only reads it: how long it is does not matter before somebody logs in with it.
    if !module.thumbprints().into_iter().flatten().all(Thumbprint::is_hex) {
        return Err(ConfigError::Thumbprint { owner });
    }
    keys(owner, module.keys())
}

/// Whether somebody has what it is to prove itself with.
fn credentials(
    owner: &str,
    authentication: Authentication,
    has_key: bool,
    has_thumbprint: bool,
) -> Result<(), ConfigError> {
    let lacking = |what| Err(ConfigError::Lacking { owner: owner.into(), what });
    match authentication {
        Authentication::Sas if !has_key => lacking("a `primary_key`"),
        Authentication::SelfSigned if !has_thumbprint => lacking("a `thumbprint`"),
        _ => Ok(()),
    }
}

/// Whether thumbprints are some, and of one kind.
fn thumbprints(owner: &str, known: [Option<&Thumbprint>; 2]) -> Result<(), ConfigError> {
    let kinds: Vec<_> = known.into_iter().flatten().map(Thumbprint::kind).collect();
    if kinds.contains(&None) {
        return Err(ConfigError::Thumbprint { owner: owner.into() });
    }
    match kinds.as_slice() {
        [first, second] if first != second => Err(ConfigError::Thumbprints { owner: owner.into() }),
        _ => Ok(()),
    }
}

fn authority(owner: String, certificate: &Certificate) -> Result<(), ConfigError> {
    match certificate.facts() {
        None => Err(ConfigError::Certificate { owner }),
        Some(facts) if facts.is_ca => Ok(()),
        Some(_) => Err(ConfigError::Authority { owner }),
    }
}

fn enrollment(kind: &str, enrollment: &Enrollment) -> Result<(), ConfigError> {
    let owner = format!("{kind} {}", enrollment.id);
    let by_certificate =
        enrollment.thumbprints() != [None, None] || enrollment.certificates().iter().any(Option::is_some);
    // A secondary key alone would do for the check, but not for the portal.
    let ways = [enrollment.primary_key.is_some(), by_certificate, enrollment.endorsement_key.is_some()];
    let is_one = ways.into_iter().filter(|way| *way).count() == 1;
    if !is_one || enrollment.secondary_key.is_some() && enrollment.primary_key.is_none() {
        return Err(ConfigError::Attestation { owner });
    }
    if let Some(Err(fault)) = enrollment.endorsement_key.as_ref().map(EndorsementKey::read) {
        return Err(ConfigError::EndorsementKey { owner, fault });
    }
    thumbprints(&owner, enrollment.thumbprints())?;
    if enrollment.certificates().into_iter().flatten().any(|certificate| certificate.facts().is_none()) {
        return Err(ConfigError::Certificate { owner });
    }
    keys(owner, enrollment.keys())
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
    use crate::{
        Config, Group,
        test_certificates::{Authority, Leaf},
        tpm::vectors,
    };
    use serde_json::json;

    fn refused(hub: Hub) -> String {
        check(&[hub], None).unwrap_err().to_string()
    }

    #[test]
    fn a_configuration_has_a_limit() {
        let padded = |length: usize| {
            let sample = include_str!("../../sample.toml");
            Config::parse(&(sample.to_owned() + &"\n".repeat(length - sample.len())))
        };
        assert!(padded(Config::LIMIT).is_ok());
        assert_eq!(padded(Config::LIMIT + 1).err(), Some(ConfigError::TooLong));
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

    #[test]
    fn what_a_tpm_needs_is_asked_for() {
        let good = data_encoding::BASE64.encode(&vectors::endorsement_area());
        let storage = data_encoding::BASE64.encode(&vectors::storage_area());
        let enrolled = |kind: &str, rest: &str| {
            let config = Config::parse(&format!("[dps]\nid_scope = 's'\n[[dps.{kind}]]\nid = 'e'\n{rest}"));
            config.and_then(|config| check(&[], config.dps.as_ref())).map_err(|error| error.to_string())
        };
        assert_eq!(enrolled("enrollment", &format!("endorsement_key = '{good}'")), Ok(()));
        for (bad, fault) in [("x!", "it is not base64"), ("AToAAQAL", "it is cut off"), (&storage, "another key")] {
            let error = enrolled("enrollment", &format!("endorsement_key = '{bad}'")).unwrap_err();
            assert!(error.starts_with("the `endorsement_key` of enrollment e") && error.contains(fault), "{error}");
        }
        let both = enrolled("enrollment", &format!("endorsement_key = '{good}'\nprimary_key = 'AAAA'"));
        assert!(both.unwrap_err().contains("or an `endorsement_key`"));
        assert!(enrolled("enrollment", &format!("endorsement_key = '{good}'\nsecondary_key = 'AAAA'")).is_err());
        let group = enrolled("group", &format!("endorsement_key = '{good}'"));
        assert!(group.unwrap_err().contains("the group e has an `endorsement_key`"));
        let dps = Dps::new("s").enrollment(Enrollment::with_endorsement_key("e", &storage));
        assert!(check(&[], Some(&dps)).is_err(), "the same for those who build one");
    }

    #[test]
    fn what_certificates_need_is_asked_for() {
        let (root, leaf) = (Authority::root("root").pem(), Leaf::self_signed("x").pem());
        let (sha1, sha256) = ("AB".repeat(20), "AB".repeat(32));
        let device = |thumbprint: &str| Hub::new("h").device(Device::with_thumbprint("d", thumbprint));
        assert!(check(&[device(&sha1), device(&sha256)], None).is_ok());
        for bad in ["", "AB12", &sha1.to_lowercase(), &"AB:".repeat(20)] {
            assert!(refused(device(bad)).contains("thumbprint of device d is not one"), "{bad}");
        }
        let mixed = Device::with_thumbprint("d", &sha1).secondary_thumbprint(&sha256);
        assert!(refused(Hub::new("h").device(mixed)).contains("one kind"));
        let module = Device::new("d", "AAAA").module(Module::with_thumbprint("m", "AB:12"));
        assert!(refused(Hub::new("h").device(module)).contains("module d/m"));
        assert!(check(&[Hub::new("h").authority(&root)], None).is_ok());
        assert!(refused(Hub::new("h").authority(&leaf)).contains("not an authority's"));
        assert!(refused(Hub::new("h").authority(&[root.as_str(), &root].concat())).contains("not one certificate"));

        let dps = |dps: Dps| check(&[], Some(&dps)).map_err(|error| error.to_string());
        let one = |enrollment| dps(Dps::new("0ne").enrollment(enrollment));
        assert!(one(Enrollment::with_certificate("e", &leaf)).is_ok());
        assert!(one(Enrollment::with_certificate("e", "x")).unwrap_err().contains("of enrollment e is not one"));
        assert!(one(Enrollment::with_thumbprint("e", "x")).unwrap_err().contains("of enrollment e is not one"));
        let both = Enrollment::new("e", "AAAA").secondary_thumbprint(&sha1);
        assert!(one(both).unwrap_err().contains("either keys or certificates"));
        assert!(one(Enrollment::with_thumbprint("e", &sha1).secondary_key("AAAA")).is_err());
        assert!(dps(Dps::new("0ne").group(Group::with_authority("g", &root))).is_ok());
        let group = dps(Dps::new("0ne").group(Group::with_authority("g", &leaf)));
        assert!(group.unwrap_err().contains("of group g is not an authority's"));
        let text = format!("[dps]\nid_scope = 's'\n[[dps.group]]\nid = 'g'\nthumbprint = '{sha1}'");
        assert!(dps(Config::parse(&text).unwrap().dps.unwrap()).unwrap_err().contains("that of one device"));
        let nothing = Config::parse("[dps]\nid_scope = 's'\n[[dps.enrollment]]\nid = 'e'").unwrap();
        assert!(dps(nothing.dps.unwrap()).unwrap_err().contains("needs either"));
    }
}
