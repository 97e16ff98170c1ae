//! The primitives that the steps share.

use aes::Aes128;
use cfb_mode::{Encryptor, cipher::KeyIvInit as _};

/// A TPM2B: the length in two bytes, and then the bytes. None of them is near 64 KiB.
pub(super) fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), bytes].concat()
}

/// A Name: the algorithm, SHA-256, and the digest of a public area.
pub(super) fn name(area: &[u8]) -> Vec<u8> {
    [&[0x00, 0x0b], sha256(area).as_slice()].concat()
}

pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().to_vec()
}

pub(super) fn hmac(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
    ring::hmac::sign(&key, bytes).as_ref().to_vec()
}

/// AES-128 in CFB mode from an IV of zeros: every key is used once.
pub(super) fn encrypt(key: [u8; 16], bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    Encryptor::<Aes128>::new(&key.into(), &[0; 16].into()).encrypt(&mut bytes);
    bytes
}
