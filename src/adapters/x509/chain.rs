//! A chain of certificates, put in order.

use super::{certificate::Certificate, key::PrivateKey, pem::Block, pem::blocks};
use crate::{
    credential::{ClientCertificate, Issuer},
    error::{CertificateError, CertificateProblem as Problem},
};
use alloc::vec::Vec;

/// One or more certificates, the leaf first and each one's issuer behind it. Certificates that lead nowhere stand at
/// the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    certificates: Vec<Certificate>,
    /// How many of them, from the leaf on, are each other's issuers.
    linked: usize,
    reordered: bool,
}

impl Chain {
    /// Reads every certificate of a PEM text, whatever their order. Keys and other blocks are passed over.
    ///
    /// # Errors
    /// When there is no certificate, or one of them cannot be read.
    pub fn from_pem(text: &[u8]) -> Result<Self, CertificateError> {
        Self::from_blocks(&blocks(text)?)
    }

    pub(crate) fn from_blocks(blocks: &[Block]) -> Result<Self, CertificateError> {
        let certificates = blocks.iter().filter(|block| block.is_certificate());
        let read = |block: &Block| Certificate::from_der(block.der()?).map_err(|problem| block.error(problem));
        let certificates = certificates.map(read).collect::<Result<Vec<_>, _>>()?;
        Self::new(certificates).ok_or_else(|| absent(blocks))
    }

    /// Puts certificates in order. `None` when there are none.
    #[must_use]
    pub fn new(certificates: Vec<Certificate>) -> Option<Self> {
        // The leaf has issued none of the others; of several such, the first that is no CA's.
        let issued_others = |candidate: &Certificate| {
            certificates.iter().any(|other| other != candidate && candidate.may_have_issued(other))
        };
        let candidates = certificates.iter().enumerate().filter(|(_, candidate)| !issued_others(candidate));
        let leaf = candidates.min_by_key(|(_, candidate)| candidate.is_ca()).map_or(0, |(at, _)| at);
        Self::led_by(certificates, leaf)
    }

    fn led_by(given: Vec<Certificate>, leaf: usize) -> Option<Self> {
        let leaf = given.get(leaf)?.clone();
        // One that stands there twice is one, and not a change of order.
        let mut kept: Vec<Certificate> = Vec::new();
        for certificate in given {
            if !kept.contains(&certificate) {
                kept.push(certificate);
            }
        }
        let mut rest = kept.clone();
        rest.retain(|other| *other != leaf);
        let mut certificates = Vec::from([leaf]);
        while let Some(last) = certificates.last().filter(|last| !last.is_self_signed()) {
            let Some(next) = rest.iter().position(|other| other.may_have_issued(last)) else { break };
            certificates.push(rest.remove(next));
        }
        let linked = certificates.len();
        certificates.extend(rest);
        let reordered = kept != certificates;
        Some(Self { certificates, linked, reordered })
    }

    /// The same certificates with the one in front that belongs to a key. `None` when it belongs to none.
    #[must_use]
    pub fn for_key(&self, key: &PrivateKey) -> Option<Self> {
        if self.leaf()?.public_key() == key.public_key() {
            return Some(self.clone());
        }
        let leaf = self.certificates.iter().position(|certificate| certificate.public_key() == key.public_key())?;
        Self::led_by(self.certificates.clone(), leaf).map(|chain| Self { reordered: true, ..chain })
    }

    /// The certificate of the device. There always is one.
    pub(crate) fn leaf(&self) -> Option<&Certificate> {
        self.certificates.first()
    }

    /// All of them, the leaf first.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The leaf and those that lead on from it.
    #[must_use]
    pub fn linked(&self) -> &[Certificate] {
        self.certificates.get(..self.linked).unwrap_or(&self.certificates)
    }

    /// Those that have nothing to do with the leaf.
    #[must_use]
    pub fn unrelated(&self) -> &[Certificate] {
        self.certificates.get(self.linked..).unwrap_or_default()
    }

    /// Who vouches for the leaf.
    #[must_use]
    pub fn issuer(&self) -> Issuer {
        if self.leaf().is_some_and(Certificate::is_self_signed) { Issuer::SelfSigned } else { Issuer::Authority }
    }

    /// What the library's plans and outcomes carry when somebody else holds the key. Certificates that do not lead on
    /// from the leaf are left out.
    #[must_use]
    pub fn to_client_certificate(&self) -> ClientCertificate {
        ClientCertificate::with_key_elsewhere(self.linked_der(), self.issuer())
    }

    pub(crate) fn linked_der(&self) -> Vec<Vec<u8>> {
        self.linked().iter().map(|certificate| certificate.der().to_vec()).collect()
    }

    /// Whether they came in another order.
    #[must_use]
    pub const fn was_reordered(&self) -> bool {
        self.reordered
    }
}

/// What stands in the place of the certificate.
fn absent(blocks: &[Block]) -> CertificateError {
    let other = blocks.iter().find_map(|block| match block.name.label.as_str() {
        label if label.ends_with("CERTIFICATE REQUEST") => Some(block.error(Problem::Request)),
        label if label.ends_with("PUBLIC KEY") => Some(block.error(Problem::PublicKey)),
        _ if block.is_key() => Some(block.error(Problem::KeyForCertificate)),
        _ => None,
    });
    other.unwrap_or_else(|| Problem::NoCertificate.into())
}
