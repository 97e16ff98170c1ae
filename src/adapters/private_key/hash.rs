//! The hash of a signature scheme, and whether a signature verifies.

use crate::key::SignatureScheme as Scheme;
use ring::{
    digest::{Algorithm, SHA256, SHA384, SHA512},
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
        RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
        UnparsedPublicKey, VerificationAlgorithm,
    },
};

/// The hash of a scheme.
pub(super) fn hash(scheme: Scheme) -> &'static Algorithm {
    match scheme {
        Scheme::EcdsaP256Sha256 | Scheme::RsaPssSha256 | Scheme::RsaPkcs1Sha256 => &SHA256,
        Scheme::EcdsaP384Sha384 | Scheme::RsaPssSha384 | Scheme::RsaPkcs1Sha384 => &SHA384,
        Scheme::RsaPssSha512 | Scheme::RsaPkcs1Sha512 => &SHA512,
    }
}

/// A digest with the name of its hash, as RSASSA-PKCS1-v1_5 signs it: `DigestInfo`.
///
/// Source: RFC 8017, section 9.2, note 1.
#[cfg(feature = "local-signer")]
pub(super) fn digest_info(scheme: Scheme, digest: &[u8]) -> alloc::vec::Vec<u8> {
    let last_of_oid = match hash(scheme).output_len() {
        32 => 1,
        48 => 2,
        _ => 3,
    };
    // A digest has 64 bytes at most.
    let length = u8::try_from(digest.len()).unwrap_or(u8::MAX);
    let begin = [0x30, 17_u8.saturating_add(length), 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last_of_oid];
    [&begin, &[5, 0, 4, length][..], digest].concat()
}

/// Whether a signature in the form of TLS verifies. RSASSA-PSS with a salt of another length than TLS requires does not.
/// `public_key` is an uncompressed point, or an `RSAPublicKey` in DER.
pub(super) fn verifies(scheme: Scheme, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let algorithm: &'static dyn VerificationAlgorithm = match scheme {
        Scheme::EcdsaP256Sha256 => &ECDSA_P256_SHA256_ASN1,
        Scheme::EcdsaP384Sha384 => &ECDSA_P384_SHA384_ASN1,
        Scheme::RsaPssSha256 => &RSA_PSS_2048_8192_SHA256,
        Scheme::RsaPssSha384 => &RSA_PSS_2048_8192_SHA384,
        Scheme::RsaPssSha512 => &RSA_PSS_2048_8192_SHA512,
        Scheme::RsaPkcs1Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        Scheme::RsaPkcs1Sha384 => &RSA_PKCS1_2048_8192_SHA384,
        Scheme::RsaPkcs1Sha512 => &RSA_PKCS1_2048_8192_SHA512,
    };
    UnparsedPublicKey::new(algorithm, public_key).verify(message, signature).is_ok()
}
