//! Certificates for all tests: of P-256, valid from 2020 to 2100 unless a test sets other years.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A CA.
pub(crate) struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// What the certificate of a CA permits.
pub(crate) struct Constraints<'a> {
    pub(crate) key_usages: &'a [KeyUsagePurpose],
    pub(crate) extended: &'a [ExtendedKeyUsagePurpose],
    pub(crate) path_length: Option<u8>,
    /// A DNS name; other DNS names are not permitted.
    pub(crate) permitted: Option<&'a str>,
}

impl Constraints<'_> {
    pub(crate) const NONE: Self =
        Self { key_usages: &[KeyUsagePurpose::KeyCertSign], extended: &[], path_length: None, permitted: None };
}

/// A client's certificate and its key.
pub(crate) struct Leaf {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

fn params(name: &str, from: i32, to: i32) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(to, 1, 1);
    params
}

fn authority_params(name: &str, from: i32, to: i32) -> CertificateParams {
    let mut params = params(name, from, to);
    constrain(&mut params, &Constraints::NONE);
    params
}

fn constrain(params: &mut CertificateParams, constraints: &Constraints<'_>) {
    let length = constraints.path_length.map_or(BasicConstraints::Unconstrained, BasicConstraints::Constrained);
    params.is_ca = IsCa::Ca(length);
    params.key_usages = constraints.key_usages.to_vec();
    params.extended_key_usages = constraints.extended.to_vec();
    params.name_constraints = constraints.permitted.map(|name| NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(name.into())],
        excluded_subtrees: Vec::new(),
    });
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        let (params, key) = (authority_params(name, 2020, 2100), KeyPair::generate().unwrap());
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// A CA that this one has issued.
    pub(crate) fn authority(&self, name: &str) -> Self {
        self.authority_in(name, 2020, 2100)
    }

    pub(crate) fn authority_in(&self, name: &str, from: i32, to: i32) -> Self {
        let (params, key) = (authority_params(name, from, to), KeyPair::generate().unwrap());
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn authority_with(&self, name: &str, constraints: &Constraints<'_>) -> Self {
        let (mut params, key) = (authority_params(name, 2020, 2100), KeyPair::generate().unwrap());
        constrain(&mut params, constraints);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// The same name and key in a certificate without constraints.
    pub(crate) fn reissued_by(&self, issuer: &Self, name: &str) -> Self {
        let params = authority_params(name, 2020, 2100);
        let key = KeyPair::try_from(self.issuer.key().serialize_der()).unwrap();
        let certificate = params.signed_by(&key, &issuer.issuer).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// A leaf with a DNS name.
    pub(crate) fn leaf_for(&self, name: &str, host: &str) -> Leaf {
        let mut params = params(name, 2020, 2100);
        params.subject_alt_names = vec![SanType::DnsName(host.try_into().unwrap())];
        self.sign(&params)
    }

    pub(crate) fn leaf(&self, name: &str) -> Leaf {
        self.leaf_in(name, 2020, 2100)
    }

    pub(crate) fn leaf_in(&self, name: &str, from: i32, to: i32) -> Leaf {
        self.sign(&params(name, from, to))
    }

    pub(crate) fn leaf_for_servers(&self, name: &str) -> Leaf {
        let mut params = params(name, 2020, 2100);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        Leaf { certificate: params.signed_by(&key, &self.issuer).unwrap(), key }
    }

    /// The certificate of the CA in the place of a leaf.
    pub(crate) fn as_leaf(&self) -> Leaf {
        let key = KeyPair::try_from(self.issuer.key().serialize_der()).unwrap();
        Leaf { certificate: self.certificate.clone(), key }
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }
}

impl Leaf {
    pub(crate) fn self_signed(name: &str) -> Self {
        Self::self_signed_in(name, 2020, 2100)
    }

    pub(crate) fn self_signed_in(name: &str, from: i32, to: i32) -> Self {
        let key = KeyPair::generate().unwrap();
        Self { certificate: params(name, from, to).self_signed(&key).unwrap(), key }
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    pub(crate) fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }

    pub(crate) fn sha1(&self) -> String {
        self.digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY)
    }

    pub(crate) fn sha256(&self) -> String {
        self.digest(&ring::digest::SHA256)
    }

    fn digest(&self, algorithm: &'static ring::digest::Algorithm) -> String {
        data_encoding::HEXUPPER.encode(ring::digest::digest(algorithm, self.certificate.der()).as_ref())
    }
}
