//! Private keys, in each of their forms.

use super::readable::{is_readable, written};
use crate::secret_parts::secret_parts;
use defender_auth::{
    error::{CertificateError, CertificateProblem as Problem},
    x509::{KeyAlgorithm, PrivateKey},
};

/// What the seeds are encrypted with.
const PASSPHRASE: &[u8] = b"orchid";
/// A derivation that is done in no time.
const CHEAP: u64 = 256;

pub(super) fn pkcs8(der: &[u8]) {
    match PrivateKey::from_pkcs8(der) {
        Ok(key) => {
            assert!(key.expose_pkcs8() == der || is_in(&key, der), "it is kept, or written again with the same number");
            holds(&key);
        }
        Err(error) => hides(der, &error),
    }
}

/// Whether the private number of a key that was written again is in what was given, but for zeros before it.
fn is_in(key: &PrivateKey, der: &[u8]) -> bool {
    let pkcs8 = key.expose_pkcs8();
    let number = match key.algorithm() {
        KeyAlgorithm::P256 => after(pkcs8, &[4, 32], 32),
        KeyAlgorithm::P384 => after(pkcs8, &[4, 48], 48),
        KeyAlgorithm::Ed25519 => after(pkcs8, &[4, 34, 4, 32], 32),
        // All of PKCS#1 is kept.
        _ => after(pkcs8, &[4, 0x82], 2 + pkcs8.len() / 2).get(2..).unwrap_or_default(),
    };
    let digits = number.iter().position(|digit| *digit != 0).map_or(&[][..], |at| &number[at..]);
    !digits.is_empty() && der.windows(digits.len()).any(|part| part == digits)
}

/// So many bytes after the first place of these.
fn after<'a>(bytes: &'a [u8], mark: &[u8], length: usize) -> &'a [u8] {
    let at = bytes.windows(mark.len()).position(|part| part == mark);
    at.and_then(|at| bytes.get(at + mark.len()..at + mark.len() + length)).unwrap_or_default()
}

/// What is true of every key.
pub(super) fn holds(key: &PrivateKey) {
    let text = key.to_pem();
    assert_eq!(text.expose(), written("PRIVATE KEY", key.expose_pkcs8()), "there is one way to write it");
    let again = PrivateKey::from_pem(text.expose().as_bytes(), None).expect("what is written can be read");
    assert_eq!((again.expose_pkcs8(), again.public_key()), (key.expose_pkcs8(), key.public_key()));
    assert_eq!(again.algorithm(), key.algorithm());
    let length = key.public_key().len();
    match key.algorithm() {
        KeyAlgorithm::P256 => assert_eq!(length, 65),
        KeyAlgorithm::P384 => assert_eq!(length, 97),
        KeyAlgorithm::Ed25519 => assert_eq!(length, 32),
        KeyAlgorithm::Rsa { bits } => assert!((2048..=4096).contains(&bits) && length > bits / 8),
        other => panic!("{other} is new here"),
    }
    hides_bytes(key.expose_pkcs8(), &format!("{key:?}"));
}

/// A key of an older form comes out in PKCS#8, with the same bytes in it.
pub(super) fn labelled(label: &str, der: &[u8]) {
    let text = written(label, der);
    match PrivateKey::from_pem(text.as_bytes(), None) {
        Ok(key) => {
            let is_kept = key.expose_pkcs8().windows(der.len()).any(|part| part == der);
            assert!(is_kept || is_in(&key, der), "it is kept, or written again with the same number");
            holds(&key);
        }
        Err(error) => hides(der, &error),
    }
}

/// Without its passphrase it is refused, with another too.
pub(super) fn encrypted(der: &[u8]) {
    let text = written("ENCRYPTED PRIVATE KEY", der);
    let read = |passphrase| PrivateKey::from_pem(text.as_bytes(), passphrase);
    let closed = read(None).expect_err("nobody gave a passphrase");
    hides(der, &closed);
    match closed.problem {
        Problem::PassphraseNeeded if is_cheap(der) => {}
        Problem::PassphraseNeeded => return,
        Problem::Key | Problem::Encryption | Problem::EncryptionCost => {
            assert_eq!(read(Some(PASSPHRASE)).err().as_ref(), Some(&closed), "no passphrase opens that");
            return;
        }
        Problem::NotBase64 if der.is_empty() => return,
        other => panic!("{other:?}"),
    }
    match read(Some(PASSPHRASE)) {
        Ok(key) => {
            holds(&key);
            let other = read(Some(b"orchids")).expect_err("another passphrase");
            hides(der, &other);
        }
        Err(error) => hides(der, &error),
    }
}

/// The one key of a text, when there is one.
pub(super) fn pem(text: &[u8]) -> Option<PrivateKey> {
    let (found, read) = (PrivateKey::find_in_pem(text, None), PrivateKey::from_pem(text, None));
    match (found, read) {
        (Ok(Some(found)), Ok(read)) => {
            assert_eq!(found.expose_pkcs8(), read.expose_pkcs8());
            holds(&read);
            Some(read)
        }
        (Ok(None), Err(error)) => {
            hides_text(text, &error);
            None
        }
        (Err(error), Err(same)) => {
            assert_eq!(error, same);
            hides_text(text, &error);
            None
        }
        (found, read) => panic!("{found:?} {read:?}"),
    }
}

/// Whether no number in it asks for much work, so that an execution stays short. The exponent of RSA asks for none.
pub(super) fn is_cheap(der: &[u8]) -> bool {
    let numbers = der.windows(2).enumerate().filter_map(|(at, tag)| match tag {
        [2, length @ 2..=8] => der.get(at + 2..at + 2 + usize::from(*length)),
        _ => None,
    });
    let value = |bytes: &[u8]| bytes.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
    numbers.map(value).all(|value| value <= CHEAP || value == 65_537)
}

/// Neither bytes nor passphrase.
pub(super) fn hides(der: &[u8], error: &CertificateError) {
    is_readable(&error.to_string());
    hides_bytes(der, &format!("{error} {error:?}"));
}

fn hides_bytes(der: &[u8], shown: &str) {
    assert!(!shown.contains("orchid"), "{shown}");
    for part in der.windows(8).step_by(der.len() / 16 + 1) {
        let list = format!("{part:?}");
        assert!(!shown.contains(list.trim_matches(['[', ']'])), "{shown}");
        let hex = part.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        assert!(!shown.to_lowercase().contains(&hex), "{shown}");
    }
}

/// No line between the frames is shown. What stands in the frames may be.
pub(super) fn hides_text(text: &[u8], error: &CertificateError) {
    let shown = format!("{error} {error:?}");
    is_readable(&error.to_string());
    let Ok(text) = str::from_utf8(text) else { return };
    let (frames, bodies): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.contains("-----"));
    let is_base64 = |line: &&str| line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
    for part in bodies.into_iter().filter(is_base64).flat_map(secret_parts) {
        assert!(!shown.contains(part) || frames.iter().any(|frame| frame.contains(part)), "{shown}");
    }
}
