//! EC private keys in the one form that the cryptography of this library reads: a scalar of the curve's length, and
//! the public half beside it. Other tools leave out the one or the other (RFC 5915, section 3, allows that).

use crate::{
    base::secret::{SecretBytes, wipe_stack},
    error::CertificateProblem as Problem,
};
use alloc::vec::Vec;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use pkcs8::der::{
    Decode as _, Encode as _, Reader as _, SliceReader,
    asn1::{AnyRef, OctetStringRef},
};

/// The curves of EC keys that are supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// NIST's P-256.
    P256,
    /// NIST's P-384.
    P384,
}

impl Curve {
    /// How long a scalar is.
    const fn length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    /// The public half, as an uncompressed point. A call of its own, for what it leaves on the stack to be wiped.
    #[inline(never)]
    fn public_half(self, scalar: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::P256 => {
                Some(p256::SecretKey::from_slice(scalar).ok()?.public_key().to_sec1_point(false).as_bytes().to_vec())
            }
            Self::P384 => {
                Some(p384::SecretKey::from_slice(scalar).ok()?.public_key().to_sec1_point(false).as_bytes().to_vec())
            }
        }
    }
}

/// A public key on the curve, compressed or not, as an uncompressed point. `None` for what is no point of it.
#[cfg(all(feature = "local-signer", feature = "private-key"))]
pub(in crate::adapters) fn uncompressed(curve: Curve, point: &[u8]) -> Option<Vec<u8>> {
    Some(match curve {
        Curve::P256 => p256::PublicKey::from_sec1_bytes(point).ok()?.to_sec1_point(false).as_bytes().to_vec(),
        Curve::P384 => p384::PublicKey::from_sec1_bytes(point).ok()?.to_sec1_point(false).as_bytes().to_vec(),
    })
}

/// Encodes a SEC1 key again, without the name of its curve.
pub(super) fn canonical(sec1: &[u8], curve: Curve) -> Result<SecretBytes, Problem> {
    let given = scalar(sec1).ok_or(Problem::Key)?;
    let start = given.iter().position(|byte| *byte != 0).ok_or(Problem::Key)?;
    let digits = given.get(start..).unwrap_or_default();
    let padding = curve.length().checked_sub(digits.len()).ok_or(Problem::Key)?;
    let mut scalar = SecretBytes::zeros(curve.length());
    scalar.expose_mut().iter_mut().skip(padding).zip(digits).for_each(|(to, from)| *to = *from);
    let public = curve.public_half(scalar.expose());
    wipe_stack::<16_384>();
    let public = public.ok_or(Problem::Key)?;
    let key = sec1::EcPrivateKey { private_key: scalar.expose(), parameters: None, public_key: Some(&public) };
    let length = key.encoded_len().ok().and_then(|length| usize::try_from(length).ok()).ok_or(Problem::Key)?;
    let mut bytes = SecretBytes::zeros(length);
    key.encode_to_slice(bytes.expose_mut()).map_err(|_| Problem::Key)?;
    Ok(bytes)
}

/// The scalar, whatever comes after it.
fn scalar(sec1: &[u8]) -> Option<&[u8]> {
    let (version, scalar) = start(sec1)?;
    (version == 1).then_some(scalar)
}

fn start(sec1: &[u8]) -> Option<(u8, &[u8])> {
    let mut reader = SliceReader::new(AnyRef::from_der(sec1).ok()?.value()).ok()?;
    let version = u8::decode(&mut reader).ok()?;
    Some((version, <&OctetStringRef>::decode(&mut reader).ok()?.as_bytes()))
}

/// Whether a key of SEC1 lists the parameters of its curve (RFC 3279, section 2.3.5).
pub(super) fn has_explicit_curve(sec1: &[u8]) -> bool {
    let parameters = || {
        let mut reader = SliceReader::new(AnyRef::from_der(sec1).ok()?.value()).ok()?;
        u8::decode(&mut reader).ok()?;
        <&OctetStringRef>::decode(&mut reader).ok()?;
        // `[0] EXPLICIT`, and in it a sequence instead of a name.
        let is_listed = |tagged: AnyRef<'_>| tagged.value().first() == Some(&0x30);
        (reader.peek_byte() == Some(0xa0)).then(|| AnyRef::decode(&mut reader).ok()).flatten().map(is_listed)
    };
    parameters().unwrap_or(false)
}
