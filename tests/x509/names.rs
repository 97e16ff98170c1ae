//! Common names: in every string type, and compared with every kind of ID.

use crate::{
    checks::{NOW, issued, params},
    data,
};
use defender_auth::{
    identity::{DeviceId, ModuleId, RegistrationId},
    x509::{Certificate, Chain, Compared, Finding, Purpose, Severity, check, check_names},
};

fn chain(pem: &str) -> Chain {
    Chain::from_pem(pem.as_bytes()).unwrap()
}

fn signed(name: &str) -> Chain {
    chain(&issued(&params(name))[0])
}

#[test]
fn every_directory_string_is_a_name() {
    for (pem, name) in [(data!("foreign/t61.pem"), "dev_01"), (data!("foreign/bmp.pem"), "dev_02")] {
        let chain = Chain::from_pem(pem).unwrap();
        let leaf = &chain.certificates()[0];
        assert_eq!((leaf.common_name(), leaf.subject()), (Some(name), &*format!("CN={name}")));
        let id = RegistrationId::new(name).unwrap();
        assert!(check(&chain, None, Purpose::Provisioning(&id), NOW).is_usable());
    }
}

/// The certificate with another string type for the six bytes of its name, in subject and issuer.
fn retyped(tag: u8, value: [u8; 6]) -> Certificate {
    let mut der = Chain::from_pem(data!("foreign/t61.pem")).unwrap().certificates()[0].der().to_vec();
    let old = [&[0x14, 6][..], b"dev_01"].concat();
    let places: Vec<usize> = (0..der.len()).filter(|at| der[*at..].starts_with(&old)).collect();
    assert_eq!(places.len(), 2);
    for at in places {
        der[at..at + 8].copy_from_slice(&[&[tag, 6][..], &value].concat());
    }
    Certificate::from_der(&der).unwrap()
}

#[test]
fn other_string_types_are_read_and_what_is_no_text_is_shown_in_hexadecimal() {
    for (tag, value, name) in [
        (0x14, *b"caf\xe9-1", Some("café-1")),
        (0x16, *b"dev-03", Some("dev-03")),
        (0x1a, *b"dev-04", Some("dev-04")),
        (0x1e, [0, b'd', 0x20, 0xac, 0, b'1'], Some("d€1")),
        (0x1e, [0xd8, 0, 0, b'1', 0, b'2'], None),
        (0x0c, [0xff; 6], None),
        (0x1c, [0; 6], None),
    ] {
        let certificate = retyped(tag, value);
        assert_eq!(certificate.common_name(), name, "{tag:#x}");
        let hex = value.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        assert_eq!(certificate.subject(), name.map_or(format!("CN=#{hex}"), |name| format!("CN={name}")));
    }
}

#[test]
fn a_module_is_named_after_its_device() {
    let (device, module) = (DeviceId::new("dev-01").unwrap(), ModuleId::new("azureiotsecurity").unwrap());
    let purpose = Purpose::Module(&device, &module);
    let found = |name: &str| check_names(&signed(name), purpose).iter().next().cloned();
    assert_eq!(found("dev-01/azureiotsecurity"), None);
    for name in ["dev-01", "azureiotsecurity", "dev-01/AzureIotSecurity", "dev-02/azureiotsecurity"] {
        let Some(Finding::CommonNameDiffers { compared, expected, severity, .. }) = found(name) else {
            panic!("{name}")
        };
        assert_eq!((compared, &*expected), (Compared::ModuleId, "dev-01/azureiotsecurity"));
        assert_eq!(severity, Severity::Refused);
    }
    // A thumbprint has no name.
    let own = Chain::from_pem(data!("p256.certificate.pem")).unwrap();
    assert!(check(&own, None, purpose, NOW).is_usable());
}

#[test]
fn a_name_that_cannot_be_a_registration_id_says_why() {
    let id = RegistrationId::new("dev-01").unwrap();
    for (name, character) in [("dev-01@contoso", '@'), ("dev 01", ' '), ("dév-01", 'é')] {
        let found = check_names(&signed(name), Purpose::Provisioning(&id));
        let text = found.iter().next().unwrap().to_string();
        assert!(!found.is_usable() && text.contains(&format!("because of `{character}`")), "{text}");
        // It may be for a hub.
        let found = check_names(&signed(name), Purpose::Any);
        assert!(found.is_usable() && found.iter().count() == 1, "{found:?}");
    }
    let device = DeviceId::new("dev-01@contoso").unwrap();
    assert_eq!(check_names(&signed("dev-01@contoso"), Purpose::Hub(&device)).iter().count(), 0);
}
