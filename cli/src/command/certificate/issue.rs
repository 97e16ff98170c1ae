//! Makes a key and its certificate.

use super::{ca_key::CaKey, options::Algorithm};
use crate::{
    certificates::described::Described,
    terminal::{clock, failure::Failure},
};
use defender_auth::{UnixTime, x509::Certificate};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer as RcgenIssuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
    date_time_ymd,
};
use std::time::Duration;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};
use zeroize::Zeroizing;

/// It is valid from some time before it is made, for clocks that are slow.
const EARLY: u64 = 5 * 60;

const DAY: u64 = 24 * 60 * 60;

/// The bytes before the 32 bytes of an Ed25519 key in PKCS#8, version 0 (RFC 8410, section 10.3).
const ED25519: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// The purpose of a certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// To sign others.
    Authority,
    /// To log in.
    Client,
}

/// The validity period.
#[derive(Clone, Copy)]
pub(super) struct Term {
    pub(super) not_before: UnixTime,
    pub(super) not_after: UnixTime,
}

impl Term {
    /// This number of days from now on.
    pub(super) fn of(days: u32) -> Result<Self, Failure> {
        let now = clock::now();
        let not_after = now + Duration::from_secs(u64::from(days) * DAY);
        if not_after > UnixTime::LATEST {
            return Err(Failure::Call("it would expire after the year 9999; check this system's clock".into()));
        }
        Ok(Self { not_before: UnixTime::from_secs(now.as_secs().saturating_sub(EARLY)), not_after })
    }
}

/// The name, the key and the chain of a CA.
pub(super) struct Issuer {
    pub(super) signer: RcgenIssuer<'static, CaKey>,
    /// Its subject as it is encoded: the issuer of what it signs must be the same, byte by byte.
    pub(super) subject: Vec<u8>,
    /// The intermediates of a certificate that it signs in PEM: itself and the CAs above it, without the root.
    pub(super) chain: String,
}

/// A certificate in PEM with its intermediates, its key, and its thumbprints in the portal's form.
pub(super) struct Made {
    pub(super) certificate: String,
    pub(super) key: Zeroizing<String>,
    pub(super) described: Described,
}

/// Without a CA it is self-signed.
pub(super) fn make(
    kind: Kind,
    name: &str,
    term: Term,
    algorithm: Algorithm,
    ca: Option<&Issuer>,
) -> Result<Made, Failure> {
    let key = key_pair(algorithm)?;
    let parameters = parameters(kind, name, term, ca.is_some());
    let certificate = match ca {
        None => parameters.self_signed(&key),
        Some(ca) => parameters.signed_by(&key, &ca.signer),
    };
    let failure = ca.and_then(|ca| ca.signer.key().take_failure());
    let certificate = certificate.map_err(|error| failure.map_or_else(|| unmade(error), Failure::from))?;
    if let Some(ca) = ca {
        check_names(certificate.der(), ca)?;
    }
    let made = Certificate::from_der(certificate.der()).map_err(unmade)?;
    Ok(Made {
        described: Described::from(&made),
        certificate: certificate.pem() + ca.map_or("", |ca| &ca.chain),
        key: Zeroizing::new(key.serialize_pem()),
    })
}

fn key_pair(algorithm: Algorithm) -> Result<KeyPair, Failure> {
    match algorithm {
        Algorithm::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
        Algorithm::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
        Algorithm::Ed25519 => KeyPair::generate_for(&PKCS_ED25519).and_then(|key| {
            // rcgen appends the public key (RFC 5958), which OpenSSL 3.0 does not read.
            let der = Zeroizing::new(key.serialize_der());
            let seed = der.get(ED25519.len()..ED25519.len() + 32).ok_or(rcgen::Error::CouldNotParseKeyPair)?;
            KeyPair::try_from([&ED25519, seed].concat())
        }),
    }
    .map_err(unmade)
}

fn parameters(kind: Kind, name: &str, term: Term, signed: bool) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    let at = |time: UnixTime| date_time_ymd(1970, 1, 1) + Duration::from_secs(time.as_secs());
    (parameters.not_before, parameters.not_after) = (at(term.not_before), at(term.not_after));
    parameters.use_authority_key_identifier_extension = signed;
    match kind {
        Kind::Authority => {
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        }
        Kind::Client => {
            parameters.is_ca = IsCa::ExplicitNoCa;
            parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }
    }
    parameters
}

/// Whether the issuer of a certificate is the CA, by its name as it is encoded.
pub(super) fn has_issued(der: &[u8], ca: &Issuer) -> bool {
    X509Certificate::from_der(der).is_ok_and(|(_, made)| made.issuer().as_raw() == ca.subject)
}

/// Paths are built by names: the issuer must be the CA's subject as it is encoded, and the subject another.
fn check_names(der: &[u8], ca: &Issuer) -> Result<(), Failure> {
    let (_, made) = X509Certificate::from_der(der).map_err(unmade)?;
    if made.issuer().as_raw() != ca.subject {
        return Err(unmade("the CA's name cannot be encoded again in the same way; use a CA with a plain name"));
    }
    if made.subject().as_raw() == ca.subject {
        return Err(unmade("it has the name of the CA that signs it, and would look self-signed; give it another"));
    }
    Ok(())
}

fn unmade(why: impl std::fmt::Display) -> Failure {
    Failure::Call(format!("the certificate cannot be made: {why}"))
}
