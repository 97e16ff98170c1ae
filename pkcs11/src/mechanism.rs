//! How a token makes the signatures of TLS.

use crate::public_key::Kind;
use cryptoki::mechanism::{
    Mechanism, MechanismType,
    rsa::{PkcsMgfType, PkcsPssParams},
};
use defender_auth::key::{
    SignatureScheme::{self, EcdsaP256Sha256, EcdsaP384Sha384, RsaPkcs1Sha256, RsaPssSha256},
    ecdsa_signature,
};
use ring::digest::{self, Algorithm, digest};

/// What stands before a hash by SHA-256 in a `DigestInfo` (RFC 8017, section 9.2).
const DIGEST_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// RSASSA-PSS as TLS has it: the salt is as long as the hash (RFC 8446, section 4.2.3).
const PSS: PkcsPssParams =
    PkcsPssParams { hash_alg: MechanismType::SHA256, mgf: PkcsMgfType::MGF1_SHA256, s_len: SALT };
const SALT: cryptoki::types::Ulong = cryptoki::types::Ulong::new(32);

/// One way to make signatures of a scheme.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) scheme: SignatureScheme,
    hash: Hash,
}

/// Where the message is hashed.
#[derive(Clone, Copy)]
enum Hash {
    Here,
    Token,
}

/// The ways of a kind of key in the order in which they are tried: of two for one scheme the second one only when the
/// first one does not work. Schemes with SHA-384 and SHA-512 are not offered for RSA, because each costs a signature when
/// a key is opened and every server of TLS 1.3 accepts SHA-256.
pub(crate) fn ways(kind: Kind) -> impl Iterator<Item = Way> {
    let schemes: &[SignatureScheme] = match kind {
        Kind::P256 => &[EcdsaP256Sha256],
        Kind::P384 => &[EcdsaP384Sha384],
        Kind::Rsa => &[RsaPssSha256, RsaPkcs1Sha256],
    };
    schemes.iter().flat_map(|scheme| [Hash::Here, Hash::Token].map(|hash| Way { scheme: *scheme, hash }))
}

impl Way {
    const fn algorithm(self) -> &'static Algorithm {
        match self.scheme {
            EcdsaP384Sha384 => &digest::SHA384,
            _ => &digest::SHA256,
        }
    }

    pub(crate) const fn mechanism(self) -> Mechanism<'static> {
        match (self.scheme, self.hash) {
            (EcdsaP256Sha256 | EcdsaP384Sha384, Hash::Here) => Mechanism::Ecdsa,
            (EcdsaP256Sha256, Hash::Token) => Mechanism::EcdsaSha256,
            (EcdsaP384Sha384, Hash::Token) => Mechanism::EcdsaSha384,
            (RsaPssSha256, Hash::Here) => Mechanism::RsaPkcsPss(PSS),
            (RsaPssSha256, Hash::Token) => Mechanism::Sha256RsaPkcsPss(PSS),
            (_, Hash::Here) => Mechanism::RsaPkcs,
            (_, Hash::Token) => Mechanism::Sha256RsaPkcs,
        }
    }

    /// What the token is given for a message.
    pub(crate) fn input(self, message: &[u8]) -> Vec<u8> {
        let digest = || digest(self.algorithm(), message);
        match (self.scheme, self.hash) {
            (_, Hash::Token) => message.to_vec(),
            (RsaPkcs1Sha256, Hash::Here) => [&DIGEST_INFO, digest().as_ref()].concat(),
            (_, Hash::Here) => digest().as_ref().to_vec(),
        }
    }

    /// The form of TLS. A token returns the two numbers of ECDSA one behind the other.
    pub(crate) fn signature(self, made: Vec<u8>) -> Vec<u8> {
        match self.scheme {
            EcdsaP256Sha256 | EcdsaP384Sha384 => {
                let (r, s) = made.split_at(made.len() / 2);
                ecdsa_signature(r, s)
            }
            _ => made,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_become_a_sequence_of_them() {
        let way = ways(Kind::P256).next().unwrap();
        let made = [[0x11; 32], [0x80; 32]].concat();
        let signature = way.signature(made);
        assert_eq!(signature[..5], [0x30, 69, 2, 32, 0x11]);
        assert_eq!(signature[36..40], [2, 33, 0, 0x80]);
        assert_eq!(way.signature(vec![0; 64]), [0x30, 6, 2, 1, 0, 2, 1, 0]);
        assert_eq!(way.signature(Vec::new()), [0x30, 6, 2, 1, 0, 2, 1, 0], "it does not verify");
    }

    #[test]
    fn the_input_is_hashed_for_the_mechanisms_that_do_not_hash() {
        let lengths = |kind| ways(kind).map(|way| way.input(b"hello").len()).collect::<Vec<_>>();
        assert_eq!((lengths(Kind::P256), lengths(Kind::P384)), (vec![32, 5], vec![48, 5]));
        assert_eq!(lengths(Kind::Rsa), [32, 5, 51, 5]);
    }
}
