//! What is read, and what is refused with its reason.

use crate::data;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{
    credential::{ClientCertificate, Issuer},
    error::{CertificateError, CertificateProblem as Problem},
    x509::{Chain, ClientIdentity, KeyAlgorithm, PrivateKey},
};

fn key(pem: &[u8]) -> Result<PrivateKey, CertificateError> {
    PrivateKey::from_pem(pem, None)
}

fn problem<T>(result: Result<T, CertificateError>) -> Problem {
    result.err().unwrap().problem
}

/// The content of the only block.
fn der(pem: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(pem);
    STANDARD.decode(text.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

#[test]
fn every_form_of_a_key_is_the_same_key() {
    let public = key(data!("p256.pkcs8.pem")).unwrap().public_key().to_vec();
    for pem in [data!("p256.sec1.pem"), data!("p256.sec1params.pem")] {
        assert_eq!(key(pem).unwrap().public_key(), public);
    }
    for pem in [data!("p256.encrypted.pem"), data!("p256.encrypted-3des.pem")] {
        assert_eq!(PrivateKey::from_pem(pem, Some(b"orchid")).unwrap().public_key(), public);
    }
    let pkcs1 = key(data!("rsa2048.pkcs1.pem")).unwrap();
    assert_eq!(pkcs1.expose_pkcs8(), key(data!("rsa2048.pkcs8.pem")).unwrap().expose_pkcs8());
    assert_eq!(key(data!("rsa4096.pem")).unwrap().algorithm(), KeyAlgorithm::Rsa { bits: 4096 });
    assert_eq!(key(data!("p384.sec1.pem")).unwrap().algorithm(), KeyAlgorithm::P384);
    assert_eq!(key(data!("ed25519.pem")).unwrap().algorithm(), KeyAlgorithm::Ed25519);
}

#[test]
fn keys_that_cannot_be_used_say_why() {
    let kind = |kind: &str| Problem::KeyKind { kind: kind.into() };
    assert_eq!(problem(key(data!("rsa1024.pem"))), Problem::RsaSize { bits: 1024 });
    assert_eq!(problem(key(data!("rsa5120.pem"))), Problem::RsaSize { bits: 5120 });
    assert_eq!(problem(key(data!("p521.sec1.pem"))), kind("P-521"));
    assert_eq!(problem(key(data!("p256.legacy.pem"))), Problem::LegacyEncryption);
    assert_eq!(problem(key(data!("p256.encrypted.pem"))), Problem::PassphraseNeeded);
    assert_eq!(problem(PrivateKey::from_pem(data!("p256.encrypted.pem"), Some(b"rose"))), Problem::Passphrase);
    assert_eq!(problem(PrivateKey::from_pem(data!("p256.encrypted-pbes1.pem"), Some(b"orchid"))), Problem::Encryption);
    assert_eq!(problem(key(data!("p256.public.pem"))), Problem::PublicKey);
    assert_eq!(problem(key(data!("p256.certificate.pem"))), Problem::CertificateForKey);
    let two = [data!("p256.sec1.pem"), data!("ed25519.pem")].concat();
    let error = key(&two).unwrap_err();
    assert_eq!(error.problem, Problem::SecondKey);
    assert!(error.to_string().starts_with("block 2 (PRIVATE KEY): "), "{error}");
}

/// A key in PKCS#8 with other bytes in the place of the first of these.
fn changed(pem: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut der = key(pem).unwrap().expose_pkcs8().to_vec();
    let at = der.windows(from.len()).position(|bytes| bytes == from).unwrap();
    der[at..at + to.len()].copy_from_slice(to);
    der
}

#[test]
fn other_curves_and_kinds_are_named_in_pkcs8_too() {
    const P256: [u8; 10] = [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    let kind_of = |der: &[u8]| match problem(PrivateKey::from_pkcs8(der)) {
        Problem::KeyKind { kind } => kind,
        other => panic!("{other:?}"),
    };
    let p192 = changed(data!("p256.pkcs8.pem"), &P256, &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1]);
    assert_eq!(kind_of(&p192), "1.2.840.10045.3.1.1");
    // In the place of a name stands a sequence, as `openssl ecparam -param_enc explicit` writes it.
    let explicit = changed(data!("p256.pkcs8.pem"), &P256, &[0x30, 8, 2, 6, 1, 2, 3, 4, 5, 6]);
    assert_eq!(problem(PrivateKey::from_pkcs8(&explicit)), Problem::ExplicitCurve);
    let ed448 = changed(data!("ed25519.pem"), &[6, 3, 0x2b, 0x65, 0x70], &[6, 3, 0x2b, 0x65, 0x71]);
    assert_eq!(kind_of(&ed448), "Ed448");
}

#[test]
fn a_kind_of_key_has_its_usual_name() {
    for (pem, name) in [
        (data!("rsa2048.pkcs8.pem"), "RSA 2048"),
        (data!("p256.pkcs8.pem"), "EC P-256"),
        (data!("p384.sec1.pem"), "EC P-384"),
        (data!("ed25519.pem"), "Ed25519"),
    ] {
        assert_eq!(key(pem).unwrap().algorithm().to_string(), name);
    }
}

#[test]
fn an_encrypted_key_is_a_sequence() {
    let frame =
        |body: &str| format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{body}\n-----END ENCRYPTED PRIVATE KEY-----\n");
    let open = |body: &str| problem(PrivateKey::from_pem(frame(body).as_bytes(), Some(b"orchid")));
    assert_eq!(open("AAAA"), Problem::Key);
    // One with nothing in it says nothing about its encryption.
    assert_eq!(open("MAA="), Problem::Encryption);
}

#[test]
fn what_is_there_instead_of_a_certificate_is_named() {
    assert_eq!(problem(Chain::from_pem(data!("p256.csr.pem"))), Problem::Request);
    assert_eq!(problem(Chain::from_pem(data!("p256.public.pem"))), Problem::PublicKey);
    assert_eq!(problem(Chain::from_pem(data!("p256.sec1.pem"))), Problem::KeyForCertificate);
    assert_eq!(problem(Chain::from_pem(b" \r\n")), Problem::Empty);
    assert_eq!(problem(Chain::from_pem(b"hello")), Problem::NoPem);
    assert_eq!(problem(Chain::from_pem(data!("p256.pfx"))), Problem::Binary);
    assert_eq!(problem(Chain::from_pem(&[0xff, 0xfe, b'-', 0])), Problem::Utf16);
}

#[test]
fn broken_frames_are_named() {
    let good = std::str::from_utf8(data!("p256.certificate.pem")).unwrap();
    let problem_of = |text: String| problem(Chain::from_pem(text.as_bytes()));
    assert_eq!(problem_of(good.replace('\n', "")), Problem::OneLine);
    assert_eq!(problem_of(good.replace('\n', "\\n")), Problem::OneLine);
    assert_eq!(problem_of(good.replace('\n', "\n  ").replace("-----BEGIN", "  -----BEGIN")), Problem::Indented);
    assert_eq!(problem_of(good.replace("-----END", "  -----END")), Problem::Indented);
    let (head, body) = good.split_at(good.find('\n').unwrap() + 1);
    assert_eq!(problem_of(format!("{head}  {body}")), Problem::Indented, "its first line");
    assert_eq!(problem_of(good.replace("-----END CERTIFICATE-----", "")), Problem::NoEnd);
    assert_eq!(problem_of(good.replace("END CERTIFICATE", "END KEY")), Problem::OtherEnd);
    assert_eq!(problem_of(good.trim_end().repeat(2)), Problem::Joined);
    assert_eq!(problem_of(good.replace('A', "*")), Problem::NotBase64);
    for fine in [good.replace('\n', "\r\n"), format!("\u{feff}{good}"), format!("Bag Attributes\n  x: y\n{good}")] {
        assert!(Chain::from_pem(fine.as_bytes()).is_ok());
    }
}

#[test]
fn a_label_is_shown_without_what_moves_a_cursor() {
    let error = Chain::from_pem("-----BEGIN A\u{1b}[2Jé B-----\nMAA=\n".as_bytes()).unwrap_err();
    assert_eq!(error.problem, Problem::NoEnd);
    assert!(error.to_string().starts_with("block 1 (A…): "), "{error}");
}

#[test]
fn a_key_in_der_is_the_same_as_in_pem() {
    for pem in [
        data!("p256.pkcs8.pem"),
        data!("p256.sec1.pem"),
        data!("p384.sec1.pem"),
        data!("p256.encrypted.pem"),
        data!("rsa2048.pkcs8.pem"),
        data!("rsa2048.pkcs1.pem"),
        data!("ed25519.pem"),
    ] {
        let (text, der) = (String::from_utf8_lossy(pem), der(pem));
        let of_der = PrivateKey::from_der(&der, Some(b"orchid")).unwrap();
        let of_pem = PrivateKey::from_pem(pem, Some(b"orchid")).unwrap();
        assert_eq!(of_der.public_key(), of_pem.public_key(), "{text}");
        assert_eq!(of_der.expose_pkcs8(), of_pem.expose_pkcs8(), "{text}");
        assert!(PrivateKey::from_der(&der[..der.len() - 1], Some(b"orchid")).is_err(), "{text}");
    }
    let encrypted = der(data!("p256.encrypted.pem"));
    assert_eq!(problem(PrivateKey::from_der(&encrypted, None)), Problem::PassphraseNeeded);
    assert_eq!(problem(PrivateKey::from_der(&encrypted, Some(b"rose"))), Problem::Passphrase);
    let other = der(data!("p521.sec1.pem"));
    assert!(matches!(problem(PrivateKey::from_der(&other, None)), Problem::KeyKind { .. }));
    assert_eq!(problem(PrivateKey::from_der(b"hello", None)), Problem::Key);
    assert_eq!(problem(PrivateKey::from_der(b"", None)), Problem::Key);
}

#[test]
fn a_pair_a_single_file_and_a_pfx_are_the_same_identity() {
    let (certificate, key) = (data!("p256.certificate.pem"), data!("p256.sec1params.pem"));
    let pair = ClientIdentity::from_pem_pair(certificate, key, None).unwrap().into_client_certificate();
    assert_eq!(pair.issuer(), Some(Issuer::SelfSigned));
    let one = [certificate, key].concat();
    let others = [
        ClientIdentity::from_pem(&one, None),
        ClientIdentity::from_pkcs12(data!("p256.pfx"), None),
        ClientIdentity::from_pkcs12(data!("p256.plain.pfx"), None),
        ClientIdentity::from_pkcs12(data!("p256.legacy.pfx"), None),
    ];
    for other in others {
        assert_eq!(other.unwrap().into_client_certificate(), pair);
    }
    assert_eq!(problem(ClientIdentity::from_pkcs12(data!("p256.password.pfx"), None)), Problem::Pkcs12Password);
    assert_eq!(problem(ClientIdentity::from_pkcs12(b"hello", None)), Problem::Pkcs12);
    assert_eq!(problem(ClientIdentity::from_pkcs12(b"", None)), Problem::Empty);
    assert_eq!(problem(ClientIdentity::from_pem_pair(certificate, data!("ed25519.pem"), None)), Problem::Mismatch);
}

#[test]
fn nothing_prints_a_key() {
    let me = ClientIdentity::from_pkcs12(data!("p256.pfx"), None).unwrap();
    assert_eq!(format!("{:?}", me.key()), "PrivateKey(EC P-256, ..)");
    assert!(!format!("{me:?}").contains("pkcs8"));
    assert_eq!(format!("{:?}", me.into_client_certificate()), "ClientCertificate(1 certificates, ..)");
}

#[test]
fn a_key_is_written_as_it_is_read() {
    let mine = key(data!("p256.pkcs8.pem")).unwrap();
    assert_eq!(mine.to_pem().expose().as_bytes(), data!("p256.pkcs8.pem"));
    for pem in [data!("rsa4096.pem"), data!("p384.sec1.pem"), data!("ed25519.pem")] {
        let read = key(pem).unwrap();
        let again = key(read.to_pem().expose().as_bytes()).unwrap();
        assert_eq!(again.expose_pkcs8(), read.expose_pkcs8());
    }
}

#[test]
fn a_key_may_be_absent_and_must_be_good_if_it_is_not() {
    let (certificate, mine) = (data!("p256.certificate.pem"), data!("p256.sec1.pem"));
    assert!(PrivateKey::find_in_pem(certificate, None).unwrap().is_none());
    assert!(PrivateKey::find_in_pem(&[certificate, mine].concat(), None).unwrap().is_some());
    let second = PrivateKey::find_in_pem(&[certificate, mine, mine].concat(), None);
    assert_eq!(problem(second), Problem::SecondKey);
    assert_eq!(problem(PrivateKey::find_in_pem(b"hello", None)), Problem::NoPem);
}

#[test]
fn a_chain_whose_key_is_elsewhere_is_the_same_certificate() {
    let chain = Chain::from_pem(data!("p256.certificate.pem")).unwrap();
    let elsewhere = chain.to_client_certificate();
    assert!(elsewhere.der().is_none());
    assert_eq!(elsewhere.issuer(), Some(Issuer::SelfSigned));
    assert_eq!(elsewhere.chain(), [chain.certificates()[0].der()]);
    let both = ClientIdentity::new(&chain, key(data!("p256.sec1.pem")).unwrap()).unwrap().into_client_certificate();
    assert_eq!(both, elsewhere);
    let other = Chain::from_pem(data!("sha1.certificate.pem")).unwrap().to_client_certificate();
    assert_ne!(other, elsewhere);
    assert_ne!(ClientCertificate::held_elsewhere(None), elsewhere);
}

/// The dashes behind `PRIVATE KEY` were lost with the line break, so that the key stands where a label should.
#[test]
fn a_key_in_the_place_of_a_label_is_not_quoted() {
    let pem = String::from_utf8(data!("p256.sec1.pem").to_vec()).unwrap();
    let body = pem.split("-----").nth(2).unwrap().replace('\n', "");
    for between in ["", " ", "--"] {
        let text = pem.replacen("-----\n", between, 1).replace('\n', "");
        let error = PrivateKey::from_pem(text.as_bytes(), None).err().unwrap();
        let shown = format!("{error} {error:?}");
        assert_eq!(error.problem, Problem::OneLine);
        assert!(shown.contains("EC PRIVATE KEY"), "{shown}");
        assert!(body.as_bytes().windows(8).all(|part| !shown.contains(str::from_utf8(part).unwrap())), "{shown}");
    }
}
