//! The public area of a key that signs, and the same key as X.509 writes it.

use super::{
    response::{Malformed, Reader},
    template::NO_ALGORITHM,
};
use crate::{
    base::der::{self, SEQUENCE},
    error::{SigningKeyError, TpmKeyKind, UnsupportedKey},
    key::PublicKey,
};
use alloc::{vec, vec::Vec};

/// `TPM_ALG_RSA`
pub(super) const RSA: u16 = 0x0001;
/// `TPM_ALG_ECC`
pub(super) const ECC: u16 = 0x0023;
/// `TPM_ALG_RSAES`, the one asymmetric scheme without a hash.
const RSAES: u16 = 0x0015;
/// `TPM_ALG_ECDAA`, which has a counter after its hash.
const ECDAA: u16 = 0x001a;
/// The public exponent 65537, for which a public area has a zero.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// `TPMA_OBJECT`: the attributes that decide whether and how a key signs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Attributes(u32);

impl Attributes {
    const fn has(self, bit: u32) -> bool {
        self.0 >> bit & 1 != 0
    }

    pub(super) const fn are(self, bits: u32) -> bool {
        self.0 == bits
    }

    /// Wrong passwords do not count towards the lockout.
    pub(super) const fn no_da(self) -> bool {
        self.has(10)
    }

    /// The key decrypts, and so signs what is padded in software.
    pub(super) const fn decrypts(self) -> bool {
        self.has(17)
    }

    /// Whether a key with these attributes signs what this library gives it, with a password that may be empty.
    pub(super) const fn check(self) -> Result<(), SigningKeyError> {
        match () {
            () if !self.has(18) => Err(SigningKeyError::NotSigning),
            () if self.has(16) => Err(SigningKeyError::Restricted),
            () if !self.has(6) => Err(SigningKeyError::PolicyOnly),
            () => Ok(()),
        }
    }
}

/// The public area of a key of a supported kind.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PublicArea {
    pub(super) kind: TpmKeyKind,
    pub(super) attributes: Attributes,
    /// The scheme and the hash that the key is limited to.
    pub(super) scheme: Option<(u16, u16)>,
    pub(super) key: PublicKey,
    /// The key alone: an uncompressed point, or an `RSAPublicKey`.
    pub(super) bare: Vec<u8>,
}

impl PublicArea {
    /// Reads a complete `TPM2B_PUBLIC`.
    pub(super) fn read(public: &[u8]) -> Result<Self, SigningKeyError> {
        let malformed = |Malformed| SigningKeyError::Kind(UnsupportedKey::Malformed);
        let mut whole = Reader::new(public);
        let area = whole.sized().map_err(malformed)?;
        whole.end().map_err(malformed)?;
        read(Reader::new(area)).map_err(malformed)?.map_err(SigningKeyError::Kind)
    }
}

/// Either level of error: bytes that end early, and keys of other kinds.
fn read(mut area: Reader<'_>) -> Result<Result<PublicArea, UnsupportedKey>, Malformed> {
    let reader = &mut area;
    let (kind, _name_algorithm) = (reader.short()?, reader.short()?);
    let attributes = Attributes(reader.word()?);
    let _policy = reader.sized()?;
    if !matches!(kind, RSA | ECC) {
        return Ok(Err(UnsupportedKey::Type(kind)));
    }
    if reader.short()? != NO_ALGORITHM {
        // The symmetric algorithm of a parent: bits and mode.
        reader.word()?;
    }
    let scheme = scheme(reader)?;
    let (kind, key, bare) = if kind == RSA {
        let (bits, exponent) = (reader.short()?, reader.word()?);
        let modulus = reader.sized()?;
        if !matches!(exponent, 0 | 0x0001_0001) {
            return Ok(Err(UnsupportedKey::RsaExponent(exponent)));
        }
        // Whole words, of a length that TLS stacks accept.
        if !matches!(bits, 2048 | 3072 | 4096) {
            return Ok(Err(UnsupportedKey::RsaBits(bits)));
        }
        if modulus.len() != usize::from(bits / 8) || modulus.first().is_none_or(|first| *first < 0x80) {
            return Err(Malformed);
        }
        let bare = der::element(SEQUENCE, &[&der::unsigned(modulus), &der::unsigned(&EXPONENT)]);
        (TpmKeyKind::Rsa { bits }, PublicKey::from_rsa_public_key(&bare), bare)
    } else {
        let curve = reader.short()?;
        if reader.short()? != NO_ALGORITHM {
            // The hash of a key derivation.
            reader.short()?;
        }
        let (x, y) = (reader.sized()?, reader.sized()?);
        let (kind, length) = match curve {
            3 => (TpmKeyKind::P256, 32),
            4 => (TpmKeyKind::P384, 48),
            other => return Ok(Err(UnsupportedKey::Curve(other))),
        };
        let point = [&[4][..], &padded(x, length)?, &padded(y, length)?].concat();
        let key = if length == 32 { PublicKey::p256(&point) } else { PublicKey::p384(&point) };
        (kind, key.ok_or(Malformed)?, point)
    };
    area.end()?;
    Ok(Ok(PublicArea { kind, attributes, scheme, key, bare }))
}

fn scheme(reader: &mut Reader<'_>) -> Result<Option<(u16, u16)>, Malformed> {
    let scheme = reader.short()?;
    match scheme {
        NO_ALGORITHM => Ok(None),
        RSAES => Ok(Some((scheme, NO_ALGORITHM))),
        _ => {
            let hash = reader.short()?;
            if scheme == ECDAA {
                reader.short()?;
            }
            Ok(Some((scheme, hash)))
        }
    }
}

/// A number in the length that it has elsewhere: a TPM may leave out leading zeros.
pub(super) fn padded(number: &[u8], length: usize) -> Result<Vec<u8>, Malformed> {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    let significant = number.get(start..).unwrap_or_default();
    let zeros = length.checked_sub(significant.len()).ok_or(Malformed)?;
    Ok([vec![0; zeros].as_slice(), significant].concat())
}
