//! One certificate: its bytes, and the fields that the checks read.

use super::{
    key_kind,
    name::Name,
    pem::{self, SIZE_LIMIT},
    signature::{Signature, rsa_bits, verify, verify_der, weak_hash},
    thumbprint::Thumbprint,
};
use crate::{base::time::UnixTime, error::CertificateProblem as Problem};
use alloc::{borrow::ToOwned as _, string::String, vec::Vec};
use core::fmt;
use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, NameConstraints, ParsedExtension},
    prelude::FromDer as _,
};

/// An X.509 certificate, read once.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    subject: Name,
    issuer: Name,
    not_before: UnixTime,
    not_after: UnixTime,
    is_ca: bool,
    /// The most CAs between it and a leaf.
    path_length: Option<u32>,
    /// `None` without an extended key usage: then everything is allowed.
    pub(super) client_auth: Option<bool>,
    /// `None` without a key usage, likewise.
    pub(super) digital_signature: Option<bool>,
    pub(super) cert_sign: Option<bool>,
    pub(super) name_constraints: Constraints,
    /// Whether an extension about policies is critical, which the verifier does not know.
    pub(super) has_critical_policies: bool,
    subject_key: Option<Vec<u8>>,
    authority_key: Option<Vec<u8>>,
    public_key: Vec<u8>,
    /// Of an RSA key.
    pub(super) rsa_bits: Option<usize>,
    /// What about an RSA key TLS cannot use.
    pub(super) rsa_form: Option<&'static str>,
    /// The kind of a key that is not supported.
    pub(super) odd_key: Option<String>,
    /// The name of a hash that is broken.
    pub(super) weak_hash: Option<&'static str>,
    self_signed: bool,
}

/// The names that a CA allows below it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Constraints {
    /// All.
    None,
    /// DNS names and IP addresses, which the verifier compares.
    Supported,
    /// Other kinds too, for which the verifier rejects every certificate.
    Unsupported,
}

impl Certificate {
    /// Reads a certificate in DER. Bytes after it are ignored, and count for the limit of [`SIZE_LIMIT`] bytes.
    ///
    /// # Errors
    /// When there are more bytes, or they are not a certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, Problem> {
        if der.len() > SIZE_LIMIT {
            return Err(Problem::TooLarge { limit: SIZE_LIMIT });
        }
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| Problem::Certificate)?;
        // OpenSSL's TRUSTED CERTIFICATE has trust settings after the certificate; they are not sent.
        let der = der.get(..der.len() - rest.len()).unwrap_or(der).to_owned();
        let (subject, issuer) = (Name::of(parsed.subject()), Name::of(parsed.issuer()));
        let (mut subject_key, mut authority_key) = (None, None);
        let (mut client_auth, mut digital_signature, mut cert_sign) = (None, None, None);
        let mut name_constraints = Constraints::None;
        let (mut is_ca, mut path_length) = (false, None);
        let mut has_critical_policies = false;
        for extension in parsed.extensions() {
            let is_policy = |oid: &str| matches!(oid, "2.5.29.32" | "2.5.29.33" | "2.5.29.36" | "2.5.29.54");
            has_critical_policies |= extension.critical && is_policy(&extension.oid.to_id_string());
            match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(basic) => {
                    (is_ca, path_length) = (basic.ca, basic.path_len_constraint);
                }
                ParsedExtension::KeyUsage(usage) => {
                    (digital_signature, cert_sign) = (Some(usage.digital_signature()), Some(usage.key_cert_sign()));
                }
                ParsedExtension::NameConstraints(constraints) => name_constraints = Constraints::of(constraints),
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
                // Without a verdict the names decide, and the key identifiers where there are any.
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
            cert_sign,
            name_constraints,
            has_critical_policies,
            subject_key,
            authority_key,
            public_key: parsed.public_key().subject_public_key.data.to_vec(),
            rsa_bits: rsa_bits(parsed.public_key()),
            rsa_form: key_kind::rsa_form_of(parsed.public_key()),
            odd_key: key_kind::unsupported(parsed.public_key()),
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
        pem::certificate(&self.der)
    }

    /// The subject, on one line.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject.text
    }

    /// The issuer, on one line.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer.text
    }

    /// The common name (CN) of its subject, which the services compare with an ID.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.subject.common.as_deref()
    }

    /// The common name (CN) of its issuer.
    #[must_use]
    pub fn issuer_common_name(&self) -> Option<&str> {
        self.issuer.common.as_deref()
    }

    /// The first second of its validity.
    #[must_use]
    pub const fn not_before(&self) -> UnixTime {
        self.not_before
    }

    /// The last second of its validity.
    #[must_use]
    pub const fn not_after(&self) -> UnixTime {
        self.not_after
    }

    /// Whether it is a CA certificate (basicConstraints).
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

    /// Whether its path length allows this many CAs between it and a leaf.
    pub(super) fn allows_below(&self, count: usize) -> bool {
        self.path_length.is_none_or(|most| usize::try_from(most).is_ok_and(|most| count <= most))
    }

    /// Whether names and key identifiers match those of an issuer of the other. The signature is not checked.
    pub(super) fn may_have_issued(&self, other: &Self) -> bool {
        let ids = match (&self.subject_key, &other.authority_key) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => true,
        };
        ids && self.subject.der == other.issuer.der
    }

    /// Whether the key of `issuer` signed this.
    pub(super) fn signed_by(&self, issuer: &Self) -> Signature {
        verify_der(&self.der, &issuer.der)
    }

    /// Whether both certify the same key for the same name.
    pub(super) fn has_key_and_name_of(&self, other: &Self) -> bool {
        self.public_key == other.public_key && self.subject.der == other.subject.der
    }

    /// Whether the same issuer has issued both for the same key and name, as a renewal is.
    pub(super) fn renews(&self, other: &Self) -> bool {
        self.has_key_and_name_of(other) && self.issuer.der == other.issuer.der
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.subject.text)
    }
}

impl Constraints {
    fn of(constraints: &NameConstraints<'_>) -> Self {
        let mut all = constraints.permitted_subtrees.iter().chain(&constraints.excluded_subtrees).flatten();
        let is_supported = |base: &GeneralName<'_>| matches!(base, GeneralName::DNSName(_) | GeneralName::IPAddress(_));
        if all.all(|subtree| is_supported(&subtree.base)) { Self::Supported } else { Self::Unsupported }
    }
}

/// Times before 1970 count as 1970.
fn time(secs: i64) -> UnixTime {
    UnixTime::from_secs(u64::try_from(secs).unwrap_or(0))
}
