//! What is too large, too many or too costly, and what it takes to say so.

use crate::{
    data,
    der::{aes256_cbc, der, pbkdf2, pbkdf2_with, scheme, scrypt, triple_des},
};
use allocation_counter::measure;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{
    error::{CertificateError, CertificateProblem as Problem},
    x509::{Certificate, Chain, ClientIdentity, PrivateKey, SIZE_LIMIT},
};

/// What is wrong, and how many bytes were in use at most while that was found out.
fn cost<T>(read: impl Fn() -> Result<T, CertificateError>) -> (Problem, u64) {
    let mut problem = None;
    let counted = measure(|| problem = read().err().map(|error| error.problem));
    (problem.unwrap(), counted.bytes_max)
}

fn chain_cost(text: &[u8]) -> (Problem, u64) {
    cost(|| Chain::from_pem(text))
}

const SMALL_BLOCK: &str = "-----BEGIN X-----\nMAA=\n-----END X-----\n";

#[test]
fn a_text_has_32_blocks_at_most() {
    let certificate = data!("p256.certificate.pem");
    assert_eq!(Chain::from_pem(&certificate.repeat(32)).unwrap().certificates().len(), 1);
    let too_many = Problem::TooManyBlocks { limit: 32 };
    assert_eq!(Chain::from_pem(&certificate.repeat(33)).unwrap_err().problem, too_many);
    let key = data!("p256.pkcs8.pem");
    assert!(PrivateKey::from_pem(&[&certificate.repeat(31), key].concat(), None).is_ok());
    assert_eq!(PrivateKey::from_pem(&[&certificate.repeat(32), key].concat(), None).unwrap_err().problem, too_many);
}

#[test]
fn a_text_has_its_greatest_size() {
    let certificate = data!("p256.certificate.pem");
    let padded = |length: usize| [certificate, &b"\n".repeat(length - certificate.len())].concat();
    assert!(Chain::from_pem(&padded(SIZE_LIMIT)).is_ok());
    let too_large = Problem::TooLarge { limit: SIZE_LIMIT };
    assert_eq!(Chain::from_pem(&padded(SIZE_LIMIT + 1)).unwrap_err().problem, too_large);
}

/// DER is not read beyond its end, so that one of the greatest size is a certificate or a key with zeros behind it.
#[test]
fn der_has_the_same_greatest_size() {
    let too_large = Problem::TooLarge { limit: SIZE_LIMIT };
    let certificate = Chain::from_pem(data!("p256.certificate.pem")).unwrap().certificates()[0].der().to_vec();
    let padded = |der: &[u8], length: usize| [der, &vec![0; length - der.len()]].concat();
    assert!(Certificate::from_der(&padded(&certificate, SIZE_LIMIT)).is_ok());
    assert_eq!(Certificate::from_der(&padded(&certificate, SIZE_LIMIT + 1)).unwrap_err(), too_large);
    let key = PrivateKey::from_pem(data!("p256.pkcs8.pem"), None).unwrap().expose_pkcs8().to_vec();
    let problem = |length: usize| PrivateKey::from_pkcs8(&padded(&key, length)).unwrap_err().problem;
    assert_eq!((problem(SIZE_LIMIT), problem(SIZE_LIMIT + 1)), (Problem::Key, too_large));
}

#[test]
fn what_is_too_large_is_not_read_at_all() {
    let too_large = Problem::TooLarge { limit: SIZE_LIMIT };
    let million = SMALL_BLOCK.repeat(1_000_000);
    let one = format!("-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n", "QUJD\n".repeat(400_000));
    for text in [million.as_bytes(), one.as_bytes(), &vec![b'A'; 2_000_000]] {
        assert!(text.len() >= 2_000_000);
        assert_eq!(chain_cost(text), (too_large.clone(), 0));
        assert_eq!(cost(|| PrivateKey::from_pem(text, None)), (too_large.clone(), 0));
        assert_eq!(cost(|| ClientIdentity::from_pkcs12(text, None)), (too_large.clone(), 0));
    }
}

#[test]
fn many_blocks_cost_no_more_than_the_first_of_them() {
    let most = SIZE_LIMIT / SMALL_BLOCK.len();
    let (problem, bytes) = chain_cost(SMALL_BLOCK.repeat(most).as_bytes());
    let (_, few) = chain_cost(SMALL_BLOCK.repeat(33).as_bytes());
    assert_eq!((problem, bytes), (Problem::TooManyBlocks { limit: 32 }, few));
    let (problem, bytes) = chain_cost("-----BEGIN X-----\n".repeat(SIZE_LIMIT / 18).as_bytes());
    let (_, few) = chain_cost("-----BEGIN X-----\n".repeat(2).as_bytes());
    assert_eq!((problem, bytes), (Problem::NoEnd, few));
    let (problem, bytes) = chain_cost(format!("-----BEGIN {}", "X".repeat(SIZE_LIMIT - 11)).as_bytes());
    assert!(problem == Problem::OneLine && bytes < 1024, "{problem} {bytes}");
}

#[test]
fn the_largest_block_costs_a_few_times_its_size() {
    let lines = "QUJD".repeat(16) + "\n";
    let body = lines.repeat((SIZE_LIMIT - 100) / lines.len());
    let text = format!("-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n");
    let (problem, bytes) = chain_cost(text.as_bytes());
    assert!(problem == Problem::Certificate && bytes < 2 * SIZE_LIMIT as u64, "{problem} {bytes}");
}

/// A key encrypted in this way, which nobody can open.
fn encrypted(scheme: &[u8]) -> String {
    let key = STANDARD.encode(der(0x30, &[scheme, &der(4, &[&[7; 16]])]));
    format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{key}\n-----END ENCRYPTED PRIVATE KEY-----\n")
}

/// Whether a key would be derived: asked without a passphrase, so that none is.
#[track_caller]
fn affordable(derivation: &[u8], expected: bool) {
    let key = encrypted(&scheme(derivation, &aes256_cbc()));
    let (problem, bytes) = cost(|| PrivateKey::from_pem(key.as_bytes(), None));
    assert_eq!(problem, if expected { Problem::PassphraseNeeded } else { Problem::EncryptionCost });
    assert!(bytes < 4096, "{bytes}");
    if !expected {
        let (problem, bytes) = cost(|| PrivateKey::from_pem(key.as_bytes(), Some(b"orchid")));
        assert!(problem == Problem::EncryptionCost && bytes < 4096, "{problem} {bytes}");
    }
}

#[test]
fn deriving_a_key_has_a_limit() {
    affordable(&pbkdf2(10_000_000), true);
    affordable(&pbkdf2(10_000_001), false);
    affordable(&pbkdf2(100_000_000), false);
    // 256 MiB of memory, 16 times.
    affordable(&scrypt([1 << 18, 8, 16]), true);
    affordable(&scrypt([1 << 19, 8, 1]), false);
    affordable(&scrypt([1 << 18, 9, 1]), false);
    affordable(&scrypt([1 << 14, 8, 17]), false);
}

/// A key that is longer than a hash takes the iterations of several.
#[test]
fn blocks_count_and_not_only_iterations() {
    for (hash, cipher, blocks) in [
        (7, aes256_cbc(), 2), // HMAC with SHA-1
        (9, aes256_cbc(), 1), // with SHA-256
        (8, aes256_cbc(), 2), // with SHA-224
        (7, triple_des(8), 2),
        (9, triple_des(8), 1),
    ] {
        for (iterations, expected) in [(10_000_000 / blocks, true), (10_000_000 / blocks + 1, false)] {
            let key = encrypted(&scheme(&pbkdf2_with(iterations, hash), &cipher));
            let (problem, _) = cost(|| PrivateKey::from_pem(key.as_bytes(), None));
            let wanted = if expected { Problem::PassphraseNeeded } else { Problem::EncryptionCost };
            assert_eq!(problem, wanted, "{hash} {iterations}");
        }
    }
}

#[test]
fn what_is_affordable_is_tried() {
    // What was made up here is sound but for what is encrypted.
    for derivation in [pbkdf2(1), scrypt([2, 1, 1])] {
        let key = encrypted(&scheme(&derivation, &aes256_cbc()));
        let (problem, _) = cost(|| PrivateKey::from_pem(key.as_bytes(), Some(b"orchid")));
        assert_eq!(problem, Problem::Passphrase);
    }
}

/// What is wrong with a key that is encrypted in this way.
fn problem_of(scheme: &[u8]) -> Problem {
    cost(|| PrivateKey::from_pem(encrypted(scheme).as_bytes(), Some(b"orchid"))).0
}

#[test]
fn an_initial_vector_of_another_length_is_refused() {
    assert_eq!(problem_of(&scheme(&pbkdf2(1), &triple_des(8))), Problem::Passphrase);
    for length in [0, 1, 7, 9, 16] {
        assert_eq!(problem_of(&scheme(&pbkdf2(1), &triple_des(length))), Problem::Encryption, "{length}");
    }
}

#[test]
fn a_derivation_that_does_nothing_is_refused() {
    for costs in [[0, 8, 1], [1 << 14, 0, 1], [1 << 14, 8, 0], [3, 8, 1]] {
        assert_eq!(problem_of(&scheme(&scrypt(costs), &aes256_cbc())), Problem::Encryption, "{costs:?}");
    }
}
