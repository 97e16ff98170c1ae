//! Clocks outside of the validity of the server's certificate, and certificates that have really expired.

use crate::world::{ATTEMPT, DPS, ELSEWHERE, HUB, asked, client, cloud, host, is_the_module, key, now, plan, services};
use defender_auth::{
    Device, Plan, UnixTime,
    device_mode::Target,
    error::{Code, ErrorKind, TlsFailure},
    https::{Client, HttpsError},
    identity::Identity,
    mqtt::Connect,
    sas::{Resource, SasToken},
    tls::Roots,
};
use defender_auth_emulator::Emulator;
use defender_auth_mqtt::{Dial, Error as MqttError, Session};
use std::time::{Duration, SystemTime};

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;

/// Seconds since 1970.
fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Services whose certificate is valid from and to these times.
fn valid(from: SystemTime, to: SystemTime) -> Emulator {
    let world = services(0).server_certificate_validity(from, to);
    Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap()
}

/// How a client fails by a clock that is off by so many seconds.
fn over_https(cloud: &Emulator, roots: &str, offset: i64) -> TlsFailure {
    let services = [HUB, DPS, ELSEWHERE].map(|name| (host(name), cloud.https_address()));
    let client = Client::with(Roots::Pem(roots.as_bytes()), services.into()).unwrap().clock_offset(offset);
    match client.authenticate(&plan()).unwrap_err() {
        error @ HttpsError::Tls { .. } if error.is_transient() => panic!("{error:?}"),
        HttpsError::Tls { failure, .. } => failure,
        other => panic!("{other:?}"),
    }
}

fn over_mqtt(cloud: &Emulator, roots: &str, offset: i64) -> TlsFailure {
    let me = Identity::device(host(HUB), "dev-01".parse().unwrap());
    let token = SasToken::sign(&key(), &Resource::of(&me), now() + ATTEMPT);
    let dial = Dial::at(cloud.address()).with_clock_offset(offset);
    match Session::open(&Connect::hub(&me, None), &token, &dial, Roots::Pem(roots.as_bytes())).err().unwrap() {
        MqttError::TlsFailed { failure, .. } => failure,
        other => panic!("{other:?}"),
    }
}

/// Over both protocols, which must agree but for the second in which they looked at the clock.
fn failure(cloud: &Emulator, roots: &str, offset: i64) -> TlsFailure {
    let (https, mqtt) = (over_https(cloud, roots, offset), over_mqtt(cloud, roots, offset));
    assert_eq!((https.as_str(), https.kind(), https.code()), (mqtt.as_str(), mqtt.kind(), mqtt.code()));
    https
}

fn blames_the_clock_alone(failure: &TlsFailure, year: &str) {
    assert_eq!((failure.kind(), failure.code()), (ErrorKind::Time, Code::Clock), "{failure}");
    let text = failure.to_string();
    assert!(text.starts_with(&format!("this device's clock says {year}")), "{text}");
    assert!(text.contains("the server's certificate is valid from 20") && text.contains("set the clock"), "{text}");
    for other in ["host name", "root certificates", "trusted", "network", "key"] {
        assert!(!text.contains(other), "{text}");
    }
}

#[test]
fn a_clock_that_is_behind_is_reported_as_the_cause() {
    let cloud = valid(time(1_800_000_000), time(4_000_000_000));
    let failure = failure(&cloud, cloud.root_pem(), -(i64::try_from(now().as_secs()).unwrap() - 1_577_836_800));
    assert!(matches!(failure, TlsFailure::ServerNotYetValid(_)), "{failure:?}");
    blames_the_clock_alone(&failure, "2020-01-01T00:00");
    let TlsFailure::ServerNotYetValid(validity) = failure else { panic!() };
    let bounds = (validity.not_before.unwrap().as_secs(), validity.not_after.unwrap().as_secs());
    assert_eq!(bounds, (1_800_000_000, 4_000_000_000));
}

#[test]
fn a_clock_that_is_ahead_is_reported_as_the_cause() {
    let cloud = cloud(0);
    let failure = failure(&cloud, cloud.root_pem(), 10 * YEAR);
    assert!(matches!(failure, TlsFailure::ServerExpired(_)), "{failure:?}");
    blames_the_clock_alone(&failure, "20");
}

/// By every correct clock, since it ended before this release.
#[test]
fn a_certificate_that_has_surely_expired_is_the_servers_fault() {
    let cloud = valid(time(1_700_000_000), time(1_710_000_000));
    for offset in [0, 10 * YEAR] {
        let failure = failure(&cloud, cloud.root_pem(), offset);
        assert_eq!((failure.kind(), failure.code()), (ErrorKind::Peer, Code::Tls), "{failure}");
        assert!(failure.to_string().starts_with("the server's certificate has expired"), "{failure}");
    }
    // Within its validity, by a clock that is certainly wrong, it is accepted: the services refuse the token.
    let offset = 1_705_000_000 - i64::try_from(now().as_secs()).unwrap();
    let error = client(&cloud, []).clock_offset(offset).authenticate(&plan()).unwrap_err();
    assert!(matches!(error, HttpsError::Failed(_)), "{error:?}");
}

/// Or anybody's certificate would send the operator to the clock.
#[test]
fn a_stranger_is_not_trusted_whatever_the_clock_says() {
    let (ours, stranger) = (cloud(0), cloud(0));
    for offset in [-30 * YEAR, 0, 30 * YEAR] {
        let failure = failure(&stranger, ours.root_pem(), offset);
        assert!(matches!(failure, TlsFailure::ServerUntrusted { .. }), "{offset}: {failure:?}");
        assert!(failure.to_string().contains("is not trusted"), "{failure}");
    }
}

#[test]
fn a_certificate_for_another_name_is_so_whatever_the_clock_says() {
    let cloud = cloud(0);
    let services = vec![(host(ELSEWHERE), cloud.https_address())];
    let client = Client::with(Roots::Pem(cloud.root_pem().as_bytes()), services).unwrap();
    let device = Device::new(host(ELSEWHERE), "dev-01".parse().unwrap(), key());
    let plan = Plan::device(device).in_device_mode(Target::default()).unwrap();
    for offset in [-30 * YEAR, 0, 30 * YEAR] {
        match client.clone().clock_offset(offset).authenticate(&plan).unwrap_err() {
            HttpsError::Tls { failure: TlsFailure::ServerWrongName { .. }, .. } => {}
            other => panic!("{offset}: {other:?}"),
        }
    }
}

#[test]
fn a_wrong_clock_that_is_corrected_verifies_the_server() {
    let later = UnixTime::from(SystemTime::now()).as_secs() + 20 * YEAR.unsigned_abs();
    let cloud = valid(time(later), time(later + 90 * DAY.unsigned_abs()));
    cloud.clock_offset(20 * YEAR + DAY);
    assert!(matches!(over_https(&cloud, cloud.root_pem(), 0), TlsFailure::ServerNotYetValid(_)));
    assert!(is_the_module(&client(&cloud, []).clock_offset(20 * YEAR + DAY).authenticate(&plan()).unwrap()));
}

/// As a proxy that inspects TLS makes one for each host.
#[test]
fn a_certificate_that_a_stranger_has_just_made_may_be_of_an_inspection() {
    let (ours, stranger) = (cloud(0), valid(SystemTime::now() - Duration::from_secs(60), time(4_000_000_000)));
    let failure = failure(&stranger, ours.root_pem(), 0);
    assert!(matches!(&failure, TlsFailure::Intercepted { issuer: Some(_) }), "{failure:?}");
    assert!(failure.kind() == ErrorKind::Network && failure.to_string().contains("inspects TLS"), "{failure}");
    assert!(!asked(&stranger, 0).contains("register"));
}
