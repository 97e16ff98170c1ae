//! What an agent may authenticate with.

use crate::{
    scripted_key::{Act, Scripted},
    site::{HOUR, HUB, OTHER_HUB, Site, base64, device, key, one_key},
};
use defender_auth::{
    Error, Plan,
    credential::Credential,
    identity::Identity,
    key::{KeyUse, Signature},
    sas::StringToSign,
    session::{Policy, Source},
    x509::{Certificate, ClientIdentity},
};
use defender_auth_emulator::{Device, Hub, World};
use defender_auth_mqtt::driver::{Driver, Event, Signer};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// Signs by a key, which the library does not see, so many times.
struct Elsewhere {
    byte: u8,
    left: Arc<AtomicU32>,
}

impl Signer for Elsewhere {
    fn sign(&mut self, key_use: KeyUse, string_to_sign: &StringToSign) -> Result<Signature, Error> {
        assert_eq!(key_use, KeyUse::Hub);
        let is_left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if is_left {
            Ok(key(self.byte).sign(string_to_sign.as_bytes()))
        } else {
            Err(Error::NotSupported { what: "signing" })
        }
    }
}

fn external() -> Source {
    Source::new("elsewhere", Plan::known(device(), Credential::ExternalSigner))
}

#[test]
fn an_external_signer_makes_every_token_and_the_next_credential_follows_when_it_fails() {
    let site = Site::new();
    let left = Arc::new(AtomicU32::new(2));
    let options = site.options().with_signer(Elsewhere { byte: 1, left: Arc::clone(&left) });
    let mut driver = Driver::new(vec![external(), one_key("key", 2)], Policy::default(), options).unwrap();
    assert!(site.connect(&mut driver)[0].ends_with("with elsewhere"));
    site.pass(7 * HOUR);
    assert!(site.connect(&mut driver).last().unwrap().ends_with("with elsewhere"));
    assert_eq!(left.load(Ordering::SeqCst), 0);
    site.pass(7 * HOUR);
    let lines = site.connect(&mut driver).join("\n");
    assert!(lines.contains("not signed: ") && lines.contains("gave up elsewhere: "), "{lines}");
    assert!(lines.ends_with("with key"), "{lines}");
}

#[test]
fn an_external_key_without_a_signer_is_given_up() {
    let site = Site::new();
    let mut driver = site.driver(vec![external(), one_key("key", 2)]);
    let lines = site.connect(&mut driver);
    assert_eq!(lines[0], "gave up elsewhere: the key of the credential cannot be used");
}

#[test]
fn a_certificate_connects_and_one_that_the_hub_does_not_know_falls_back_to_a_key() {
    let pair = rcgen::generate_simple_self_signed(["dev-02".into()]).unwrap();
    let pem = [pair.cert.pem(), pair.signing_key.serialize_pem()].concat();
    let identity = ClientIdentity::from_pem(pem.as_bytes(), None).unwrap();
    let thumbprint = Certificate::from_der(pair.cert.der()).unwrap().sha256().to_string();
    let world = World::new().hub(Hub::new(HUB).device(Device::with_thumbprint("dev-02", &thumbprint)));
    let site = Site::of(world.hub(Hub::new(OTHER_HUB)));
    let name = |id: &str| Identity::device(HUB.parse().unwrap(), id.parse().unwrap());
    let certificate = identity.into_client_certificate();
    let source = |id| Source::new("certificate", Plan::known(name(id), certificate.clone()));
    let mut driver = site.driver(vec![source("dev-02")]);
    assert_eq!(site.connect(&mut driver), [format!("connected as {HUB}/devices/dev-02 with certificate")]);
    // Nothing falls due: a certificate has no token.
    assert_eq!(driver.status().next, None);

    site.emulator.add_device(HUB, Device::new("dev-01", &base64(1))).unwrap();
    driver.control().rotate(vec![source("dev-01"), one_key("key", 1)]);
    let lines = site.until(&mut driver, |event| matches!(event, Event::Renewed { .. } | Event::Connected { .. }));
    assert!(lines.iter().any(|line| line.starts_with("gave up certificate: ")), "{lines:?}");
    assert_eq!(lines.last().unwrap(), &format!("connected anew as {HUB}/devices/dev-01 with key"));
}

#[test]
fn a_certificates_key_that_is_busy_is_waited_for_and_one_that_is_locked_is_given_up() {
    let pair = rcgen::generate_simple_self_signed(["dev-02".into()]).unwrap();
    let pem = [pair.cert.pem(), pair.signing_key.serialize_pem()].concat();
    let held = ClientIdentity::from_pem(pem.as_bytes(), None).unwrap().into_client_certificate();
    let thumbprint = Certificate::from_der(pair.cert.der()).unwrap().sha256().to_string();
    let known = Device::with_thumbprint("dev-02", &thumbprint);
    let world = World::new().hub(Hub::new(HUB).device(known).device(Device::new("dev-01", &base64(1))));
    let site = Site::of(world.hub(Hub::new(OTHER_HUB)));
    let me = defender_auth::identity::Identity::device(HUB.parse().unwrap(), "dev-02".parse().unwrap());
    let run = |acts: &[Act]| {
        let (certificate, key) = Scripted::of(&held).acting(acts.iter().copied()).certify(&held);
        let certified = Source::new("certificate", Plan::known(me.clone(), certificate));
        let lines = site.connect(&mut site.driver(vec![certified, one_key("key", 1)]));
        (lines, key.asked())
    };
    let (lines, asked) = run(&[Act::Busy, Act::Busy]);
    assert_eq!(lines.last().unwrap(), &format!("connected as {HUB}/devices/dev-02 with certificate"), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("the token is busy; try again")), "{lines:?}");
    assert!(asked == 3 && !lines.iter().any(|line| line.starts_with("gave up")), "{asked} {lines:?}");

    let (lines, asked) = run(&[Act::Locked]);
    assert_eq!(lines.last().unwrap(), &format!("connected as {HUB}/devices/dev-01 with key"), "{lines:?}");
    assert!(asked == 1 && lines.iter().any(|line| line.starts_with("gave up certificate: ")), "{lines:?}");
}
