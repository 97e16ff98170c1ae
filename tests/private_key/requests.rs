//! Certificate requests, judged by openssl and by a parser.

use crate::Scratch;
use defender_auth::{
    credential::CertificateRequest,
    key::PrivateKey as _,
    private_key::MemoryKey,
    x509::{Curve, PrivateKey},
};
use std::process::Command;
use x509_parser::{certification_request::X509CertificationRequest, prelude::FromDer as _};

const RSA: &[u8] = include_bytes!("../x509/data/rsa2048.pkcs8.pem");

fn keys() -> [(&'static str, MemoryKey); 3] {
    let new = |curve| MemoryKey::new(&PrivateKey::generate(curve).unwrap()).unwrap();
    let rsa = MemoryKey::new(&PrivateKey::from_pem(RSA, None).unwrap()).unwrap();
    [("P-256", new(Curve::P256)), ("P-384", new(Curve::P384)), ("RSA", rsa)]
}

#[test]
fn a_request_contains_the_name_and_the_key_and_its_signature_verifies() {
    for (kind, key) in keys() {
        for name in ["dev-01", &"x".repeat(64), "pump 7:é_a.b"] {
            let request = CertificateRequest::sign(name, &key).unwrap();
            let (rest, read) = X509CertificationRequest::from_der(request.as_der()).unwrap();
            let info = &read.certification_request_info;
            assert!(rest.is_empty() && info.version.0 == 0 && info.attributes().is_empty(), "{kind}");
            assert_eq!(info.subject_pki.raw, key.public_key(), "{kind}");
            let names: Vec<_> = info.subject.iter_common_name().map(|name| name.as_str().unwrap()).collect();
            assert_eq!((names, info.subject.iter_attributes().count()), (vec![name], 1), "{kind}");
            read.verify_signature().unwrap();
        }
    }
}

#[test]
fn a_request_has_a_size_that_services_take() {
    for ((kind, key), most) in keys().into_iter().zip([230, 320, 640]) {
        let request = CertificateRequest::sign("dev-01", &key).unwrap();
        assert!(request.as_der().len() <= most, "{kind}: {} bytes", request.as_der().len());
        assert_eq!(request.to_base64().len(), request.as_der().len().div_ceil(3) * 4);
    }
}

#[test]
fn a_new_key_is_another_one_and_is_read_again() {
    for curve in [Curve::P256, Curve::P384] {
        let [first, second] = [(); 2].map(|()| PrivateKey::generate(curve).unwrap());
        assert_ne!(first.public_key(), second.public_key());
        let again = PrivateKey::from_pem(first.to_pem().expose().as_bytes(), None).unwrap();
        assert_eq!((again.algorithm(), again.public_key()), (first.algorithm(), first.public_key()));
    }
}

#[test]
fn a_key_does_not_sign_with_a_scheme_of_another_kind() {
    use defender_auth::key::SignatureScheme as S;
    for (kind, key) in keys() {
        for scheme in [S::EcdsaP256Sha256, S::EcdsaP384Sha384, S::RsaPkcs1Sha256, S::RsaPssSha512] {
            let result = key.sign(scheme, b"message");
            assert_eq!(result.is_ok(), key.schemes().contains(&scheme), "{kind} {scheme}");
            assert!(result.err().is_none_or(|error| !error.is_retryable()));
        }
    }
}

#[test]
#[ignore = "needs openssl"]
fn openssl_verifies_the_requests_of_every_kind_of_key() {
    let folder = Scratch::new();
    for (kind, key) in keys() {
        let request = CertificateRequest::sign("dev-01", &key).unwrap();
        folder.write("request.pem", request.to_pem());
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-verify", "-noout", "-subject", "-text", "-in", &folder.path("request.pem")]);
        let output = openssl.output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success() && text.contains("verify OK"), "{kind}: {text}");
        assert!(text.contains("subject=CN = dev-01"), "{kind}: {text}");
    }
}
