use super::SignatureScheme;
use crate::base::der::{self, BIT_STRING, NULL, SEQUENCE};
use alloc::vec::Vec;
use core::fmt;

/// `id-ecPublicKey`.
const EC: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// `secp256r1`.
pub(crate) const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// `secp384r1`.
pub(crate) const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
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

    /// A key from its `SubjectPublicKeyInfo` in DER. `None` unless it is on P-256 or P-384, or RSA.
    #[must_use]
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let (algorithm, key) = parts(der)?;
        if algorithm.strip_prefix(RSA) == Some(NULL) {
            return Some(Self::from_rsa_public_key(key));
        }
        match algorithm.strip_prefix(EC)? {
            P256 => Self::p256(key),
            P384 => Self::p384(key),
            _ => None,
        }
    }

    /// Every scheme that a key of this kind can sign with, the preferred one first.
    #[must_use]
    pub fn schemes(&self) -> &'static [SignatureScheme] {
        use SignatureScheme as Scheme;
        match parts(&self.0).and_then(|(algorithm, _)| algorithm.strip_prefix(EC)) {
            Some(P256) => &[Scheme::EcdsaP256Sha256],
            Some(_) => &[Scheme::EcdsaP384Sha384],
            None => &[
                Scheme::RsaPssSha256,
                Scheme::RsaPssSha384,
                Scheme::RsaPssSha512,
                Scheme::RsaPkcs1Sha256,
                Scheme::RsaPkcs1Sha384,
                Scheme::RsaPkcs1Sha512,
            ],
        }
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

/// The content of the `AlgorithmIdentifier` of a `SubjectPublicKeyInfo`, and the key in its form for that algorithm.
pub(crate) fn parts(info: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = der::only(info, SEQUENCE)?;
    let algorithm = der::take(&mut fields, SEQUENCE)?;
    // The first byte says how many bits of the last are unused: none.
    Some((algorithm.content, der::only(fields, BIT_STRING)?.strip_prefix(&[0])?))
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
    fn a_key_is_read_from_what_a_certificate_contains() {
        let p256 = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap().subject_public_key_info();
        let p384 = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap().subject_public_key_info();
        let rsa = PublicKey::rsa(&[0x80, 1], &[1, 0, 1]);
        for (der, first, count) in [
            (p256.as_slice(), SignatureScheme::EcdsaP256Sha256, 1),
            (p384.as_slice(), SignatureScheme::EcdsaP384Sha384, 1),
            (rsa.as_der(), SignatureScheme::RsaPssSha256, 6),
        ] {
            let key = PublicKey::from_der(der).unwrap();
            assert_eq!((key.as_der(), key.schemes().first(), key.schemes().len()), (der, Some(&first), count));
            assert_eq!(PublicKey::from_der(&der[..der.len() - 1]), None, "cut");
            assert_eq!(PublicKey::from_der(&[der, &[0]].concat()), None, "followed by a byte");
        }
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().subject_public_key_info();
        let mut other_curve = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap().subject_public_key_info();
        // The last byte of the curve's identifier.
        other_curve[22] = 6;
        for der in [ed25519.as_slice(), &other_curve, &[], &[0x30, 0]] {
            assert_eq!(PublicKey::from_der(der), None);
        }
    }

    #[test]
    fn leading_zeros_of_a_modulus_make_no_difference() {
        let bare = PublicKey::rsa(&[0x80, 1], &[1, 0, 1]);
        assert_eq!(PublicKey::rsa(&[0, 0, 0x80, 1], &[0, 1, 0, 1]), bare);
        assert!(bare.as_der().ends_with(&[0x30, 10, 2, 3, 0, 0x80, 1, 2, 3, 1, 0, 1]));
    }
}
