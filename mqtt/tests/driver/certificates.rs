//! Operational certificates: issued at the registration, kept, reported, renewed, replaced.

use crate::{
    gate::Mode,
    scratch::Scratch,
    site::{DPS_SCOPE, HOUR, HUB, Site, base64, eventually, is_lost, key},
};
use defender_auth::{
    Plan,
    credential::CertificateRequest,
    dps::Profile,
    error::Error,
    key::PrivateKey,
    private_key::MemoryKey,
    renewal::{Certificates, RecordedKey, RequestId},
    session::{Policy, Source},
    store::{Store, StoreError},
    x509::{self, Certificate, Curve},
};
use defender_auth_emulator::{Dps, Enrollment, Fault, Hub, Issuing, Operation, World};
use defender_auth_mqtt::driver::{Driver, Event, KeyHolder, NewKey};
use std::{collections::HashMap, fs, sync::Arc, time::Duration};

pub(crate) const ID: &str = "pump-17";
pub(crate) const DAY: u64 = 24 * HOUR;

pub(crate) fn site() -> Site {
    site_of(30)
}

/// With certificates that are valid for so many days, and for a week or less without a wait at the registration.
pub(crate) fn site_of(days: u32) -> Site {
    let enrollment =
        Enrollment::new(ID, &base64(1)).hub(HUB).pending(u32::from(days > 7)).issuing(Issuing::new().days(days));
    Site::with(World::new().hub(Hub::new(HUB)), Dps::new(DPS_SCOPE).enrollment(enrollment))
}

pub(crate) fn source() -> Source {
    let profile = Profile::new(DPS_SCOPE.parse().unwrap(), ID.parse().unwrap());
    Source::new("dps", Plan::provision(profile, key(1)).unwrap()).requesting_certificates(None)
}

pub(crate) fn driver(site: &Site, store: &Store) -> Driver {
    Driver::new(vec![source()], Policy::default(), site.options().with_store(store.clone())).unwrap()
}

pub(crate) fn kept(store: &Store) -> Certificates {
    store.load_certificates().unwrap().unwrap().0
}

fn issued(site: &Site) -> Vec<String> {
    site.emulator.issued_certificates(HUB, ID)
}

/// The certificate in use, as the emulator names it.
pub(crate) fn current(store: &Store) -> String {
    let kept = kept(store);
    let der = &kept.current().unwrap().chain.certificates()[0];
    Certificate::from_der(der).unwrap().sha256().to_string().to_uppercase()
}

fn is_kept(event: &Event) -> bool {
    matches!(event, Event::CertificateKept { .. })
}

/// The lines of all that happens until something does, while time passes in steps of a quarter of an hour.
#[track_caller]
pub(crate) fn as_time_passes(site: &Site, driver: &mut Driver, is_it: impl Fn(&Event) -> bool) -> Vec<String> {
    let mut lines = Vec::new();
    for _ in 0..400 {
        match driver.next(Duration::from_millis(150)).unwrap() {
            None if driver.is_connected() => site.pass(900),
            None => {}
            Some(event) => {
                lines.push(event.to_string());
                if is_it(&event) {
                    return lines;
                }
                if let Event::Waiting { wait, .. } = event {
                    site.pass(wait.as_secs() + 1);
                }
            }
        }
    }
    panic!("{}\n{}", lines.join("\n"), driver.status());
}

pub(crate) fn is_renewed(event: &Event) -> bool {
    matches!(event, Event::Renewed { credential, .. } if credential == "dps/certificate")
}

/// Twenty-four days later: the certificate is renewed, and the connection made anew.
fn renew(site: &Site, driver: &mut Driver) -> Vec<String> {
    site.pass(24 * DAY);
    let mut lines = site.until(driver, is_kept);
    lines.extend(as_time_passes(site, driver, is_renewed));
    lines
}

#[test]
fn a_certificate_is_issued_kept_reported_and_renewed() {
    let (site, scratch) = (site(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let mut driver = driver(&site, &store);
    let lines = site.connect(&mut driver);
    let expected = ["state saved", "requesting a certificate for pump-17"];
    assert!(expected.iter().all(|line| lines.contains(&(*line).to_owned())), "{lines:?}");
    assert_eq!(lines.last().unwrap(), &format!("connected as {HUB}/devices/{ID} with dps/certificate"), "{lines:?}");
    assert_eq!(issued(&site), [current(&store)]);
    let report = || site.emulator.reported(HUB, ID, None).unwrap()["certificate"]["validUntil"].clone();
    eventually(|| report().is_string());
    let first = report();

    let lines = renew(&site, &mut driver);
    assert!(lines.contains(&"renewing the certificate".to_owned()), "{lines:?}");
    assert_eq!(
        lines.last().unwrap(),
        &format!("connected anew as {HUB}/devices/{ID} with dps/certificate"),
        "{lines:?}"
    );
    assert_eq!((issued(&site).len(), issued(&site).last()), (2, Some(&current(&store))));
    eventually(|| report() != first);
    assert!(kept(&store).pending().is_none());
    assert_eq!((driver.status().counters.registrations, site.registrations()), (1, 1));
}

#[test]
fn a_restart_connects_with_the_certificate_and_asks_for_nothing() {
    let (site, scratch) = (site(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let mut first = driver(&site, &store);
    site.connect(&mut first);
    site.until(&mut first, |event| matches!(event, Event::Saved));
    drop(first);
    let mut second = driver(&site, &store);
    let lines = site.connect(&mut second);
    assert_eq!(lines, [format!("connected as {HUB}/devices/{ID} with dps/certificate")]);
    assert_eq!((second.status().counters.requests, issued(&site).len()), (0, 1));
}

#[test]
fn beside_another_process_the_certificate_is_used_and_none_is_requested() {
    let (site, scratch) = (site(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let mut first = driver(&site, &store);
    site.connect(&mut first);
    site.until(&mut first, |event| matches!(event, Event::Saved));
    assert!(matches!(store.lock_certificates(), Err(StoreError::InUse { .. })), "it is held while the agent runs");
    drop(first);
    let other = store.lock_certificates().unwrap();
    let mut second = driver(&site, &store);
    let lines = site.connect(&mut second);
    assert_eq!(lines, [format!("connected as {HUB}/devices/{ID} with dps/certificate")]);
    site.pass(24 * DAY);
    let lines = site.until(&mut second, |event| matches!(event, Event::NotCertified { .. }));
    assert!(lines.iter().any(|line| line.contains("another process is using its certificates")), "{lines:?}");
    assert_eq!(issued(&site).len(), 1);
    // What the other has written meanwhile is read when it has ended.
    let mut changed = kept(&store);
    let pem = x509::PrivateKey::generate(Curve::P384).unwrap();
    let request = CertificateRequest::sign(ID, &MemoryKey::new(&pem).unwrap()).unwrap();
    changed.begin(RecordedKey::pkcs8(pem.expose_pkcs8()), request, RequestId::from_entropy([3; 16]));
    store.save_certificates(&changed).unwrap();
    drop(other);
    as_time_passes(&site, &mut second, is_kept);
    assert_eq!((issued(&site).len(), issued(&site).last()), (2, Some(&current(&store))));
    assert_eq!(kept(&store).current().unwrap().key, changed.pending().unwrap().key);
}

#[test]
fn the_operation_of_a_registration_is_on_the_disk_before_its_status_is_requested() {
    let (site, scratch) = (site(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    site.emulator.fault(Operation::RegistrationStatus, Fault::Status(403), 1);
    let mut first = driver(&site, &store);
    site.until(&mut first, |event| matches!(event, Event::NotAssigned { .. }));
    let operation = kept(&store).pending().unwrap().operation.clone();
    assert!(operation.is_some());
    drop(first);
    let mut second = driver(&site, &store);
    site.connect(&mut second);
    assert_eq!((issued(&site).len(), issued(&site).last()), (1, Some(&current(&store))));
    assert_eq!(site.registrations(), 1, "it was registered once");
}

#[test]
fn a_revoked_certificate_leads_to_a_registration_with_a_new_request() {
    let (site, scratch) = (site(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let mut driver = driver(&site, &store);
    site.connect(&mut driver);
    site.pass(HOUR);
    site.emulator.revoke_certificates(HUB, ID).unwrap();
    site.emulator.disconnect(HUB, ID, None).unwrap();
    let lines = as_time_passes(&site, &mut driver, is_kept);
    assert!(lines.iter().any(|line| line == "registering dps"), "{lines:?}");
    let lines = site.connect(&mut driver);
    assert_eq!(lines.last().unwrap(), &format!("connected as {HUB}/devices/{ID} with dps/certificate"), "{lines:?}");
    assert_eq!(issued(&site).last(), Some(&current(&store)));
}

#[test]
fn a_lost_connection_does_not_cost_a_second_certificate() {
    let (site, scratch) = (site(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let mut driver = driver(&site, &store);
    site.connect(&mut driver);
    site.emulator.fault(Operation::IssueCertificate, Fault::Stall(Duration::from_secs(3600)), 1);
    site.pass(24 * DAY);
    site.until(&mut driver, |event| matches!(event, Event::RenewingCertificate));
    Site::during(&mut driver, Duration::from_millis(500));
    site.gate.set(Mode::Shut);
    site.until(&mut driver, is_lost);
    site.gate.set(Mode::Open);
    site.connect(&mut driver);
    as_time_passes(&site, &mut driver, is_kept);
    assert_eq!((issued(&site).len(), issued(&site).last()), (2, Some(&current(&store))));
}

#[test]
fn certificates_that_cannot_be_written_are_written_later_and_no_others_are_requested() {
    let (site, scratch) = (site(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let mut driver = driver(&site, &store);
    site.connect(&mut driver);
    let before = current(&store);
    site.pass(24 * DAY);
    site.until(&mut driver, |event| matches!(event, Event::CertificateRequested { .. }));
    // In its place there is something that must not be replaced.
    let file = scratch.path("state/certificates.json");
    let aside = scratch.path("aside.json");
    fs::rename(&file, &aside).unwrap();
    fs::create_dir(&file).unwrap();
    let lines = site.until(&mut driver, |event| matches!(event, Event::NotCertified { .. }));
    assert!(lines.iter().any(|line| line.starts_with("certificate not kept: ")), "{lines:?}");
    fs::remove_dir(&file).unwrap();
    fs::rename(&aside, &file).unwrap();
    assert_eq!(current(&store), before);
    as_time_passes(&site, &mut driver, is_kept);
    assert_eq!((issued(&site).len(), issued(&site).last()), (2, Some(&current(&store))));
}

#[test]
fn a_chain_that_is_refused_leaves_the_one_in_use_and_requests_no_other_for_hours() {
    let (site, scratch) = (site(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let mut driver = driver(&site, &store);
    site.connect(&mut driver);
    let before = current(&store);
    site.emulator.fault(Operation::IssueCertificate, Fault::Chain("reversed".parse().unwrap()), 1);
    site.pass(24 * DAY);
    let lines = site.until(&mut driver, |event| matches!(event, Event::NotCertified { .. }));
    assert!(lines.iter().any(|line| line.starts_with("certificate refused: ")), "{lines:?}");
    assert_eq!(current(&store), before);
    assert!(kept(&store).pending().is_none());
    let count = issued(&site).len();
    site.pass(5 * HOUR);
    Site::during(&mut driver, Duration::from_millis(300));
    assert_eq!(issued(&site).len(), count);
    as_time_passes(&site, &mut driver, is_kept);
    assert_eq!(issued(&site).last(), Some(&current(&store)));
}

#[test]
fn the_certificate_is_exported_for_other_agents() {
    let (site, scratch) = (site(), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let folder = Store::open(scratch.path("agent")).unwrap();
    let options = || site.options().with_store(store.clone()).with_exported_certificates(folder.clone());
    let mut driver = Driver::new(vec![source()], Policy::default(), options()).unwrap();
    let check = || {
        let read = |name: &str| fs::read(scratch.path(&format!("agent/certificate_{name}.pem"))).unwrap();
        let identity = x509::ClientIdentity::from_pem_pair(&read("public"), &read("private"), None);
        assert!(identity.is_ok(), "{:?}", identity.err());
    };
    site.connect(&mut driver);
    check();
    renew(&site, &mut driver);
    check();
    drop(driver);
    // A process that ended between the two: the next one writes both.
    fs::write(scratch.path("agent/certificate_public.pem"), "").unwrap();
    let _ = Driver::new(vec![source()], Policy::default(), options()).unwrap();
    check();
}

/// Keys that never leave it.
#[derive(Clone, Default)]
struct Held(Arc<std::sync::Mutex<HashMap<String, Arc<dyn PrivateKey>>>>);

impl KeyHolder for Held {
    fn make(&mut self) -> Result<NewKey, Error> {
        let key: Arc<dyn PrivateKey> = Arc::new(MemoryKey::new(&x509::PrivateKey::generate(Curve::P256)?)?);
        let mut keys = self.0.lock().unwrap();
        let name = format!("key {}", keys.len());
        keys.insert(name.clone(), Arc::clone(&key));
        Ok(NewKey { record: RecordedKey::elsewhere(name), key })
    }

    fn open(&mut self, name: &str) -> Result<Arc<dyn PrivateKey>, Error> {
        self.0.lock().unwrap().get(name).cloned().ok_or(Error::NotSupported { what: "this key" })
    }
}

#[test]
fn keys_may_stay_where_they_are() {
    let (site, scratch, held) = (site(), Scratch::new(), Held::default());
    let store = Store::open(scratch.path("state")).unwrap();
    let options = || site.options().with_store(store.clone()).with_certificate_keys(held.clone());
    let mut driver = Driver::new(vec![source()], Policy::default(), options()).unwrap();
    site.connect(&mut driver);
    renew(&site, &mut driver);
    drop(driver);
    let mut driver = Driver::new(vec![source()], Policy::default(), options()).unwrap();
    assert_eq!(site.connect(&mut driver), [format!("connected as {HUB}/devices/{ID} with dps/certificate")]);
    assert_eq!((held.0.lock().unwrap().len(), kept(&store).current().unwrap().key.name()), (2, Some("key 1")));
}

#[test]
fn without_a_store_nothing_is_requested_and_the_reason_is_named() {
    let site = site();
    let mut driver = site.driver(vec![source()]);
    let lines = site.until(&mut driver, |event| matches!(event, Event::CertificateNotKept { .. }));
    assert_eq!(lines.last().unwrap(), "certificate not kept: the driver has no store; give it one");
    assert!(issued(&site).is_empty());
}
