//! Certificates that a service has issued, and everything for which they are refused.

use crate::checks::{NOW, ca, params};
use defender_auth::{
    Error, UnixTime,
    credential::{CertificateRequest, IssuedChain},
    error::{Code, ErrorKind, IssuedChainError as Refused},
    x509::{Certificate, Chain, judge},
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, date_time_ymd,
};

/// A CA.
struct Authority {
    params: CertificateParams,
    key: KeyPair,
    der: Vec<u8>,
}

impl Authority {
    fn root(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Self { params, key, der }
    }

    fn below(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let der = self.sign(&params, &key);
        Self { params, key, der }
    }

    fn sign(&self, params: &CertificateParams, key: &KeyPair) -> Vec<u8> {
        params.signed_by(key, &Issuer::from_params(&self.params, &self.key)).unwrap().der().to_vec()
    }
}

struct World {
    root: Authority,
    between: Authority,
    key: KeyPair,
}

impl World {
    fn new() -> Self {
        Self::with(ca("root"), ca("between"))
    }

    fn with(root: CertificateParams, between: CertificateParams) -> Self {
        let root = Authority::root(root);
        let between = root.below(between);
        Self { root, between, key: KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap() }
    }

    fn request(&self) -> CertificateRequest {
        CertificateRequest::from_der(params("dev-01").serialize_request(&self.key).unwrap().der()).unwrap()
    }

    fn leaf(&self, params: &CertificateParams) -> Vec<u8> {
        self.between.sign(params, &self.key)
    }

    /// Leaf, intermediate and root.
    fn whole(&self) -> Vec<Vec<u8>> {
        self.with_leaf(&params("dev-01"))
    }

    fn with_leaf(&self, params: &CertificateParams) -> Vec<Vec<u8>> {
        vec![self.leaf(params), self.between.der.clone(), self.root.der.clone()]
    }

    fn judge(&self, chain: &[Vec<u8>]) -> Result<Chain, Refused> {
        self.judge_at(chain, None, NOW)
    }

    fn judge_at(&self, chain: &[Vec<u8>], root: Option<&[u8]>, now: UnixTime) -> Result<Chain, Refused> {
        let root = root.map(|der| Certificate::from_der(der).unwrap());
        let judged = judge(&IssuedChain::from_der(chain.to_vec()).unwrap(), &self.request(), root.as_ref(), now);
        if let Err(error) = &judged {
            let text = error.to_string();
            assert!(!text.contains('\n') && text.contains(';'), "{text}");
            assert!(!Error::from(error.clone()).is_retryable());
        }
        judged
    }

    fn refused(&self, chain: &[Vec<u8>]) -> Refused {
        self.judge(chain).unwrap_err()
    }
}

fn rule(error: Refused) -> String {
    let Refused::Rule { rule } = error else { panic!("{error}") };
    rule
}

#[test]
fn a_chain_of_1_to_6_certificates_is_kept_as_it_came() {
    let world = World::new();
    let mut last = Authority::root(ca("ca 0"));
    let mut chain = vec![last.der.clone()];
    for depth in 1..7 {
        chain.insert(0, last.sign(&params("dev-01"), &world.key));
        let judged = world.judge(&chain);
        if depth < 6 {
            let judged = judged.unwrap();
            let kept: Vec<_> = judged.certificates().iter().map(Certificate::der).collect();
            assert_eq!(kept, chain);
            assert!(world.judge(&chain[..1]).is_ok() && world.judge(&chain[..depth]).is_ok(), "without the root");
        } else {
            assert_eq!(judged.unwrap_err(), Refused::TooMany { count: 7 });
        }
        last = last.below(ca(&format!("ca {depth}")));
        chain[0] = last.der.clone();
    }
}

#[test]
fn each_certificate_is_issued_by_the_next() {
    let world = World::new();
    let [leaf, between, root] = world.whole().try_into().unwrap();
    let order = |chain: &[&Vec<u8>]| match world.refused(&chain.iter().map(|der| (*der).clone()).collect::<Vec<_>>()) {
        Refused::Order { number, .. } => number,
        other => panic!("{other}"),
    };
    assert_eq!(order(&[&root, &between, &leaf]), 1, "reversed");
    assert_eq!(order(&[&leaf, &root, &between]), 1);
    assert_eq!(order(&[&leaf, &root]), 1, "one is missing");
    assert_eq!(order(&[&leaf, &leaf]), 1);
    assert_eq!(order(&[&leaf, &between, &between]), 2);
    assert_eq!(order(&[&leaf, &between, &leaf]), 2);
    assert_eq!(order(&[&leaf, &between, &root, &leaf]), 3, "nothing comes after the root");
}

#[test]
fn a_signature_of_another_key_with_the_same_name_is_refused() {
    let (world, impostor) = (World::new(), World::new());
    let with = |between: &Authority, root: &Authority| {
        let leaf = world.leaf(&params("dev-01"));
        match world.refused(&[leaf, between.der.clone(), root.der.clone()]) {
            Refused::Signature { number, subject } => (number, subject),
            other => panic!("{other}"),
        }
    };
    assert_eq!(with(&impostor.between, &impostor.root), (1, "CN=dev-01".into()));
    assert_eq!(with(&world.between, &impostor.root).0, 2);
    let mut chain = world.whole();
    let end = chain[0].len() - 1;
    chain[0][end] ^= 1;
    assert!(matches!(world.refused(&chain), Refused::Signature { number: 1, .. }));
}

#[test]
fn the_leaf_is_for_the_key_of_the_request() {
    let world = World::new();
    for algorithm in [&PKCS_ECDSA_P384_SHA384, &PKCS_ECDSA_P256_SHA256] {
        let other = world.between.sign(&params("dev-01"), &KeyPair::generate_for(algorithm).unwrap());
        let chain = [other, world.between.der.clone(), world.root.der.clone()];
        let error = world.refused(&chain);
        assert_eq!(error, Refused::Key);
        assert_eq!(Error::from(error).code(), Code::CertificateKey);
    }
    assert_eq!(world.refused(&[world.between.der.clone(), world.root.der.clone()]), Refused::Key);
}

#[test]
fn the_leaf_has_the_name_of_the_request() {
    let world = World::new();
    for name in ["dev-02", "DEV-01", "dev-01 ", "dev-01/m"] {
        let error = world.refused(&world.with_leaf(&params(name)));
        let (expected, found) = (Some("dev-01".into()), Some(name.to_owned()));
        assert_eq!(error, Refused::CommonName { expected, found });
    }
    let mut nameless = params("");
    nameless.distinguished_name.remove(DnType::CommonName);
    nameless.distinguished_name.push(DnType::OrganizationName, "dev-01");
    let error = world.refused(&world.with_leaf(&nameless));
    assert!(error.to_string().starts_with("the common name of the issued certificate is absent, and"), "{error}");
    let request = CertificateRequest::from_der(nameless.serialize_request(&world.key).unwrap().der()).unwrap();
    let chain = IssuedChain::from_der(world.with_leaf(&nameless)).unwrap();
    let error = judge(&chain, &request, None, NOW).unwrap_err();
    assert_eq!(error, Refused::CommonName { expected: None, found: None }, "two absent names are not the same name");
}

#[test]
fn what_is_not_one_certificate_is_refused_by_its_number() {
    let world = World::new();
    for at in 0..3 {
        for spoil in
            [|der: &mut Vec<u8>| der.clear(), |der: &mut Vec<u8>| der.push(0), |der: &mut Vec<u8>| der.truncate(99)]
        {
            let mut chain = world.whole();
            spoil(&mut chain[at]);
            assert_eq!(world.refused(&chain), Refused::Unreadable { number: at + 1 });
        }
    }
}

#[test]
fn every_certificate_is_valid_at_the_time_of_the_clock() {
    // 1800000000 is in January 2027.
    let dated = |mut params: CertificateParams, from, to| {
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        params
    };
    let ok = (2024, 2040);
    for (leaf, between, root, number, is_late) in [
        ((2028, 2040), ok, ok, 1, false),
        (ok, (2028, 2040), ok, 2, false),
        (ok, ok, (2028, 2040), 3, false),
        ((2024, 2027), ok, ok, 1, true),
        (ok, (2024, 2026), ok, 2, true),
        (ok, ok, (2024, 2026), 3, true),
    ] {
        let world = World::with(dated(ca("root"), root.0, root.1), dated(ca("between"), between.0, between.1));
        let error = world.refused(&world.with_leaf(&dated(params("dev-01"), leaf.0, leaf.1)));
        let found = match &error {
            Refused::NotYetValid { number, .. } => (*number, false),
            Refused::Expired { number, .. } => (*number, true),
            other => panic!("{other}"),
        };
        assert_eq!(found, (number, is_late));
        let error = Error::from(error);
        assert_eq!((error.code(), error.kind()), (Code::Clock, ErrorKind::Time));
    }
}

#[test]
fn a_clock_may_be_five_minutes_behind_and_a_certificate_ends_with_its_last_second() {
    let world = World::new();
    let chain = world.whole();
    let leaf = Certificate::from_der(&chain[0]).unwrap();
    let (from, to) = (leaf.not_before().as_secs(), leaf.not_after().as_secs());
    let at = |secs| world.judge_at(&chain, None, UnixTime::from_secs(secs));
    assert!(at(from).is_ok() && at(from - 300).is_ok() && at(to).is_ok());
    assert!(matches!(at(from - 301), Err(Refused::NotYetValid { number: 1, .. })));
    assert!(matches!(at(to + 1), Err(Refused::Expired { number: 1, .. })));
}

#[test]
fn a_chain_that_a_hub_or_tls_would_reject_is_refused_with_what_to_do() {
    let mut not_ca = params("between");
    not_ca.is_ca = IsCa::ExplicitNoCa;
    let mut mute = ca("between");
    mute.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let mut servers = ca("between");
    servers.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let mut root = ca("root");
    root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    for (root, between) in [(ca("root"), not_ca), (ca("root"), mute), (ca("root"), servers), (root, ca("between"))] {
        let world = World::with(root, between);
        assert!(rule(world.refused(&world.whole())).contains(';'));
    }
    let world = World::new();
    let mut servers = params("dev-01");
    servers.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let mut signing = params("dev-01");
    signing.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
    for leaf in [servers, signing, ca("dev-01")] {
        rule(world.refused(&world.with_leaf(&leaf)));
        rule(world.refused(&world.with_leaf(&leaf)[..1]));
    }
}

#[test]
fn a_chain_leads_to_the_root_that_is_given() {
    let (world, other) = (World::new(), World::new());
    let whole = world.whole();
    for chain in [&whole[..], &whole[..2]] {
        assert!(world.judge_at(chain, Some(&world.root.der), NOW).is_ok());
        assert!(world.judge_at(chain, Some(&world.between.der), NOW).is_ok(), "any certificate above the leaf");
        let error = world.judge_at(chain, Some(&other.root.der), NOW).unwrap_err();
        assert!(matches!(error, Refused::Root(_)), "{error}");
    }
    assert!(matches!(world.judge_at(&whole[..1], Some(&world.root.der), NOW), Err(Refused::Root(_))));
}
