//! The JSON of the workload API.

use crate::{
    base::{encode, secret::SecretText, time::UnixTime},
    error::{Error, ProtocolError, ProtocolProblem},
    flow::{
        json_text::secret_text,
        local::{field, read, signature_of},
    },
    key::Signature,
    sas::StringToSign,
};
use alloc::{
    format,
    string::{String, ToString as _},
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A certificate that the daemon has issued.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuedCertificate {
    /// The chain in PEM, leaf first.
    pub chain: String,
    /// Its private key.
    pub private_key: IssuedKey,
    /// When it expires, as the daemon writes it (ISO 8601).
    pub expiration: String,
}

/// The private key of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssuedKey {
    /// The key in PEM.
    Pem(SecretText),
    /// The name of a key that stays where it is.
    Reference(String),
}

/// All three members: newer daemons read `data` only and sign with the primary key, older ones require the others, too.
pub(super) fn sign(string: &StringToSign) -> String {
    let data = encode::base64(string.as_bytes());
    format!(r#"{{"keyId":"primary","algo":"HMACSHA256","data":"{data}"}}"#)
}

pub(super) fn signature(json: &[u8]) -> Result<Signature, Error> {
    #[derive(Deserialize)]
    struct Signed {
        digest: Option<String>,
    }
    let signed: Signed = read(json)?;
    signature_of("digest", signed.digest.as_deref())
}

pub(super) fn trust_bundle(json: &[u8]) -> Result<String, Error> {
    #[derive(Deserialize)]
    struct Bundle {
        certificate: Option<String>,
    }
    let bundle: Bundle = read(json)?;
    field("certificate", bundle.certificate)
}

pub(super) fn certificate_request(common_name: Option<&str>, expires: Option<UnixTime>) -> String {
    let name = common_name.map(|name| ("commonName", serde_json::Value::from(name)));
    let expires = expires.map(|at| ("expiration", at.to_string().into()));
    let members = name.into_iter().chain(expires).map(|(name, value)| (name.to_string(), value));
    serde_json::Value::Object(members.collect()).to_string()
}

pub(super) fn certificate(json: &[u8]) -> Result<IssuedCertificate, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Issued<'a> {
        #[serde(borrow)]
        private_key: Option<Key<'a>>,
        certificate: Option<String>,
        expiration: Option<String>,
    }
    #[derive(Deserialize)]
    struct Key<'a> {
        #[serde(rename = "type")]
        kind: Option<String>,
        #[serde(borrow)]
        bytes: Option<&'a RawValue>,
        #[serde(rename = "ref")]
        reference: Option<String>,
    }
    const BYTES: &str = "privateKey.bytes";
    let issued: Issued<'_> = read(json)?;
    let key = field("privateKey", issued.private_key)?;
    let private_key = match key.kind.as_deref() {
        Some("key") => {
            let text = secret_text(field(BYTES, key.bytes)?);
            IssuedKey::Pem(text.ok_or(ProtocolError::new(BYTES, ProtocolProblem::Unreadable))?)
        }
        Some("ref") => IssuedKey::Reference(field("privateKey.ref", key.reference)?),
        Some(_) => return Err(ProtocolError::new("privateKey.type", ProtocolProblem::Unexpected).into()),
        None => return Err(ProtocolError::new("privateKey.type", ProtocolProblem::Missing).into()),
    };
    Ok(IssuedCertificate {
        chain: field("certificate", issued.certificate)?,
        private_key,
        expiration: field("expiration", issued.expiration)?,
    })
}
