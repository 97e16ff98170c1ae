//! The deterministic example of the documentation of key blobs.

use super::{
    crypto::sized,
    public_area::{EndorsementKey, StorageRootKey},
};

pub(crate) const SEED: [u8; 32] = from(0x00);
pub(crate) const INNER: [u8; 16] = from(0x10);
pub(crate) const KEY: [u8; 32] = from(0x40);
pub(crate) const OBJECT: [u8; 32] = from(0x60);
pub(crate) const DUPLICATION: [u8; 32] = from(0x80);

const fn from<const LENGTH: usize>(first: u8) -> [u8; LENGTH] {
    let mut bytes = [first; LENGTH];
    let mut rest = bytes.as_mut_slice();
    let mut next = first;
    while let Some((byte, after)) = rest.split_first_mut() {
        *byte = next;
        next = next.wrapping_add(1);
        rest = after;
    }
    bytes
}

/// 256 bytes: the first and the last as given, the others by their position.
fn modulus(first: u8, factor: u16, offset: u16, last: u8) -> Vec<u8> {
    let between = (1..=254u16).map(|i| (i * factor + offset).to_be_bytes()[1]);
    std::iter::once(first).chain(between).chain([last]).collect()
}

pub(crate) fn endorsement_area() -> Vec<u8> {
    let policy = "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa";
    let policy = data_encoding::HEXLOWER.decode(policy.as_bytes()).unwrap();
    sized(&[&b"\0\x01\0\x0b\0\x03\0\xb2"[..], &sized(&policy), REST, &sized(&modulus(0xc0, 7, 3, 0x01))].concat())
}

pub(crate) fn storage_area() -> Vec<u8> {
    sized(&[&b"\0\x01\0\x0b\0\x03\x04\x72\0\0"[..], REST, &sized(&modulus(0xd0, 11, 5, 0x03))].concat())
}

/// AES-128-CFB, no scheme, 2048 bits, the usual exponent.
const REST: &[u8] = b"\0\x06\0\x80\0\x43\0\x10\x08\0\0\0\0\0";

pub(crate) fn endorsement_key() -> EndorsementKey {
    EndorsementKey::parse(&endorsement_area()).unwrap()
}

pub(crate) fn storage_root_key() -> StorageRootKey {
    StorageRootKey::parse(&storage_area()).unwrap()
}
