//! The private keys of `keyd`: what it tells of them, and their operations.

use data_encoding::BASE64;
use p256::ecdsa::{Signature, SigningKey, signature::hazmat::PrehashSigner as _};
use rcgen::KeyPair as Generated;
use rsa::{BoxedUint, RsaPrivateKey, hazmat, pkcs8::DecodePrivateKey as _, traits::PublicKeyParts as _};

/// `secp256r1` in DER.
const P256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

/// A private key on P-256, or an RSA key.
pub(super) enum KeyPair {
    P256(Box<SigningKey>),
    Rsa(Box<RsaPrivateKey>),
}

impl KeyPair {
    /// A new key of the first of these algorithms that this double can make. `None` when there is none, or no randomness.
    pub(super) fn generate(preferred: &str) -> Option<Self> {
        let has_one = preferred.split(':').any(|algorithm| matches!(algorithm, "ec-p256" | "*"));
        if has_one { Self::from_pem(&Generated::generate().ok()?.serialize_pem()) } else { None }
    }

    /// A key in PKCS#8.
    pub(super) fn from_pem(pem: &str) -> Option<Self> {
        if let Ok(key) = p256::SecretKey::from_pkcs8_pem(pem) {
            return Some(Self::P256(Box::new(key.into())));
        }
        RsaPrivateKey::from_pkcs8_pem(pem).ok().map(|key| Self::Rsa(Box::new(key)))
    }

    /// A public property, as the real daemon writes it.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        Some(match (self, name) {
            (Self::P256(_), "algorithm") => "ECDSA".into(),
            (Self::P256(_), "ec-curve-oid") => BASE64.encode(P256),
            (Self::P256(key), "ec-point") => BASE64.encode(key.verifying_key().to_sec1_point(true).as_bytes()),
            (Self::Rsa(_), "algorithm") => "RSA".into(),
            (Self::Rsa(key), "rsa-modulus") => BASE64.encode(&key.n().to_be_bytes_trimmed_vartime()),
            (Self::Rsa(key), "rsa-exponent") => BASE64.encode(&key.e().to_be_bytes_trimmed_vartime()),
            _ => return None,
        })
    }

    /// An ECDSA signature of a digest, in DER. `None` for an RSA key.
    pub(super) fn sign(&self, digest: &[u8]) -> Option<Vec<u8>> {
        let Self::P256(key) = self else { return None };
        let signature: Signature = key.sign_prehash(digest).ok()?;
        Some(signature.to_der().as_bytes().to_vec())
    }

    /// The private operation of RSA on a block. `None` for another key, and for a block of another length.
    pub(super) fn encrypt(&self, algorithm: &str, block: &[u8]) -> Option<Vec<u8>> {
        let Self::Rsa(key) = self else { return None };
        let length = key.size();
        let padded = match algorithm {
            "RSA-NO-PADDING" => block.to_vec(),
            "RSA-PKCS1" => {
                let fill = length.checked_sub(block.len() + 3).filter(|fill| *fill >= 8)?;
                [&[0, 1][..], &vec![0xff; fill], &[0], block].concat()
            }
            _ => return None,
        };
        let number =
            BoxedUint::from_be_slice(&padded, key.n().bits_precision()).ok().filter(|_| padded.len() == length)?;
        let signed = hazmat::rsa_decrypt(None::<&mut getrandom::SysRng>, &**key, &number).ok()?;
        let bytes = signed.to_be_bytes();
        bytes.get(bytes.len().checked_sub(length)?..).map(<[u8]>::to_vec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    const RSA: &str = include_str!("../../../tests/x509/data/rsa2048.pkcs8.pem");

    #[test]
    fn a_key_on_a_curve_signs_a_digest_and_tells_a_compressed_point() {
        let key = KeyPair::generate("ec-p256:rsa-2048:*").unwrap();
        assert_eq!(key.parameter("ec-curve-oid").unwrap(), "BggqhkjOPQMBBw==");
        assert_eq!(BASE64.decode(key.parameter("ec-point").unwrap().as_bytes()).unwrap().len(), 33);
        assert_eq!(key.parameter("rsa-modulus"), None);
        let KeyPair::P256(inner) = &key else { panic!() };
        let point = inner.verifying_key().to_sec1_point(false);
        let digest = ring::digest::digest(&ring::digest::SHA256, b"text");
        let signature = key.sign(digest.as_ref()).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point.as_bytes()).verify(b"text", &signature).unwrap();
        assert!(key.encrypt("RSA-NO-PADDING", &[0; 256]).is_none());
    }

    #[test]
    fn an_rsa_key_does_the_private_operation() {
        let key = KeyPair::from_pem(RSA).unwrap();
        assert_eq!(
            (key.parameter("algorithm").unwrap(), key.parameter("rsa-exponent").unwrap()),
            ("RSA".into(), "AQAB".into())
        );
        let digest = ring::digest::digest(&ring::digest::SHA256, b"text");
        let begin = [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
        let signature = key.encrypt("RSA-PKCS1", &[&begin, digest.as_ref()].concat()).unwrap();
        let KeyPair::Rsa(inner) = &key else { panic!() };
        let public = ring::signature::RsaPublicKeyComponents {
            n: inner.n().to_be_bytes_trimmed_vartime(),
            e: inner.e().to_be_bytes_trimmed_vartime(),
        };
        public.verify(&RSA_PKCS1_2048_8192_SHA256, b"text", &signature).unwrap();
        for (algorithm, block) in [("RSA-NO-PADDING", 255), ("RSA-NO-PADDING", 257), ("RSA-PKCS1", 246), ("RSA", 256)] {
            assert!(key.encrypt(algorithm, &vec![0; block]).is_none(), "{algorithm} {block}");
        }
        assert!(key.sign(&[0; 32]).is_none() && KeyPair::generate("rsa-2048").is_none());
    }
}
