//! Processes that are killed at each of their system calls on files and connections: while they register for a certificate, and
//! while they renew it. The next process always has a certificate that works, and none that has arrived is lost.

use crate::{
    certificates::{DAY, ID, as_time_passes, current, driver, is_renewed, site_of, source},
    scratch::Scratch,
    site::{DPS, HOUR, HUB, Site},
};
use defender_auth::{session::Policy, store::Store, x509::Certificate};
use defender_auth_mqtt::driver::{Driver, Event, Options};
use std::{
    env, fs,
    net::SocketAddr,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The variables of the child: where the services are, its store, and how many seconds later than now it lives.
const PLAN: &str = "DEFENDER_AUTH_KILLED_CHILD";

/// The system calls at which it is killed: those that change files, and those that carry packets.
const CALLS: [&str; 6] = ["write", "fsync", "rename", "unlink", "sendto", "recvfrom"];

/// The most calls of one kind that a child makes.
const MOST: usize = 150;

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
    let options = Options::default()
        .with_root_pem(fs::read_to_string(root).unwrap())
        .with_addresses(at(https), at(mqtt))
        .with_clock(Site::later(later))
        .with_store(Store::open(store).unwrap());
    let mut driver = Driver::new(vec![source()], Policy::default(), options).unwrap();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(20) {
        match driver.next(Duration::from_millis(200)).unwrap() {
            Some(Event::Connected { credential, .. }) if later == 0 && credential == "dps/certificate" => return,
            Some(Event::CertificateKept { .. }) if later > 0 => return,
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

#[test]
#[ignore = "needs strace"]
fn a_registration_that_is_killed_anywhere_ends_with_a_certificate_that_works() {
    let mut kills = 0;
    for call in CALLS {
        for number in 1..=MOST {
            let (site, scratch) = (site_of(7), Scratch::new());
            let has_ended = run(&site, &scratch, 0, call, number);
            let store = Store::open(scratch.path("state")).unwrap();
            let before = issued(&site);
            let (kept, key) = match store.load_certificates().unwrap() {
                Some((kept, _)) => (
                    kept.current().is_some() || arrived(&store).is_some(),
                    kept.pending().map(|it| it.request.public_key().to_vec()),
                ),
                None => (false, None),
            };
            let mut next = driver(&site, &store);
            site.connect(&mut next);
            let status = next.status();
            assert_eq!(status.credential, Some("dps/certificate"), "{call} {number}: {status}");
            let after = issued(&site);
            assert_eq!(after.last(), Some(&current(&store)), "{call} {number}");
            // What has arrived is on the disk, and costs no other. What has not is requested again with the same key.
            assert!(!kept || after == before, "{call} {number}: lost {before:?}, {after:?}");
            assert!(after.len() <= 2, "{call} {number}: {after:?}");
            if let (Some(key), false) = (key, kept) {
                let (now, _) = store.load_certificates().unwrap().unwrap();
                let leaf = Certificate::from_der(&now.current().unwrap().chain.certificates()[0]).unwrap();
                assert!(key.ends_with(leaf.public_key()), "{call} {number}: another key");
            }
            kills += usize::from(!has_ended);
            if has_ended {
                break;
            }
            assert!(number < MOST, "{call}: it never ends");
        }
    }
    println!("{kills} kills of a registration");
    assert!(kills > 30, "{kills}");
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
                break;
            }
            assert!(number < MOST, "{call}: it never ends");
        }
    }
    println!("{kills} kills of a renewal");
    assert!(kills > 20, "{kills}");
}
