//! Private keys from files of other tests.

use crate::forms::Secret;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{fs, path::Path};

/// A file of the tests of certificates, which another package may look for as well.
pub(crate) fn data(name: &str) -> Vec<u8> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let file = folders.map(|folder| folder.join("tests/x509/data").join(name)).find(|file| file.exists());
    fs::read(file.unwrap()).unwrap()
}

/// The bytes between the lines with dashes.
pub(crate) fn der(name: &str) -> Vec<u8> {
    let text = String::from_utf8(data(name)).unwrap();
    STANDARD.decode(text.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

/// The secret of a key on a curve: the first octet string of its length.
pub(crate) fn scalar(name: &str, file: &str, length: u8) -> Secret {
    let der = der(file);
    let at = 2 + der.windows(2).position(|pair| pair == [4, length]).unwrap();
    Secret::other(name, &der[at..at + usize::from(length)])
}

pub(crate) fn p256() -> Secret {
    scalar("P-256", "p256.pkcs8.pem", 32)
}
