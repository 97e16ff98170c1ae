//! Certificates, through the C interface.

#![cfg(feature = "x509")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defenderauth::{certificate::*, *};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use std::ptr;
use support::{Failed, blamed, bytes, call, fixed, made, place, read, text, written};

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!("../../tests/x509/data/", $name))
    };
}

const CERTIFICATE: &str = data!("p256.certificate.pem");
const KEY: &str = data!("p256.pkcs8.pem");
const NOW: u64 = 1_800_000_000;

fn from_pem(chain: &str, key: &str) -> Result<Box<Certificate>, Failed> {
    let ((chain, chain_len), (key, key_len)) = (text(chain), text(key));
    made(|out, error| defenderauth_certificate_from_pem(chain, chain_len, key, key_len, Some(out), Some(error)))
}

fn with_passphrase(chain: &str, key: &str, passphrase: &str) -> Result<Box<Certificate>, Failed> {
    let ((chain, chain_len), (key, key_len), (passphrase, len)) = (text(chain), text(key), text(passphrase));
    made(|out, error| {
        defenderauth_certificate_from_pem_with_passphrase(
            chain,
            chain_len,
            key,
            key_len,
            passphrase,
            len,
            Some(out),
            Some(error),
        )
    })
}

fn expected(code: ResultCode, field: &str) -> (ResultCode, String) {
    (code, field.into())
}

fn key_to_pem(certificate: &Certificate, cap: usize) -> (Result<String, Failed>, usize) {
    written(cap, |buf, cap, len, error| {
        defenderauth_certificate_key_to_pem(Some(certificate), buf, cap, Some(len), Some(error))
    })
}

fn findings(certificate: &Certificate, now: u64, name: &str) -> u32 {
    let (name, len) = text(name);
    defenderauth_certificate_findings(Some(certificate), now, name, len)
}

#[test]
fn a_pair_and_one_text_are_the_same_certificate() {
    for certificate in [from_pem(CERTIFICATE, KEY), from_pem(&[CERTIFICATE, KEY].concat(), "")] {
        let certificate = certificate.unwrap();
        let it = Some(&*certificate);
        assert!(defenderauth_certificate_has_key(it) && defenderauth_certificate_is_self_signed(it));
        assert_eq!(read(defenderauth_certificate_common_name(it)), "dev-01");
        assert_eq!(read(defenderauth_certificate_chain_pem(it)), CERTIFICATE);
        defenderauth_certificate_free(Some(certificate));
    }
}

#[test]
fn its_thumbprints_and_dates_are_those_of_openssl() {
    let certificate = from_pem(CERTIFICATE, "").unwrap();
    let it = Some(&*certificate);
    assert_eq!(read(defenderauth_certificate_thumbprint_sha1(it)), "24DFA5C4F72864CC3B25860B638917DEF3136EC8");
    assert_eq!(
        read(defenderauth_certificate_thumbprint_sha256(it)),
        "43E885DE31691A68EEEE25677277BC4A8E5F7735CC6A171356F925DB5D95557F"
    );
    assert_eq!(defenderauth_certificate_not_before(it), 1_795_321_375);
    assert_eq!(defenderauth_certificate_not_after(it), 4_948_921_375);
}

#[test]
fn a_key_held_elsewhere_is_an_error_only_when_it_is_read() {
    let certificate = from_pem(CERTIFICATE, "").unwrap();
    assert!(!defenderauth_certificate_has_key(Some(&certificate)));
    assert_eq!(read(defenderauth_certificate_chain_pem(Some(&certificate))), CERTIFICATE);
    let (outcome, len) = key_to_pem(&certificate, 4096);
    assert_eq!((blamed(outcome), len), (expected(DEFENDERAUTH_CERTIFICATE_ABSENT, "certificate"), 0));
}

#[test]
fn the_key_is_written_as_pkcs8_and_never_in_the_chain() {
    let certificate = from_pem(CERTIFICATE, KEY).unwrap();
    assert!(!read(defenderauth_certificate_chain_pem(Some(&certificate))).contains("PRIVATE"));
    assert_eq!(key_to_pem(&certificate, KEY.len() + 1), (Ok(KEY.into()), KEY.len()));
    for cap in [1, KEY.len()] {
        let (outcome, len) = key_to_pem(&certificate, cap);
        assert_eq!((blamed(outcome).0, len), (DEFENDERAUTH_BUFFER_TOO_SMALL, KEY.len()));
    }
    let mut len = place();
    let size = defenderauth_certificate_key_to_pem(Some(&certificate), ptr::null_mut(), 0, Some(&mut len), None);
    // SAFETY: the call has written it.
    assert_eq!((size, unsafe { len.assume_init() }), (DEFENDERAUTH_BUFFER_TOO_SMALL, KEY.len()));
    let null =
        written(16, |buf, cap, len, error| defenderauth_certificate_key_to_pem(None, buf, cap, Some(len), Some(error)));
    assert_eq!((blamed(null.0), null.1), (expected(DEFENDERAUTH_NULL, "certificate"), 0));
    let no_buffer =
        call(|error| defenderauth_certificate_key_to_pem(Some(&certificate), ptr::null_mut(), 9, None, Some(error)));
    assert_eq!(blamed(no_buffer), expected(DEFENDERAUTH_NULL, "buf"));
}

#[test]
fn a_failure_to_parse_names_the_parameter() {
    assert_eq!(blamed(from_pem("", "")), expected(DEFENDERAUTH_CERTIFICATE_ABSENT, "chain"));
    assert_eq!(blamed(from_pem(KEY, "")), expected(DEFENDERAUTH_CERTIFICATE_ABSENT, "chain"));
    assert_eq!(blamed(from_pem(CERTIFICATE, CERTIFICATE)), expected(DEFENDERAUTH_CERTIFICATE_ABSENT, "key"));
    assert_eq!(blamed(from_pem(CERTIFICATE, data!("ed25519.pem"))), expected(DEFENDERAUTH_CERTIFICATE_KEY, "key"));
    let other = [CERTIFICATE, data!("ed25519.pem")].concat();
    assert_eq!(blamed(from_pem(&other, "")), expected(DEFENDERAUTH_CERTIFICATE_KEY, "chain"));
    assert_eq!(blamed(from_pem(CERTIFICATE, data!("rsa1024.pem"))), expected(DEFENDERAUTH_CERTIFICATE_FORMAT, "key"));
    assert_eq!(
        blamed(from_pem(&CERTIFICATE.replace('A', "*"), "")),
        expected(DEFENDERAUTH_CERTIFICATE_FORMAT, "chain")
    );
}

#[test]
fn an_encrypted_key_needs_its_passphrase() {
    let encrypted = data!("p256.encrypted.pem");
    assert_eq!(blamed(from_pem(CERTIFICATE, encrypted)), expected(DEFENDERAUTH_CERTIFICATE_FORMAT, "key"));
    for wrong in ["", "rose"] {
        let outcome = with_passphrase(CERTIFICATE, encrypted, wrong);
        assert_eq!(blamed(outcome), expected(DEFENDERAUTH_CERTIFICATE_FORMAT, "key"));
    }
    let one = [CERTIFICATE, encrypted].concat();
    for (chain, key) in [(CERTIFICATE, encrypted), (&one, ""), (CERTIFICATE, KEY)] {
        let certificate = with_passphrase(chain, key, "orchid").unwrap();
        assert_eq!(key_to_pem(&certificate, 4096).0.unwrap(), KEY);
    }
}

#[test]
fn invalid_calls_create_nothing() {
    let ((chain, len), bad) = (text(CERTIFICATE), bytes(b"\xff-----"));
    let from = |chain, chain_len, key, key_len| {
        blamed(made(|out, error| {
            defenderauth_certificate_from_pem(chain, chain_len, key, key_len, Some(out), Some(error))
        }))
    };
    assert_eq!(from(ptr::null(), 1, ptr::null(), 0), expected(DEFENDERAUTH_NULL, "chain"));
    assert_eq!(from(chain, len, ptr::null(), 1), expected(DEFENDERAUTH_NULL, "key"));
    assert_eq!(from(bad.0, bad.1, ptr::null(), 0), expected(DEFENDERAUTH_CERTIFICATE_FORMAT, "chain"));
    assert_eq!(from(chain, len, bad.0, bad.1), expected(DEFENDERAUTH_CERTIFICATE_FORMAT, "key"));
    assert_eq!(from(chain, usize::MAX, ptr::null(), 0), expected(DEFENDERAUTH_ARGUMENT, "chain"));
    let passphrase = blamed(made(|out, error| {
        defenderauth_certificate_from_pem_with_passphrase(
            chain,
            len,
            ptr::null(),
            0,
            bad.0,
            bad.1,
            Some(out),
            Some(error),
        )
    }));
    assert_eq!(passphrase, expected(DEFENDERAUTH_UTF8, "passphrase"));
    let no_out = call(|error| defenderauth_certificate_from_pem(chain, len, ptr::null(), 0, None, Some(error)));
    assert_eq!(blamed(no_out), expected(DEFENDERAUTH_NULL, "out"));
    let mut out = place();
    let no_error = defenderauth_certificate_from_pem(chain, len, ptr::null(), 0, Some(&mut out), None);
    assert_eq!(no_error, DEFENDERAUTH_OK);
    // SAFETY: the call has written it.
    defenderauth_certificate_free(unsafe { out.assume_init() });
}

macro_rules! binary {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/x509/data/", $name)).as_slice()
    };
}

/// The content of the only block of a PEM text.
fn der(pem: &str) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

fn from_der(chain: &[u8], key: &[u8], passphrase: &str) -> Result<Box<Certificate>, Failed> {
    let (passphrase, len) = text(passphrase);
    let (chain, chain_len, key, key_len) = (chain.as_ptr(), chain.len(), key.as_ptr(), key.len());
    made(|out, error| {
        defenderauth_certificate_from_der(chain, chain_len, key, key_len, passphrase, len, Some(out), Some(error))
    })
}

fn from_pkcs12(file: &[u8], passphrase: &str) -> Result<Box<Certificate>, Failed> {
    let (passphrase, len) = text(passphrase);
    made(|out, error| {
        defenderauth_certificate_from_pkcs12(file.as_ptr(), file.len(), passphrase, len, Some(out), Some(error))
    })
}

#[test]
fn der_and_pkcs12_are_the_same_certificate_as_pem() {
    let certificate = der(CERTIFICATE);
    let keys = [data!("p256.pkcs8.pem"), data!("p256.sec1.pem"), data!("p256.encrypted.pem")].map(der);
    let of_der = keys.iter().map(|key| from_der(&certificate, key, "orchid"));
    let files = [binary!("p256.pfx"), binary!("p256.plain.pfx"), binary!("p256.legacy.pfx")];
    let of_files = files.map(|file| from_pkcs12(file, "")).into_iter();
    for certificate in of_der.chain(of_files).chain([from_pkcs12(binary!("p256.password.pfx"), "orchid")]) {
        let certificate = certificate.unwrap();
        assert!(defenderauth_certificate_has_key(Some(&certificate)));
        assert_eq!(read(defenderauth_certificate_chain_pem(Some(&certificate))), CERTIFICATE);
        assert!(key_to_pem(&certificate, 4096).0.unwrap().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        defenderauth_certificate_free(Some(certificate));
    }
    let elsewhere = from_der(&certificate, &[], "").unwrap();
    assert!(!defenderauth_certificate_has_key(Some(&elsewhere)));
    assert_eq!(findings(&elsewhere, NOW, "dev-01") & DEFENDERAUTH_FINDING_UNCHECKED, 0);
    defenderauth_certificate_free(Some(elsewhere));
}

#[test]
fn der_that_cannot_be_used_names_the_parameter() {
    let (certificate, key) = (der(CERTIFICATE), der(KEY));
    let (encrypted, other) = (der(data!("p256.encrypted.pem")), der(data!("p384.sec1.pem")));
    let (many, large) = (certificate.repeat(33), vec![0; 300_000]);
    for (chain, key, code, field) in [
        (&[][..], &key[..], DEFENDERAUTH_CERTIFICATE_ABSENT, "chain"),
        (&certificate[..100], &key, DEFENDERAUTH_CERTIFICATE_FORMAT, "chain"),
        (&key, &key, DEFENDERAUTH_CERTIFICATE_FORMAT, "chain"),
        (&[certificate.as_slice(), b"x"].concat(), &key, DEFENDERAUTH_CERTIFICATE_FORMAT, "chain"),
        (&many, &key, DEFENDERAUTH_CERTIFICATE_FORMAT, "chain"),
        (CERTIFICATE.as_bytes(), &key, DEFENDERAUTH_CERTIFICATE_FORMAT, "chain"),
        (&certificate, &key[..50], DEFENDERAUTH_CERTIFICATE_FORMAT, "key"),
        (&certificate, &certificate, DEFENDERAUTH_CERTIFICATE_FORMAT, "key"),
        (&certificate, &encrypted, DEFENDERAUTH_CERTIFICATE_FORMAT, "key"),
        (&certificate, &other, DEFENDERAUTH_CERTIFICATE_KEY, "key"),
        (&certificate, &large, DEFENDERAUTH_CERTIFICATE_FORMAT, "key"),
    ] {
        assert_eq!(blamed(from_der(chain, key, "")), expected(code, field), "{} {}", chain.len(), key.len());
    }
    let file = binary!("p256.password.pfx");
    for (file, passphrase) in [(file, ""), (file, "other"), (&file[..500], "orchid"), (&certificate, ""), (&[], "")] {
        let (code, field) = blamed(from_pkcs12(file, passphrase));
        assert_eq!(field, "pkcs12");
        assert!(matches!(code, DEFENDERAUTH_CERTIFICATE_FORMAT | DEFENDERAUTH_CERTIFICATE_ABSENT), "{code}");
    }
}

#[test]
fn binary_files_given_as_pem_have_a_text_of_their_own() {
    let certificate = der(CERTIFICATE);
    for (file, word) in [(binary!("p256.pfx"), "PKCS#12"), (&certificate, "DER")] {
        let (chain, len) = bytes(file);
        let failed =
            made(|out, error| defenderauth_certificate_from_pem(chain, len, ptr::null(), 0, Some(out), Some(error)));
        let failed = failed.err().unwrap();
        assert_eq!((failed.code, &*failed.field), (DEFENDERAUTH_CERTIFICATE_FORMAT, "chain"));
        assert!(failed.message.contains(word) && !failed.message.contains("UTF-8"), "{}", failed.message);
    }
}

#[test]
fn getters_of_null_return_nothing() {
    assert!(!defenderauth_certificate_has_key(None) && !defenderauth_certificate_is_self_signed(None));
    for text in [
        defenderauth_certificate_common_name(None),
        defenderauth_certificate_thumbprint_sha1(None),
        defenderauth_certificate_thumbprint_sha256(None),
        defenderauth_certificate_chain_pem(None),
    ] {
        assert_eq!(read(text), "");
    }
    assert_eq!((defenderauth_certificate_not_before(None), defenderauth_certificate_not_after(None)), (0, 0));
    assert_eq!(defenderauth_certificate_findings(None, NOW, ptr::null(), 0), DEFENDERAUTH_FINDING_UNCHECKED);
    defenderauth_certificate_free(None);
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params.is_ca = IsCa::ExplicitNoCa;
    params
}

/// A self-signed certificate with these parameters.
fn own(params: &CertificateParams) -> Box<Certificate> {
    let key = KeyPair::generate().unwrap();
    from_pem(&params.self_signed(&key).unwrap().pem(), &key.serialize_pem()).unwrap()
}

/// A leaf, and the CA that issued it.
fn issued(leaf: &CertificateParams) -> [String; 2] {
    let (mut ca, keys) = (params("root"), [KeyPair::generate().unwrap(), KeyPair::generate().unwrap()]);
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let leaf = leaf.signed_by(&keys[0], &Issuer::from_params(&ca, &keys[1])).unwrap();
    // rcgen ends lines as the system does, the library with a line feed.
    [leaf, ca.self_signed(&keys[1]).unwrap()].map(|certificate| certificate.pem().replace("\r\n", "\n"))
}

#[test]
fn a_usable_certificate_has_no_finding() {
    let certificate = own(&params("dev-01"));
    assert_eq!(findings(&certificate, NOW, ""), 0);
    assert_eq!(findings(&certificate, NOW, "dev-01"), 0);
    let signed = from_pem(&issued(&params("dev-01")).concat(), "").unwrap();
    assert_eq!(findings(&signed, NOW, "dev-01"), 0);
    assert!(!defenderauth_certificate_is_self_signed(Some(&signed)));
}

#[test]
fn each_defect_has_its_bit() {
    let good = own(&params("dev-01"));
    assert_eq!(findings(&good, 1_000_000_000, ""), DEFENDERAUTH_FINDING_NOT_YET_VALID);
    assert_eq!(findings(&good, 3_000_000_000, ""), DEFENDERAUTH_FINDING_EXPIRED);
    assert_eq!(findings(&good, u64::MAX, ""), DEFENDERAUTH_FINDING_EXPIRED);

    let mut server = params("dev-01");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    assert_eq!(findings(&own(&server), NOW, ""), DEFENDERAUTH_FINDING_NO_CLIENT_AUTH);
    let mut silent = params("dev-01");
    silent.key_usages = vec![KeyUsagePurpose::KeyAgreement];
    assert_eq!(findings(&own(&silent), NOW, ""), DEFENDERAUTH_FINDING_NO_CLIENT_AUTH);

    let mut ca = params("dev-01");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert_eq!(findings(&own(&ca), NOW, ""), DEFENDERAUTH_FINDING_CA_LEAF);

    let ([leaf, root], [stranger, _]) = (issued(&params("dev-01")), issued(&params("dev-02")));
    let mixed = from_pem(&[root.as_str(), &leaf].concat(), "").unwrap();
    assert_eq!(findings(&mixed, NOW, ""), DEFENDERAUTH_FINDING_CHAIN_ORDER);
    assert_eq!(read(defenderauth_certificate_chain_pem(Some(&mixed))), [leaf.as_str(), &root].concat());
    let strange = from_pem(&[leaf.as_str(), &root, &stranger].concat(), "").unwrap();
    assert_eq!(findings(&strange, NOW, ""), DEFENDERAUTH_FINDING_CHAIN_BROKEN);
    assert_eq!(read(defenderauth_certificate_chain_pem(Some(&strange))), [leaf.as_str(), &root].concat());

    for weak in [data!("sha1.certificate.pem"), data!("p521.certificate.pem")] {
        let weak = from_pem(weak, "").unwrap();
        let now = defenderauth_certificate_not_before(Some(&weak)) + 1;
        assert_eq!(findings(&weak, now, "") & DEFENDERAUTH_FINDING_WEAK, DEFENDERAUTH_FINDING_WEAK);
    }
}

#[test]
fn a_certificate_that_the_tls_of_the_library_cannot_use_has_a_bit() {
    for unusable in [data!("foreign/v1.pem"), data!("foreign/critical.pem")] {
        let unusable = from_pem(unusable, "").unwrap();
        let now = defenderauth_certificate_not_before(Some(&unusable)) + 1;
        let found = findings(&unusable, now, "");
        assert_eq!(found & DEFENDERAUTH_FINDING_UNUSABLE_BY_TLS, DEFENDERAUTH_FINDING_UNUSABLE_BY_TLS);
    }
    let usable = from_pem(CERTIFICATE, "").unwrap();
    assert_eq!(findings(&usable, NOW, "") & DEFENDERAUTH_FINDING_UNUSABLE_BY_TLS, 0);
}

#[test]
fn a_ca_that_does_not_allow_what_is_below_it_breaks_the_chain() {
    let chain = |restrict: fn(&mut CertificateParams)| {
        let keys = [(); 3].map(|()| KeyPair::generate().unwrap());
        let (mut root, mut between) = (params("root"), params("between"));
        for ca in [&mut root, &mut between] {
            ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        }
        restrict(&mut root);
        let issuer = Issuer::from_params(&root, &keys[0]);
        let middle = between.signed_by(&keys[1], &issuer).unwrap().pem();
        let leaf = params("dev-01").signed_by(&keys[2], &Issuer::from_params(&between, &keys[1])).unwrap().pem();
        from_pem(&[leaf, middle, root.self_signed(&keys[0]).unwrap().pem()].concat(), "").unwrap()
    };
    assert_eq!(findings(&chain(|_| {}), NOW, ""), 0);
    let restrictions: [fn(&mut CertificateParams); 3] = [
        |root| root.key_usages = vec![KeyUsagePurpose::CrlSign],
        |root| root.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth],
        |root| root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)),
    ];
    for restrict in restrictions {
        assert_eq!(findings(&chain(restrict), NOW, ""), DEFENDERAUTH_FINDING_CHAIN_BROKEN);
    }
}

#[test]
fn the_name_is_compared_including_case() {
    let certificate = own(&params("dev-01"));
    for other in ["dev-02", "Dev-01", "dev-01 ", "dev-0"] {
        assert_eq!(findings(&certificate, NOW, other), DEFENDERAUTH_FINDING_NAME_MISMATCH);
    }
    for (name, len) in [bytes(b"dev-\xff"), bytes(b"dev-01\0"), (ptr::null(), 1)] {
        let found = defenderauth_certificate_findings(Some(&certificate), NOW, name, len);
        assert_eq!(found, DEFENDERAUTH_FINDING_NAME_MISMATCH);
    }
}

#[test]
fn a_name_that_contains_a_nul_is_absent() {
    let certificate = own(&params("dev-01\0.example"));
    assert_eq!(read(defenderauth_certificate_common_name(Some(&certificate))), "");
    assert_eq!(findings(&certificate, NOW, "dev-01"), DEFENDERAUTH_FINDING_NAME_MISMATCH);
}

#[test]
fn every_bit_has_a_text_of_its_own() {
    let texts: Vec<_> = (0..10).map(|bit| fixed(defenderauth_certificate_finding_string(1 << bit))).collect();
    for (index, text) in texts.iter().enumerate() {
        assert!(!text.is_empty() && *text != "unknown" && !texts[..index].contains(text));
    }
    for none in [0, 3, 1024, u32::MAX] {
        assert_eq!(fixed(defenderauth_certificate_finding_string(none)), "unknown");
    }
}
