//! The prepared signer and plain HMAC make the same tokens, for every length of everything.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use defender_auth::{
    SharedAccessKey, UnixTime,
    identity::{DeviceId, Identity},
    sas::{BufferTooSmall, Resource, Signer, StringToSign},
};

fn key(length: usize) -> SharedAccessKey {
    let bytes: Vec<u8> = (0..length).map(|i| u8::try_from((i * 7 + 3) % 256).unwrap()).collect();
    SharedAccessKey::from_bytes(&bytes).unwrap()
}

fn resource(length: usize) -> Resource {
    let identity = Identity::module(
        "contoso.azure-devices.net".parse().unwrap(),
        DeviceId::new(&"d".repeat(length)).unwrap(),
        "m:1".parse().unwrap(),
    );
    Resource::of(&identity)
}

#[test]
fn the_signer_agrees_with_plain_hmac() {
    let mut buffer = [0; 1024];
    for key_length in [1, 16, 32, 63, 64, 65, 100, 256] {
        let key = key(key_length);
        for id_length in 1..=128 {
            let resource = resource(id_length);
            let signer = Signer::new(&key, &resource);
            for secs in [0, 9, 999_999_999, 1_000_000_000, 1_700_000_000, 9_999_999_999, 10_000_000_000, u64::MAX] {
                let expiry = UnixTime::from_secs(secs);
                let plain = StringToSign::new(resource.clone(), expiry).sign_with(&key);
                let length = signer.token_into(expiry, &mut buffer).unwrap();
                assert_eq!(std::str::from_utf8(&buffer[..length]).unwrap(), plain.expose());
                assert!(length <= signer.max_len());
            }
        }
    }
}

#[test]
fn a_small_buffer_is_told_the_size_and_left_alone() {
    // The second has more text than there is room to spare for a signature.
    for policy in ["iothubowner", &"&".repeat(64)] {
        let resource = resource(5).with_policy(&policy.parse().unwrap());
        let (signer, expiry) = (Signer::new(&key(32), &resource), UnixTime::from_secs(1_700_000_000));
        let token = StringToSign::new(resource, expiry).sign_with(&key(32));
        let needed = token.expose().len();
        for length in 0..needed {
            let mut small = vec![0xEE; length];
            assert_eq!(signer.token_into(expiry, &mut small), Err(BufferTooSmall { needed }));
            assert!(small.iter().all(|byte| *byte == 0xEE));
        }
        for room in 0..400 {
            let mut buffer = vec![0; needed + room];
            assert_eq!(signer.token_into(expiry, &mut buffer), Ok(needed));
            assert_eq!(&buffer[..needed], token.expose().as_bytes());
        }
    }
}

#[test]
fn the_size_that_always_fits_is_that_of_the_longest_token() {
    let resource = resource(5).with_policy(&"iothubowner".parse().unwrap());
    // All 43 characters of a signature escaped, and twenty digits.
    let (signature, written) = ("%2B".repeat(43), resource.as_str());
    let longest = format!("SharedAccessSignature sr={written}&sig={signature}%3D&se={}&skn=iothubowner", u64::MAX);
    assert_eq!(Signer::new(&key(32), &resource).max_len(), longest.len());
}
