//! What is too large, too many or too costly, and what it takes to say so.

use crate::data;
use allocation_counter::measure;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{
    error::{CertificateError, CertificateProblem as Problem},
    x509::{Chain, ClientIdentity, PrivateKey, SIZE_LIMIT},
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

#[test]
fn what_is_too_large_is_not_read_at_all() {
    let too_large = Problem::TooLarge { limit: SIZE_LIMIT };
    let million = SMALL_BLOCK.repeat(1_000_000);
    let one = format!("-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n", "QUJD\n".repeat(400_000));
    for text in [million.as_bytes(), one.as_bytes(), &vec![b'A'; 2_000_000]] {
        assert!(text.len() >= 2_000_000);
        assert_eq!(chain_cost(text), (too_large.clone(), 0));
        assert_eq!(cost(|| PrivateKey::from_pem(text, None)), (too_large.clone(), 0));
        assert_eq!(cost(|| ClientIdentity::from_pkcs12(text)), (too_large.clone(), 0));
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

fn der(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u8::try_from(content.len()).unwrap();
    [if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] }, content].concat()
}

fn number(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(7);
    // A leading zero keeps it positive.
    der(2, &[&[0][..usize::from(bytes[start] >= 0x80)], &bytes[start..]])
}

/// PBES2 with this derivation and this cipher.
fn scheme(derivation: &[u8], cipher: &[u8]) -> Vec<u8> {
    let name = der(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0d]]);
    der(0x30, &[&name, &der(0x30, &[derivation, cipher])])
}

fn aes256_cbc() -> Vec<u8> {
    der(0x30, &[&der(6, &[&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 0x2a]]), &der(4, &[&[7; 16]])])
}

/// A key encrypted in this way, which nobody can open.
fn encrypted(scheme: &[u8]) -> String {
    let key = STANDARD.encode(der(0x30, &[scheme, &der(4, &[&[7; 16]])]));
    format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{key}\n-----END ENCRYPTED PRIVATE KEY-----\n")
}

fn pbkdf2(iterations: u64) -> Vec<u8> {
    let name = der(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0c]]);
    let hash = der(0x30, &[&der(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 9]]), &[5, 0]]); // hmacWithSHA256
    der(0x30, &[&name, &der(0x30, &[&der(4, &[&[7; 8]]), &number(iterations), &hash])])
}

fn scrypt([cost, block, parallel]: [u64; 3]) -> Vec<u8> {
    let name = der(6, &[&[0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 0x0b]]);
    let costs = der(0x30, &[&der(4, &[&[7; 8]]), &number(cost), &number(block), &number(parallel)]);
    der(0x30, &[&name, &costs])
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

/// Triple DES with an initial vector of this length.
fn triple_des(length: usize) -> Vec<u8> {
    let name = der(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7]]);
    der(0x30, &[&name, &der(4, &[&vec![7; length]])])
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

#[test]
fn a_pfx_that_its_reader_does_not_survive_is_refused() {
    for scheme in [scheme(&scrypt([0, 8, 1]), &aes256_cbc()), scheme(&pbkdf2(1), &triple_des(1))] {
        let name = |last: u8| der(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, last]]);
        let content = der(0x30, &[&name(1), &scheme, &der(0x80, &[&[7; 16]])]);
        let safe = der(0x30, &[&name(6), &der(0xa0, &[&der(0x30, &[&number(0), &content])])]);
        let data = der(0xa0, &[&der(4, &[&der(0x30, &[&safe])])]);
        let pfx = der(0x30, &[&number(3), &der(0x30, &[&name(1), &data])]);
        assert_eq!(ClientIdentity::from_pkcs12(&pfx).unwrap_err().problem, Problem::Pkcs12);
    }
}
