//! The checks of a configuration before the emulator starts.

use super::{
    Certificate, ConfigError, Device, Dps, EndorsementKey, Enrollment, Group, Hub, Issuing, Key, Module,
    credentials::{Authentication, Credentials},
};
use crate::{chain::Thumbprint, twin::Twin};

/// Whether hubs and a provisioning service can be emulated.
pub(crate) fn check(hubs: &[Hub], dps: Option<&Dps>) -> Result<(), ConfigError> {
    if hubs.is_empty() && dps.is_none() {
        return Err(ConfigError::Empty);
    }
    for hub in hubs {
        for policy in &hub.policies {
            keys(format!("policy {}", policy.name), [Some(&policy.key), None])?;
        }
        for known in &hub.authorities {
            authority(format!("a CA of {}", hub.host_name), &known.certificate)?;
            if known.name().is_none() {
                return Err(ConfigError::Authority { owner: format!("a CA of {}", hub.host_name) });
            }
        }
        hub.devices.iter().try_for_each(device)?;
    }
    let Some(dps) = dps else { return Ok(()) };
    for policy in &dps.policies {
        keys(format!("policy {}", policy.name), [Some(&policy.key), None])?;
    }
    dps.enrollments.iter().try_for_each(enrollment)?;
    dps.groups.iter().try_for_each(group)
}

/// Whether an individual enrollment can be emulated.
pub(crate) fn enrollment(enrollment: &Enrollment) -> Result<(), ConfigError> {
    enrolled("enrollment", enrollment)
}

/// Whether an enrollment group can be emulated.
pub(crate) fn group(group: &Group) -> Result<(), ConfigError> {
    let group = &group.enrollment;
    enrolled("group", group)?;
    if group.device_id.is_some() {
        return Err(ConfigError::GroupDeviceId(group.id.clone()));
    }
    if group.attestation.thumbprints() != [None, None] {
        return Err(ConfigError::GroupThumbprint(group.id.clone()));
    }
    if group.attestation.endorsement_key.is_some() {
        return Err(ConfigError::GroupEndorsementKey(group.id.clone()));
    }
    let mut certificates = group.attestation.certificates().into_iter().flatten();
    certificates.try_for_each(|certificate| authority(format!("group {}", group.id), certificate))
}

/// Whether a device can be emulated.
pub(crate) fn device(device: &Device) -> Result<(), ConfigError> {
    let owner = format!("device {}", device.id);
    twin(&owner, &device.twin)?;
    issuing(&owner, device.issuing.as_ref())?;
    required(&owner, &device.credentials)?;
    thumbprints(&owner, device.credentials.thumbprints())?;
    keys(owner, [device.credentials.primary_key.as_ref(), device.credentials.secondary_key.as_ref()])?;
    device.modules.iter().try_for_each(|each| module(&device.id, each))
}

/// Whether a module of a device can be emulated.
pub(crate) fn module(device: &str, module: &Module) -> Result<(), ConfigError> {
    let owner = format!("module {device}/{}", module.id);
    twin(&owner, &module.twin)?;
    required(&owner, &module.credentials)?;
    // A test of an agent that only reads the identity may have a thumbprint of any length.
    if !module.credentials.thumbprints().into_iter().flatten().all(Thumbprint::is_hex) {
        return Err(ConfigError::Thumbprint { owner });
    }
    keys(owner, module.credentials.keys())
}

/// Whether a device or module has what its authentication requires.
fn required(owner: &str, credentials: &Credentials) -> Result<(), ConfigError> {
    let lacking = |what| Err(ConfigError::Lacking { owner: owner.into(), what });
    match credentials.authentication {
        Authentication::Sas if credentials.primary_key.is_none() => lacking("a `primary_key`"),
        Authentication::SelfSigned if credentials.thumbprint.is_none() => lacking("a `thumbprint`"),
        _ => Ok(()),
    }
}

/// Whether thumbprints are well-formed and of one digest.
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

/// Whether a certificate is a CA's. What it is permitted to issue is judged when a client presents a chain.
fn authority(owner: String, certificate: &Certificate) -> Result<(), ConfigError> {
    match certificate.facts() {
        None => Err(ConfigError::Certificate { owner }),
        Some(facts) if facts.is_ca => Ok(()),
        Some(_) => Err(ConfigError::Authority { owner }),
    }
}

fn enrolled(kind: &str, enrollment: &Enrollment) -> Result<(), ConfigError> {
    let owner = format!("{kind} {}", enrollment.id);
    let attestation = &enrollment.attestation;
    let by_certificate =
        attestation.thumbprints() != [None, None] || attestation.certificates().iter().any(Option::is_some);
    // A secondary key alone would suffice for a token, but the portal does not permit it.
    let ways = [attestation.primary_key.is_some(), by_certificate, attestation.endorsement_key.is_some()];
    let is_one = ways.into_iter().filter(|way| *way).count() == 1;
    if !is_one || attestation.secondary_key.is_some() && attestation.primary_key.is_none() {
        return Err(ConfigError::Attestation { owner });
    }
    issuing(&owner, enrollment.assignment.issuing.as_ref())?;
    if enrollment.assignment.hub.is_some() && enrollment.assignment.mqtt_broker.is_some() {
        return Err(ConfigError::TwoEndpoints { owner });
    }
    if let Some(Err(fault)) = attestation.endorsement_key.as_ref().map(EndorsementKey::read) {
        return Err(ConfigError::EndorsementKey { owner, fault });
    }
    thumbprints(&owner, attestation.thumbprints())?;
    if attestation.certificates().into_iter().flatten().any(|certificate| certificate.facts().is_none()) {
        return Err(ConfigError::Certificate { owner });
    }
    keys(owner, attestation.keys())
}

/// Whether keys are base64.
pub(crate) fn keys(owner: String, keys: [Option<&Key>; 2]) -> Result<(), ConfigError> {
    let whole = keys.into_iter().flatten().all(|key| key.decode().is_some());
    if whole { Ok(()) } else { Err(ConfigError::Key { owner }) }
}

fn issuing(owner: &str, policy: Option<&Issuing>) -> Result<(), ConfigError> {
    if policy.is_none_or(Issuing::is_possible) { Ok(()) } else { Err(ConfigError::Issuing { owner: owner.into() }) }
}

fn twin(owner: &str, twin: &Twin) -> Result<(), ConfigError> {
    if twin.is_object() { Ok(()) } else { Err(ConfigError::Desired { owner: owner.into() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Config,
        fault::{Alert, Fault, Operation, PlannedFault},
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
    fn the_sample_can_be_emulated() {
        let config = Config::parse(include_str!("../../sample.toml")).unwrap();
        check(&config.hubs, config.dps.as_ref()).unwrap();
        assert_eq!(config.faults, []);
        assert_eq!(config.hubs[0].devices[0].modules[0].id, "azureiotsecurity");
        assert_eq!(config.dps.unwrap().groups[0].enrollment.id, "fleet");
    }

    #[test]
    fn the_faults_of_the_sample_are_read_without_their_comment_signs() {
        let (sample, faults) = include_str!("../../sample.toml").split_once("# [[fault]]").unwrap();
        let faults: Vec<&str> = faults.lines().map(|line| line.trim_start_matches("# ").trim_matches('#')).collect();
        let config = Config::parse(&[sample, "[[fault]]", &faults.join("\n")].concat()).unwrap();
        let busy = PlannedFault::new(Operation::RegistrationStatus, Fault::Status(429).retry_after("3"));
        let late = PlannedFault::new(Operation::ReadModule, Fault::Stall(std::time::Duration::from_secs(20)));
        let unavailable = PlannedFault::new(Operation::Connect, Fault::Connack(3));
        let expired = PlannedFault::new(Operation::MqttHandshake, Fault::Alert(Alert::CertificateExpired));
        let ended = PlannedFault::new(Operation::Birth, Fault::Disconnect(0x87));
        assert_eq!(config.faults, [busy.skip(1).times(2), late, unavailable, ended, expired]);
    }

    #[test]
    fn mistakes_are_named_and_keys_are_not() {
        let text = "[[hub]]\nhost_name = 'h'\n[[hub.device]]\nid = 'd'\nprimary_key = 'AAAA'\nprimary_kye = 'c2VjcmV0'";
        let error = Config::parse(text).err().unwrap().to_string();
        assert!(error.contains("primary_kye") && !error.contains("c2VjcmV0"), "{error}");
        assert_eq!(
            refused(Hub::new("h").device(Device::new("d", "c2VjcmV0!"))),
            "the key of device d is not base64; it requires its padding and at least one byte"
        );
        let dps = Dps::new("0ne").group(Group::new("g", "AAAA").secondary_key("!"));
        assert!(check(&[], Some(&dps)).unwrap_err().to_string().contains("group g"));
        assert!(check(&[], None).unwrap_err().to_string().contains("[[hub]]"));
    }

    #[test]
    fn unknown_members_are_refused_everywhere() {
        let hub = "[[hub]]\nhost_name = 'h'\n";
        let dps = "[dps]\nid_scope = 's'\n";
        for (head, table) in [
            (hub, "hub.device"),
            (hub, "hub.policy"),
            ("[[hub]]\nhost_name = 'h'\n[[hub.device]]\nid = 'd'\nprimary_key = 'AAAA'\n", "hub.device.module"),
            (dps, "dps.enrollment"),
            (dps, "dps.group"),
            ("", "fault"),
        ] {
            let error = Config::parse(&format!("{head}[[{table}]]\nid = 'i'\nprimary_kye = 'c2VjcmV0'")).unwrap_err();
            let error = error.to_string();
            assert!(error.contains("unknown field") && !error.contains("c2VjcmV0"), "{table}: {error}");
        }
    }

    #[test]
    fn a_printed_configuration_has_no_key_in_it() {
        let hub = Hub::new("h")
            .policy("p", "c2VjcmV0")
            .device(Device::new("d", "c2VjcmV0").module(Module::new("m", "c2VjcmV0").secondary_key("c2VjcmV0")));
        let dps = Dps::new("s").group(Group::new("g", "c2VjcmV0")).enrollment(Enrollment::new("e", "c2VjcmV0"));
        let world = crate::World::new().hub(hub).dps(dps);
        let text = format!("{world:?}");
        assert!(text.contains("Key(..)") && !text.contains("c2VjcmV0"), "{text}");
    }

    #[test]
    fn an_enrollment_has_one_endpoint() {
        let both = Enrollment::new("e", "AAAA").hub("h").mqtt_broker("b");
        let error = check(&[], Some(&Dps::new("s").enrollment(both))).unwrap_err().to_string();
        assert!(error.contains("enrollment e has a `hub` and an `mqtt_broker`"), "{error}");
    }

    #[test]
    fn a_module_requires_what_its_authentication_requires() {
        let device = |text: &str| {
            let head =
                "[[hub]]\nhost_name = 'h'\n[[hub.device]]\nid = 'd'\nprimary_key = 'AAAA'\n[[hub.device.module]]\n";
            let config = Config::parse(&format!("{head}id = 'm'\n{text}"));
            config.and_then(|config| check(&config.hubs, None)).map_err(|error| error.to_string())
        };
        assert!(device("primary_key = 'AAAA'").is_ok());
        assert!(device("authentication = 'none'").is_ok());
        assert!(device("").unwrap_err().contains("module d/m requires a `primary_key`"));
        assert!(device("authentication = 'selfSigned'").unwrap_err().contains("a `thumbprint`"));
        assert!(device("primary_key = 'AAAA'\ndesired = '{'").unwrap_err().contains("not JSON"));
        assert!(device("primary_key = 'AAAA'\ndesired = '[]'").unwrap_err().contains("not a JSON object"));
        let hub = Hub::new("h").device(Device::new("d", "AAAA").desired(json!(1)));
        assert!(refused(hub).contains("desired properties of device d"));
    }

    #[test]
    fn a_tpm_enrollment_requires_an_endorsement_key() {
        let good = data_encoding::BASE64.encode(&vectors::endorsement_area());
        let storage = data_encoding::BASE64.encode(&vectors::storage_area());
        let enrolled = |kind: &str, rest: &str| {
            let config = Config::parse(&format!("[dps]\nid_scope = 's'\n[[dps.{kind}]]\nid = 'e'\n{rest}"));
            config.and_then(|config| check(&[], config.dps.as_ref())).map_err(|error| error.to_string())
        };
        assert_eq!(enrolled("enrollment", &format!("endorsement_key = '{good}'")), Ok(()));
        for (bad, fault) in [("x!", "it is not base64"), ("AToAAQAL", "it is truncated"), (&storage, "another key")] {
            let error = enrolled("enrollment", &format!("endorsement_key = '{bad}'")).unwrap_err();
            assert!(error.starts_with("the `endorsement_key` of enrollment e") && error.contains(fault), "{error}");
        }
        let both = enrolled("enrollment", &format!("endorsement_key = '{good}'\nprimary_key = 'AAAA'"));
        assert!(both.unwrap_err().contains("exactly one attestation"));
        assert!(enrolled("enrollment", &format!("endorsement_key = '{good}'\nsecondary_key = 'AAAA'")).is_err());
        let group = enrolled("group", &format!("endorsement_key = '{good}'"));
        assert!(group.unwrap_err().contains("the group e has an `endorsement_key`"));
        let dps = Dps::new("s").enrollment(Enrollment::with_endorsement_key("e", &storage));
        assert!(check(&[], Some(&dps)).is_err(), "the same from Rust");
    }

    #[test]
    fn certificates_and_thumbprints_are_checked() {
        let (root, leaf) = (Authority::root("root").pem(), Leaf::self_signed("x").pem());
        let (sha1, sha256) = ("AB".repeat(20), "AB".repeat(32));
        let device = |thumbprint: &str| Hub::new("h").device(Device::with_thumbprint("d", thumbprint));
        assert!(check(&[device(&sha1), device(&sha256)], None).is_ok());
        for bad in ["", "AB12", &sha1.to_lowercase(), &"AB:".repeat(20)] {
            assert!(refused(device(bad)).contains("thumbprint of device d is malformed"), "{bad}");
        }
        let mixed = Device::with_thumbprint("d", &sha1).secondary_thumbprint(&sha256);
        assert!(refused(Hub::new("h").device(mixed)).contains("one kind"));
        let module = Device::new("d", "AAAA").module(Module::with_thumbprint("m", "AB:12"));
        assert!(refused(Hub::new("h").device(module)).contains("module d/m"));
        assert!(check(&[Hub::new("h").authority(&root)], None).is_ok());
        assert!(refused(Hub::new("h").authority(&leaf)).contains("not a CA certificate"));
        assert!(
            refused(Hub::new("h").authority(&[root.as_str(), &root].concat())).contains("not exactly one certificate")
        );

        let dps = |dps: Dps| check(&[], Some(&dps)).map_err(|error| error.to_string());
        let one = |enrollment| dps(Dps::new("0ne").enrollment(enrollment));
        assert!(one(Enrollment::with_certificate("e", &leaf)).is_ok());
        assert!(
            one(Enrollment::with_certificate("e", "x")).unwrap_err().contains("of enrollment e is not exactly one")
        );
        assert!(one(Enrollment::with_thumbprint("e", "x")).unwrap_err().contains("of enrollment e is malformed"));
        let both = Enrollment::new("e", "AAAA").secondary_thumbprint(&sha1);
        assert!(one(both).unwrap_err().contains("exactly one attestation"));
        assert!(one(Enrollment::with_thumbprint("e", &sha1).secondary_key("AAAA")).is_err());
        assert!(dps(Dps::new("0ne").group(Group::with_authority("g", &root))).is_ok());
        let group = dps(Dps::new("0ne").group(Group::with_authority("g", &leaf)));
        assert!(group.unwrap_err().contains("of group g is not a CA certificate"));
        let text = format!("[dps]\nid_scope = 's'\n[[dps.group]]\nid = 'g'\nthumbprint = '{sha1}'");
        assert!(dps(Config::parse(&text).unwrap().dps.unwrap()).unwrap_err().contains("which identifies one device"));
        let nothing = Config::parse("[dps]\nid_scope = 's'\n[[dps.enrollment]]\nid = 'e'").unwrap();
        assert!(dps(nothing.dps.unwrap()).unwrap_err().contains("requires exactly one attestation"));
    }
}
