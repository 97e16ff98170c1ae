//! What openssl made, and is accepted, stays accepted.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use defender_auth::x509::{Certificate, Chain, ClientIdentity, PrivateKey};
use std::{fs, path::Path};

/// Each seed of `certificates` that is sound, and what it gives.
const ACCEPTED: &[(&str, &str)] = &[
    ("3des.encrypted", "EC P-256"),
    ("aes256.encrypted", "EC P-256"),
    ("bundle.pem", "dev-01, EC P-256, 2 linked"),
    ("chain.pem", "dev-01, 2 linked"),
    ("chain.pfx", "dev-01, EC P-256, 2 linked"),
    ("ed25519.der", "dev-ed"),
    ("ed25519.pkcs8", "Ed25519"),
    ("leaf.der", "dev-01"),
    ("legacy.pfx", "dev-01, EC P-256, 1 linked"),
    ("p256.pkcs8", "EC P-256"),
    ("p256.sec1", "EC P-256"),
    ("p384.sec1", "EC P-384"),
    ("p521.pem", "dev-01, 1 linked"),
    ("plain.pfx", "dev-01, EC P-256, 1 linked"),
    ("rsa2048.pkcs1", "RSA 2048"),
    ("rsa2048.pkcs8", "RSA 2048"),
    ("scrypt.encrypted", "EC P-256"),
    ("sec1-params.pem", "EC P-256"),
    ("sha1.pem", "dev-sha1, 1 linked"),
];

fn common_name(certificate: &Certificate) -> String {
    certificate.common_name().expect("a common name").to_owned()
}

fn chain(chain: &Chain) -> String {
    let leaf = chain.certificates().first().expect("a leaf");
    format!("{}, {} linked", common_name(leaf), chain.linked().len())
}

fn identity(identity: &ClientIdentity) -> String {
    let leaf = identity.chain().certificates().first().expect("a leaf");
    format!("{}, {}, {} linked", common_name(leaf), identity.key().algorithm(), identity.chain().linked().len())
}

fn labelled(label: &str, der: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let text = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der));
    PrivateKey::from_pem(text.as_bytes(), Some(b"orchid")).expect("a key").algorithm().to_string()
}

/// What comes of a seed, by its first byte.
fn given(seed: &[u8]) -> String {
    match seed {
        [b'c', der @ ..] => common_name(&Certificate::from_der(der).expect("a certificate")),
        [b'k', der @ ..] => PrivateKey::from_pkcs8(der).expect("a key").algorithm().to_string(),
        [b'r', der @ ..] => labelled("RSA PRIVATE KEY", der),
        [b's', der @ ..] => labelled("EC PRIVATE KEY", der),
        [b'e', der @ ..] => labelled("ENCRYPTED PRIVATE KEY", der),
        [b'p', der @ ..] => identity(&ClientIdentity::from_pkcs12(der, None).expect("an identity")),
        text => match PrivateKey::find_in_pem(text, None).expect("readable keys") {
            Some(key) if Chain::from_pem(text).is_err() => key.algorithm().to_string(),
            Some(_) => identity(&ClientIdentity::from_pem(text, None).expect("an identity")),
            None => chain(&Chain::from_pem(text).expect("a chain")),
        },
    }
}

#[test]
fn what_openssl_made_is_accepted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seeds/certificates");
    for (name, expected) in ACCEPTED {
        let seed = fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(given(&seed), *expected, "{name}");
    }
}
