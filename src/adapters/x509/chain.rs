//! A chain of certificates, put in order.

use super::{
    certificate::Certificate,
    key::PrivateKey,
    path::Graph,
    pem::{Block, blocks},
    tls_problem::tls_problem,
};
use crate::{
    base::time::UnixTime,
    credential::{ClientCertificate, Issuer},
    error::{CertificateError, CertificateProblem as Problem, ForeignFormat},
    key,
};
use alloc::{sync::Arc, vec::Vec};
use x509_parser::{prelude::FromDer as _, x509::SubjectPublicKeyInfo};

/// One or more certificates: the leaf first, then its issuers and theirs, at the end those that do not belong to it.
///
/// Where there are several ways from the leaf to a root, by a cross-signed issuer or one that was renewed, all of them
/// are kept and sent, in the order in which they were given: which of them the service can follow, the service knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    certificates: Vec<Certificate>,
    /// How many of them lead on from the leaf, itself included.
    linked: usize,
    reordered: bool,
    graph: Graph,
}

impl Chain {
    /// Reads every certificate of a PEM text, in any order. Keys and other blocks are ignored.
    ///
    /// # Errors
    /// When there is no certificate, or one of them cannot be read.
    pub fn from_pem(text: &[u8]) -> Result<Self, CertificateError> {
        Self::from_blocks(&blocks(text)?)
    }

    pub(super) fn from_blocks(blocks: &[Block]) -> Result<Self, CertificateError> {
        let certificates = blocks.iter().filter(|block| block.is_certificate());
        let read = |block: &Block| Certificate::from_der(block.der()?).map_err(|problem| block.error(problem));
        let certificates = certificates.map(read).collect::<Result<Vec<_>, _>>()?;
        Self::new(certificates).ok_or_else(|| absent(blocks))
    }

    /// Puts certificates in order. `None` when there are none.
    #[must_use]
    pub fn new(certificates: Vec<Certificate>) -> Option<Self> {
        // The leaf has issued none of the others; of several such, the first that is not a CA.
        let issued_others = |candidate: &Certificate| {
            let issued =
                |other: &Certificate| !candidate.has_key_and_name_of(other) && candidate.may_have_issued(other);
            certificates.iter().any(issued)
        };
        let candidates = certificates.iter().enumerate().filter(|(_, candidate)| !issued_others(candidate));
        let leaf = candidates.min_by_key(|(_, candidate)| candidate.is_ca()).map_or(0, |(at, _)| at);
        let leaf = newest(&certificates, leaf, |leaf, other| other.renews(leaf));
        Self::led_by(certificates, leaf)
    }

    /// The chain of a credential. `None` when it is held elsewhere, or cannot be read.
    #[must_use]
    pub fn of(certificate: &ClientCertificate) -> Option<Self> {
        let certificates = certificate.chain().iter().map(|der| Certificate::from_der(der));
        Self::new(certificates.collect::<Result<_, _>>().ok()?)
    }

    fn led_by(given: Vec<Certificate>, leaf: usize) -> Option<Self> {
        let leaf = given.get(leaf)?.clone();
        // A duplicate is ignored, and is no change of order.
        let mut kept: Vec<Certificate> = Vec::new();
        for certificate in given {
            if !kept.contains(&certificate) {
                kept.push(certificate);
            }
        }
        let graph = Graph::from_leaf(&kept, kept.iter().position(|certificate| *certificate == leaf)?);
        let mut order: Vec<usize> = (0..kept.len()).filter(|at| graph.reached().contains(at)).collect();
        if !graph.is_in_order(&order) {
            let best = graph.best(&kept, None, None);
            let others = graph.reached().iter().copied().filter(|at| !best.contains(at));
            order = best.iter().copied().chain(others).collect();
        }
        let linked = order.len();
        let strangers: Vec<usize> = (0..kept.len()).filter(|at| !order.contains(at)).collect();
        order.extend(strangers);
        let certificates: Vec<Certificate> = order.iter().filter_map(|at| kept.get(*at).cloned()).collect();
        let reordered = kept != certificates;
        Some(Self { graph: Graph::from_leaf(&certificates, 0), certificates, linked, reordered })
    }

    /// The same certificates with the one in front that belongs to a key. `None` when it belongs to none.
    #[must_use]
    pub fn for_key(&self, key: &PrivateKey) -> Option<Self> {
        self.for_public_key(key.public_key())
    }

    fn for_public_key(&self, key: &[u8]) -> Option<Self> {
        let belongs = |certificate: &Certificate| certificate.public_key() == key;
        if belongs(self.leaf()?) {
            return Some(self.clone());
        }
        let first = self.certificates.iter().position(belongs)?;
        let leaf = newest(&self.certificates, first, |_, other| belongs(other));
        Self::led_by(self.certificates.clone(), leaf).map(|chain| Self { reordered: true, ..chain })
    }

    /// The path of [`Self::linked`] that is judged at the time `now`: the one with the fewest faults, and of those the
    /// one that is valid longest. Each certificate with its place in [`Self::certificates`], counted from 1.
    #[must_use]
    pub fn path(&self, now: UnixTime) -> Vec<(usize, &Certificate)> {
        self.best(None, now)
    }

    /// The same for the certificate that is enrolled: the path ends below it, when it leads there.
    #[must_use]
    pub fn path_to(&self, enrolled: &Certificate, now: UnixTime) -> Vec<(usize, &Certificate)> {
        self.best(Some(enrolled), now)
    }

    fn best(&self, goal: Option<&Certificate>, now: UnixTime) -> Vec<(usize, &Certificate)> {
        let path = self.graph.best(&self.certificates, goal, Some(now));
        path.into_iter().filter_map(|at| self.certificates.get(at).map(|one| (at + 1, one))).collect()
    }

    /// The certificate of the device. There always is one.
    pub(super) fn leaf(&self) -> Option<&Certificate> {
        self.certificates.first()
    }

    /// All of them, the leaf first.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// What is sent: the leaf, and every certificate that is on a way from it to a root.
    #[must_use]
    pub fn linked(&self) -> &[Certificate] {
        self.certificates.get(..self.linked).unwrap_or(&self.certificates)
    }

    /// The certificates that are on no way from the leaf to a root. They are not sent.
    #[must_use]
    pub fn unrelated(&self) -> &[Certificate] {
        self.certificates.get(self.linked..).unwrap_or_default()
    }

    /// Whether the leaf is self-signed or issued by a CA.
    #[must_use]
    pub fn issuer(&self) -> Issuer {
        if self.leaf().is_some_and(Certificate::is_self_signed) { Issuer::SelfSigned } else { Issuer::Authority }
    }

    /// For a plan or an outcome, when the private key is held elsewhere. Unrelated certificates are left out.
    #[must_use]
    pub fn to_client_certificate(&self) -> ClientCertificate {
        ClientCertificate::with_key_elsewhere(self.linked_der(), self.issuer())
    }

    /// For a plan or an outcome, with a private key that signs where it is. The certificate of the key becomes the leaf;
    /// unrelated certificates are left out.
    ///
    /// # Errors
    /// [`CertificateProblem::Mismatch`](Problem::Mismatch) when the key belongs to none of the certificates.
    pub fn with_private_key(&self, key: Arc<dyn key::PrivateKey>) -> Result<ClientCertificate, CertificateError> {
        let (_, public) = SubjectPublicKeyInfo::from_der(key.public_key()).map_err(|_| Problem::Mismatch)?;
        let chain = self.for_public_key(&public.subject_public_key.data).ok_or(Problem::Mismatch)?;
        Ok(ClientCertificate::with_private_key(chain.linked_der(), key, chain.issuer()))
    }

    /// Whether the TLS stack of this library can use the leaf.
    ///
    /// # Errors
    /// [`CertificateProblem::UnusableByTls`](Problem::UnusableByTls) with its reason.
    pub fn check_tls(&self) -> Result<(), CertificateError> {
        let reason = self.leaf().and_then(tls_problem);
        reason.map_or(Ok(()), |reason| Err(Problem::UnusableByTls { reason }.into()))
    }

    pub(super) fn linked_der(&self) -> Vec<Vec<u8>> {
        self.linked().iter().map(|certificate| certificate.der().to_vec()).collect()
    }

    /// Whether they came in another order.
    #[must_use]
    pub const fn was_reordered(&self) -> bool {
        self.reordered
    }
}

/// Of the certificates that this holds for, the one that is valid longest: it replaced the others.
fn newest(list: &[Certificate], first: usize, replaces: impl Fn(&Certificate, &Certificate) -> bool) -> usize {
    let Some(leaf) = list.get(first) else { return first };
    let candidates = list.iter().enumerate().filter(|(at, other)| *at == first || replaces(leaf, other));
    // Of equal ones the first.
    candidates.rev().max_by_key(|(_, other)| other.not_after()).map_or(first, |(at, _)| at)
}

/// What is there instead of a certificate.
fn absent(blocks: &[Block]) -> CertificateError {
    let other = blocks.iter().find_map(|block| match block.name.label.as_str() {
        label if label.ends_with("CERTIFICATE REQUEST") => Some(block.error(Problem::Request)),
        "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => Some(block.error(ForeignFormat::Pkcs7.into())),
        label if label.ends_with("PUBLIC KEY") => Some(block.error(Problem::PublicKey)),
        _ if block.is_key() => Some(block.error(Problem::KeyForCertificate)),
        _ => None,
    });
    other.unwrap_or_else(|| Problem::NoCertificate.into())
}
