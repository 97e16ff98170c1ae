//! PKCS#12's own derivation of a key from a password (RFC 7292, appendix B).

use crate::base::secret::{SecretBytes, Zeroizing};
use alloc::vec::Vec;
use core::iter::repeat_n;
use ring::digest::{Algorithm, Context, digest};

/// What the bytes are for (section B.3).
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Key = 1,
    Vector = 2,
    Mac = 3,
}

pub(super) struct Derivation<'a> {
    pub(super) hash: &'static Algorithm,
    pub(super) salt: &'a [u8],
    pub(super) iterations: u32,
}

impl Derivation<'_> {
    /// How many iterations these bytes take.
    pub(super) fn cost(&self, length: usize) -> u64 {
        let rounds = length.div_ceil(self.hash.output_len());
        u64::from(self.iterations).saturating_mul(rounds as u64)
    }

    /// The bytes (section B.2).
    pub(super) fn bytes(&self, password: &[u8], purpose: Purpose, length: usize) -> SecretBytes {
        let block = self.hash.block_len();
        let diversifier: Vec<u8> = repeat_n(purpose as u8, block).collect();
        let blocks = |bytes: &[u8]| bytes.len().next_multiple_of(block);
        let mut input = Zeroizing::new(Vec::with_capacity(blocks(self.salt) + blocks(password)));
        for bytes in [self.salt, password] {
            // Copies of it, one after the other, until they fill blocks; none of nothing.
            input.extend(bytes.iter().copied().cycle().take(blocks(bytes)));
        }
        let mut bytes = SecretBytes::zeros(length);
        for part in bytes.expose_mut().chunks_mut(self.hash.output_len()) {
            let mut context = Context::new(self.hash);
            context.update(&diversifier);
            context.update(&input);
            let mut hashed = context.finish();
            for _ in 1..self.iterations {
                hashed = digest(self.hash, hashed.as_ref());
            }
            part.iter_mut().zip(hashed.as_ref()).for_each(|(byte, hashed)| *byte = *hashed);
            let addend: Zeroizing<Vec<u8>> =
                Zeroizing::new(hashed.as_ref().iter().copied().cycle().take(block).collect());
            input.chunks_mut(block).for_each(|number| add(number, &addend));
        }
        bytes
    }
}

/// `number + addend + 1`, without what does not fit.
fn add(number: &mut [u8], addend: &[u8]) {
    let mut carry = true;
    for (digit, addend) in number.iter_mut().zip(addend).rev() {
        let (sum, first) = digit.overflowing_add(*addend);
        let (sum, second) = sum.overflowing_add(u8::from(carry));
        *digit = sum;
        carry = first || second;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String};
    use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY as SHA1, SHA256, SHA512};

    const SALT: &[u8] = b"\x0a\x58\xcf\x64\x53\x0d\x82\x3f";
    const EMPTY: &[u8] = &[0, 0];
    const ABSENT: &[u8] = &[];
    const SMEG: &[u8] = b"\0s\0m\0e\0g\0\0";

    /// From `openssl kdf … PKCS12KDF`.
    #[track_caller]
    fn gives(derivation: &Derivation<'_>, password: &[u8], purpose: Purpose, expected: &str) {
        let bytes = derivation.bytes(password, purpose, expected.len() / 2);
        let hex = bytes.expose().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        assert_eq!(hex, expected);
    }

    #[test]
    fn the_bytes_are_those_of_openssl() {
        let once = Derivation { hash: &SHA1, salt: SALT, iterations: 1 };
        gives(&once, SMEG, Purpose::Key, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3");
        gives(&once, SMEG, Purpose::Vector, "79993dfe048d3b76");
        gives(&once, EMPTY, Purpose::Key, "46dcc1d4aea61e4498f3ea3e6507a7e2572a837acd212182");
        gives(&once, ABSENT, Purpose::Key, "9985036e1a31d2812085d6cef9db2e03dcbb6b9cd0100fb5");
        let unsalted = Derivation { salt: &[], ..once };
        gives(&unsalted, EMPTY, Purpose::Key, "ef2b2f9a6475f7a77feabec6a397f81c3f830b56900dd2c8");
    }

    #[test]
    fn bytes_beyond_the_first_hash_are_those_of_openssl() {
        let thrice = Derivation { hash: &SHA256, salt: SALT, iterations: 3 };
        let expected = "469e0a6907c9598d58e9611a2b3dceb1c8ae273415360bf8bf510e1ccecc8674e28f97d0dbc836d78502a75f6a8e624c\
                        e3732b56ba426aedb32930ea60b0ce0f4360262c3b860fe5f2278892721b55db1c7b65a1c265e51677c4eeb7f0b90066\
                        88988fb2";
        gives(&thrice, SMEG, Purpose::Key, expected);
        let expected = "02c84e2b5171025df27456e53d265ad21e8b1975c0e7ea8b216a7fbf0b9eafcaf83c16d58bf53e9686a980b6ea7b5ff8\
                        240ecf666eddb393f8e5353a2e3dc6b327547b637194e3270ac4f163841bf25e33e2c21074a416737d927d93f97208fe\
                        33885e13";
        gives(&Derivation { hash: &SHA512, ..thrice }, EMPTY, Purpose::Mac, expected);
    }

    #[test]
    fn what_is_longer_than_a_hash_costs_more() {
        let derivation = Derivation { hash: &SHA1, salt: SALT, iterations: 2048 };
        assert_eq!([8, 20, 24, 41].map(|length| derivation.cost(length)), [2048, 2048, 4096, 6144]);
    }
}
