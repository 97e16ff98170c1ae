//! Keys that are opened by their names: in files, in a signing process, and what is wrong with others.

use crate::Scratch;
use defender_auth::{
    Error,
    error::{CertificateProblem, Code, ErrorKind},
    private_key::{Location, OpenedKey, Opener},
    x509::{Chain, Curve, PrivateKey},
};

const CERTIFICATE: &[u8] = include_bytes!("../x509/data/p256.certificate.pem");

fn open(name: &str, passphrase: Option<&[u8]>) -> Result<OpenedKey, Error> {
    let opener = passphrase.map_or_else(Opener::new, |passphrase| Opener::new().with_passphrase(passphrase));
    opener.open(&name.parse::<Location>()?)
}

#[test]
fn every_form_of_a_key_in_a_file_is_opened_and_joins_its_certificate() {
    let scratch = Scratch::new();
    let chain = Chain::from_pem(CERTIFICATE).unwrap();
    for (pem, passphrase) in [
        (&include_bytes!("../x509/data/p256.pkcs8.pem")[..], None),
        (include_bytes!("../x509/data/p256.sec1.pem"), None),
        (include_bytes!("../x509/data/p256.sec1params.pem"), None),
        (include_bytes!("../x509/data/p256.encrypted.pem"), Some(&b"orchid"[..])),
    ] {
        let key = open(&scratch.write("key.pem", pem), passphrase).unwrap();
        assert!(key.in_memory_of_process().is_some());
        let certificate = key.certificate(&chain).unwrap();
        assert!(certificate.der().is_some(), "TLS needs no other holder for it");
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_every_user_may_read_is_noticed() {
    let scratch = Scratch::new();
    let path = scratch.write("key.pem", PrivateKey::generate(Curve::P384).unwrap().to_pem().expose());
    scratch.share("key.pem");
    assert!(open(&path, None).unwrap().is_open_to_others());
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let scratch = Scratch::new();
    let path = scratch.write("key.pem", PrivateKey::generate(Curve::P256).unwrap().to_pem().expose());
    let error = open(&path, None).unwrap().certificate(&Chain::from_pem(CERTIFICATE).unwrap()).unwrap_err();
    assert_eq!(error.problem, CertificateProblem::Mismatch);
}

#[test]
fn an_error_has_the_file_and_its_part() {
    let scratch = Scratch::new();
    for (name, contents, expected) in [
        ("encrypted.pem", &include_bytes!("../x509/data/p256.encrypted.pem")[..], "passphrase"),
        ("public.pem", include_bytes!("../x509/data/p256.public.pem"), "this is a public key"),
        ("empty.pem", b"", "empty"),
        ("text.pem", b"no key", "-----BEGIN"),
    ] {
        let path = scratch.write(name, contents);
        let error = open(&path, None).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{path}: ")) && error.contains(expected), "{error}");
    }
    let absent = scratch.path("absent.pem");
    let error = open(&absent, None).unwrap_err();
    assert_eq!((error.code(), error.field().as_deref()), (Code::FileNotFound, Some(absent.as_str())));
    let folder = open(&scratch.folder(), None).unwrap_err();
    assert_eq!(folder.code(), Code::FileRead);
}

#[test]
fn a_key_in_a_token_names_the_crate_that_opens_it() {
    let error = open("pkcs11:token=agent;object=key", None).unwrap_err();
    assert_eq!((error.code(), error.kind()), (Code::Unsupported, ErrorKind::Library));
    assert!(error.to_string().contains("defender-auth-pkcs11"), "{error}");
    let error = open("pkcs11:token=agent?pin-value=1234", None).unwrap_err();
    assert_eq!((error.code(), error.kind()), (Code::Argument, ErrorKind::Input));
    assert!(!error.to_string().contains("1234"), "{error}");
}
