//! Each kind of key in each module, judged by openssl.

use crate::{
    alone::alone,
    token::{KINDS, Kind, Token},
};
use defender_auth::{
    credential::CertificateRequest,
    key::{PrivateKey, SignatureScheme},
};
use std::{
    fs,
    process::{Command, Stdio},
    thread,
};

fn make_all(token: &Token) {
    for (number, kind) in KINDS.into_iter().enumerate() {
        token.make(kind, &format!("key{number}"), &format!("0{number}"));
    }
}

fn openssl(token: &Token, line: &str) -> String {
    let mut command = Command::new("openssl");
    command.args(line.split(' ')).current_dir(token.folder()).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{line}: {text}");
    text
}

/// Signs with every scheme of a key, and has openssl verify that and a certificate request.
pub(crate) fn judge(token: &Token, key: &dyn PrivateKey) {
    fs::write(token.path("public.der"), key.public_key()).unwrap();
    for (number, message) in [&b""[..], b"hello", &[7; 10_000]].into_iter().enumerate() {
        for scheme in key.schemes() {
            fs::write(token.path("message"), message).unwrap();
            fs::write(token.path("signature"), key.sign(*scheme, message).unwrap()).unwrap();
            let (hash, padding) = match scheme {
                SignatureScheme::EcdsaP384Sha384 => ("sha384", ""),
                SignatureScheme::RsaPssSha256 => ("sha256", "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 "),
                _ => ("sha256", ""),
            };
            let verify = format!("dgst -{hash} -keyform DER -verify public.der {padding}-signature signature message");
            assert!(openssl(token, &verify).contains("Verified OK"), "{scheme} {number}");
        }
    }
    let request = CertificateRequest::sign("dev-01", key).unwrap();
    fs::write(token.path("request.pem"), request.to_pem()).unwrap();
    assert!(openssl(token, "req -verify -noout -in request.pem").contains("verify OK"));
}

fn every_kind_signs(test: &str, kind: Kind) {
    use SignatureScheme::{EcdsaP256Sha256, EcdsaP384Sha384, RsaPkcs1Sha256, RsaPssSha256};
    alone(test, kind, make_all, |token| {
        let schemes: [&[_]; 3] = [&[EcdsaP256Sha256], &[EcdsaP384Sha384], &[RsaPssSha256, RsaPkcs1Sha256]];
        for (number, expected) in schemes.into_iter().enumerate() {
            let key = token.open(&format!("key{number}")).unwrap();
            assert_eq!(key.schemes(), expected, "{}", KINDS[number]);
            judge(token, &key);
            assert!(key.sign(SignatureScheme::RsaPssSha512, b"").is_err());
            // By its identifier it is the same.
            let by_id =
                defender_auth_pkcs11::TokenKey::open(&token.uri(&format!("token=agent;id=%0{number}"))).unwrap();
            assert_eq!(by_id.public_key(), key.public_key());
        }
    });
}

#[test]
#[ignore = "needs softhsm2, opensc and openssl"]
fn softhsm_signs_with_every_kind_of_key() {
    every_kind_signs("signing::softhsm_signs_with_every_kind_of_key", Kind::SoftHsm);
}

#[test]
#[ignore = "needs tpm2-pkcs11, swtpm, opensc and openssl"]
fn tpm2_pkcs11_signs_with_every_kind_of_key() {
    every_kind_signs("signing::tpm2_pkcs11_signs_with_every_kind_of_key", Kind::Tpm2);
}

#[test]
#[ignore = "needs softhsm2, opensc and openssl"]
fn threads_share_a_key() {
    let make = |token: &Token| token.make(KINDS[0], "key", "01");
    alone("signing::threads_share_a_key", Kind::SoftHsm, make, |token| {
        let key = token.open("key").unwrap();
        let signatures: Vec<_> = thread::scope(|scope| {
            let sign = || key.sign(SignatureScheme::EcdsaP256Sha256, b"hello").unwrap();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(move || [(); 20].map(|()| sign()))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        fs::write(token.path("public.der"), key.public_key()).unwrap();
        token.write("message", "hello");
        for signature in signatures.iter().step_by(20) {
            fs::write(token.path("signature"), signature).unwrap();
            openssl(token, "dgst -sha256 -keyform DER -verify public.der -signature signature message");
        }
    });
}
