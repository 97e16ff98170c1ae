//! RSASSA-PSS in software, for holders that do the private operation only.

use super::hash::hash;
use crate::key::SignatureScheme;
use alloc::{vec, vec::Vec};
use ring::{
    digest::{Algorithm, digest},
    error::Unspecified,
    rand::{SecureRandom, SystemRandom},
};

/// The encoded message for the digest of a message, of the length of the modulus. The salt has the length of the hash, as
/// TLS requires.
///
/// Source: RFC 8017, section 9.1.1 (EMSA-PSS-ENCODE), for a modulus whose length is a multiple of eight bits.
pub(super) fn encode(scheme: SignatureScheme, message_digest: &[u8], length: usize) -> Result<Vec<u8>, Unspecified> {
    let hash = hash(scheme);
    let mut salt = vec![0; hash.output_len()];
    SystemRandom::new().fill(&mut salt)?;
    encode_with(hash, message_digest, &salt, length).ok_or(Unspecified)
}

/// `None` for a modulus that is too short for the hash.
fn encode_with(hash: &'static Algorithm, message_digest: &[u8], salt: &[u8], length: usize) -> Option<Vec<u8>> {
    let hashed = digest(hash, &[&[0; 8], message_digest, salt].concat());
    let zeros = length.checked_sub(hashed.as_ref().len() + salt.len() + 2)?;
    let block = [vec![0; zeros].as_slice(), &[1], salt].concat();
    let mask = mask(hash, hashed.as_ref(), block.len());
    let mut encoded: Vec<u8> = block.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    // The encoded message has one bit less than the modulus.
    *encoded.first_mut()? &= 0x7f;
    encoded.extend_from_slice(hashed.as_ref());
    encoded.push(0xbc);
    Some(encoded)
}

/// MGF1 (RFC 8017, section B.2.1).
fn mask(hash: &'static Algorithm, seed: &[u8], length: usize) -> Vec<u8> {
    let block = |counter: u32| digest(hash, &[seed, &counter.to_be_bytes()].concat()).as_ref().to_vec();
    (0..).flat_map(block).take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoded_message_has_the_parts_of_the_specification() {
        let message = digest(hash(SignatureScheme::RsaPssSha256), b"hello");
        let encoded = encode(SignatureScheme::RsaPssSha256, message.as_ref(), 256).unwrap();
        assert_eq!((encoded.len(), encoded[0] & 0x80, encoded[255]), (256, 0, 0xbc));
        let hash = hash(SignatureScheme::RsaPssSha256);
        let (block, hashed) = encoded[..255].split_at(223);
        let mut block: Vec<u8> = block.iter().zip(mask(hash, hashed, 223)).map(|(byte, mask)| byte ^ mask).collect();
        block[0] &= 0x7f;
        let (zeros, salt) = block.split_at(191);
        assert!(zeros[..190].iter().all(|byte| *byte == 0) && zeros[190] == 1);
        assert_eq!(encode_with(hash, message.as_ref(), salt, 256), Some(encoded.clone()));
        let again = encode(SignatureScheme::RsaPssSha256, message.as_ref(), 256).unwrap();
        assert_ne!(again, encoded, "each signature has a salt of its own");
    }

    #[test]
    fn a_modulus_that_is_too_short_for_the_hash_is_refused() {
        let scheme = SignatureScheme::RsaPssSha512;
        assert!(encode(scheme, &[7; 64], 130).is_ok());
        assert!(encode(scheme, &[7; 64], 129).is_err());
    }
}
