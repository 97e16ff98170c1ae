//! A copy of the process does not touch the module.

use crate::{
    alone::alone,
    token::{KINDS, Kind, Token},
};
use defender_auth::key::{PrivateKey as _, SignatureScheme::EcdsaP256Sha256};
use defender_auth_pkcs11::Error;
use fork::Fork;
use std::process;

fn make(token: &Token) {
    token.make(KINDS[0], "key", "01");
}

fn a_copy_is_refused(test: &str, kind: Kind) {
    alone(test, kind, make, |token| {
        let key = token.open("key").unwrap();
        for _ in 0..5 {
            match fork::fork().unwrap() {
                Fork::Child => {
                    let error = key.sign(EcdsaP256Sha256, b"hello").unwrap_err();
                    let is_refused = error.to_string().contains("fork first") && !error.is_retryable();
                    let opens = matches!(token.open("key"), Err(Error::Forked));
                    drop(key);
                    process::exit(if is_refused && opens { 42 } else { 1 });
                }
                Fork::Parent(child) => {
                    let status = fork::waitpid(child).unwrap();
                    assert_eq!(status >> 8, 42);
                    // The end of the child closed no session, and nothing was counted as a failure.
                    assert!(key.sign(EcdsaP256Sha256, b"hello").is_ok());
                }
            }
        }
        drop(key);
        assert!(token.open("key").is_ok());
    });
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn softhsm_is_not_used_in_a_copy_of_the_process() {
    a_copy_is_refused("forked::softhsm_is_not_used_in_a_copy_of_the_process", Kind::SoftHsm);
}

#[test]
#[ignore = "needs tpm2-pkcs11, swtpm and opensc"]
fn tpm2_pkcs11_is_not_used_in_a_copy_of_the_process() {
    a_copy_is_refused("forked::tpm2_pkcs11_is_not_used_in_a_copy_of_the_process", Kind::Tpm2);
}
