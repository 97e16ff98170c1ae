//! PKCS#12 files, put together as no tool would: what is taken from one, what is passed over, and what it may cost.

use crate::{
    data,
    der::{aes256_cbc, der, number, pbkdf2, scheme, scrypt, triple_des},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{error::CertificateProblem as Problem, x509::ClientIdentity};
use std::iter::repeat_n;

const KEY: u8 = 1;
const SHROUDED_KEY: u8 = 2;
const CERTIFICATE: u8 = 3;
const REVOKED: u8 = 4;
const SECRET: u8 = 5;
const NESTED: u8 = 6;

/// What is wrong with a file.
fn problem(pfx: &[u8]) -> Option<Problem> {
    ClientIdentity::from_pkcs12(pfx, None).err().map(|error| error.problem)
}

/// `1.2.840.113549` and what follows it.
fn rsa_name(rest: &[u8]) -> Vec<u8> {
    der(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d], rest])
}

/// A list of contents in a file without a MAC.
fn pfx(contents: &[Vec<u8>]) -> Vec<u8> {
    file(&der(0x30, &[&contents.concat()]), &[])
}

fn file(safe: &[u8], mac: &[u8]) -> Vec<u8> {
    let safe = der(0x30, &[&rsa_name(&[1, 7, 1]), &der(0xa0, &[&der(4, &[safe])])]);
    der(0x30, &[&number(3), &safe, mac])
}

/// A MAC of this kind, which fits nothing.
fn wrong_mac(hash: &[u8], iterations: u64) -> Vec<u8> {
    let digest = der(0x30, &[&der(0x30, &[hash, &[5, 0]]), &der(4, &[&[7; 32]])]);
    der(0x30, &[&digest, &der(4, &[&[7; 8]]), &number(iterations)])
}

fn sha256() -> Vec<u8> {
    der(6, &[&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]])
}

/// Bags that are not encrypted.
fn open(bags: &[Vec<u8>]) -> Vec<u8> {
    der(0x30, &[&rsa_name(&[1, 7, 1]), &der(0xa0, &[&der(4, &[&der(0x30, &[&bags.concat()])])])])
}

/// Bags that nobody can decrypt.
fn sealed(scheme: &[u8]) -> Vec<u8> {
    let content = der(0x30, &[&rsa_name(&[1, 7, 1]), scheme, &der(0x80, &[&[7; 16]])]);
    der(0x30, &[&rsa_name(&[1, 7, 6]), &der(0xa0, &[&der(0x30, &[&number(0), &content])])])
}

fn bag(kind: u8, value: &[u8]) -> Vec<u8> {
    der(0x30, &[&rsa_name(&[1, 12, 10, 1, kind]), &der(0xa0, &[value])])
}

/// What is between the frames of a PEM file.
fn content_of(pem: &[u8]) -> Vec<u8> {
    let text = str::from_utf8(pem).unwrap();
    STANDARD.decode(text.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

fn key() -> Vec<u8> {
    bag(KEY, &content_of(data!("p256.pkcs8.pem")))
}

fn certificate() -> Vec<u8> {
    let name = rsa_name(&[1, 9, 22, 1]);
    bag(CERTIFICATE, &der(0x30, &[&name, &der(0xa0, &[&der(4, &[&content_of(data!("p256.certificate.pem"))])])]))
}

/// A key that nobody can decrypt, as it stands in a bag.
fn sealed_key(scheme: &[u8]) -> Vec<u8> {
    der(0x30, &[scheme, &der(4, &[&[7; 16]])])
}

fn pbkdf2_aes(iterations: u64) -> Vec<u8> {
    scheme(&pbkdf2(iterations), &aes256_cbc())
}

/// SHA-1 with triple DES, RC2 or, last, RC4.
fn own(cipher: u8, iterations: u64) -> Vec<u8> {
    let parameters = der(0x30, &[&der(4, &[&[7; 8]]), &number(iterations)]);
    der(0x30, &[&rsa_name(&[1, 12, 1, cipher]), &parameters])
}

/// The contents and the MAC of a file that openssl wrote.
fn parts(pfx: &[u8]) -> (&[u8], &[u8]) {
    let length = usize::from(u16::from_be_bytes([pfx[28], pfx[29]]));
    pfx[30..].split_at(length)
}

#[test]
fn a_file_has_one_key() {
    let second = bag(SHROUDED_KEY, &sealed_key(&pbkdf2_aes(10_000_001)));
    assert_eq!(problem(&pfx(&[])), Some(Problem::NoKey));
    assert_eq!(problem(&pfx(&[open(&[certificate()])])), Some(Problem::NoKey));
    assert_eq!(problem(&pfx(&[open(&[key()])])), Some(Problem::NoCertificate));
    assert_eq!(problem(&pfx(&[open(&[certificate(), key()])])), None);
    assert_eq!(problem(&pfx(&[open(&[key()]), open(&[certificate()])])), None);
    assert_eq!(problem(&pfx(&[open(&[certificate(), key(), key()])])), Some(Problem::SecondKey));
    // It is not opened to find that out.
    assert_eq!(problem(&pfx(&[open(&[certificate(), key()]), open(&[second])])), Some(Problem::SecondKey));
}

#[test]
fn a_file_needs_no_mac() {
    let (safe, mac) = parts(data!("p256.pfx"));
    assert_eq!(problem(&file(safe, mac)), None);
    assert_eq!(problem(&file(safe, &[])), None);
    let (safe, mac) = parts(data!("p256.legacy.pfx"));
    assert_eq!((problem(&file(safe, mac)), problem(&file(safe, &[]))), (None, None));
    let (safe, _) = parts(data!("p256.password.pfx"));
    assert_eq!(problem(&file(safe, &[])), Some(Problem::Pkcs12Password));
}

#[test]
fn a_mac_is_over_every_byte() {
    let (safe, mac) = parts(data!("p256.pfx"));
    for at in (0..safe.len()).step_by(29).chain([safe.len() - 1]) {
        let mut other = safe.to_vec();
        other[at] ^= 1;
        assert!(problem(&file(&other, mac)).is_some(), "{at}");
    }
    // What is sound is refused for its MAC alone.
    let plain = der(0x30, &[&open(&[certificate(), key()])]);
    assert_eq!(problem(&file(&plain, &[])), None);
    assert_eq!(problem(&file(&plain, mac)), Some(Problem::Pkcs12Password));
    assert_eq!(problem(&file(&plain, &wrong_mac(&sha256(), 1))), Some(Problem::Pkcs12Password));
}

#[test]
fn a_mac_of_another_kind_is_named() {
    let plain = der(0x30, &[&open(&[certificate(), key()])]);
    let pbmac1 = wrong_mac(&rsa_name(&[1, 5, 14]), 1);
    assert_eq!(problem(&file(&plain, &pbmac1)), Some(Problem::Pkcs12Scheme));
    let text = Problem::Pkcs12Scheme.to_string();
    assert!(text.contains("PBMAC1") && text.contains("openssl pkcs12 -in"), "{text}");
}

#[test]
fn other_bags_are_skipped_unopened() {
    let dear = sealed_key(&scheme(&scrypt([1 << 40, 8, 1]), &aes256_cbc()));
    let secret = der(0x30, &[&rsa_name(&[1, 12, 10, 1, 2]), &der(0xa0, &[&der(4, &[&dear])])]);
    let nested = der(0x30, &[&key(), &bag(SHROUDED_KEY, &dear)]);
    let others = [bag(SECRET, &secret), bag(SECRET, &dear), bag(REVOKED, &[5, 0]), bag(NESTED, &nested), bag(99, &[])];
    let bags = [vec![certificate()], others.to_vec(), vec![key()]].concat();
    assert_eq!(problem(&pfx(&[open(&bags)])), None);
    assert_eq!(problem(&pfx(&[open(&[others.to_vec(), vec![certificate()]].concat())])), Some(Problem::NoKey));
}

/// A file whose MAC is wrong: whether its derivations are affordable shows before the MAC is looked at.
#[track_caller]
fn affordable(schemes: &[Vec<u8>], iterations_of_mac: u64, expected: bool) {
    let contents: Vec<u8> = schemes.iter().flat_map(|scheme| sealed(scheme)).collect();
    let pfx = file(&der(0x30, &[&contents]), &wrong_mac(&sha256(), iterations_of_mac));
    let problem = problem(&pfx);
    assert_eq!(problem, Some(if expected { Problem::Pkcs12Password } else { Problem::Pkcs12Cost }));
}

#[test]
fn all_derivations_of_a_file_have_one_limit() {
    affordable(&vec![pbkdf2_aes(600_000); 16], 1, true);
    affordable(&vec![pbkdf2_aes(600_000); 17], 1, false);
    affordable(&[pbkdf2_aes(9_999_998)], 1, true);
    affordable(&[pbkdf2_aes(9_999_999)], 1, false);
    affordable(&[pbkdf2_aes(9_999_999)], 2, false);
    affordable(&[pbkdf2_aes(10_000_001)], 0, false);
    affordable(&[pbkdf2_aes(u64::from(u32::MAX))], 1, false);
    affordable(&[], 10_000_001, false);
}

#[test]
fn scrypt_counts_by_its_memory() {
    let scrypt = |costs| scheme(&scrypt(costs), &aes256_cbc());
    affordable(&[scrypt([1 << 18, 8, 16])], 1, true);
    affordable(&vec![scrypt([1 << 18, 8, 16]); 2], 1, false);
    affordable(&vec![scrypt([1 << 14, 8, 1]); 32], 1, true);
    affordable(&[scrypt([1 << 18, 8, 16]), pbkdf2_aes(2_000_000)], 1, false);
    affordable(&[scrypt([1 << 19, 8, 1])], 1, false);
    affordable(&[scrypt([1 << 14, 8, 17])], 1, false);
}

#[test]
fn pkcs12s_own_derivation_counts_each_of_its_rounds() {
    // Two for a key that is longer than a hash, one for the initial vector.
    affordable(&[own(3, 3_333_332)], 1, true);
    affordable(&[own(3, 3_333_333)], 1, false);
    affordable(&[own(6, 4_999_999)], 1, true);
    affordable(&[own(6, 5_000_000)], 1, false);
    affordable(&[own(6, u64::from(u32::MAX))], 1, false);
}

#[test]
fn the_key_is_paid_from_what_its_file_left() {
    let (safe, _) = parts(data!("p256.pfx"));
    // The content of 2048 iterations that openssl encrypted, with a key of our own.
    let length = usize::from(u16::from_be_bytes([safe[6], safe[7]]));
    let certificate = safe[4..8 + length].to_vec();
    let with_key = |iterations| {
        let key = bag(SHROUDED_KEY, &sealed_key(&pbkdf2_aes(iterations)));
        problem(&pfx(&[certificate.clone(), open(&[key])]))
    };
    assert_eq!(with_key(1), Some(Problem::Pkcs12Password));
    assert_eq!(with_key(10_000_000 - 2047), Some(Problem::Pkcs12Cost));
    let key = bag(KEY, &content_of(data!("p256.pkcs8.pem")));
    assert_eq!(problem(&pfx(&[certificate.clone(), open(&[key])])), None);
}

#[test]
fn what_cannot_be_decrypted_is_refused() {
    for scheme in [
        scheme(&scrypt([0, 8, 1]), &aes256_cbc()),
        scheme(&scrypt([3, 8, 1]), &aes256_cbc()),
        scheme(&pbkdf2(1), &triple_des(1)),
        own(1, 1),
        der(0x30, &[&rsa_name(&[1, 12, 1, 3])]),
    ] {
        assert_eq!(problem(&pfx(&[sealed(&scheme)])), Some(Problem::Pkcs12Scheme), "{scheme:?}");
        let key = bag(SHROUDED_KEY, &sealed_key(&scheme));
        assert_eq!(problem(&pfx(&[open(&[key])])), Some(Problem::Pkcs12Scheme), "{scheme:?}");
    }
    for scheme in [pbkdf2_aes(1), own(3, 1), own(6, 1), own(6, 0)] {
        assert_eq!(problem(&pfx(&[sealed(&scheme)])), Some(Problem::Pkcs12Password), "{scheme:?}");
        let nothing = bag(SHROUDED_KEY, &der(0x30, &[&scheme, &der(4, &[])]));
        assert_eq!(problem(&pfx(&[open(&[nothing])])), Some(Problem::Pkcs12Password), "{scheme:?}");
    }
}

#[test]
fn a_file_has_32_contents_and_32_bags_at_most() {
    let too_many = Some(Problem::TooManyBlocks { limit: 32 });
    let certificates = |count| repeat_n(certificate(), count).collect::<Vec<_>>();
    assert_eq!(problem(&pfx(&[open(&certificates(31)), open(&[key()])])), None);
    assert_eq!(problem(&pfx(&[open(&certificates(32)), open(&[key()])])), too_many);
    assert_eq!(problem(&pfx(&[open(&[key()]), open(&vec![bag(SECRET, &[]); 32])])), too_many);
    let empty = |count| repeat_n(open(&[]), count);
    let contents: Vec<_> = [open(&[certificate(), key()])].into_iter().chain(empty(31)).collect();
    assert_eq!(problem(&pfx(&contents)), None);
    assert_eq!(problem(&pfx(&[contents, empty(1).collect()].concat())), too_many);
}

#[test]
fn a_file_that_was_cut_is_refused() {
    for pfx in [data!("p256.pfx"), data!("p256.plain.pfx"), data!("p256.legacy.pfx")] {
        assert_eq!(problem(&[]), Some(Problem::Empty));
        for length in 1..pfx.len() {
            assert_eq!(problem(&pfx[..length]), Some(Problem::Pkcs12), "{length}");
        }
        assert_eq!(problem(&[pfx, &[0]].concat()), Some(Problem::Pkcs12));
    }
}

#[test]
fn no_depth_is_too_much() {
    let deep = |count: usize| (0..count).fold(Vec::new(), |inner, _| der(0x30, &[&inner]));
    assert_eq!(problem(&deep(300)), Some(Problem::Pkcs12));
    assert_eq!(problem(&pfx(&[open(&[deep(300)])])), Some(Problem::Pkcs12));
    assert_eq!(problem(&pfx(&[open(&[certificate(), bag(NESTED, &deep(300)), key()])])), None);
    let nested = (0..300).fold(key(), |inner, _| bag(NESTED, &der(0x30, &[&inner])));
    assert_eq!(problem(&pfx(&[open(&[certificate(), nested])])), Some(Problem::NoKey));
    assert_eq!(problem(&[0x30, 0x83, 3, 0xff, 0xfb].repeat(50_000)), Some(Problem::Pkcs12));
}

#[test]
fn what_is_in_the_bags_is_named() {
    let broken = bag(KEY, &der(0x30, &[&number(0)]));
    assert_eq!(problem(&pfx(&[open(&[certificate(), broken])])), Some(Problem::Key));
    let other = bag(KEY, &content_of(data!("ed25519.pem")));
    assert_eq!(problem(&pfx(&[open(&[certificate(), other])])), Some(Problem::Mismatch));
    let name = rsa_name(&[1, 9, 22, 1]);
    let broken = bag(CERTIFICATE, &der(0x30, &[&name, &der(0xa0, &[&der(4, &[&[1, 2, 3]])])]));
    assert_eq!(problem(&pfx(&[open(&[broken, key()])])), Some(Problem::Certificate));
}
