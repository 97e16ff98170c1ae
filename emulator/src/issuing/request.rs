//! Certificate signing requests.

use crate::config::{Issuing, KeyType};
use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm};
use x509_parser::{certification_request::X509CertificationRequest, prelude::FromDer as _, x509::SubjectPublicKeyInfo};

/// The longest base64 text.
const LIMIT: usize = 8192;

/// The bytes of a request, which may be of anything.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, &'static str> {
    match text.len() {
        0 => Err("the csr is empty"),
        length if length > LIMIT => Err("the csr is longer than 8192 characters"),
        _ => data_encoding::BASE64.decode(text.as_bytes()).map_err(|_| "the csr is not base64"),
    }
}

/// A request whose signature is good.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) common_name: String,
    key_type: KeyType,
    /// The key alone, without its algorithm.
    key: Vec<u8>,
}

impl Request {
    /// An error is the reason why the authority refuses it.
    pub(crate) fn read(der: &[u8]) -> Result<Self, String> {
        let (rest, request) = X509CertificationRequest::from_der(der).map_err(|_| "it is not a PKCS#10 request")?;
        if !rest.is_empty() {
            return Err("there are bytes after the request".into());
        }
        request.verify_signature().map_err(|_| "its signature does not verify with its own key")?;
        let info = &request.certification_request_info;
        let mut names = info.subject.iter_common_name();
        let (Some(name), None) = (names.next(), names.next()) else {
            return Err("its subject does not have exactly one common name".into());
        };
        let common_name = name.as_str().map_err(|_| "its common name is not a text")?.to_owned();
        let key_type = key_type(&info.subject_pki).ok_or("its key is of no kind that any policy allows")?;
        Ok(Self { common_name, key_type, key: info.subject_pki.subject_public_key.data.to_vec() })
    }

    /// Whether a policy allows it for one of these names.
    pub(crate) fn check<'a>(&self, policy: &Issuing, mut names: impl Iterator<Item = &'a str>) -> Result<(), String> {
        if !policy.key_types.contains(&self.key_type) {
            return Err(format!("the policy does not allow a key of the kind {}", self.key_type.as_str()));
        }
        if names.any(|name| name == self.common_name) {
            return Ok(());
        }
        Err(format!("the common name {:?} is not that of the device", self.common_name))
    }
}

fn key_type(key: &SubjectPublicKeyInfo<'_>) -> Option<KeyType> {
    let curve = || Some(key.algorithm.parameters.as_ref()?.as_oid().ok()?.to_id_string());
    match key.algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.1" => Some(KeyType::Rsa),
        "1.2.840.10045.2.1" => match curve()?.as_str() {
            "1.3.132.0.34" => Some(KeyType::P384),
            "1.2.840.10045.3.1.7" => Some(KeyType::P256),
            _ => None,
        },
        _ => None,
    }
}

impl PublicKeyData for Request {
    fn der_bytes(&self) -> &[u8] {
        &self.key
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self.key_type {
            KeyType::Rsa => &PKCS_RSA_SHA256,
            KeyType::P256 => &PKCS_ECDSA_P256_SHA256,
            KeyType::P384 => &PKCS_ECDSA_P384_SHA384,
        }
    }
}
