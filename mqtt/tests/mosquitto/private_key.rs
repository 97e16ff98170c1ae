//! A certificate whose key signs where it is.

use crate::{
    certificate::{is_accepted, open, start, start_with},
    outside::{Authority, P256, Version},
    scripted_key::{Act, Scripted},
};
use defender_auth::{
    error::{TlsError, TlsFailure},
    key::SignatureScheme,
};
use defender_auth_mqtt::Error;

const P384: &str = "ec -pkeyopt ec_paramgen_curve:P-384";
const RSA: &str = "rsa:2048";

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn mosquitto_knows_a_device_by_the_signature_of_a_key_elsewhere() {
    for kind in [P256, P384, RSA] {
        let authority = Authority::new(kind);
        let held = authority.client("dev-01");
        for version in Version::BOTH {
            let (certificate, key) = Scripted::of(&held).certify(&held);
            is_accepted(&start(&authority, version), &authority, "dev-01", &certificate);
            assert_eq!(key.asked(), 1, "{kind} {version:?}");
        }
    }
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn a_key_for_pkcs1_alone_logs_in_with_tls_1_2() {
    let authority = Authority::new(RSA);
    let held = authority.client("dev-01");
    let (certificate, _) = Scripted::of(&held).with_schemes(&[SignatureScheme::RsaPkcs1Sha256]).certify(&held);
    is_accepted(&start(&authority, Version::Tls12), &authority, "dev-01", &certificate);
    let error = open(&start(&authority, Version::Tls13), &authority, "dev-01", &certificate).err().unwrap();
    assert!(error.to_string().contains("which TLS 1.3 does not allow"), "{error}");
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn a_key_that_fails_is_reported_as_the_key_and_the_next_login_succeeds() {
    let authority = Authority::new(P256);
    let held = authority.client("dev-01");
    for version in Version::BOTH {
        let broker = start(&authority, version);
        let (certificate, key) = Scripted::of(&held).acting([Act::Busy, Act::Locked, Act::WrongBit]).certify(&held);
        for (is_retryable, part) in [(true, "the token is busy"), (false, "the token is locked"), (false, "slot 7")] {
            let error = open(&broker, &authority, "dev-01", &certificate).err().unwrap();
            let Error::TlsFailed { failure, .. } = &error else { panic!("{error:?}") };
            assert!(failure.is_retryable() == is_retryable && failure.is_about_client(), "{error}");
            assert!(error.to_string().contains(part), "{error}");
        }
        is_accepted(&broker, &authority, "dev-01", &certificate);
        assert_eq!(key.asked(), 4);
    }
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn a_broker_that_accepts_no_scheme_of_the_key_gets_no_empty_certificate() {
    let authority = Authority::new(P384);
    let held = authority.client("dev-01");
    let (elsewhere, _) = Scripted::of(&held).certify(&held);
    for version in Version::BOTH {
        let broker = start_with(&authority, version, "ClientSignatureAlgorithms = ECDSA+SHA256");
        for certificate in [&held, &elsewhere] {
            let error = open(&broker, &authority, "dev-01", certificate).err().unwrap();
            let Error::TlsFailed { failure: TlsFailure::ClientKeyUnusable { reason }, .. } = &error else {
                panic!("{version:?} {error:?}")
            };
            assert!(reason.contains("the server accepts ECDSA_NISTP256_SHA256"), "{reason}");
        }
    }
}

#[test]
#[ignore = "needs mosquitto and openssl, which `cargo xtask test` brings"]
fn the_key_of_another_certificate_is_found_before_a_connection() {
    let authority = Authority::new(P256);
    let (held, other) = (authority.client("dev-01"), authority.client("dev-02"));
    let (certificate, key) = Scripted::of(&other).certify(&held);
    let error = open(&start(&authority, Version::Tls13), &authority, "dev-01", &certificate).err().unwrap();
    assert!(matches!(error, Error::Tls(TlsError::KeyMismatch)), "{error:?}");
    assert_eq!(key.asked(), 0);
}
