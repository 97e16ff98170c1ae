//! DER, written by hand: what no tool would write.

/// A value with its tag and length.
pub(crate) fn der(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let length = match length {
        [0, 0, 0, short @ ..0x80] => vec![short],
        [0, 0, 0, byte] => vec![0x81, byte],
        [0, 0, rest @ ..] => [&[0x82], &rest[..]].concat(),
        [0, rest @ ..] => [&[0x83], &rest[..]].concat(),
        rest => [&[0x84], &rest[..]].concat(),
    };
    [vec![tag], length, content].concat()
}

pub(crate) fn number(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(7);
    // A leading zero keeps it positive.
    der(2, &[&[0][..usize::from(bytes[start] >= 0x80)], &bytes[start..]])
}

/// PBES2 with this derivation and this cipher.
pub(crate) fn scheme(derivation: &[u8], cipher: &[u8]) -> Vec<u8> {
    let name = der(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0d]]);
    der(0x30, &[&name, &der(0x30, &[derivation, cipher])])
}

pub(crate) fn aes256_cbc() -> Vec<u8> {
    der(0x30, &[&der(6, &[&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 0x2a]]), &der(4, &[&[7; 16]])])
}

/// Triple DES with an initial vector of this length.
pub(crate) fn triple_des(length: usize) -> Vec<u8> {
    let name = der(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7]]);
    der(0x30, &[&name, &der(4, &[&vec![7; length]])])
}

pub(crate) fn pbkdf2(iterations: u64) -> Vec<u8> {
    pbkdf2_with(iterations, 9) // hmacWithSHA256
}

/// With the HMAC of this number.
pub(crate) fn pbkdf2_with(iterations: u64, hash: u8) -> Vec<u8> {
    let name = der(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0c]]);
    let hash = der(0x30, &[&der(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, hash]]), &[5, 0]]);
    der(0x30, &[&name, &der(0x30, &[&der(4, &[&[7; 8]]), &number(iterations), &hash])])
}

pub(crate) fn scrypt([cost, block, parallel]: [u64; 3]) -> Vec<u8> {
    let name = der(6, &[&[0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 0x0b]]);
    let costs = der(0x30, &[&der(4, &[&[7; 8]]), &number(cost), &number(block), &number(parallel)]);
    der(0x30, &[&name, &costs])
}
