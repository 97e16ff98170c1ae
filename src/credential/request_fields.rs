//! A certificate request that is given: its form, and the fields that are compared.

use super::certificate_request::CertificateRequest;
use crate::base::der;

/// Why bytes are not a certificate signing request that the services take.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestFormatError {
    /// The bytes are not one PKCS#10 request in DER.
    #[error(
        "this is not a certificate signing request in DER (PKCS#10); convert a PEM file first: \
         `openssl req -outform der`"
    )]
    NotPkcs10,
    /// More than [`CertificateRequest::LIMIT`] characters of base64.
    #[error(
        "the certificate signing request has {length} characters in base64, and the services take {} at most; make it \
         without attributes, with a key of P-384 or P-256",
        CertificateRequest::LIMIT
    )]
    TooLong {
        /// The length of its base64 text.
        length: usize,
    },
}

crate::base::debug::debug_as_text! { RequestFormatError }

impl CertificateRequest {
    /// The longest base64 text that the services take, in characters.
    ///
    /// Source: `Azure/azure-rest-api-specs`, the device provisioning data plane (`device/models.tsp`).
    pub const LIMIT: usize = 8192;

    /// Takes a request that was made elsewhere, in DER. Its signature is not verified.
    ///
    /// # Errors
    /// When the bytes are not exactly one request, or its base64 text is longer than [`LIMIT`](Self::LIMIT).
    pub fn from_der(der: &[u8]) -> Result<Self, RequestFormatError> {
        let length = der.len().div_ceil(3) * 4;
        if length > Self::LIMIT {
            return Err(RequestFormatError::TooLong { length });
        }
        parts(der).map(|_| Self(der.to_vec())).ok_or(RequestFormatError::NotPkcs10)
    }

    /// The common name of its subject, if it has exactly one and that is a `UTF8String` or a `PrintableString`.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        let mut names = parts(&self.0)?.subject;
        let mut found = None;
        while !names.is_empty() {
            let mut attributes = der::take(&mut names, der::SET)?.content;
            while !attributes.is_empty() {
                let mut attribute = der::take(&mut attributes, der::SEQUENCE)?.content;
                let is_common_name = der::take(&mut attribute, der::OBJECT_IDENTIFIER)?.content == [0x55, 4, 3];
                if is_common_name && found.replace(der::any(&mut attribute)?).is_some() {
                    return None;
                }
            }
        }
        match found {
            Some((0x0c | 0x13, value)) => core::str::from_utf8(value.content).ok(),
            _ => None,
        }
    }

    /// The public key that is to be certified: a `SubjectPublicKeyInfo` in DER.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        // What was taken in has its parts.
        parts(&self.0).map(|parts| parts.public_key).unwrap_or_default()
    }

    /// The kind of its key for a message to a person: `P-384`, `P-256`, `RSA`, or `another kind`.
    #[must_use]
    pub fn key_kind(&self) -> &'static str {
        let kind = || {
            let mut algorithm = der::only(self.public_key(), der::SEQUENCE)?;
            let mut algorithm = der::take(&mut algorithm, der::SEQUENCE)?.content;
            let id = der::take(&mut algorithm, der::OBJECT_IDENTIFIER)?.content;
            let curve = der::take(&mut algorithm, der::OBJECT_IDENTIFIER).map(|curve| curve.content);
            Some(match (id, curve) {
                // rsaEncryption; ecPublicKey with secp384r1 and with prime256v1 (RFC 3279 and RFC 5480).
                ([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1], _) => "RSA",
                ([0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1], Some([0x2b, 0x81, 4, 0, 0x22])) => "P-384",
                ([0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1], Some([0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7])) => "P-256",
                _ => return None,
            })
        };
        kind().unwrap_or("another kind")
    }
}

/// The fields of a request that are read.
struct Parts<'a> {
    /// The names of the subject.
    subject: &'a [u8],
    public_key: &'a [u8],
}

/// `None` when the bytes are not exactly one request.
fn parts(bytes: &[u8]) -> Option<Parts<'_>> {
    let mut request = der::only(bytes, der::SEQUENCE)?;
    let mut info = der::take(&mut request, der::SEQUENCE)?.content;
    der::take(&mut request, der::SEQUENCE)?;
    der::only(request, der::BIT_STRING)?;
    let version = der::take(&mut info, der::INTEGER)?.content;
    let subject = der::take(&mut info, der::SEQUENCE)?.content;
    let public_key = der::take(&mut info, der::SEQUENCE)?.whole;
    // The attributes: [0].
    der::only(info, 0xa0)?;
    (version == [0]).then_some(Parts { subject, public_key })
}
