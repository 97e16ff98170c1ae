//! Certificates, parsed by the library.

use super::{facts::Facts, finding};
use crate::{code::DEFENDERAUTH_CERTIFICATE_ABSENT, failure::Failure, view::View};
use defender_auth::{
    self as library, UnixTime,
    credential::ClientCertificate,
    error::{CertificateError, CertificateProblem},
    secret::SecretText,
    x509::{self, ClientIdentity, PrivateKey, Purpose},
};

/// As many as a PEM text may contain.
const MOST_CERTIFICATES: usize = 32;

/// At least one certificate, leaf first.
pub(super) struct Chain(x509::Chain);

/// Parses a chain, and the key if there is one.
pub(super) fn pem(chain: &[u8], key: &[u8], passphrase: &str) -> Result<(Chain, ClientCertificate), Failure> {
    let certificates = x509::Chain::from_pem(chain).map_err(|error| Failure::from(error).field("chain"))?;
    let passphrase = given(passphrase);
    let (parameter, key) = if key.is_empty() {
        ("chain", PrivateKey::find_in_pem(chain, passphrase))
    } else {
        ("key", PrivateKey::from_pem(key, passphrase).map(Some))
    };
    both(certificates, key.map_err(|error| Failure::from(error).field(parameter))?, parameter)
}

/// Parses certificates in DER, one after the other, and the key if there is one.
pub(super) fn der(chain: &[u8], key: &[u8], passphrase: &str) -> Result<(Chain, ClientCertificate), Failure> {
    let at_fault = |error: CertificateError| Failure::from(error).field("chain");
    let (mut rest, mut certificates) = (chain, Vec::new());
    while !rest.is_empty() {
        let certificate = x509::Certificate::from_der(rest).map_err(|problem| at_fault(problem.into()))?;
        rest = rest.get(certificate.der().len()..).unwrap_or_default();
        certificates.push(certificate);
        if certificates.len() > MOST_CERTIFICATES {
            return Err(at_fault(CertificateProblem::TooManyBlocks { limit: MOST_CERTIFICATES }.into()));
        }
    }
    let chain = x509::Chain::new(certificates).ok_or_else(|| at_fault(CertificateProblem::NoCertificate.into()))?;
    let key = (!key.is_empty()).then(|| PrivateKey::from_der(key, given(passphrase))).transpose();
    both(chain, key.map_err(|error| Failure::from(error).field("key"))?, "key")
}

/// Parses a PKCS#12 file.
pub(super) fn pkcs12(file: &[u8], passphrase: &str) -> Result<(Chain, ClientCertificate), Failure> {
    let both = ClientIdentity::from_pkcs12(file, given(passphrase));
    let both = both.map_err(|error| Failure::from(error).field("pkcs12"))?;
    Ok((Chain(both.chain().clone()), both.into_client_certificate()))
}

/// The certificate of a key, or a chain whose key is held elsewhere. `parameter` is the one with the key.
fn both(
    chain: x509::Chain,
    key: Option<PrivateKey>,
    parameter: &'static str,
) -> Result<(Chain, ClientCertificate), Failure> {
    let Some(key) = key else {
        let certificate = chain.to_client_certificate();
        return Ok((Chain(chain), certificate));
    };
    let both = ClientIdentity::new(&chain, key).map_err(|error| Failure::from(error).field(parameter))?;
    Ok((Chain(both.chain().clone()), both.into_client_certificate()))
}

fn given(passphrase: &str) -> Option<&[u8]> {
    Some(passphrase.as_bytes()).filter(|passphrase| !passphrase.is_empty())
}

/// The private key, unless it is held elsewhere.
pub(super) fn key_pem(certificate: &ClientCertificate) -> Result<SecretText, Failure> {
    let (_, pkcs8) = certificate.der().ok_or_else(|| {
        let message = "its private key is held elsewhere; use it there, or load the certificate together with its key";
        Failure::new(DEFENDERAUTH_CERTIFICATE_ABSENT, message).field("certificate")
    })?;
    Ok(PrivateKey::from_pkcs8(pkcs8)?.to_pem())
}

impl Chain {
    /// The library's DER certificates, parsed again. `None` when they are held elsewhere.
    pub(super) fn of(certificate: &ClientCertificate) -> Option<Self> {
        let certificates = certificate.chain().iter().map(|der| x509::Certificate::from_der(der));
        x509::Chain::new(certificates.collect::<Result<_, _>>().ok()?).map(Self)
    }

    pub(super) fn facts(&self) -> Facts {
        let Some(leaf) = self.leaf() else { return Facts::default() };
        Facts {
            common_name: self.common_name().map(View::new).unwrap_or_default(),
            sha1: View::of(&leaf.sha1()),
            sha256: View::of(&leaf.sha256()),
            not_before: leaf.not_before().as_secs(),
            not_after: leaf.not_after().as_secs(),
            chain_pem: View::new(&self.0.linked().iter().map(x509::Certificate::to_pem).collect::<String>()),
        }
    }

    /// A name that contains a NUL would end there in C and be a different name.
    pub(super) fn common_name(&self) -> Option<&str> {
        self.leaf()?.common_name().filter(|name| !name.contains('\0'))
    }

    pub(super) fn findings(&self, now: UnixTime) -> u32 {
        // The key needs no check: one that is not the leaf's was rejected.
        x509::check(&self.0, None, Purpose::Any, now).iter().fold(0, |bits, finding| bits | finding::bit(finding))
    }

    pub(super) const fn parsed(&self) -> &x509::Chain {
        &self.0
    }

    /// Whether it leads to the first certificate of another chain.
    pub(super) fn verify(&self, enrolled: &Self, now: UnixTime) -> Result<(), Failure> {
        // A chain has at least one.
        let Some(enrolled) = enrolled.leaf() else { return Ok(()) };
        x509::verify(&self.0, enrolled, now).map_err(|error| {
            let parameter = if error.number == 0 { "enrolled" } else { "certificate" };
            Failure::from(library::Error::from(error)).field(parameter)
        })
    }

    pub(super) fn leaf(&self) -> Option<&x509::Certificate> {
        self.0.certificates().first()
    }
}
