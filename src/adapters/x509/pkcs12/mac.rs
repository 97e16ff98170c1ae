//! The MAC over a file, which says with what password it was made (RFC 7292, section 5.1).

use super::{
    budget::Budget,
    derive::{Derivation, Purpose},
    password::Password,
    structure::MacData,
};
use crate::error::CertificateProblem as Problem;
use pkcs8::ObjectIdentifier;
use ring::hmac::{
    Algorithm, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512, Key, verify as is_right,
};

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// Which of the possible passwords it was made with.
pub(super) fn password<'a>(
    mac: &MacData<'_>,
    safe: &[u8],
    possible: &'a [Password],
    budget: &mut Budget,
) -> Result<&'a Password, Problem> {
    let algorithm = algorithm(mac.hash).ok_or(Problem::Pkcs12Scheme)?;
    let hash = algorithm.digest_algorithm();
    let derivation = Derivation { hash, salt: mac.salt, iterations: mac.iterations };
    for password in possible {
        budget.pay(derivation.cost(hash.output_len()))?;
        let key = derivation.bytes(password.own.expose(), Purpose::Mac, hash.output_len());
        if is_right(&Key::new(algorithm, key.expose()), safe, mac.digest).is_ok() {
            return Ok(password);
        }
    }
    let was_given = possible.iter().any(|password| password.is_given);
    Err(if was_given { Problem::Pkcs12WrongPassword } else { Problem::Pkcs12Password })
}

fn algorithm(hash: ObjectIdentifier) -> Option<Algorithm> {
    match hash {
        SHA1 => Some(HMAC_SHA1_FOR_LEGACY_USE_ONLY),
        SHA256 => Some(HMAC_SHA256),
        SHA384 => Some(HMAC_SHA384),
        SHA512 => Some(HMAC_SHA512),
        // PBMAC1 (RFC 9579) among them.
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// By `openssl dgst -mac HMAC` with a key from `openssl kdf … PKCS12KDF`: of an empty password, and of none.
    const MACS: [(ObjectIdentifier, &str, &str); 4] = [
        (SHA1, "91ce7fe5072d8e2964233e2b57b5728b7acd364a", "bef57d8a4f2b9fbc581676d1ff26c86977644c71"),
        (
            SHA256,
            "4cc226b9091d82f15c99ce4d1930c5e0a40335f7caaeae0e658f911a7c2fff98",
            "3ac6537c0828155e3f17ea5de9efa36f9ce0b7828b19a5d992603e40ee4ebdd7",
        ),
        (
            SHA384,
            "b71c7c517396732a158796be6aaeb7766649e0a40769b3a45399587dea21ddd62735da9202f9b0a19ef53924a421118c",
            "3abdd079df710d41033e03bc59a604c5455cccb17bfad52fc9bc0764c6574d00d49216a7260da1840c063cd9efee8690",
        ),
        (
            SHA512,
            "348d70cf50e64995bacc37443adf27541b32807a7ed06243aefe07a708dbffd3\
             2b21048480b9ad98cda0e59ecd9c48dc00cd1bdcee77d8eea3e7e4d149218b48",
            "45404ef4b744897493e9e0905bc653b62cbf99db0384aa0a9d93f97edbed6adc\
             ed9e2bf10c3780ba59396cb7c52871e2445dc430c7d6011cb5be9af361e6ced0",
        ),
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | *digit as u8)).collect()
    }

    /// What the MAC was made with: the password itself in UTF-16, with its zero.
    fn found(hash: ObjectIdentifier, digest: &[u8], iterations: u32) -> Result<Vec<u8>, Problem> {
        let salt = b"\x0a\x58\xcf\x64\x53\x0d\x82\x3f";
        let mac = MacData { hash, digest, salt, iterations };
        let possible = [Password::empty(), Password::absent()];
        let found = password(&mac, b"the authenticated safe", &possible, &mut Budget::new());
        found.map(|password| password.own.expose().to_vec())
    }

    #[test]
    fn a_mac_says_which_password_was_meant() {
        for (hash, empty, absent) in MACS {
            assert_eq!(found(hash, &bytes(empty), 5), Ok([0, 0].to_vec()), "{hash}");
            assert_eq!(found(hash, &bytes(absent), 5), Ok(Vec::new()), "{hash}");
        }
    }

    #[test]
    fn a_mac_that_differs_is_of_a_password() {
        let (_, right, _) = MACS[1];
        let mut wrong = bytes(right);
        wrong[31] ^= 1;
        for (digest, iterations) in [(&wrong[..], 5), (&bytes(right)[..31], 5), (&[], 5), (&bytes(right), 4)] {
            assert_eq!(found(SHA256, digest, iterations), Err(Problem::Pkcs12Password));
        }
        assert_eq!(found(SHA384, &bytes(right), 5), Err(Problem::Pkcs12Password));
    }

    #[test]
    fn a_mac_costs_as_much_as_it_says() {
        assert_eq!(found(SHA256, &[], 10_000_001), Err(Problem::Pkcs12Cost));
        assert_eq!(found(SHA256, &[], u32::MAX), Err(Problem::Pkcs12Cost));
    }
}
