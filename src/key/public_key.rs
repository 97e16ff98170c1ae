use crate::base::der::{self, NULL, SEQUENCE};
use alloc::vec::Vec;
use core::fmt;

/// `id-ecPublicKey`.
const EC: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// `secp256r1`.
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// `secp384r1`.
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
/// `rsaEncryption`.
const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// The public key that belongs to a [`PrivateKey`](super::PrivateKey): a `SubjectPublicKeyInfo` in DER, as a certificate
/// contains it.
///
/// For an implementation of that trait whose holder gives a point, or a modulus and an exponent.
///
/// Sources: RFC 5280, section 4.1.2.7; RFC 5480, section 2; RFC 3279, section 2.3.1.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// A key on P-256, from its point in uncompressed form: 65 bytes, of which the first is 4. `None` for other bytes.
    #[must_use]
    pub fn p256(point: &[u8]) -> Option<Self> {
        Self::on_curve(P256, 32, point)
    }

    /// A key on P-384, from its point in uncompressed form: 97 bytes, of which the first is 4. `None` for other bytes.
    #[must_use]
    pub fn p384(point: &[u8]) -> Option<Self> {
        Self::on_curve(P384, 48, point)
    }

    /// An RSA key, from modulus and public exponent: big-endian, leading zeros are ignored.
    #[must_use]
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        Self::from_rsa_public_key(&der::element(SEQUENCE, &[&der::unsigned(modulus), &der::unsigned(exponent)]))
    }

    /// An RSA key, from its `RSAPublicKey` in DER (RFC 8017, section A.1.1).
    #[must_use]
    pub fn from_rsa_public_key(der: &[u8]) -> Self {
        Self::info(&[RSA, NULL], der)
    }

    /// The `SubjectPublicKeyInfo` in DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.0
    }

    fn on_curve(curve: &[u8], length: usize, point: &[u8]) -> Option<Self> {
        let is_uncompressed = point.len() == 1 + 2 * length && point.first() == Some(&4);
        is_uncompressed.then(|| Self::info(&[EC, curve], point))
    }

    fn info(algorithm: &[&[u8]], key: &[u8]) -> Self {
        Self(der::element(SEQUENCE, &[&der::element(SEQUENCE, algorithm), &der::bits(key)]))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PublicKeyData as _};

    #[test]
    fn a_point_gives_the_key_that_a_certificate_contains() {
        let p256 = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        assert_eq!(PublicKey::p256(p256.der_bytes()).unwrap().as_der(), p256.subject_public_key_info());
        let p384 = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
        assert_eq!(PublicKey::p384(p384.der_bytes()).unwrap().as_der(), p384.subject_public_key_info());
    }

    #[test]
    fn what_is_no_uncompressed_point_of_the_curve_is_refused() {
        let mut point = [7; 97];
        point[0] = 4;
        assert!(PublicKey::p384(&point).is_some());
        for other in [&point[..96], &[], &[4], &point[..65]] {
            assert_eq!(PublicKey::p384(other), None);
        }
        assert_eq!(PublicKey::p256(&point), None);
        point[0] = 2;
        assert_eq!(PublicKey::p384(&point), None, "compressed");
    }

    #[test]
    fn leading_zeros_of_a_modulus_make_no_difference() {
        let bare = PublicKey::rsa(&[0x80, 1], &[1, 0, 1]);
        assert_eq!(PublicKey::rsa(&[0, 0, 0x80, 1], &[0, 1, 0, 1]), bare);
        assert!(bare.as_der().ends_with(&[0x30, 10, 2, 3, 0, 0x80, 1, 2, 3, 1, 0, 1]));
    }
}
