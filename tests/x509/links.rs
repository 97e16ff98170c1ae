//! Chains whose certificates do not hold together.

use crate::{
    checks::{NOW, ca, issued, params},
    data,
};
use defender_auth::{
    error::{ChainError, ChainProblem as Problem},
    x509::{Certificate, Chain, Finding, Purpose, Severity, check, verify},
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PublicKeyData, SignatureAlgorithm};

/// Certificates from these parameters, each signed by the next and the last by itself.
pub(crate) fn chain(all: &[CertificateParams]) -> Vec<String> {
    let keys: Vec<KeyPair> = all.iter().map(|_| KeyPair::generate().unwrap()).collect();
    let above = |at: usize| (at + 1).min(all.len() - 1);
    let signed = |(at, one): (usize, &CertificateParams)| {
        one.signed_by(&keys[at], &Issuer::from_params(&all[above(at)], &keys[above(at)])).unwrap().pem()
    };
    all.iter().enumerate().map(signed).collect()
}

fn read(pems: &[String]) -> Chain {
    Chain::from_pem(pems.concat().as_bytes()).unwrap()
}

fn one(pem: &str) -> Certificate {
    read(&[pem.into()]).certificates()[0].clone()
}

fn failure(sent: &[String], enrolled: &str) -> ChainError {
    verify(&read(sent), &one(enrolled), NOW).unwrap_err()
}

/// The findings for which a chain is refused.
fn refused(sent: &[String]) -> Vec<Finding> {
    let found = check(&read(sent), None, Purpose::Any, NOW);
    assert!(!found.is_usable());
    found.iter().filter(|finding| finding.severity() == Severity::Refused).cloned().collect()
}

/// A CA that allows so many others below it.
pub(crate) fn strict(name: &str, length: u8) -> CertificateParams {
    let mut params = ca(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(length));
    params
}

#[test]
fn a_namesake_of_the_issuer_breaks_the_link() {
    let ([leaf, ..], [_, between, root]) = (issued(&params("dev-01")), issued(&params("dev-01")));
    let sent = [leaf, between];
    assert_eq!(refused(&sent), [Finding::BrokenLink { number: 1, subject: "CN=dev-01".into() }]);
    let error = failure(&sent, &root);
    assert_eq!((error.number, error.problem), (1, Problem::Signature));
    let [_, between, root] = issued(&params("dev-01"));
    let [leaf, own_between, _] = issued(&params("dev-02"));
    // The enrolled one is a namesake too.
    let error = failure(&[leaf.clone(), own_between], &root);
    assert_eq!((error.number, error.problem), (2, Problem::Signature));
    let error = failure(&[leaf], &between);
    assert_eq!((error.number, error.problem), (1, Problem::Signature));
}

#[test]
fn a_namesake_of_its_issuer_is_not_self_signed() {
    let sent = chain(&[params("dev-01"), ca("dev-01")]);
    let leaf = one(&sent[0]);
    assert!(leaf.subject() == leaf.issuer() && !leaf.is_self_signed());
    let found = check(&read(&sent[..1]), None, Purpose::Any, NOW);
    assert!(!found.iter().any(|finding| *finding == Finding::SelfSigned));
    assert!(found.iter().any(|finding| matches!(finding, Finding::IssuerAbsent { number: 1, .. })));
    assert!(one(&sent[1]).is_self_signed());
}

#[test]
fn a_device_that_issued_another_is_no_ca() {
    let sent = chain(&[params("dev-01"), params("gateway"), ca("root")]);
    assert_eq!(refused(&sent), [Finding::NotCa { number: 2, subject: "CN=gateway".into() }]);
    let error = failure(&sent[..2], &sent[2]);
    assert_eq!((error.number, error.problem), (2, Problem::NotCa));
}

#[test]
fn a_chain_longer_than_its_cas_allow_is_refused_by_the_strict_one() {
    let at = |lengths: [Option<u8>; 3]| {
        let authority = |name: &str, length: Option<u8>| length.map_or_else(|| ca(name), |length| strict(name, length));
        let [root, upper, lower] = lengths;
        let root = authority("root", root);
        let all = chain(&[params("dev-01"), authority("lower", lower), authority("upper", upper), root]);
        verify(&read(&all[..3]), &one(&all[3]), NOW).map_err(|error| (error.number, error.problem))
    };
    assert_eq!(at([None, None, None]), Ok(()));
    assert_eq!(at([Some(2), Some(1), Some(0)]), Ok(()));
    assert_eq!(at([None, Some(0), None]), Err((3, Problem::PathLength)));
    assert_eq!(at([Some(1), None, None]), Err((0, Problem::PathLength)));
    assert_eq!(at([Some(0), None, None]), Err((0, Problem::PathLength)));
    let all = chain(&[params("dev-01"), ca("a"), strict("b", 0), ca("c"), ca("root")]);
    let error = failure(&all[..4], &all[4]);
    assert_eq!((error.number, error.problem), (3, Problem::PathLength), "not the last one");
    assert_eq!(verify(&read(&all[..1]), &one(&all[1]), NOW), Ok(()));
}

#[test]
fn a_signature_with_sha_1_is_not_supported() {
    let text = str::from_utf8(data!("sha1.chain.pem")).unwrap();
    let (leaf, root) = text.split_at(text.rfind("-----BEGIN").unwrap());
    let error = failure(&[leaf.into()], root);
    assert_eq!((error.number, error.problem), (1, Problem::Algorithm));
    let weak =
        Finding::WeakSignature { number: 1, subject: "CN=dev-01".into(), hash: "SHA-1", severity: Severity::Refused };
    assert_eq!(refused(&[text.into()]), [weak]);
}

/// An RSA key with a modulus of this many bytes, and nobody who has the private one.
pub(crate) struct Rsa(Vec<u8>);

impl Rsa {
    pub(crate) fn new(length: u16) -> Self {
        Self::with_exponent(length, &[1, 0, 1])
    }

    pub(crate) fn with_exponent(length: u16, exponent: &[u8]) -> Self {
        let long = |tag: u8, length: u16| [&[tag, 0x82], length.to_be_bytes().as_slice()].concat();
        let modulus = vec![0xc5; length.into()];
        let exponent = [&[2, u8::try_from(exponent.len()).unwrap()], exponent].concat();
        let size = length + 5 + u16::try_from(exponent.len()).unwrap();
        Self([long(0x30, size), long(2, length + 1), vec![0], modulus, exponent].concat())
    }
}

impl PublicKeyData for Rsa {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

#[test]
fn rsa_keys_have_2048_to_4096_bits() {
    let (root, key) = (ca("root"), KeyPair::generate().unwrap());
    let issuer = Issuer::from_params(&root, &key);
    for (bits, good) in [(2040, false), (2048, true), (4096, true), (4104, false), (1032, false)] {
        let leaf = params("dev-01").signed_by(&Rsa::new(bits / 8), &issuer).unwrap().pem();
        let found = check(&read(&[leaf]), None, Purpose::Any, NOW);
        let wrong = Finding::RsaSize { number: 1, subject: "CN=dev-01".into(), bits: bits.into() };
        assert_eq!(found.is_usable(), good, "{bits}");
        assert_eq!(found.iter().any(|finding| *finding == wrong), !good, "{bits}");
    }
}
