//! A chain and the key that belongs to it.

use crate::scripted_key::Scripted;
use defender_auth::{
    credential::{ClientCertificate, Issuer},
    error::CertificateProblem,
    key::{PrivateKey as _, PrivateKeyError, SignatureScheme},
    private_key::MemoryKey,
    x509::{Chain, ClientIdentity, Curve, PrivateKey},
};
use std::sync::Arc;

const CERTIFICATE: &[u8] = include_bytes!("../x509/data/p256.certificate.pem");
const OTHER: &[u8] = include_bytes!("../x509/data/sha1.certificate.pem");
const KEY: &[u8] = include_bytes!("../x509/data/p256.sec1.pem");

/// What is no public key.
#[derive(Debug)]
struct Broken;

impl defender_auth::key::PrivateKey for Broken {
    fn public_key(&self) -> &[u8] {
        b"0\x80"
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &[]
    }

    fn sign(&self, _: SignatureScheme, _: &[u8]) -> Result<Vec<u8>, PrivateKeyError> {
        Err(PrivateKeyError::permanent("it never signs"))
    }
}

#[test]
fn the_certificate_of_the_key_becomes_the_leaf_wherever_it_is() {
    let key = MemoryKey::new(&PrivateKey::from_pem(KEY, None).unwrap()).unwrap();
    let public = key.public_key().to_vec();
    let chain = Chain::from_pem(&[OTHER, CERTIFICATE].concat()).unwrap();
    let certificate = chain.with_private_key(Arc::new(key)).unwrap();
    let alone = Chain::from_pem(CERTIFICATE).unwrap();
    assert_eq!(certificate.chain(), [alone.certificates()[0].der()]);
    assert_eq!(certificate.issuer(), Some(Issuer::SelfSigned));
    assert_eq!(certificate.private_key().unwrap().public_key(), public);
    assert!(certificate.has_key() && certificate.der().is_none());
}

#[test]
fn a_key_of_none_of_the_certificates_is_refused() {
    let other = PrivateKey::generate(Curve::P256).unwrap();
    let chain = Chain::from_pem(CERTIFICATE).unwrap();
    for result in
        [chain.with_private_key(Arc::new(MemoryKey::new(&other).unwrap())), chain.with_private_key(Arc::new(Broken))]
    {
        assert_eq!(result.unwrap_err().problem, CertificateProblem::Mismatch);
    }
}

#[test]
fn a_certificate_is_the_same_wherever_its_key_is() {
    let held = ClientIdentity::from_pem_pair(CERTIFICATE, KEY, None).unwrap().into_client_certificate();
    let (elsewhere, key) = Scripted::of(&held).certify(&held);
    assert!(held == elsewhere && held.private_key().is_none() && key.asked() == 0);
    assert!(!ClientCertificate::held_elsewhere(None).has_key());
    assert!(!ClientCertificate::with_key_elsewhere(held.chain().to_vec(), Issuer::SelfSigned).has_key());
}
