//! Clients with certificates, over MQTT and HTTPS.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{Device, Emulator, Entry, Hub, Module, PossessionError, Refusal, World};
use mqtt_protocol_core::mqtt::result_code::ConnectReturnCode;
use support::{
    Answer, HUB, KEY, Mqtt, Shown, answer,
    certificates::{Authority, Leaf},
    dial_as, play, raw_as, token,
};

/// Logs in, and returns the last entry of the journal.
fn log_in(emulator: &Emulator, id: &str, shown: Option<Shown<'_>>, password: Option<&str>) -> Entry {
    let tls = dial_as(emulator, emulator.address(), HUB, shown);
    let (_, code) = Mqtt::connect_over(tls, id, &format!("{HUB}/{id}/?api-version=2020-09-30"), password);
    let entry = emulator.journal().entries().pop().unwrap();
    assert_eq!(code == ConnectReturnCode::Accepted, matches!(entry, Entry::Accepted { .. }), "{entry}");
    entry
}

fn accepted(id: &str) -> Entry {
    Entry::accepted(&format!("{HUB}/{id}"))
}

fn read_module(emulator: &Emulator, device: &str, shown: Option<Shown<'_>>, token: &str) -> (Answer, Entry) {
    let authorization = if token.is_empty() { String::new() } else { format!("Authorization: {token}\r\n") };
    let line = format!("GET /devices/{device}/modules/m?api-version=2018-06-30");
    let text = format!("{line} HTTP/1.1\r\nHost: {HUB}\r\n{authorization}Connection: close\r\n\r\n");
    let answer = answer(&raw_as(emulator, HUB, shown, &text).unwrap());
    (answer, emulator.journal().entries().pop().unwrap())
}

#[test]
fn devices_and_modules_log_in_by_thumbprint() {
    let (first, second, module) = (Leaf::self_signed("any"), Leaf::self_signed("name"), Leaf::self_signed("will do"));
    let other = Leaf::self_signed("any");
    let device = Device::with_thumbprint("by-sha1", &first.sha1()).secondary_thumbprint(&second.sha1());
    let module = (Module::with_thumbprint("m", &module.sha256()), module);
    let hub = Hub::new(HUB).device(device).device(Device::with_thumbprint("d", &first.sha256()).module(module.0));
    let emulator = play(World::new().hub(hub.device(Device::new("by-key", KEY))));
    let show = |leaf| Some(Shown(leaf, &[]));
    let token = token(HUB, KEY);
    let token = Some(token.as_str());

    assert_eq!(log_in(&emulator, "by-sha1", show(&first), None), accepted("by-sha1"));
    assert_eq!(log_in(&emulator, "by-sha1", show(&second), Some("")), accepted("by-sha1"));
    assert_eq!(log_in(&emulator, "d", show(&first), None), accepted("d"));
    assert_eq!(log_in(&emulator, "d/m", show(&module.1), None), accepted("d/m"));

    let refused = |id: &str, shown, password, reason| {
        assert_eq!(log_in(&emulator, id, shown, password), Entry::refused(id, reason));
    };
    refused("by-sha1", show(&other), None, Refusal::Thumbprint { presented: other.sha1() });
    refused("d", show(&second), None, Refusal::Thumbprint { presented: second.sha256() });
    refused("d/m", show(&first), None, Refusal::Thumbprint { presented: first.sha256() });
    refused("d", None, None, Refusal::NoCertificate);
    refused("d", None, token, Refusal::NotByKey);
    refused("d", show(&first), token, Refusal::TwoCredentials);
    refused("by-key", show(&first), token, Refusal::TwoCredentials);
    refused("by-key", show(&first), None, Refusal::NotByCertificate);
    refused("by-key", None, None, Refusal::NoPassword);
    assert_eq!(log_in(&emulator, "by-key", None, token), accepted("by-key"), "as it was");
}

#[test]
fn validity_is_checked_by_the_emulators_clock() {
    let leaf = Leaf::self_signed("d");
    let emulator = play(World::new().hub(Hub::new(HUB).device(Device::with_thumbprint("d", &leaf.sha256()))));
    let century = 100 * 366 * 86_400;
    emulator.clock_offset(century);
    let late = log_in(&emulator, "d", Some(Shown(&leaf, &[])), None);
    assert!(late.to_string().contains("the certificate of \"CN=d\" expired"), "{late}");
    emulator.clock_offset(-century / 4);
    let early = log_in(&emulator, "d", Some(Shown(&leaf, &[])), None);
    assert!(early.to_string().contains("the certificate of \"CN=d\" is not yet valid"), "{early}");
    emulator.clock_offset(0);
    assert_eq!(log_in(&emulator, "d", Some(Shown(&leaf, &[])), None), accepted("d"));
}

#[test]
fn devices_and_modules_log_in_by_authority() {
    let root = Authority::root("root");
    let between = root.authority("between");
    let stranger = Authority::root("stranger");
    let device = Device::with_authority("d").module(Module::with_authority("m"));
    let emulator = play(World::new().hub(Hub::new(HUB).authority(&root.pem()).device(device)));
    let (leaf, module) = (between.leaf("d"), between.leaf("d/m"));
    let with = [between.der()];

    assert_eq!(log_in(&emulator, "d", Some(Shown(&leaf, &with)), None), accepted("d"));
    assert_eq!(log_in(&emulator, "d/m", Some(Shown(&module, &with)), None), accepted("d/m"));
    assert_eq!(log_in(&emulator, "d", Some(Shown(&root.leaf("d"), &[])), None), accepted("d"));

    let refused = |id: &str, leaf: &Leaf, reason| {
        assert_eq!(log_in(&emulator, id, Some(Shown(leaf, &[])), None), Entry::refused(id, reason));
    };
    let unknown = |issuer: &str| Refusal::UnknownAuthority { issuer: issuer.into() };
    refused("d", &leaf, unknown("CN=between"));
    refused("d", &stranger.leaf("d"), unknown("CN=stranger"));
    refused("d", &Leaf::self_signed("d"), unknown("CN=d"));
    refused("d", &root.leaf("D"), Refusal::CommonName { expected: "d".into(), found: Some("D".into()) });
    refused("d/m", &root.leaf("m"), Refusal::CommonName { expected: "d/m".into(), found: Some("m".into()) });
    refused("d", &root.leaf_for_servers("d"), Refusal::Usage);
    refused("d", &root.as_leaf(), Refusal::AuthorityAsLeaf);
    assert!(
        log_in(&emulator, "d", Some(Shown(&root.leaf_in("d", 2020, 2021), &[])), None).to_string().contains("expired")
    );
}

#[test]
fn a_ca_is_trusted_once_possession_of_its_key_is_proved() {
    let (root, other) = (Authority::root("root"), Authority::root("root"));
    let hub = Hub::new(HUB).unverified_authority(&root.pem()).device(Device::with_authority("d"));
    let emulator = play(World::new().hub(hub));
    let leaf = root.leaf("d");
    let unverified = Entry::refused("d", Refusal::UnverifiedAuthority { name: "root".into() });
    assert_eq!(log_in(&emulator, "d", Some(Shown(&leaf, &[])), None), unverified);

    let verify = |pem: &str| emulator.verify_possession("root", pem);
    assert_eq!(verify(&leaf.pem()), Err(PossessionError::NoCode("root".into())));
    let code = emulator.verification_code("root");
    assert!(code.len() == 48 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{code}");
    assert_eq!(emulator.verification_code("root"), code);
    assert_eq!(emulator.verify_possession("rot", ""), Err(PossessionError::Unknown("rot".into())));
    assert_eq!(verify("nonsense"), Err(PossessionError::Unreadable));
    let found = Some("d".to_owned());
    let name = Refusal::CommonName { expected: code.clone(), found };
    assert_eq!(verify(&leaf.pem()), Err(PossessionError::Refused(name)));
    assert_eq!(verify(&other.leaf(&code).pem()), Err(PossessionError::NotSigned("root".into())));
    assert_eq!(verify(&Leaf::self_signed(&code).pem()), Err(PossessionError::NotSigned("root".into())));
    let old = verify(&root.leaf_in(&code, 2020, 2021).pem()).unwrap_err().to_string();
    assert!(old.contains("expired"), "{old}");
    assert_eq!(log_in(&emulator, "d", Some(Shown(&leaf, &[])), None), unverified);

    verify(&root.leaf(&code).pem()).unwrap();
    assert_eq!(log_in(&emulator, "d", Some(Shown(&leaf, &[])), None), accepted("d"));
    assert_ne!(emulator.verification_code("root"), code, "it was used");
}

#[test]
fn a_device_reads_its_modules_with_its_own_certificate() {
    let root = Authority::root("root");
    let (own, signed) = (Leaf::self_signed("d"), root.leaf("ca"));
    let module = || Module::with_thumbprint("m", &own.sha256()).secondary_thumbprint(&own.sha256());
    let hub = Hub::new(HUB).authority(&root.pem()).policy("owner", KEY);
    let hub = hub.device(Device::with_thumbprint("d", &own.sha1()).module(module()));
    let hub = hub.device(Device::with_authority("ca").module(module()));
    let emulator = play(World::new().hub(hub.device(Device::new("key", KEY).module(module()))));
    let show = |leaf| Some(Shown(leaf, &[]));

    let (read, _) = read_module(&emulator, "d", show(&own), "");
    assert_eq!(read.status, 200);
    let thumbprints = &read.json()["authentication"]["x509Thumbprint"];
    assert_eq!(
        (&thumbprints["primaryThumbprint"], &thumbprints["secondaryThumbprint"]),
        (&own.sha256().into(), &own.sha256().into())
    );
    let owner = format!("{}&skn=owner", token(HUB, KEY));
    assert_eq!(read_module(&emulator, "d", None, &owner).0.status, 200);

    let denied = |device: &str, shown, token: &str, reason| {
        let (answer, entry) = read_module(&emulator, device, shown, token);
        assert_eq!(answer.status, 401);
        assert_eq!(entry, Entry::denied(&format!("read module {HUB}/{device}/m"), 401, reason));
    };
    denied("d", None, "", Refusal::NoCertificate);
    denied("d", show(&own), &token(HUB, KEY), Refusal::TwoCredentials);
    denied("d", show(&own), &owner, Refusal::TwoCredentials);
    denied("d", None, &token(HUB, KEY), Refusal::NotByKey);
    denied("key", show(&own), "", Refusal::NotByCertificate);
    denied("key", None, "", Refusal::NoToken);
    denied("ca", show(&signed), "", Refusal::AuthorityAtRest);
    denied("ca", show(&own), "", Refusal::UnknownAuthority { issuer: "CN=d".into() });
}
