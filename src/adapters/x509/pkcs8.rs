//! The forms of a private key, and the way from each of them to PKCS#8.

use super::{
    algorithm::KeyAlgorithm,
    ec_key::{self, Curve},
    key_kind,
    pbes2::{NotOpened, Pbes2},
};
use crate::{base::secret::SecretBytes, error::CertificateProblem as Problem};
use alloc::string::ToString as _;
use pkcs8::{
    AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfoRef,
    der::{
        Decode as _, Encode as _,
        asn1::{AnyRef, OctetStringRef, SequenceRef},
    },
};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// The kind of a key in PKCS#8, when it is supported.
pub(super) fn algorithm(der: &[u8]) -> Result<KeyAlgorithm, Problem> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|_| Problem::Key)?;
    let oid = info.algorithm.oid;
    let curve = info.algorithm.parameters_oid();
    match (oid, curve) {
        (RSA, _) => rsa(info.private_key.as_bytes()),
        (EC, Ok(P256)) => Ok(KeyAlgorithm::P256),
        (EC, Ok(P384)) => Ok(KeyAlgorithm::P384),
        (EC, Err(_)) => Err(Problem::ExplicitCurve),
        (ED25519, _) => Ok(KeyAlgorithm::Ed25519),
        (EC, Ok(other)) | (other, _) => Err(unsupported(other)),
    }
}

/// The length of an RSA key, and whether it can be used.
fn rsa(pkcs1: &[u8]) -> Result<KeyAlgorithm, Problem> {
    // Beyond two primes there is another version (RFC 8017, section A.1.2).
    let version = AnyRef::from_der(pkcs1).ok().and_then(|key| key.value().get(..3));
    if version == Some(&[2, 1, 1]) {
        return Err(Problem::RsaForm { what: "more than two primes" });
    }
    let key = pkcs1::RsaPrivateKeyRef::try_from(pkcs1).map_err(|_| Problem::Key)?;
    let modulus = key.modulus.as_bytes();
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if !(2048..=4096).contains(&bits) {
        return Err(Problem::RsaSize { bits });
    }
    let form = key_kind::rsa_form(bits, key.public_exponent.as_bytes());
    form.map_or(Ok(KeyAlgorithm::Rsa { bits }), |what| Err(Problem::RsaForm { what }))
}

fn unsupported(oid: ObjectIdentifier) -> Problem {
    Problem::KeyKind { kind: key_kind::name(oid.to_string()) }
}

pub(super) fn from_pkcs1(der: &[u8]) -> Result<SecretBytes, Problem> {
    rsa(der)?;
    wrapped(AlgorithmIdentifierRef { oid: RSA, parameters: Some(AnyRef::NULL) }, der)
}

/// `parameters` is the block before the key, for a key that does not name its curve.
pub(super) fn from_sec1(der: &[u8], parameters: Option<&[u8]>) -> Result<SecretBytes, Problem> {
    if ec_key::has_explicit_curve(der) {
        return Err(Problem::ExplicitCurve);
    }
    let key = sec1::EcPrivateKey::try_from(der).map_err(|_| Problem::Key)?;
    let inside = key.parameters.and_then(sec1::EcParameters::named_curve);
    let curve = inside.or_else(|| ObjectIdentifier::from_der(parameters?).ok());
    let curve = curve.ok_or_else(|| Problem::KeyKind { kind: "EC without the name of its curve".into() })?;
    if ![P256, P384].contains(&curve) {
        return Err(unsupported(curve));
    }
    wrapped(AlgorithmIdentifierRef { oid: EC, parameters: Some(AnyRef::from(&curve)) }, der)
}

/// The same key in the form that every reader of PKCS#8 takes: parameters as RFC 5958 has them, a scalar of its curve's
/// length with its public half, no attributes.
pub(super) fn canonical(der: &[u8], algorithm: KeyAlgorithm) -> Result<SecretBytes, Problem> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|_| Problem::Key)?;
    let key = info.private_key.as_bytes();
    let ec = |curve, name: &ObjectIdentifier| {
        let key = ec_key::canonical(key, curve)?;
        wrapped(AlgorithmIdentifierRef { oid: EC, parameters: Some(AnyRef::from(name)) }, key.expose())
    };
    match algorithm {
        KeyAlgorithm::Rsa { .. } => from_pkcs1(key),
        KeyAlgorithm::P256 => ec(Curve::P256, &P256),
        KeyAlgorithm::P384 => ec(Curve::P384, &P384),
        KeyAlgorithm::Ed25519 => wrapped(AlgorithmIdentifierRef { oid: ED25519, parameters: None }, key),
    }
}

fn wrapped(algorithm: AlgorithmIdentifierRef<'_>, key: &[u8]) -> Result<SecretBytes, Problem> {
    let key = OctetStringRef::new(key).map_err(|_| Problem::Key)?;
    let info = PrivateKeyInfoRef::new(algorithm, key);
    let length = info.encoded_len().ok().and_then(|length| usize::try_from(length).ok()).ok_or(Problem::Key)?;
    let mut bytes = SecretBytes::zeros(length);
    info.encode_to_slice(bytes.expose_mut()).map_err(|_| Problem::Key)?;
    Ok(bytes)
}

/// Opens an encrypted key.
pub(super) fn decrypted(der: &[u8], passphrase: Option<&[u8]>) -> Result<SecretBytes, Problem> {
    // A sequence is a key that is encrypted in another way.
    let other = || if <&SequenceRef>::from_der(der).is_ok() { Problem::Encryption } else { Problem::Key };
    let (scheme, bytes) = sealed(der).ok_or_else(other)?;
    let scheme = Pbes2::read(scheme).ok_or(Problem::Encryption)?;
    scheme.cost().ok_or(Problem::EncryptionCost)?;
    let passphrase = passphrase.ok_or(Problem::PassphraseNeeded)?;
    scheme.open(passphrase, bytes).map_err(|problem| match problem {
        NotOpened::Scheme => Problem::Encryption,
        NotOpened::Password => Problem::Passphrase,
    })
}

/// How a key is encrypted, and the encrypted bytes (RFC 5208, section 6).
pub(super) fn sealed(der: &[u8]) -> Option<(AlgorithmIdentifierRef<'_>, &[u8])> {
    let both = AnyRef::from_der(der).ok()?.sequence(|key| {
        let scheme = AlgorithmIdentifierRef::decode(key)?;
        <&OctetStringRef>::decode(key).map(|bytes| (scheme, bytes.as_bytes()))
    });
    both.ok()
}
