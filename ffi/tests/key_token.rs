//! Private keys in PKCS#11 tokens, through the C interface.

#![cfg(all(feature = "pkcs11", unix))]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../pkcs11/tests/token/alone.rs"]
mod alone;
#[path = "../../tests/support/ended.rs"]
mod ended;
#[path = "../../tests/support/scratch.rs"]
mod scratch;
mod support;
#[path = "../../pkcs11/tests/token/token.rs"]
#[allow(dead_code, reason = "the tests of tokens use the rest")]
mod token;

use alone::alone;
use defenderauth::{certificate_request::*, private_key::*, version::defenderauth_features, *};
use support::{Failed, blamed, made, read, text, written};
use token::{Kind, PIN};

fn open(uri: &str, pin: &str) -> Result<Box<PrivateKey>, Failed> {
    let ((uri, len), (pin, pin_len)) = (text(uri), text(pin));
    made(|out, error| defenderauth_private_key_open(uri, len, pin, pin_len, Some(out), Some(error)))
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn a_key_in_a_token_signs_a_request() {
    alone(
        "a_key_in_a_token_signs_a_request",
        Kind::SoftHsm,
        |token| token.make("EC:prime256v1", "device", "01"),
        |token| {
            let uri = format!("pkcs11:token=agent;object=device?module-path={}", token.module());
            assert_eq!(blamed(open(&uri, "")), (DEFENDERAUTH_PRIVATE_KEY, "uri".into()), "it is private");
            let key = open(&uri, PIN).unwrap();
            assert!(read(defenderauth_private_key_holder(Some(&key))).starts_with("pkcs11:"));
            assert_eq!(defenderauth_private_key_scheme(Some(&key), 0), DEFENDERAUTH_SCHEME_ECDSA_P256_SHA256);
            let (name, len) = text("dev-01");
            let request =
                made(|out, error| defenderauth_certificate_request_new(Some(&key), name, len, Some(out), Some(error)));
            let request = request.unwrap();
            let (pem, _) = written(4096, |buf, cap, len, error| {
                defenderauth_certificate_request_to_pem(Some(&request), buf, cap, Some(len), Some(error))
            });
            assert!(pem.unwrap().starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
            defenderauth_certificate_request_free(Some(request));
            defenderauth_private_key_free(Some(key));
        },
    );
}

#[test]
fn a_name_that_leads_to_no_token_says_why() {
    assert_ne!(defenderauth_features() & DEFENDERAUTH_FEATURE_PKCS11, 0);
    for (uri, code) in [
        ("pkcs11:token=a;other=b", DEFENDERAUTH_ARGUMENT),
        ("pkcs11:token=a?pin-value=1234", DEFENDERAUTH_ARGUMENT),
        ("pkcs11:token=a;object=b", DEFENDERAUTH_PRIVATE_KEY),
        ("pkcs11:token=a;object=b?module-path=/nowhere.so", DEFENDERAUTH_PRIVATE_KEY),
    ] {
        let failed = open(uri, "").err().unwrap();
        assert_eq!((failed.code, failed.field.as_str()), (code, "uri"), "{failed:?}");
        assert!(!failed.message.contains("1234"), "{failed:?}");
    }
}
