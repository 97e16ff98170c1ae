//! Authenticated encryption with a symmetric key of `keyd`: AES-256-GCM, a byte for the version, the tag, the text.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

const VERSION: u8 = 1;
const TAG: usize = 16;

/// `None` for a key that has not 32 bytes, and for a vector that has not 12.
pub(super) fn seal(key: &[u8], iv: &[u8], aad: &[u8], mut text: Vec<u8>) -> Option<Vec<u8>> {
    let (key, nonce) = prepared(key, iv)?;
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut text).ok()?;
    Some([&[VERSION][..], tag.as_ref(), &text].concat())
}

/// `None` when it was not sealed with this.
pub(super) fn open(key: &[u8], iv: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (key, nonce) = prepared(key, iv)?;
    let (tag, text) = sealed.strip_prefix(&[VERSION])?.split_at_checked(TAG)?;
    let mut both = [text, tag].concat();
    key.open_in_place(nonce, Aad::from(aad), &mut both).ok().map(|text| text.to_vec())
}

fn prepared(key: &[u8], iv: &[u8]) -> Option<(LessSafeKey, Nonce)> {
    let key = UnboundKey::new(&AES_256_GCM, key).ok()?;
    Some((LessSafeKey::new(key), Nonce::try_assume_unique_for_key(iv).ok()?))
}
