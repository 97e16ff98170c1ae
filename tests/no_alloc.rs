//! The signing hot path allocates nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use allocation_counter::measure;
use defender_auth::{
    SharedAccessKey, UnixTime,
    identity::Identity,
    sas::{Resource, Signer},
};
use std::hint::black_box;

#[test]
fn a_prepared_signer_makes_tokens_without_allocating() {
    let key = SharedAccessKey::from_bytes(&[7; 32]).unwrap();
    for id in ["d", "device-0001", "a-device-whose-resource-fills-more-than-one-block"] {
        let identity = Identity::device("contoso.azure-devices.net".parse().unwrap(), id.parse().unwrap());
        let policy = "device".parse().unwrap();
        for resource in [Resource::of(&identity), Resource::of(&identity).with_policy(&policy)] {
            let signer = Signer::new(&key, &resource);
            let exact = signer.token(UnixTime::from_secs(1_700_000_000)).expose().len();
            let mut buffer = [0; 512];
            let counted = measure(|| {
                for at in [0, 999_999_999, 1_700_000_000, 9_999_999_999, u64::MAX] {
                    black_box(signer.token_into(UnixTime::from_secs(at), black_box(&mut buffer))).unwrap();
                    let small = &mut buffer[..exact / 2];
                    black_box(signer.token_into(UnixTime::from_secs(at), black_box(small))).unwrap_err();
                }
                black_box(signer.token_into(UnixTime::from_secs(1_700_000_000), &mut buffer[..exact])).unwrap();
            });
            assert_eq!(counted.count_total, 0, "{id}");
        }
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(black_box(vec![0u8; 32]))).count_total, 1);
}
