//! Processes that are killed at each of their system calls on files and connections: while they register for a certificate, and
//! while they renew it and connect with the next one. The next process always has a certificate that works. None that was
//! issued is lost, unless the process ended after it had sent the registration and before its operation was on the disk.

use crate::{
    certificates::{DAY, ID, as_time_passes, current, driver, is_renewed, kept, site_of, source},
    scratch::Scratch,
    site::{DPS, DPS_SCOPE, HOUR, HUB, Site, base64},
};
use defender_auth::{session::Policy, store::Store, x509::Certificate};
use defender_auth_emulator::{Dps, Enrollment, Hub, Issuing, World};
use defender_auth_mqtt::driver::{Driver, Event, Options};
use std::{
    env, fs,
    net::SocketAddr,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The variables of the child: where the services are, its store, and how many seconds later than now it lives.
const PLAN: &str = "DEFENDER_AUTH_KILLED_CHILD";

/// The system calls at which it is killed: those on files and their locks, and those that carry packets.
const CALLS: [&str; 8] = ["openat", "flock", "write", "fsync", "rename", "unlink", "sendto", "recvfrom"];

/// The most calls of one kind that a child makes.
const MOST: usize = 200;

/// The child: until it is connected with a certificate, or with the next one.
#[test]
#[ignore = "a part of the tests beside it"]
fn child() {
    let Ok(plan) = env::var(PLAN) else { return };
    let [https, mqtt, root, store, later] = plan.split('|').collect::<Vec<_>>().try_into().unwrap();
    let at = |address: &str| {
        let address: SocketAddr = address.parse().unwrap();
        [HUB, DPS].map(|host| (host.parse().unwrap(), address)).to_vec()
    };
    let later: u64 = later.parse().unwrap();
    let time = Site::later(later);
    let options = Options::default()
        .with_root_pem(fs::read_to_string(root).unwrap())
        .with_addresses(at(https), at(mqtt))
        .with_clock(time.clone())
        .with_store(Store::open(store).unwrap());
    let mut driver = Driver::new(vec![source()], Policy::default(), options).unwrap();
    let begin = Instant::now();
    let mut is_kept = false;
    while begin.elapsed() < Duration::from_secs(60) {
        match driver.next(Duration::from_millis(200)).unwrap() {
            Some(Event::Connected { credential, .. }) if later == 0 && credential == "dps/certificate" => return,
            Some(Event::Renewed { credential, .. }) if is_kept && credential == "dps/certificate" => return,
            Some(Event::CertificateKept { .. }) => is_kept = true,
            // A quiet moment comes for the next connection.
            None if is_kept => time.pass(900),
            _ => {}
        }
    }
    panic!("{}", driver.status());
}

/// Runs the child, killed at that call of that kind. True when it has come to its end before.
fn run(site: &Site, scratch: &Scratch, later: u64, call: &str, number: usize) -> bool {
    let root = scratch.path("root.pem");
    fs::write(&root, site.emulator.root_pem()).unwrap();
    let store = scratch.path("state");
    let addresses = [site.emulator.https_address(), site.emulator.address()].map(|it| it.to_string());
    let plan = [addresses.join("|"), root.clone(), store.clone(), later.to_string()];
    let status = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")])
        .args(["-e", &format!("inject={call}:signal=SIGKILL:when={number}")])
        .arg(env::current_exe().unwrap())
        .args(["killed::child", "--exact", "--ignored", "--test-threads=1"])
        .env(PLAN, plan.join("|"))
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    status.success()
}

fn issued(site: &Site) -> Vec<String> {
    site.emulator.issued_certificates(HUB, ID)
}

/// The leaf that is on the disk for the pending request.
fn arrived(store: &Store) -> Option<String> {
    let kept = store.load_certificates().ok()??.0;
    let chain = kept.pending()?.chain.clone()?;
    Some(Certificate::from_der(&chain.certificates()[0]).unwrap().sha256().to_string().to_uppercase())
}

/// A service that carries out a registration in an operation, and what it issues in it.
fn assigning() -> Site {
    let enrollment = Enrollment::new(ID, &base64(1)).hub(HUB).pending(1).issuing(Issuing::new().days(7));
    Site::with(World::new().hub(Hub::new(HUB)), Dps::new(DPS_SCOPE).retry_after(0).enrollment(enrollment))
}

#[test]
#[ignore = "needs strace"]
fn a_registration_that_is_killed_anywhere_ends_with_a_certificate_that_works() {
    let (mut kills, mut unknown) = (0, Vec::new());
    for call in CALLS {
        for number in 1..=MOST {
            let (site, scratch) = (assigning(), Scratch::new());
            let has_ended = run(&site, &scratch, 0, call, number);
            let store = Store::open(scratch.path("state")).unwrap();
            let record = store.load_certificates().unwrap().map(|(record, _)| record).unwrap_or_default();
            let pending = record.pending();
            let is_known = record.current().is_some() || pending.is_some_and(|it| it.operation.is_some());
            let mut next = driver(&site, &store);
            site.connect(&mut next);
            let status = next.status();
            assert_eq!(status.credential, Some("dps/certificate"), "{call} {number}: {status}");
            let issued = issued(&site);
            assert_eq!(issued.last(), Some(&current(&store)), "{call} {number}");
            let lost = issued.len() - 1;
            assert!(lost == 0 || lost == 1 && !is_known, "{call} {number}: lost {lost}, known {is_known}");
            if lost == 1 {
                unknown.push(format!("{call} {number}"));
            }
            if let Some(pending) = pending {
                let leaf = kept(&store).current().unwrap().chain.certificates()[0].clone();
                let key = Certificate::from_der(&leaf).unwrap().public_key().to_vec();
                assert!(pending.request.public_key().ends_with(&key), "{call} {number}: another key");
            }
            kills += usize::from(!has_ended);
            if has_ended {
                println!("{} kills at {call}", number - 1);
                break;
            }
            assert!(number < MOST, "{call}: it never ends");
        }
    }
    println!("{kills} kills of a registration, {} before its operation was on the disk: {unknown:?}", unknown.len());
    assert!(kills > 50 && unknown.len() < kills / 4, "{kills}, {unknown:?}");
}

/// A device that has its first certificate.
fn registered() -> (Site, Scratch, Store) {
    let (site, scratch) = (site_of(7), Scratch::new());
    let store = Store::open(scratch.path("state")).unwrap();
    let mut first = driver(&site, &store);
    site.connect(&mut first);
    site.until(&mut first, |event| matches!(event, Event::Saved));
    (site, scratch, store)
}

#[test]
#[ignore = "needs strace"]
fn a_renewal_that_is_killed_anywhere_loses_no_certificate_and_issues_one() {
    let (mut kills, mut trials) = (0, 0);
    let mut place = None;
    for call in CALLS {
        for number in 1..=MOST {
            // The certificates of the services are valid for 90 days.
            if trials % 12 == 0 {
                place = Some(registered());
            }
            trials += 1;
            let (site, scratch, store) = place.as_ref().unwrap();
            // Beyond four fifths of a week: it is due at once.
            site.pass(5 * DAY + 15 * HOUR);
            let before = issued(site);
            assert_eq!(before.last(), Some(&current(store)));
            let has_ended = run(site, scratch, site.passed(), call, number);
            // Whatever the moment, there is a certificate that works.
            assert!(issued(site).contains(&current(store)), "{call} {number}");
            let has_arrived = arrived(store).is_some() || Some(&current(store)) != before.last();
            let mut next = driver(site, store);
            site.connect(&mut next);
            let status = next.status();
            assert_eq!(status.credential, Some("dps/certificate"), "{call} {number}: {status}");
            assert_eq!(status.counters.registrations, 0, "{call} {number}");
            if !has_arrived {
                as_time_passes(site, &mut next, is_renewed);
            }
            let after = issued(site);
            assert_eq!((after.len(), after.last()), (before.len() + 1, Some(&current(store))), "{call} {number}");
            // The state of the last connection.
            Site::during(&mut next, Duration::from_millis(20));
            drop(next);
            kills += usize::from(!has_ended);
            if has_ended {
                println!("{} kills at {call}", number - 1);
                break;
            }
            assert!(number < MOST, "{call}: it never ends");
        }
    }
    println!("{kills} kills of a renewal");
    assert!(kills > 20, "{kills}");
}
