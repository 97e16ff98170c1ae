//! Certificates with any mistake in them: the command itself makes valid ones only.

use defender_auth::x509::{KeyAlgorithm, PrivateKey};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData, SignatureAlgorithm, date_time_ymd,
};
use std::fs;

/// A second at which they are valid, as `--now` takes it.
pub(crate) const NOW: &str = "1800000000";

/// A device's certificate of this name.
pub(crate) fn device(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2040, 1, 1));
    params.is_ca = IsCa::ExplicitNoCa;
    params
}

/// A CA's certificate of this name.
pub(crate) fn authority(name: &str) -> CertificateParams {
    let mut params = device(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// A certificate that signs others, permitted or not.
pub(crate) struct Signer {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Signer {
    /// Signed by itself.
    pub(crate) fn root(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self { pem: params.self_signed(&key).unwrap().pem(), issuer: Issuer::new(params, key) }
    }

    /// Signed by this one.
    pub(crate) fn above(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self { pem: self.issue(&params, &key), issuer: Issuer::new(params, key) }
    }

    pub(crate) fn issue(&self, params: &CertificateParams, key: &impl PublicKeyData) -> String {
        params.signed_by(key, &self.issuer).unwrap().pem()
    }
}

/// A public key; its private key need not exist.
pub(crate) struct Public {
    bytes: Vec<u8>,
    algorithm: &'static SignatureAlgorithm,
}

impl Public {
    /// The half of a key in a file that may be seen.
    pub(crate) fn of(file: &str) -> Self {
        let key = PrivateKey::from_pem(&fs::read(file).unwrap(), None).unwrap();
        let algorithm = match key.algorithm() {
            KeyAlgorithm::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            KeyAlgorithm::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            KeyAlgorithm::Ed25519 => &rcgen::PKCS_ED25519,
            _ => &rcgen::PKCS_RSA_SHA256,
        };
        Self { bytes: key.public_key().into(), algorithm }
    }

    /// An RSA key with a modulus of 1024 bits.
    pub(crate) fn rsa_1024() -> Self {
        let bytes = [&[0x30, 0x81, 0x89, 2, 0x81, 0x81, 0][..], &[0xc5; 128], &[2, 3, 1, 0, 1]].concat();
        Self { bytes, algorithm: &rcgen::PKCS_RSA_SHA256 }
    }
}

impl PublicKeyData for Public {
    fn der_bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}
