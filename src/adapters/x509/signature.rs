//! The signature of a certificate: whether it verifies, and with which hash it was made.

use x509_parser::{
    certificate::X509Certificate, error::X509Error, prelude::FromDer as _, public_key::PublicKey,
    signature_algorithm::RsaSsaPssParams, x509::SubjectPublicKeyInfo,
};

/// What came of checking a signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    Good,
    Bad,
    /// By an algorithm that cannot be checked here.
    Unknown,
}

/// Whether this key signed the certificate.
pub(super) fn verify(certificate: &X509Certificate<'_>, key: &SubjectPublicKeyInfo<'_>) -> Signature {
    match certificate.verify_signature(Some(key)) {
        Ok(()) => Signature::Good,
        // ring rejects RSA keys below 2048 bits with the same error.
        Err(X509Error::SignatureVerificationError) if rsa_bits(key).is_none_or(|bits| bits >= 2048) => Signature::Bad,
        Err(_) => Signature::Unknown,
    }
}

/// The same for two certificates in DER.
pub(super) fn verify_der(certificate: &[u8], issuer: &[u8]) -> Signature {
    match (X509Certificate::from_der(certificate), X509Certificate::from_der(issuer)) {
        (Ok((_, certificate)), Ok((_, issuer))) => verify(&certificate, issuer.public_key()),
        _ => Signature::Unknown,
    }
}

/// The length of an RSA key's modulus.
pub(super) fn rsa_bits(key: &SubjectPublicKeyInfo<'_>) -> Option<usize> {
    match key.parsed() {
        Ok(PublicKey::RSA(key)) => Some(key.key_size()),
        _ => None,
    }
}

/// The name of the hash, when it is broken.
pub(super) fn weak_hash(certificate: &X509Certificate<'_>) -> Option<&'static str> {
    let algorithm = &certificate.signature_algorithm;
    match algorithm.algorithm.to_id_string().as_str() {
        // Of RSA-PSS the parameters name it; SHA-1 is the default (RFC 4055, section 3.1).
        "1.2.840.113549.1.1.10" => match &algorithm.parameters {
            None => Some("SHA-1"),
            Some(parameters) => {
                let parameters = RsaSsaPssParams::try_from(parameters).ok()?;
                broken(&parameters.hash_algorithm_oid().to_id_string())
            }
        },
        // With RSA, the same by its old number, with DSA, and with ECDSA.
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" | "1.2.840.10040.4.3" | "1.2.840.10045.4.1" => Some("SHA-1"),
        "1.2.840.113549.1.1.4" => Some("MD5"),
        "1.2.840.113549.1.1.2" => Some("MD2"),
        _ => None,
    }
}

fn broken(hash: &str) -> Option<&'static str> {
    match hash {
        "1.3.14.3.2.26" => Some("SHA-1"),
        "1.2.840.113549.2.5" => Some("MD5"),
        "1.2.840.113549.2.2" => Some("MD2"),
        _ => None,
    }
}
