//! What keyd does with a key besides signing tokens: the operations of a private key that stays there.

use super::{IdentityService, KeyHandle, message};
use crate::{
    base::{encode, secret::SecretText, time::Now, wait::TimeLimit},
    flow::local::{Ask, Task},
};
use alloc::{string::String, vec::Vec};

/// A public property of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parameter {
    /// `ECDSA` or `RSA`.
    Algorithm,
    /// The curve: an object identifier in DER, in base64.
    EcCurve,
    /// The public point in base64. Compressed: the curve's equation gives the second coordinate.
    EcPoint,
    /// The modulus, in base64.
    RsaModulus,
    /// The public exponent, in base64.
    RsaExponent,
}

impl Parameter {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Algorithm => "algorithm",
            Self::EcCurve => "ec-curve-oid",
            Self::EcPoint => "ec-point",
            Self::RsaModulus => "rsa-modulus",
            Self::RsaExponent => "rsa-exponent",
        }
    }
}

/// How an RSA private key is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encryption {
    /// keyd pads as PKCS #1 version 1.5 does: the block is a `DigestInfo`.
    RsaPkcs1,
    /// The block is padded already and as long as the modulus: for PSS.
    RsaNoPadding,
}

impl Encryption {
    const fn as_str(self) -> &'static str {
        match self {
            Self::RsaPkcs1 => "RSA-PKCS1",
            Self::RsaNoPadding => "RSA-NO-PADDING",
        }
    }
}

impl IdentityService {
    /// Has a digest signed with an ECDSA key; the answer is an `ECDSA-Sig-Value` in DER.
    pub fn sign_digest(
        &self,
        key: &KeyHandle,
        digest: &[u8],
        now: Now,
        limit: impl Into<TimeLimit>,
    ) -> Task<Ask<Vec<u8>>> {
        let request = self.key_request("/sign", operation(key, "ECDSA", "digest", digest));
        Ask::task(request, message::signature_bytes, now, limit)
    }

    /// Has an RSA private key applied to a block: the signature, once the block is what a scheme of RSA signs.
    pub fn encrypt(
        &self,
        key: &KeyHandle,
        encryption: Encryption,
        block: &[u8],
        now: Now,
        limit: impl Into<TimeLimit>,
    ) -> Task<Ask<Vec<u8>>> {
        let body = with_members(
            key,
            &[r#"","algorithm":""#, encryption.as_str(), r#"","plaintext":""#, &encode::base64(block)],
            "\"}",
        );
        Ask::task(self.key_request("/encrypt", body), message::ciphertext, now, limit)
    }

    /// Reads a public property of a key.
    pub fn parameter(
        &self,
        key: &KeyHandle,
        parameter: Parameter,
        now: Now,
        limit: impl Into<TimeLimit>,
    ) -> Task<Ask<String>> {
        let path = alloc::format!("/parameters/{}", parameter.as_str());
        Ask::task(self.key_request(&path, with_members(key, &[], "\"}")), message::parameter, now, limit)
    }

    /// Creates a private key with this ID, or opens the one that has it: on P-256, else an RSA key of 2048 bits, else
    /// whatever keyd can.
    pub fn key_pair(&self, id: &str, now: Now, limit: impl Into<TimeLimit>) -> Task<Ask<KeyHandle>> {
        let body = serde_json::json!({ "keyId": id, "preferredAlgorithms": "ec-p256:rsa-2048:*" });
        let request = self.key_request("/keypair", SecretText::new(alloc::string::ToString::to_string(&body)));
        Ask::task(request, message::key_handle, now, limit)
    }
}

impl IdentityService {
    /// Opens the private key that has this ID.
    pub fn open_key_pair(&self, id: &str, now: Now, limit: impl Into<TimeLimit>) -> Task<Ask<KeyHandle>> {
        Ask::task(self.key_pair_request(id), message::key_handle, now, limit)
    }
}

/// The request for an HMAC.
pub(super) fn hmac(key: &KeyHandle, text: &[u8]) -> SecretText {
    operation(key, "HMAC-SHA256", "message", text)
}

fn operation(key: &KeyHandle, algorithm: &str, member: &str, bytes: &[u8]) -> SecretText {
    let bytes = encode::base64(bytes);
    with_members(key, &[r#"","algorithm":""#, algorithm, r#"","parameters":{""#, member, r#"":""#, &bytes], "\"}}")
}

/// An object with a handle and what follows it, in memory that is wiped.
fn with_members(key: &KeyHandle, members: &[&str], end: &str) -> SecretText {
    const BEGIN: &str = r#"{"keyHandle":""#;
    let parts = [BEGIN, key.json()].into_iter().chain(members.iter().copied()).chain([end]);
    SecretText::build(parts.clone().map(str::len).sum(), |text| text.extend(parts))
}
