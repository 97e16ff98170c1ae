//! One certificate: its bytes, and what the checks want to know of it.

use super::{SIZE_LIMIT, pkcs8, thumbprint::Thumbprint};
use crate::{base::time::UnixTime, error::CertificateProblem as Problem};
use alloc::{borrow::ToOwned as _, string::String, string::ToString as _, vec::Vec};
use core::fmt;
use x509_parser::{
    certificate::X509Certificate,
    error::X509Error,
    extensions::ParsedExtension,
    prelude::FromDer as _,
    x509::{SubjectPublicKeyInfo, X509Name},
};

/// An X.509 certificate, read once.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    subject: Name,
    issuer: Name,
    pub(crate) not_before: UnixTime,
    pub(crate) not_after: UnixTime,
    pub(crate) is_ca: bool,
    /// How many CAs may stand between it and a leaf.
    path_length: Option<u32>,
    /// `None` when there is no such extension: then everything is allowed.
    pub(crate) client_auth: Option<bool>,
    pub(crate) digital_signature: Option<bool>,
    subject_key: Option<Vec<u8>>,
    authority_key: Option<Vec<u8>>,
    public_key: Vec<u8>,
    /// Of an RSA key.
    pub(crate) rsa_bits: Option<usize>,
    /// The kind of a key that cannot be used.
    pub(crate) odd_key: Option<String>,
    /// The name of a hash that is broken.
    pub(crate) weak_hash: Option<&'static str>,
    self_signed: bool,
}

#[derive(Clone, PartialEq, Eq)]
struct Name {
    der: Vec<u8>,
    text: String,
    common: Option<String>,
}

/// What came of checking a signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signature {
    Good,
    Bad,
    /// By an algorithm that cannot be checked here.
    Unknown,
}

impl Certificate {
    /// Reads a certificate in DER, of at most [`SIZE_LIMIT`] bytes with what stands behind it.
    ///
    /// # Errors
    /// When the bytes are more, or not a certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, Problem> {
        if der.len() > SIZE_LIMIT {
            return Err(Problem::TooLarge { limit: SIZE_LIMIT });
        }
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| Problem::Certificate)?;
        // OpenSSL's TRUSTED CERTIFICATE has its own remarks behind the certificate; they are not sent.
        let der = der.get(..der.len() - rest.len()).unwrap_or(der).to_owned();
        let (subject, issuer) = (name(parsed.subject()), name(parsed.issuer()));
        let (mut subject_key, mut authority_key) = (None, None);
        let (mut client_auth, mut digital_signature) = (None, None);
        let (mut is_ca, mut path_length) = (false, None);
        for extension in parsed.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(basic) => {
                    (is_ca, path_length) = (basic.ca, basic.path_len_constraint);
                }
                ParsedExtension::KeyUsage(usage) => digital_signature = Some(usage.digital_signature()),
                ParsedExtension::ExtendedKeyUsage(usage) => client_auth = Some(usage.client_auth || usage.any),
                ParsedExtension::SubjectKeyIdentifier(id) => subject_key = Some(id.0.to_owned()),
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    authority_key = id.key_identifier.as_ref().map(|id| id.0.to_owned());
                }
                _ => {}
            }
        }
        let self_signed = subject.der == issuer.der
            && match verify(&parsed, parsed.public_key()) {
                Signature::Good => true,
                Signature::Bad => false,
                // The names, and the ids where there are any, have to do.
                Signature::Unknown => authority_key.is_none() || authority_key == subject_key,
            };
        Ok(Self {
            subject,
            issuer,
            not_before: time(parsed.validity().not_before.timestamp()),
            not_after: time(parsed.validity().not_after.timestamp()),
            is_ca,
            path_length,
            client_auth,
            digital_signature,
            subject_key,
            authority_key,
            public_key: parsed.public_key().subject_public_key.data.to_vec(),
            rsa_bits: rsa_bits(parsed.public_key()),
            odd_key: odd_key(parsed.public_key()),
            weak_hash: weak_hash(&parsed),
            self_signed,
            der,
        })
    }

    /// Its bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as a PEM text.
    #[must_use]
    pub fn to_pem(&self) -> String {
        super::pem::certificate(&self.der)
    }

    /// Whom it names, as one line.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject.text
    }

    /// Who issued it, as one line.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer.text
    }

    /// The common name (CN) of its subject, which the services compare with an id.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.subject.common.as_deref()
    }

    /// The common name (CN) of its issuer.
    #[must_use]
    pub fn issuer_common_name(&self) -> Option<&str> {
        self.issuer.common.as_deref()
    }

    /// Its first second.
    #[must_use]
    pub const fn not_before(&self) -> UnixTime {
        self.not_before
    }

    /// Its last second.
    #[must_use]
    pub const fn not_after(&self) -> UnixTime {
        self.not_after
    }

    /// Whether it says that it may issue others.
    #[must_use]
    pub const fn is_ca(&self) -> bool {
        self.is_ca
    }

    /// Whether its own key signed it.
    #[must_use]
    pub const fn is_self_signed(&self) -> bool {
        self.self_signed
    }

    /// The public key, as [`PrivateKey::public_key`](super::PrivateKey::public_key) has it.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// Its SHA-1 thumbprint.
    #[must_use]
    pub fn sha1(&self) -> Thumbprint {
        Thumbprint::sha1(&self.der)
    }

    /// Its SHA-256 thumbprint.
    #[must_use]
    pub fn sha256(&self) -> Thumbprint {
        Thumbprint::sha256(&self.der)
    }

    /// Whether it allows so many CAs between it and a leaf.
    pub(crate) fn allows_below(&self, count: usize) -> bool {
        self.path_length.is_none_or(|most| usize::try_from(most).is_ok_and(|most| count <= most))
    }

    /// Whether names and key ids allow that it issued the other. The signature is another question.
    pub(crate) fn may_have_issued(&self, other: &Self) -> bool {
        let ids = match (&self.subject_key, &other.authority_key) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => true,
        };
        ids && self.subject.der == other.issuer.der
    }

    /// Whether the key of `issuer` signed this.
    pub(crate) fn signed_by(&self, issuer: &Self) -> Signature {
        match (X509Certificate::from_der(&self.der), X509Certificate::from_der(&issuer.der)) {
            (Ok((_, this)), Ok((_, issuer))) => verify(&this, issuer.public_key()),
            _ => Signature::Unknown,
        }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.subject.text)
    }
}

fn verify(certificate: &X509Certificate<'_>, key: &SubjectPublicKeyInfo<'_>) -> Signature {
    match certificate.verify_signature(Some(key)) {
        Ok(()) => Signature::Good,
        // ring refuses RSA keys below 2048 bits with the same error.
        Err(X509Error::SignatureVerificationError) if rsa_bits(key).is_none_or(|bits| bits >= 2048) => Signature::Bad,
        Err(_) => Signature::Unknown,
    }
}

fn name(name: &X509Name<'_>) -> Name {
    let common_name = name.iter_common_name().next().and_then(|cn| cn.as_str().ok());
    // Text from a file goes to terminals and logs: only what prints, and not without end.
    let text = name.to_string().chars().filter(|c| !c.is_control()).take(256).collect();
    Name { der: name.as_raw().to_owned(), text, common: common_name.map(String::from) }
}

/// Before 1970 is as good as 1970.
fn time(secs: i64) -> UnixTime {
    UnixTime::from_secs(u64::try_from(secs).unwrap_or(0))
}

fn rsa_bits(key: &SubjectPublicKeyInfo<'_>) -> Option<usize> {
    match key.parsed() {
        Ok(x509_parser::public_key::PublicKey::RSA(key)) => Some(key.key_size()),
        _ => None,
    }
}

fn odd_key(key: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    let id = key.algorithm.algorithm.to_id_string();
    let curve = || key.algorithm.parameters.as_ref()?.as_oid().ok().map(|curve| curve.to_id_string());
    let kind = match id.as_str() {
        // RSA and Ed25519; of the curves P-256 and P-384.
        "1.2.840.113549.1.1.1" | "1.3.101.112" => return None,
        "1.2.840.10045.2.1" => curve().unwrap_or(id),
        _ => id,
    };
    let usable = matches!(kind.as_str(), "1.2.840.10045.3.1.7" | "1.3.132.0.34");
    (!usable).then(|| pkcs8::kind(kind))
}

fn weak_hash(certificate: &X509Certificate<'_>) -> Option<&'static str> {
    match certificate.signature_algorithm.algorithm.to_id_string().as_str() {
        // With RSA, the same by its old number, and with ECDSA.
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" | "1.2.840.10045.4.1" => Some("SHA-1"),
        "1.2.840.113549.1.1.4" => Some("MD5"),
        _ => None,
    }
}
