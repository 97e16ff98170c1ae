//! Which kinds of keys are supported, and the names of those that are not.

use alloc::string::{String, ToString as _};
use x509_parser::{asn1_rs::Any, public_key::PublicKey, x509::SubjectPublicKeyInfo};

/// Names of kinds that are not supported, by object identifier.
const NAMES: [(&str, &str); 5] = [
    ("1.3.132.0.35", "P-521"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.3.101.113", "Ed448"),
    ("1.2.840.113549.1.1.10", "RSA-PSS"),
];

/// The usual name of a kind of key, or else its object identifier.
pub(super) fn name(oid: String) -> String {
    let name = NAMES.iter().find(|(other, _)| *other == oid).map(|(_, name)| (*name).into());
    name.unwrap_or(oid)
}

/// What about an RSA key the library's TLS cannot use. Modulus and exponent are big-endian, without leading zeros.
pub(super) fn rsa_form(modulus_bits: usize, exponent: &[u8]) -> Option<&'static str> {
    match exponent {
        // ring takes 65537 to 2^33 - 1.
        [] | [_] | [_, _] | [1, 0, 0] => Some("a public exponent below 65537"),
        [_, _, _] | [_, _, _, _] | [1, _, _, _, _] => {
            (!modulus_bits.is_multiple_of(1024)).then_some("a length that is not a multiple of 1024 bits")
        }
        _ => Some("a public exponent of more than 33 bits"),
    }
}

/// The same of the RSA key of a certificate.
pub(super) fn rsa_form_of(key: &SubjectPublicKeyInfo<'_>) -> Option<&'static str> {
    let Ok(PublicKey::RSA(rsa)) = key.parsed() else { return None };
    let start = rsa.exponent.iter().position(|byte| *byte != 0).unwrap_or(rsa.exponent.len());
    rsa_form(rsa.key_size(), rsa.exponent.get(start..).unwrap_or_default())
}

/// The kind of a certificate's key, when it is not supported.
pub(super) fn unsupported(key: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    let id = key.algorithm.algorithm.to_id_string();
    let kind = match id.as_str() {
        // RSA and Ed25519.
        "1.2.840.113549.1.1.1" | "1.3.101.112" => return None,
        "1.2.840.10045.2.1" => match &key.algorithm.parameters {
            Some(curve) => named_curve(curve).unwrap_or_else(|| "EC with explicit curve parameters".to_string()),
            None => "EC without the name of its curve".to_string(),
        },
        _ => id,
    };
    let is_supported = matches!(kind.as_str(), "1.2.840.10045.3.1.7" | "1.3.132.0.34");
    (!is_supported).then(|| name(kind))
}

fn named_curve(parameters: &Any<'_>) -> Option<String> {
    parameters.as_oid().ok().map(|curve| curve.to_id_string())
}
