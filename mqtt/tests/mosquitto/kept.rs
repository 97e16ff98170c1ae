//! A connection that is kept, judged by a broker that others wrote.

use crate::{
    Broker, device,
    gate::Gate,
    login,
    outside::{Authority, HUB, P256},
    token,
};
use defender_auth::{
    Plan, SharedAccessKey,
    session::{Backoff, Policy, Source},
    tls::Roots,
};
use defender_auth_mqtt::{
    Dial, Error, Limits, Session,
    driver::{Driver, Event, Options, Qos},
};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);
const TOPIC: &str = "devices/dev-01/messages/events/";

fn start(authority: &Authority) -> Broker {
    // The password is a token that is new with each login.
    Broker::start(authority, None, &["allow_anonymous true".into()])
}

fn driver(authority: &Authority, gate: &Gate, keep_alive: Duration) -> Driver {
    let plan = Plan::known(device("dev-01"), SharedAccessKey::from_bytes(&[7; 32]).unwrap());
    let connect = Backoff { first: SECOND / 10, most: SECOND, spread: 0 };
    let policy = Policy { connect, ..Policy::default() };
    let options = Options::default()
        .with_root_pem(authority.read("root.pem"))
        .with_addresses(Vec::new(), vec![(HUB.parse().unwrap(), gate.address)])
        .with_keep_alive(keep_alive);
    Driver::new(vec![Source::new("key", plan)], policy, options).unwrap()
}

/// The first event of a kind, among others.
#[track_caller]
fn until<T>(driver: &mut Driver, find: impl Fn(Event) -> Option<T>) -> T {
    let begin = Instant::now();
    while begin.elapsed() < 60 * SECOND {
        if let Some(found) = driver.next(SECOND).unwrap().and_then(&find) {
            return found;
        }
    }
    panic!("{}", driver.status());
}

#[allow(clippy::needless_pass_by_value, reason = "as `payload` is")]
fn connected(event: Event) -> Option<()> {
    matches!(event, Event::Connected { .. }).then_some(())
}

fn payload(event: Event) -> Option<Vec<u8>> {
    if let Event::Message(message) = event { Some(message.payload) } else { None }
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn mosquitto_ends_a_silent_connection_and_not_one_that_is_kept_alive() {
    let authority = Authority::new(P256);
    let broker = start(&authority);
    let gate = Gate::before(broker.0.address);
    let mut kept = driver(&authority, &gate, 2 * SECOND);
    until(&mut kept, connected);
    let root = authority.read("root.pem");
    let limits = Limits { answer: SECOND / 10, ..Limits::default() };
    let dial = Dial::at(broker.0.address).with_keep_alive(2).with_limits(limits);
    let mut silent = Session::open(&login("dev-02"), &token("dev-02"), &dial, Roots::Pem(root.as_bytes())).unwrap();
    let begin = Instant::now();
    // The broker looks at silent clients every few seconds; the kept one is quiet just as long.
    let mut has_ended = false;
    while !has_ended && begin.elapsed() < 60 * SECOND {
        assert!(kept.next(SECOND).unwrap().is_none());
        has_ended = matches!(silent.next_message(), Err(Error::Closed { .. }));
    }
    assert!(has_ended && kept.next(SECOND).unwrap().is_none());
    kept.publish(TOPIC, b"{}", Qos::AtLeastOnce).unwrap();
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn what_is_published_at_qos_1_and_0_arrives_with_its_subscriber() {
    let authority = Authority::new(P256);
    let broker = start(&authority);
    let gate = Gate::before(broker.0.address);
    let mut driver = driver(&authority, &gate, 60 * SECOND);
    until(&mut driver, connected);
    driver.subscribe(TOPIC, Qos::AtLeastOnce).unwrap();
    let large = vec![b'x'; 200 * 1024];
    for (sent, qos) in [
        (&b"one"[..], Qos::AtLeastOnce),
        (b"", Qos::AtLeastOnce),
        (b"zero", Qos::AtMostOnce),
        (&large, Qos::AtLeastOnce),
    ] {
        driver.publish(TOPIC, sent, qos).unwrap();
        assert!(until(&mut driver, payload) == sent, "{} bytes", sent.len());
    }
    driver.unsubscribe(TOPIC).unwrap();
    driver.publish(TOPIC, b"unheard", Qos::AtLeastOnce).unwrap();
    assert!(driver.next(SECOND).unwrap().is_none());
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn a_subscription_is_made_again_after_a_restart_of_the_broker() {
    let authority = Authority::new(P256);
    let broker = start(&authority);
    let gate = Gate::before(broker.0.address);
    let mut driver = driver(&authority, &gate, 60 * SECOND);
    driver.subscribe("devices/#", Qos::AtMostOnce).unwrap();
    until(&mut driver, connected);
    drop(broker);
    until(&mut driver, |event| matches!(event, Event::Lost { .. }).then_some(()));
    let broker = start(&authority);
    gate.lead_to(broker.0.address);
    until(&mut driver, connected);
    driver.publish(TOPIC, b"again", Qos::AtLeastOnce).unwrap();
    assert_eq!(until(&mut driver, payload), b"again");
}
