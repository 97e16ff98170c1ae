//! The public half of a key, from the attributes that a token has of it.

use crate::error::Error;
use defender_auth::key::{self, SignatureScheme};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};

/// The curves, as `CKA_EC_PARAMS` names them (RFC 5480, section 2.1.1.1).
pub(crate) const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
pub(crate) const P384: [u8; 7] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

const OCTET_STRING: u8 = 0x04;
const BIT_STRING: u8 = 0x03;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    P256,
    P384,
    Rsa,
}

pub(crate) struct PublicKey {
    kind: Kind,
    numbers: Numbers,
    info: key::PublicKey,
}

enum Numbers {
    Point(Vec<u8>),
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
}

impl PublicKey {
    /// From `CKA_EC_PARAMS` and `CKA_EC_POINT`. The point is in an OCTET STRING, as PKCS#11 has it, in a BIT STRING, or bare.
    pub(crate) fn ec(curve: &[u8], point: &[u8]) -> Result<Self, Error> {
        type Read = fn(&[u8]) -> Option<key::PublicKey>;
        let (kind, read): (_, Read) = match curve {
            _ if *curve == P256 => (Kind::P256, key::PublicKey::p256),
            _ if *curve == P384 => (Kind::P384, key::PublicKey::p384),
            _ => return Err(Error::Unsupported { what: "an EC key of another curve than P-256 and P-384".into() }),
        };
        let in_bits = content(BIT_STRING, point).and_then(|bits| bits.strip_prefix(&[0]));
        let forms = [Some(point), content(OCTET_STRING, point), in_bits];
        let found = forms.into_iter().flatten().find_map(|point| Some((point, read(point)?)));
        let (point, info) =
            found.ok_or_else(|| Error::Unsupported { what: "an EC key whose point is not uncompressed".into() })?;
        Ok(Self { kind, numbers: Numbers::Point(point.to_vec()), info })
    }

    /// From `CKA_MODULUS` and `CKA_PUBLIC_EXPONENT`.
    pub(crate) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, Error> {
        let [n, e] = [modulus, exponent].map(|number| {
            let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
            number.get(start..).unwrap_or_default().to_vec()
        });
        let length = n.len() * 8;
        if !(2048..=8192).contains(&length) {
            return Err(Error::Unsupported { what: format!("an RSA key of {length} bits") });
        }
        let info = key::PublicKey::rsa(&n, &e);
        Ok(Self { kind: Kind::Rsa, numbers: Numbers::Rsa(RsaPublicKeyComponents { n, e }), info })
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// The `SubjectPublicKeyInfo` in DER.
    pub(crate) fn info(&self) -> &[u8] {
        self.info.as_der()
    }

    /// Whether a signature, in the form of TLS, is one of its private key.
    pub(crate) fn verifies(&self, scheme: SignatureScheme, message: &[u8], signature: &[u8]) -> bool {
        match (&self.numbers, scheme) {
            (Numbers::Point(point), SignatureScheme::EcdsaP256Sha256) => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok()
            }
            (Numbers::Point(point), SignatureScheme::EcdsaP384Sha384) => {
                UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_ASN1, point).verify(message, signature).is_ok()
            }
            (Numbers::Rsa(key), SignatureScheme::RsaPssSha256) => {
                key.verify(&signature::RSA_PSS_2048_8192_SHA256, message, signature).is_ok()
            }
            (Numbers::Rsa(key), SignatureScheme::RsaPkcs1Sha256) => {
                key.verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            _ => false,
        }
    }
}

/// The content of what is one whole element of DER with this tag, of up to 255 bytes.
fn content(tag: u8, der: &[u8]) -> Option<&[u8]> {
    let (length, content) = match der {
        [found, length @ ..=0x7f, content @ ..] | [found, 0x81, length, content @ ..] if *found == tag => {
            (usize::from(*length), content)
        }
        _ => return None,
    };
    (content.len() == length).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn bits(content: &[u8]) -> Vec<u8> {
        tagged(BIT_STRING, &[&[0], content].concat())
    }

    fn point(length: usize) -> Vec<u8> {
        [vec![4], vec![0x5a; length - 1]].concat()
    }

    #[test]
    fn a_point_is_read_in_each_wrapping() {
        for (curve, length) in [(&P256[..], 65), (&P384[..], 97)] {
            let point = point(length);
            let bare = PublicKey::ec(curve, &point).unwrap();
            for wrapped in [tagged(OCTET_STRING, &point), bits(&point)] {
                assert_eq!(PublicKey::ec(curve, &wrapped).unwrap().info(), bare.info());
            }
            assert!(bare.info().ends_with(&point) && bare.info()[0] == 0x30);
        }
    }

    #[test]
    fn a_long_length_is_read_too() {
        assert_eq!(content(4, &[4, 0x81, 1, 9]), Some(&[9][..]));
        assert_eq!(content(4, &[4, 0x81]), None);
    }

    #[test]
    fn other_points_and_curves_are_refused() {
        for (curve, point) in [
            (&P256[..], point(97)),
            (&P256, point(64)),
            (&P256, tagged(OCTET_STRING, &point(64))),
            (&P256, vec![2; 33]),
            (&P256, Vec::new()),
            (&P256, vec![OCTET_STRING]),
            (&P256, vec![OCTET_STRING, 0x82, 0, 65]),
            (&P384, point(65)),
            // P-521, and no curve.
            (&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23], point(133)),
            (&[], point(65)),
        ] {
            assert!(matches!(PublicKey::ec(curve, &point), Err(Error::Unsupported { .. })));
        }
    }

    #[test]
    fn the_length_of_an_rsa_key_is_counted_without_leading_zeros() {
        assert!(PublicKey::rsa(&[&[0], &[0xff; 256][..]].concat(), &[1, 0, 1]).is_ok());
        for bytes in [0, 128, 255, 1025] {
            assert!(PublicKey::rsa(&vec![0xff; bytes], &[1, 0, 1]).is_err());
        }
    }
}
