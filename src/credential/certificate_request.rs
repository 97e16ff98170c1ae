use crate::{
    base::{
        der::{self, NULL, SEQUENCE, SET, UTF8_STRING},
        encode,
        one_line::steers,
    },
    key::{PrivateKey, PrivateKeyError, SignatureScheme},
};
use alloc::{string::String, vec::Vec};
use core::fmt;

/// `commonName`.
const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];
/// Version 1.
const VERSION: &[u8] = &[0x02, 0x01, 0x00];
/// No attributes: a set that is tagged `[0]`, and empty.
const NO_ATTRIBUTES: &[u8] = &[0xa0, 0x00];

/// A request for a certificate (PKCS#10), signed by the private key that the certificate is for.
///
/// Its subject is a common name and nothing else; an issuer adds what else it wants. The services compare the common name
/// with the registration ID or the device ID.
///
/// ```
/// use defender_auth::{credential::{CertificateRequest, CertificateRequestError}, key::PrivateKey};
///
/// fn request(key: &dyn PrivateKey) -> Result<String, CertificateRequestError> {
///     Ok(CertificateRequest::sign("dev-01", key)?.to_pem())
/// }
/// ```
///
/// Source: RFC 2986.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateRequest(pub(super) Vec<u8>);

impl CertificateRequest {
    /// The longest common name, in characters.
    ///
    /// Source: RFC 5280, appendix A.1 (`ub-common-name`).
    pub const COMMON_NAME_LIMIT: usize = 64;

    /// Makes a request for this common name, a registration ID or a device ID, and signs it.
    ///
    /// The first of the key's schemes is used that a request can be signed with: ECDSA, or RSASSA-PKCS1-v1_5. The name is a
    /// `UTF8String`, which RFC 5280 allows for every name.
    ///
    /// # Errors
    /// When the name is empty, too long, or contains a control character; when none of the schemes is of that kind; and
    /// when the key does not sign.
    pub fn sign(common_name: &str, key: &dyn PrivateKey) -> Result<Self, CertificateRequestError> {
        if common_name.is_empty() || common_name.chars().any(steers) {
            return Err(CertificateRequestError::CommonName);
        }
        if common_name.chars().count() > Self::COMMON_NAME_LIMIT {
            return Err(CertificateRequestError::CommonNameTooLong { limit: Self::COMMON_NAME_LIMIT });
        }
        let (scheme, algorithm) = key
            .schemes()
            .iter()
            .find_map(|scheme| Some((*scheme, algorithm(*scheme)?)))
            .ok_or(CertificateRequestError::NoScheme)?;
        let name = der::element(UTF8_STRING, &[common_name.as_bytes()]);
        let name = der::element(SET, &[&der::element(SEQUENCE, &[COMMON_NAME, &name])]);
        let subject = der::element(SEQUENCE, &[&name]);
        let info = der::element(SEQUENCE, &[VERSION, &subject, key.public_key(), NO_ATTRIBUTES]);
        let signature = key.sign(scheme, &info).map_err(CertificateRequestError::PrivateKey)?;
        Ok(Self(der::element(SEQUENCE, &[&info, &algorithm, &der::bits(&signature)])))
    }

    /// The request in DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.0
    }

    /// The DER in base64, on one line and without a label, as services take it in JSON.
    #[must_use]
    pub fn to_base64(&self) -> String {
        encode::base64(&self.0)
    }

    /// As a PEM text (`CERTIFICATE REQUEST`).
    #[must_use]
    pub fn to_pem(&self) -> String {
        encode::pem("CERTIFICATE REQUEST", &self.0)
    }
}

impl fmt::Debug for CertificateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateRequest({} bytes)", self.0.len())
    }
}

/// The `AlgorithmIdentifier` of a scheme: with RSA the parameters are `NULL`, with ECDSA there are none. RSASSA-PSS would
/// need others, which not every issuer reads.
///
/// Sources: RFC 5758, section 3.2; RFC 4055, section 5.
fn algorithm(scheme: SignatureScheme) -> Option<Vec<u8>> {
    let ecdsa = |hash: u8| der::element(SEQUENCE, &[&[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, hash]]);
    let rsa = |hash: u8| {
        let oid = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, hash];
        der::element(SEQUENCE, &[&oid, NULL])
    };
    match scheme {
        SignatureScheme::EcdsaP256Sha256 => Some(ecdsa(2)),
        SignatureScheme::EcdsaP384Sha384 => Some(ecdsa(3)),
        SignatureScheme::RsaPkcs1Sha256 => Some(rsa(11)),
        SignatureScheme::RsaPkcs1Sha384 => Some(rsa(12)),
        SignatureScheme::RsaPkcs1Sha512 => Some(rsa(13)),
        SignatureScheme::RsaPssSha256 | SignatureScheme::RsaPssSha384 | SignatureScheme::RsaPssSha512 => None,
    }
}

/// Why there is no certificate request.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum CertificateRequestError {
    /// The common name is empty or contains a control character.
    #[error(
        "the common name of a certificate request is empty or contains a control character; give the registration ID or the device ID"
    )]
    CommonName,
    /// The common name is too long.
    #[error(
        "the common name of a certificate request is longer than {limit} characters; use a shorter registration ID or device ID"
    )]
    CommonNameTooLong {
        /// The limit, in characters.
        limit: usize,
    },
    /// The key signs with RSASSA-PSS only, or with nothing.
    #[error(
        "the private key has no signature scheme for a certificate request; use a key that signs with ECDSA or \
         RSASSA-PKCS1-v1_5"
    )]
    NoScheme,
    /// The key did not sign.
    #[error("the certificate request was not signed: {0}")]
    PrivateKey(#[source] PrivateKeyError),
}

crate::base::debug::debug_as_text! { CertificateRequestError }

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString as _, vec};

    /// A key that signs with two bytes.
    #[derive(Debug)]
    struct Scripted(&'static [SignatureScheme]);

    impl PrivateKey for Scripted {
        fn public_key(&self) -> &[u8] {
            &[0x30, 0x00]
        }

        fn schemes(&self) -> &[SignatureScheme] {
            self.0
        }

        fn sign(&self, scheme: SignatureScheme, _: &[u8]) -> Result<Vec<u8>, PrivateKeyError> {
            match scheme {
                SignatureScheme::RsaPkcs1Sha512 => Err(PrivateKeyError::temporary("the token is busy; try again")),
                _ => Ok(vec![0xab, 0xcd]),
            }
        }
    }

    const P256: Scripted = Scripted(&[SignatureScheme::EcdsaP256Sha256]);

    #[test]
    fn a_request_is_a_name_a_key_and_a_signature() {
        let request = CertificateRequest::sign("dev-01", &P256).unwrap();
        let expected = [
            &[0x30, 0x2d][..],
            &[0x30, 0x1a, 0x02, 0x01, 0x00],
            &[0x30, 0x11, 0x31, 0x0f, 0x30, 0x0d, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x06],
            b"dev-01",
            &[0x30, 0x00, 0xa0, 0x00],
            &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
            &[0x03, 0x03, 0x00, 0xab, 0xcd],
        ];
        assert_eq!(request.as_der(), expected.concat());
        assert_eq!(format!("{request:?}"), "CertificateRequest(47 bytes)");
    }

    #[test]
    fn a_pem_text_has_lines_of_64_characters() {
        let text = CertificateRequest::sign(&"x".repeat(64), &P256).unwrap().to_pem();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            (lines.first(), lines.last()),
            (Some(&"-----BEGIN CERTIFICATE REQUEST-----"), Some(&"-----END CERTIFICATE REQUEST-----"))
        );
        assert!(lines[1..lines.len() - 2].iter().all(|line| line.len() == 64));
        assert!((1..=64).contains(&lines[lines.len() - 2].len()) && text.ends_with("-----\n"));
    }

    #[test]
    fn a_name_has_1_to_64_characters() {
        let sign = |name: &str| CertificateRequest::sign(name, &P256);
        assert!(sign(&"é".repeat(64)).is_ok() && sign("a b:c_d.e-f").is_ok());
        assert!(matches!(sign(&"x".repeat(65)), Err(CertificateRequestError::CommonNameTooLong { limit: 64 })));
        for name in ["", "a\nb", "a\0", "\u{202e}x"] {
            assert!(matches!(sign(name), Err(CertificateRequestError::CommonName)), "{name:?}");
        }
    }

    #[test]
    fn the_first_scheme_that_a_request_can_have_is_used() {
        use SignatureScheme as S;
        let request = CertificateRequest::sign("d", &Scripted(&[S::RsaPssSha256, S::RsaPkcs1Sha256])).unwrap();
        let sha256_with_rsa = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0];
        assert!(request.as_der().windows(15).any(|part| part == sha256_with_rsa));
        for none in [&[S::RsaPssSha256, S::RsaPssSha384, S::RsaPssSha512][..], &[]] {
            let error = CertificateRequest::sign("d", &Scripted(none)).unwrap_err();
            assert!(error.to_string().contains("use a key that signs with ECDSA"), "{error}");
        }
    }

    #[test]
    fn a_key_that_does_not_sign_is_named() {
        let error = CertificateRequest::sign("d", &Scripted(&[SignatureScheme::RsaPkcs1Sha512])).unwrap_err();
        assert!(matches!(&error, CertificateRequestError::PrivateKey(error) if error.is_retryable()));
        assert_eq!(error.to_string(), "the certificate request was not signed: the token is busy; try again");
    }
}
