//! The signing hot path, each figure beside what it cannot be faster than: `cargo bench --bench sas`.
//!
//! All figures come from one run, so that their ratios hold on any machine. With a number as its argument it makes
//! that many tokens and nothing else, for `cargo xtask instructions` to count.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot go on has failed")]
#![allow(clippy::cast_precision_loss, reason = "small numbers")]

mod measure;

use base64::Engine as _;
use defender_auth::{
    ConnectionString, SharedAccessKey, UnixTime,
    identity::{Identity, RegistrationId, RegistrationIdRef},
    key::{DerivedKey, GroupKey},
    sas::{Resource, SasToken, Signer, StringToSign},
};
use defender_auth_lanes::compress;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Sha256, block_api::compress256};
use std::hint::black_box;

const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const STRING: &str = "HostName=contoso.azure-devices.net;DeviceId=device-0001;ModuleId=azureiotsecurity;\
                      SharedAccessKey=AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const NOW: u64 = 1_700_000_000;
const FLEET: usize = 1024;
const LANES: usize = 8;

fn main() {
    match std::env::args().find_map(|argument| argument.parse().ok()) {
        Some(count) => make(count),
        None => report(),
    }
}

/// Nanoseconds a call.
fn time(name: &str, call: impl FnMut()) -> f64 {
    let took = measure::seconds(20_000, call) * 1e9;
    println!("{name:<58}{took:>8.1} ns");
    took
}

fn device(id: &str) -> Identity {
    Identity::device("contoso.azure-devices.net".parse().unwrap(), id.parse().unwrap())
}

#[inline(never)]
fn make(count: u64) {
    let signer = Signer::new(&SharedAccessKey::from_base64(KEY).unwrap(), &Resource::of(&device("d")));
    let mut buffer = [0; 512];
    for at in NOW..NOW + count {
        black_box(signer.token_into(UnixTime::from_secs(at), black_box(&mut buffer)).unwrap());
    }
}

fn report() {
    let key = SharedAccessKey::from_base64(KEY).unwrap();

    println!("-- what it cannot be faster than");
    let mut blocks = [[7; 64]; 2];
    let chained = |blocks: &mut [[u8; 64]]| {
        let mut state = [1; 8];
        compress256(&mut state, black_box(blocks));
        // The second hash waits for the first.
        let mut last = [9; 64];
        last[0] = state[0].to_be_bytes()[0];
        let mut state = [2; 8];
        compress256(&mut state, &[last]);
        blocks[0][0] = state[0].to_be_bytes()[0];
        black_box(state);
    };
    let two = time("two chained compressions", || chained(&mut blocks[..1]));
    let three = time("three chained compressions", || chained(&mut blocks));
    let digest = [0x5a; 32];
    let mut text = [0; 64];
    let base64 = time("base64 of 32 bytes", || {
        black_box(base64::engine::general_purpose::STANDARD.encode_slice(black_box(&digest), &mut text).unwrap());
    });

    println!("-- a token for one identity, into the caller's buffer");
    let mut buffer = [0; 512];
    let mut worst: f64 = 0.0;
    for (id, compressions) in [("d", 2), ("sn-000000000000000000000000001", 2), ("device-0001", 3)] {
        let floor = base64 + if compressions == 2 { two } else { three };
        let resource = Resource::of(&device(id));
        let rest = (resource.as_str().len() + 1) % 64;
        assert_eq!(if rest + 10 + 9 <= 64 { 2 } else { 3 }, compressions, "{rest} bytes before the expiry");
        let signer = Signer::new(&key, &resource);
        let mut at = NOW;
        let name =
            format!("Signer::token_into, {compressions} compressions, resource of {} bytes", resource.as_str().len());
        let took = time(&name, || {
            at += 1;
            black_box(signer.token_into(UnixTime::from_secs(at), black_box(&mut buffer)).unwrap());
        });
        println!("{:>58}{:>8.2} x its compressions and base64", "", took / floor);
        worst = worst.max(took / floor);
    }
    println!("{:>58}{worst:>8.2} x at worst (target 1.5, aim 1.3)", "");

    println!("-- other ways to a token");
    let resource = Resource::of(&device("device-0001"));
    let string = StringToSign::new(resource.clone(), UnixTime::from_secs(NOW));
    time("  of it the key, from its text", || {
        drop(black_box(SharedAccessKey::from_base64(black_box(KEY)).unwrap()));
    });
    let prepared = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
    time("the hmac crate, key prepared: the signature alone", || {
        let mut mac = prepared.clone();
        mac.update(black_box(string.as_bytes()));
        black_box(mac.finalize().into_bytes());
    });
    let one_shot = time("one shot, from the text of the key", || {
        let key = SharedAccessKey::from_base64(black_box(KEY)).unwrap();
        black_box(SasToken::sign(&key, black_box(&resource), UnixTime::from_secs(NOW)));
    });
    println!("{:>58}{:>8.1} ns where a compression takes 36 (target 300)", "", one_shot * 72.0 / two);
    time("Signer::new", || drop(black_box(Signer::new(black_box(&key), &resource))));
    let token = string.sign_with(&key);
    time("SasToken::verify", || {
        token.verify(black_box(&key), UnixTime::from_secs(NOW - 1), core::time::Duration::ZERO).unwrap();
    });

    println!("-- around it");
    time("ConnectionString::parse", || drop(black_box(ConnectionString::parse(black_box(STRING)).unwrap())));
    let group = GroupKey::new(&key);
    let id = RegistrationId::new("device-0001").unwrap();
    let derived = time("GroupKey::derive", || drop(black_box(group.derive(black_box(&id)))));
    println!("{:>58}{:>8.2} million keys a second and core (target 6)", "", 1e3 / derived);

    fleet(&key, &group, base64);
}

/// Many at once.
fn fleet(key: &SharedAccessKey, group: &GroupKey, base64: f64) {
    println!("-- a fleet, each figure for one of {FLEET}");
    let mut states = [[1; 8]; LANES];
    let took = measure::seconds(20_000, || compress(black_box(&mut states), black_box(&[[7; 64]; LANES])));
    let compression = took * 1e9 / LANES as f64;
    println!("{:<58}{compression:>8.1} ns", "a compression, eight lanes");
    let one = |name: &str, compressions: f64, took: f64, floor: f64| {
        let took = took / FLEET as f64;
        println!("{name:<58}{took:>8.1} ns");
        let least = compressions * compression + floor;
        println!("{:>58}{:>8.2} x its compressions{}", "", took / least, if floor > 0.0 { " and base64" } else { "" });
        println!("{:>58}{:>8.2} million a second and core", "", 1e3 / took);
    };
    let texts: Vec<String> = (0..FLEET).map(|number| format!("device-{number:04}")).collect();
    let ids: Vec<RegistrationIdRef> = texts.iter().map(|text| RegistrationIdRef::new(text).unwrap()).collect();
    let took = measure::seconds(40, || group.derive_each(ids.iter().copied(), |_, key| drop(black_box(key)))) * 1e9;
    one("GroupKey::derive_each (target 24 million)", 2.0, took, 0.0);
    let mut text = [0; DerivedKey::TEXT_LEN];
    let took = measure::seconds(40, || {
        group.derive_each(ids.iter().copied(), |_, key| key.to_base64(black_box(&mut text)));
    });
    one("  with its text", 2.0, took * 1e9, base64);
    let signers: Vec<Signer> = texts.iter().map(|id| Signer::new(key, &Resource::of(&device(id)))).collect();
    let expiry = UnixTime::from_secs(NOW);
    let took = measure::seconds(40, || Signer::token_each(&signers, expiry, |_, token| drop(black_box(token))));
    one("Signer::token_each, 3 compressions", 3.0, took * 1e9, base64);
}
