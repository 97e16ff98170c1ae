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

/// The same as a library of cryptography has it for signing: multiplied by 2 to the power of its bits, modulo the order of its
/// curve.
pub(crate) fn scalar_for_signing(name: &str, scalar: &Secret, order: &str) -> Secret {
    let order: Vec<u8> =
        (0..order.len()).step_by(2).map(|at| u8::from_str_radix(&order[at..at + 2], 16).unwrap()).collect();
    let mut number = scalar.bytes().to_vec();
    for _ in 0..8 * order.len() {
        let is_more = double(&mut number) || number >= order;
        if is_more {
            subtract(&mut number, &order);
        }
    }
    Secret::other(name, &number)
}

/// Whether a bit leaves it.
fn double(number: &mut [u8]) -> bool {
    number.iter_mut().rev().fold(false, |carry, byte| {
        let (twice, leaves) = (*byte << 1 | u8::from(carry), *byte >> 7 == 1);
        *byte = twice;
        leaves
    })
}

fn subtract(number: &mut [u8], other: &[u8]) {
    number.iter_mut().zip(other).rev().fold(false, |borrow, (byte, other)| {
        let (less, first) = byte.overflowing_sub(*other);
        let (less, second) = less.overflowing_sub(u8::from(borrow));
        *byte = less;
        first || second
    });
}

pub(crate) const ORDER_256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
pub(crate) const ORDER_384: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";

pub(crate) fn p256() -> Secret {
    scalar("P-256", "p256.pkcs8.pem", 32)
}
