//! Loading and checking a chain with its key: `cargo bench --bench x509 --features x509`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot go on has failed")]

mod measure;

use defender_auth::{
    UnixTime,
    identity::DeviceId,
    x509::{Chain, ClientIdentity, PrivateKey, Purpose, check, verify},
};
use serde_json::Value;
use std::hint::black_box;

/// In the span of the certificates.
const NOW: UnixTime = UnixTime::from_secs(1_750_000_000);

/// Microseconds a call.
fn time(name: &str, call: impl FnMut()) -> f64 {
    let took = measure::seconds(50, call) * 1e6;
    println!("{name:<58}{took:>8.2} µs");
    took
}

fn main() {
    let records: Vec<Value> = serde_json::from_str(include_str!("../tests/vectors/data/x509.json")).unwrap();
    let files = &records.iter().find(|record| record["kind"] == "pem.files").unwrap()["expected"];
    let file = |name: &str| files[name]["text"].as_str().unwrap().as_bytes();
    let id = DeviceId::new("test-device-1").unwrap();
    let (chain, key) = (file("leaf_chain_root.pem"), file("leaf.key.sec1.pem"));

    time("of it the key: PrivateKey::from_pem", || {
        drop(black_box(PrivateKey::from_pem(black_box(key), None).unwrap()));
    });
    time("of it the chain: Chain::from_pem", || drop(black_box(Chain::from_pem(black_box(chain)).unwrap())));
    let took = time("a chain of 3 with its key, loaded and checked", || {
        let me = ClientIdentity::from_pem_pair(black_box(chain), black_box(key), None).unwrap();
        assert!(black_box(check(me.chain(), Some(me.key()), Purpose::Hub(&id), NOW)).is_usable());
    });
    println!("{:>58}{:>8.1} % of its target of 1 ms", "", took / 10.0);
    let read = Chain::from_pem(chain).unwrap();
    time("the chain against its root: verify", || verify(&read, &read.certificates()[2], NOW).unwrap());
}
