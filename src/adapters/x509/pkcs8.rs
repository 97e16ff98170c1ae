//! From the other forms of a private key to PKCS#8, and what kind of key it is.

use super::{
    key::KeyAlgorithm,
    pbes2::{NotOpened, Pbes2},
};
use crate::{base::secret::SecretBytes, error::CertificateProblem as Problem};
use alloc::string::{String, ToString as _};
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

/// Names of what cannot be used, for the error.
const OTHERS: [(&str, &str); 5] = [
    ("1.3.132.0.35", "P-521"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.3.101.113", "Ed448"),
    ("1.2.840.113549.1.1.10", "RSA-PSS"),
];

/// The kind of a key in PKCS#8, when it can be used.
pub(crate) fn algorithm(der: &[u8]) -> Result<KeyAlgorithm, Problem> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|_| Problem::Key)?;
    let oid = info.algorithm.oid;
    let curve = info.algorithm.parameters_oid();
    match (oid, curve) {
        (RSA, _) => rsa(info.private_key.as_bytes()),
        (EC, Ok(P256)) => Ok(KeyAlgorithm::P256),
        (EC, Ok(P384)) => Ok(KeyAlgorithm::P384),
        (EC, Err(_)) => Err(Problem::KeyKind { kind: "EC with a curve of its own".into() }),
        (ED25519, _) => Ok(KeyAlgorithm::Ed25519),
        (EC, Ok(other)) | (other, _) => Err(unusable(other)),
    }
}

/// The length of an RSA key, which has to be right.
fn rsa(pkcs1: &[u8]) -> Result<KeyAlgorithm, Problem> {
    let key = pkcs1::RsaPrivateKeyRef::try_from(pkcs1).map_err(|_| Problem::Key)?;
    let modulus = key.modulus.as_bytes();
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if (2048..=4096).contains(&bits) { Ok(KeyAlgorithm::Rsa { bits }) } else { Err(Problem::RsaSize { bits }) }
}

fn unusable(oid: ObjectIdentifier) -> Problem {
    Problem::KeyKind { kind: kind(oid.to_string()) }
}

/// What people call a kind of key that cannot be used.
pub(crate) fn kind(oid: String) -> String {
    let name = OTHERS.iter().find(|(other, _)| *other == oid).map(|(_, name)| (*name).into());
    name.unwrap_or(oid)
}

pub(crate) fn from_pkcs1(der: &[u8]) -> Result<SecretBytes, Problem> {
    rsa(der)?;
    wrapped(AlgorithmIdentifierRef { oid: RSA, parameters: Some(AnyRef::NULL) }, der)
}

/// `parameters` is the block before the key, for a key that does not name its curve.
pub(crate) fn from_sec1(der: &[u8], parameters: Option<&[u8]>) -> Result<SecretBytes, Problem> {
    let key = sec1::EcPrivateKey::try_from(der).map_err(|_| Problem::Key)?;
    let inside = key.parameters.and_then(sec1::EcParameters::named_curve);
    let curve = inside.or_else(|| ObjectIdentifier::from_der(parameters?).ok());
    let curve = curve.ok_or_else(|| Problem::KeyKind { kind: "EC without the name of its curve".into() })?;
    if ![P256, P384].contains(&curve) {
        return Err(unusable(curve));
    }
    wrapped(AlgorithmIdentifierRef { oid: EC, parameters: Some(AnyRef::from(&curve)) }, der)
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
pub(crate) fn decrypted(der: &[u8], passphrase: Option<&[u8]>) -> Result<SecretBytes, Problem> {
    // What is sound around its scheme is encrypted in another way.
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
